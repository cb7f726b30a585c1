# Strings: methods that TorchScript has not, or has with another meaning. TorchScript's strings are UTF-8 bytes: indices count bytes.


def str_removeprefix(self: str, prefix: str) -> str:
    return self[len(prefix):] if self.startswith(prefix) else self


def str_removesuffix(self: str, suffix: str) -> str:
    return self[: len(self) - len(suffix)] if len(suffix) > 0 and self.endswith(suffix) else self


def str_casefold(self: str) -> str:
    return self.lower()


def str_translate(self: str, table) -> str:
    out = ""
    for c in self:
        code = ord(c)
        if code in table:
            out += table[code]
        else:
            out += c
    return out


def str_words(self: str, most: int) -> List[str]:
    """The words between blanks; after `most` of them the rest is one."""
    out: List[str] = []
    i = 0
    n = len(self)
    while i < n:
        while i < n and self[i].isspace():
            i += 1
        if i == n:
            break
        if most >= 0 and len(out) == most:
            out.append(self[i:])
            break
        start = i
        while i < n and not self[i].isspace():
            i += 1
        out.append(self[start:i])
    return out


def str_words_from_right(self: str, most: int) -> List[str]:
    out: List[str] = []
    i = len(self)
    while i > 0:
        while i > 0 and self[i - 1].isspace():
            i -= 1
        if i == 0:
            break
        if most >= 0 and len(out) == most:
            out.append(self[:i])
            break
        stop = i
        while i > 0 and not self[i - 1].isspace():
            i -= 1
        out.append(self[i:stop])
    out.reverse()
    return out


def str_parts(self: str, separator: str, most: int) -> List[str]:
    out: List[str] = []
    start = 0
    while most < 0 or len(out) < most:
        at = self.find(separator, start, len(self))
        if at < 0:
            break
        out.append(self[start:at])
        start = at + len(separator)
    if start <= len(self):  # always; see list_best
        out.append(self[start:])
    return out


def str_parts_from_right(self: str, separator: str, most: int) -> List[str]:
    out: List[str] = []
    stop = len(self)
    while most < 0 or len(out) < most:
        at = self.rfind(separator, 0, stop)
        if at < 0:
            break
        out.append(self[at + len(separator): stop])
        stop = at
    if stop <= len(self):  # always; see list_best
        out.append(self[:stop])
    out.reverse()
    return out


def str_split(self: str, sep=None, maxsplit: int = -1) -> List[str]:
    if sep is None:
        return str_words(self, maxsplit)
    if len(sep) == 0:
        raise ValueError("empty separator")
    return str_parts(self, sep, maxsplit)


def str_rsplit(self: str, sep=None, maxsplit: int = -1) -> List[str]:
    if sep is None:
        return str_words_from_right(self, maxsplit)
    if len(sep) == 0:
        raise ValueError("empty separator")
    return str_parts_from_right(self, sep, maxsplit)


def str_startswith(self: str, prefix, start: int = 0, *end: int) -> bool:
    text = self[start : end[0]] if len(end) > 0 else self[start:]
    if isinstance(prefix, str):
        return text[: len(prefix)] == prefix
    for p in prefix:
        if text[: len(p)] == p:
            return True
    return False


def str_endswith(self: str, suffix, start: int = 0, *end: int) -> bool:
    text = self[start : end[0]] if len(end) > 0 else self[start:]
    if isinstance(suffix, str):
        return len(suffix) <= len(text) and text[len(text) - len(suffix) :] == suffix
    for s in suffix:
        if len(s) <= len(text) and text[len(text) - len(s) :] == s:
            return True
    return False


def str_mul(self: str, n: int) -> str:
    out = ""
    for _ in range(n):
        out += self
    return out


def str_encode(self: str, encoding: str = "utf-8", errors: str = "strict"):
    return __mark__([ord(c) for c in self], "bytes")


def bytes_decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
    return "".join([chr(b) for b in self])


def str_repr(self: str) -> str:
    quote = '"' if "'" in self and not '"' in self else "'"
    out = quote
    for c in self:
        if c == "\\" or c == quote:
            out += "\\" + c
        elif c == "\n":
            out += "\\n"
        elif ord(c) == 13:
            out += "\\r"
        elif c == "\t":
            out += "\\t"
        elif ord(c) < 32 or ord(c) == 127:
            out += "\\x" + int_format_radix(ord(c), 16, False).zfill(2)
        else:
            out += c
    return out + quote


def list_repr(self) -> str:
    out = "["
    for i in range(len(self)):
        out += (", " if i > 0 else "") + repr(self[i])
    return out + "]"


def dict_repr(self) -> str:
    out = "{"
    for k, v in self.items():
        out += (", " if len(out) > 1 else "") + repr(k) + ": " + repr(v)
    return out + "}"


def keyed_repr(self) -> str:
    return dict_repr(self)


def set_repr(self) -> str:
    if len(self) == 0:
        return "set()"
    out = "{"
    for x in self:
        out += (", " if len(out) > 1 else "") + repr(x)
    return out + "}"
