# Methods of containers and texts, formats, and the builtin functions.
import collections
import functools
import itertools
import math
import operator

print(sorted([3, 1, 2]), sorted("bca", reverse=True), sorted([(1, "b"), (1, "a"), (0, "z")]), sorted([3, -1, 2], key=abs))
print(max([3, 1, 2]), min(4, 2, 8), max("ab", "b", key=len), max([], default=0), sum([1.5, 2]), sum([[1], [2]], []))
print(all([1, 2]), any([]), abs(-3), abs(-2.5), round(2.5), round(3.14159, 2), round(-1.5), divmod(-7, 2), pow(2, 5))
print(list(zip([1, 2], "ab")), dict(zip("ab", [1, 2])), list(map(lambda a, b: a + b, [1, 2], [3, 4])), list(filter(None, [0, 1, 2])))
print(list(reversed([1, 2, 3])), list(range(5, 0, -2)), range(3), len(range(0, 10, 3)), list(range(10))[2:8:3])
print(int("42"), int(" -7 "), int(3.9), int("ff", 16), float("2.5"), str(1.0), bool("x"), bool(""), chr(97), ord("z"))
print(list("ab"), tuple([1, 2]), set([1, 1, 2]), dict(a=1), dict([("k", 2)]), list({"x": 1}), frozenset([1]) == {1})
l = [1, 2, 3]
l.append(4)
l.extend((5, 6))
l.insert(1, 9)
l.remove(3)
print(l, l.pop(), l.pop(0), l, l.copy() is l)
l.sort(reverse=True)
l.reverse()
l[1:3] = [7, 7, 7]
print(l, l * 2, [0] * 3, l + [1])
d = collections.OrderedDict([("a", 1), ("b", 2)])
d.update({"c": 3}, e=5)
print(list(d.items()), d.popitem(), d.keys() == {"a": 0, "b": 0, "c": 0}.keys() or list(d.keys()))
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
print(functools.reduce(operator.mul, [1, 2, 3, 4]), functools.partial(pow, 2)(5), list(itertools.chain([1], [2, 3])), list(itertools.product([1, 2], "a")))
print(list(itertools.repeat(0, 3)), list(itertools.accumulate([1, 2, 3])), tuple(itertools.chain.from_iterable([[1], [2]])))
print([*{"a": 1}, *range(2)], {**{"a": 1}, "b": 2}, (*[1], 2), [[1, 2], [3]][0][1], {(1, 2): 3}[1, 2])
