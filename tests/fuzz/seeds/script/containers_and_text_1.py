import collections
import functools
import itertools
import math
import operator
m = collections.defaultdict(list)
m["x"].append(1)
print(dict(m), {1, 2, 3} & {2, 3}, {1, 2} - {2}, {1} ^ {2}, {1} <= {1, 2}, {1, 2}.issubset([1, 2, 3]))
print("a,b,,c".split(","), " x  y ".split(), "x-y".split("-", 1), "-".join(["p", "q"]), "abc".upper(), "Ab".lower(), "  s ".strip())
print("abcabc".replace("b", "X"), "abc".find("c"), "abc".startswith(("x", "a")), "abc".endswith("bc"), "a.b.c".rpartition("."))
print("x".rjust(3) + "|", "x".ljust(3) + "|", "7".zfill(3), "ab".center(6, "*"), "abab".count("ab"), "12".isdigit(), "h\u00e9"[1])
print("{} {:>4} {n} {0}".format(1, 2, n=3) if False else "{0} {1:>4} {n} {0}".format(1, 2, n=3))
print(f"{3.14159:.2f}|{42:>6d}|{42:<6}|{42:^6}|{42:06d}|{-42:+d}|{1234567:,}|{255:x}|{255:#x}|{5:b}|{0.5:%}|{1e10:.3e}|{'a':>3}|{'abc':.2}")
print(f"{'q'!r} {3!s:>4} {[1, 'a']} {1.0} {1e100} {2 + 3j} {None} {True:d} {{x}}")
w = 7
print(f"{w:{w}d}", f"{w=}", "%d %5.2f %s %r %x %%" % (3, 2.5, "s", "r", 255), "%s" % [1], "%-4d|" % 5, "%04d" % 42)
print(repr("it's"), repr('a"b'), repr("tab\t\n"), repr((1,)), repr({}), repr({1: [2]}), [None, 1.5, "s"], set())
print(math.sqrt(2), math.pi, math.floor(-2.5), math.ceil(2.1), math.log(8, 2), math.log2(8), math.exp(1), math.gcd(12, 18), math.prod([2, 3]))
