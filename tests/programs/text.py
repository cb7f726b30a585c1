"""Strings: methods, slices, formatting, what print writes."""
from typing import Dict, List, Tuple

import torch
from torch import Tensor

from programs import calls


@calls(("Hello, World",), ("",), ("aBc dEf",))
def cases(s: str) -> List[str]:
    return [s.upper(), s.lower(), s.capitalize(), s.title(), s.swapcase()]


@calls(("  padded\t", "pad"), ("xxhixx", "x"))
def strips(s: str, chars: str) -> List[str]:
    return [s.strip(), s.lstrip(), s.rstrip(), s.strip(chars), s.center(14, "*"), s.ljust(12) + "|", s.rjust(12) + "|", s.zfill(12)]


@calls(("a,b,,c", ","), ("no separator", ";"))
def split_join(s: str, sep: str) -> Tuple[List[str], str, int]:
    parts = s.split(sep)
    return parts, "-".join(parts), len(parts)


@calls(("abcabc", "bc"), ("", "x"))
def finds(s: str, what: str) -> Tuple[int, int, int, bool, bool, bool]:
    return s.find(what), s.rfind(what), s.count(what), s.startswith(what), s.endswith(what), what in s


@calls(("linkboy",), ("ab",))
def slices(s: str) -> List[str]:
    return [s[0], s[-1], s[1:], s[:-1], s[::2], s[1:5:2], s + s]


@calls((3, 2.5, "x"), (-1, 1e20, ""))
def formats(a: int, x: float, s: str) -> List[str]:
    return ["{} {} {}".format(a, x, s), "%d and %s" % (a, s), f"{a}/{x}/{s}"]


@calls(("abc",), ("b",))
def compares(s: str) -> List[bool]:
    return [s == "abc", s != "abc", s < "b", s > "b", s <= "abc", s >= "abc", s.isalpha(), s.isdigit()]


@calls(("the cat the dog",),)
def word_count(s: str) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for word in s.split(" "):
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


@calls((torch.tensor([[1.0, 2.5], [-3.0, 1e6]]), 3), (torch.tensor([True, False]), 0))
def prints(x: Tensor, n: int) -> int:
    print("value", n, 2.0, True, None)
    print(x)
    print([1, 2], (3, "four"), {"k": 5.5})
    return n


@calls(("a\tb\"c'\\",),)
def escapes(s: str) -> Tuple[str, int, List[str]]:
    return s + "\n\x01é", len(s), ["quote \" and '", "tab\t", "back\\slash"]


@calls(("racecar",), ("abc",))
def palindrome(s: str) -> bool:
    n = len(s)
    for i in range(n // 2):
        if s[i] != s[n - 1 - i]:
            return False
    return True


@calls(("AZ", 3), ("xyz", -1))
def shift(s: str, by: int) -> str:
    out = ""
    for c in s:
        out += chr((ord(c) + by) % 128)
    return out


@calls(("one two  three",), ("line\nbreak",))
def whole_words(s: str) -> Tuple[List[str], List[str], str]:
    return s.split(), s.splitlines(), s.replace("o", "0")


@calls((12345, 0.1), (-7, 1e-5))
def numbers(a: int, x: float) -> List[str]:
    return [str(a), str(x), hex(a), oct(a), bin(a)]
