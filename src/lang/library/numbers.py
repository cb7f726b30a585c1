# Numbers: functions of math, and numbers as Python writes them.


def math_prod(items, start: int = 1):
    total = start + __zero__(list(items))
    for x in items:
        total = total * x
    return total


def math_fsum(items) -> float:
    total = 0.0
    for x in items:
        total += x
    return total


def math_hypot(*xs) -> float:
    total = 0.0
    for x in xs:
        total += float(x) * float(x)
    return total**0.5


def math_dist(p, q) -> float:
    total = 0.0
    for a, b in zip(p, q):
        total += float(a - b) * float(a - b)
    return total**0.5


def math_isclose(a, b, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> bool:
    difference = abs(float(a) - float(b))
    return difference <= max(rel_tol * max(abs(float(a)), abs(float(b))), abs_tol)


def math_comb(n: int, k: int) -> int:
    if k < 0 or k > n:
        return 0
    out = 1
    for i in range(min(k, n - k)):
        out = out * (n - i) // (i + 1)
    return out


def math_perm(n: int, k: int) -> int:
    out = 1
    for i in range(k):
        out *= n - i
    return out


def math_gcd(a: int, b: int) -> int:
    a = abs(a)
    b = abs(b)
    while b != 0:
        a, b = b, a % b
    return a


def math_lcm(a: int, b: int) -> int:
    return 0 if a == 0 or b == 0 else abs(a * b) // math_gcd(a, b)


def math_isqrt(n: int) -> int:
    x = int(float(n) ** 0.5)
    while x * x > n:
        x -= 1
    while (x + 1) * (x + 1) <= n:
        x += 1
    return x


def math_trunc(x) -> int:
    return int(x)


def math_log2(x) -> float:
    return math.log(float(x)) / math.log(2.0)


def math_exp2(x) -> float:
    return 2.0 ** float(x)


def math_cbrt(x) -> float:
    return -((-float(x)) ** (1.0 / 3.0)) if float(x) < 0 else float(x) ** (1.0 / 3.0)


def complex_conjugate(self: complex) -> complex:
    return complex(complex_real(self), -complex_imag(self))


@property
def complex_real(self: complex) -> float:
    return float(torch.real(torch.tensor(self)))


@property
def complex_imag(self: complex) -> float:
    return float(torch.imag(torch.tensor(self)))


def int_pow(a: int, b: int) -> int:
    if b < 0:
        raise ValueError("an int to a negative power is no int: write float(a) ** b")
    out = 1
    base = a
    rest = b
    while rest > 0:
        if rest % 2 == 1:
            out = out * base
        rest = rest // 2
        if rest > 0:
            base = base * base
    return out


def int_bit_length(self: int) -> int:
    n = 0
    x = abs(self)
    while x > 0:
        n += 1
        x = x >> 1
    return n


def int_bit_count(self: int) -> int:
    n = 0
    x = abs(self)
    while x > 0:
        n += x & 1
        x = x >> 1
    return n


def int_conjugate(self: int) -> int:
    return self


@property
def int_real(self: int) -> int:
    return self


@property
def int_imag(self: int) -> int:
    return 0


@property
def float_real(self: float) -> float:
    return self


@property
def float_imag(self: float) -> float:
    return 0.0


def float_is_integer(self: float) -> bool:
    return math.isfinite(self) and float(math.floor(self)) == self


def math_isfinite(x) -> bool:
    return not math.isinf(float(x)) and not math.isnan(float(x))


# ---- as text ----


def int_format_radix(n: int, radix: int, upper: bool) -> str:
    digits = "0123456789ABCDEF" if upper else "0123456789abcdef"
    if n == 0:
        return "0"
    out = ""
    rest = abs(n)
    while rest > 0:
        out = digits[rest % radix] + out
        rest = rest // radix
    return "-" + out if n < 0 else out


def float_digits(x: float) -> Tuple[str, int]:
    """The fewest digits that read back as x > 0, and where the point stands before them: 0.DIGITS * 10**point."""
    text = "{}".format(x)
    exponent = 0
    at = text.find("e", 0, len(text))
    if at >= 0:
        exponent = int(text[at + 1 :])
        text = text[:at]
    point = text.find(".", 0, len(text))
    whole = text if point < 0 else text[:point]
    fraction = "" if point < 0 else text[point + 1 :]
    digits = whole + fraction
    place = len(whole) + exponent
    while len(digits) > 1 and digits[0] == "0":
        digits = digits[1:]
        place -= 1
    while len(digits) > 1 and digits[-1] == "0":
        digits = digits[:-1]
    best = digits
    for count in range(1, len(digits)):
        shorter, carried = decimal_rounded(digits, count)
        while len(shorter) > 1 and shorter[-1] == "0":
            shorter = shorter[:-1]
        if float("0." + shorter + "e" + str(place + carried)) == x:
            return shorter, place + carried
    return best, place


def decimal_rounded(digits: str, count: int) -> Tuple[str, int]:
    """The first `count` digits, rounded half to even by the rest; 1 when that gives one digit more."""
    if count >= len(digits):
        return digits, 0
    if count < 0:
        return "0", 0
    rest = digits[count:]
    up = rest[0] > "5" or (rest[0] == "5" and len(rest.rstrip("0")) > 1)
    half = rest[0] == "5" and len(rest.rstrip("0")) == 1
    out = digits[:count]
    if half and count > 0:
        up = ord(out[-1]) % 2 == 1
    if not up:
        return out, 0
    i = count - 1
    result = ""
    while i >= 0:
        if out[i] == "9":
            result = "0" + result
            i -= 1
        else:
            return out[:i] + chr(ord(out[i]) + 1) + result, 0
    return "1" + result, 1


def float_repr(self: float) -> str:
    if math.isnan(self):
        return "nan"
    if math.isinf(self):
        return "inf" if self > 0 else "-inf"
    if self == 0:
        return "-0.0" if math.copysign(1.0, self) < 0 else "0.0"
    sign = "-" if self < 0 else ""
    digits, point = float_digits(abs(self))
    if point > 16 or point < -3:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        exponent = str(abs(point - 1)).zfill(2)
        return sign + mantissa + ("e-" if point < 1 else "e+") + exponent
    if point <= 0:
        return sign + "0." + zeros(-point) + digits
    if len(digits) <= point:
        return sign + digits + zeros(point - len(digits)) + ".0"
    return sign + digits[:point] + "." + digits[point:]


def zeros(n: int) -> str:
    out = ""
    for _ in range(n):
        out += "0"
    return out


def float_exact(x: float) -> Tuple[str, int]:
    """All decimal digits of x > 0 and the place of its point."""
    mantissa, exponent = math.frexp(x)
    digits = [int(mantissa * 9007199254740992.0)]
    exponent -= 53
    base = 1000000000
    number: List[int] = []
    rest = digits[0]
    while rest > 0:
        number.append(rest % base)
        rest = rest // base
    places = 0
    while exponent > 0:
        decimal_multiply(number, 2)
        exponent -= 1
    while exponent < 0:
        decimal_multiply(number, 5)
        exponent += 1
        places += 1
    text = str(number[-1])
    for i in range(len(number) - 1):
        text += str(number[len(number) - 2 - i]).zfill(9)
    return text, len(text) - places


def decimal_multiply(number: List[int], by: int) -> None:
    carry = 0
    for i in range(len(number)):
        product = number[i] * by + carry
        number[i] = product % 1000000000
        carry = product // 1000000000
    if carry > 0:
        number.append(carry)


def float_fixed(x: float, places: int) -> str:
    """As "%.{places}f"."""
    if not math_isfinite(x):
        return float_repr(x)
    sign = "-" if math.copysign(1.0, x) < 0 else ""
    digits = "0"
    point = 1
    if x != 0:
        digits, point = float_exact(abs(x))
    if point < 1:
        digits = zeros(1 - point) + digits
        point = 1
    rounded, carried = decimal_rounded(digits, point + places)
    point += carried
    rounded = rounded + zeros(point + places - len(rounded))
    return sign + rounded[:point] + ("." + rounded[point:] if places > 0 else "")


def float_scientific(x: float, places: int) -> str:
    """As "%.{places}e"."""
    if not math_isfinite(x):
        return float_repr(x)
    sign = "-" if math.copysign(1.0, x) < 0 else ""
    digits = "0"
    point = 1
    if x != 0:
        digits, point = float_exact(abs(x))
        while len(digits) > 1 and digits[0] == "0":
            digits = digits[1:]
            point -= 1
    rounded, carried = decimal_rounded(digits, places + 1)
    point += carried
    rounded = (rounded + zeros(places + 1 - len(rounded)))[: places + 1]
    exponent = point - 1
    tail = ("-" if exponent < 0 else "+") + str(abs(exponent)).zfill(2)
    return sign + rounded[0] + ("." + rounded[1:] if places > 0 else "") + "e" + tail


def float_general(x: float, places: int) -> str:
    """As "%.{places}g"."""
    if not math_isfinite(x) or x == 0:
        return float_repr(x).removesuffix(".0")
    precision = max(places, 1)
    text = float_scientific(x, precision - 1)
    at = text.find("e", 0, len(text))
    exponent = int(text[at + 1 :])
    if exponent < -4 or exponent >= precision:
        mantissa = text[:at]
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return mantissa + text[at:]
    fixed = float_fixed(x, precision - 1 - exponent)
    return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed


def float_round(x: float, places: int) -> float:
    if places < 0:
        scale = 10.0 ** float(-places)
        return float(round(x / scale)) * scale
    return float(float_fixed(x, places))


def grouped(text: str, separator: str, size: int) -> str:
    """The digits before the point in groups from the right."""
    sign = "-" if text.startswith("-") else ""
    body = text[len(sign) :]
    at = body.find(".", 0, len(body))
    whole = body if at < 0 else body[:at]
    rest = "" if at < 0 else body[at:]
    out = ""
    while len(whole) > size:
        out = separator + whole[len(whole) - size :] + out
        whole = whole[: len(whole) - size]
    return sign + whole + out + rest


def aligned(text: str, fill: str, align: str, width: int) -> str:
    n = width - len(text)
    if n <= 0:
        return text
    if align == "<":
        return text + fill * n
    if align == "^":
        return fill * (n // 2) + text + fill * (n - n // 2)
    if align == "=" and len(text) > 0 and (text[0] == "-" or text[0] == "+"):
        return text[0] + fill * n + text[1:]
    return fill * n + text


# ---- format specifications ----


def signed(text: str, sign: str) -> str:
    return text if text.startswith("-") or sign == "-" else sign + text


def int_format(n: int, kind: str, sign: str, alternate: bool, group: str) -> str:
    if kind == "c":
        return chr(n)
    radix = 10
    prefix = ""
    if kind == "x" or kind == "X":
        radix = 16
        prefix = "0" + kind
    elif kind == "o":
        radix = 8
        prefix = "0o"
    elif kind == "b":
        radix = 2
        prefix = "0b"
    text = int_format_radix(abs(n), radix, kind == "X")
    if len(group) > 0:
        text = grouped(text, group, 3 if radix == 10 else 4)
    if alternate:
        text = prefix + text
    return signed("-" + text if n < 0 else text, sign)


def float_format(x: float, kind: str, precision: int, sign: str, alternate: bool, group: str) -> str:
    places = 6 if precision < 0 else precision
    if kind == "%":
        text = float_fixed(x * 100.0, places) + "%"
    elif kind == "f" or kind == "F":
        text = float_fixed(x, places)
    elif kind == "e" or kind == "E":
        text = float_scientific(x, places)
    elif kind == "g" or kind == "G":
        text = float_general(x, places)
    elif precision < 0:
        text = float_repr(x)
    else:
        text = float_general(x, precision)
        if "e" not in text and "." not in text and math_isfinite(x):
            text += ".0"
    if kind == "E" or kind == "G" or kind == "F":
        text = text.upper()
    if len(group) > 0:
        text = grouped(text, group, 3)
    return signed(text, sign)
