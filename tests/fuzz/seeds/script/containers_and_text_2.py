import collections
import functools
import itertools
import math
import operator
print(functools.reduce(operator.mul, [1, 2, 3, 4]), functools.partial(pow, 2)(5), list(itertools.chain([1], [2, 3])), list(itertools.product([1, 2], "a")))
print(list(itertools.repeat(0, 3)), list(itertools.accumulate([1, 2, 3])), tuple(itertools.chain.from_iterable([[1], [2]])))
print([*{"a": 1}, *range(2)], {**{"a": 1}, "b": 2}, (*[1], 2), [[1, 2], [3]][0][1], {(1, 2): 3}[1, 2])
