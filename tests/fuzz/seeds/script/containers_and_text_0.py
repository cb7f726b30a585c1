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
