# Python's own functions for whatever can be iterated; those that TorchScript has as well serve the types that it serves.

import math
from typing import List, Optional, Tuple

import torch


def builtin_sorted(items, key=None, reverse: bool = False):
    out = list(items)
    list_sort(out, key, reverse)
    return out


def builtin_reversed(items):
    out = list(items)
    out.reverse()
    return out


def builtin_min(*items, key=None, **given):
    if len(items) == 2 and key is None:
        return items[1] if items[1] < items[0] else items[0]
    if len(items) > 2 and key is None:
        return builtin_min(builtin_min(items[0], items[1]), *items[2:])
    xs = list(items[0]) if len(items) == 1 else list(items)
    if "default" in given:
        if len(xs) == 0:
            return given["default"]
    return list_best(xs, key, False)


def builtin_max(*items, key=None, **given):
    if len(items) == 2 and key is None:
        return items[1] if items[0] < items[1] else items[0]
    if len(items) > 2 and key is None:
        return builtin_max(builtin_max(items[0], items[1]), *items[2:])
    xs = list(items[0]) if len(items) == 1 else list(items)
    if "default" in given:
        if len(xs) == 0:
            return given["default"]
    return list_best(xs, key, True)


def builtin_sum(items, *start, **given):
    xs = list(items)
    total = __zero__(xs)
    if len(start) == 1:
        total = start[0] + total
    if "start" in given:
        total = given["start"] + total
    for x in xs:
        total = total + x
    return total


def builtin_any(items) -> bool:
    for x in items:
        if x:
            return True
    return False


def builtin_all(items) -> bool:
    for x in items:
        if not x:
            return False
    return True


def builtin_map(function, items, *more):
    if len(more) == 0:
        return [function(x) for x in items]
    if len(more) == 1:
        return [function(x, y) for x, y in zip(items, more[0])]
    assert len(more) == 2, "map() takes up to three sequences where it is compiled"
    return [function(x, y, z) for x, y, z in zip(items, more[0], more[1])]


def builtin_filter(function, items):
    if function is None:
        return [x for x in items if x]
    return [x for x in items if function(x)]


def builtin_iter(items):
    return list(items)


# An iterator is the list of what is left.
def builtin_next(items, *default):
    if len(default) == 1:
        return items.pop(0) if len(items) > 0 else default[0]
    if len(items) == 0:
        raise StopIteration()
    return items.pop(0)


def builtin_round(x, ndigits=None):
    if isinstance(x, int):
        return x
    if ndigits is None:
        return int(round(x))
    return float_round(x, ndigits)


def builtin_pow(a, b, *mod):
    if len(mod) == 1:
        return a**b % mod[0]
    return a**b


def builtin_divmod(a, b):
    return (a // b, a % b)


# ---- itertools, functools, operator ----


def itertools_chain(*lists):
    out = __empty__(list(lists[0]))
    for items in lists:
        for x in items:
            out.append(x)
    return out


def itertools_chain_from_iterable(lists):
    return [x for items in lists for x in items]


def itertools_product(*lists, repeat: int = 1):
    if len(lists) == 1:
        assert repeat == 2, "product() of one sequence takes repeat=2 where it is compiled"
        return [(x, y) for x in lists[0] for y in lists[0]]
    assert repeat == 1, "product() of several sequences takes no repeat where it is compiled"
    if len(lists) == 2:
        return [(x, y) for x in lists[0] for y in lists[1]]
    assert len(lists) == 3, "product() takes up to three sequences where it is compiled"
    return [(x, y, z) for x in lists[0] for y in lists[1] for z in lists[2]]


def itertools_combinations(items, r: int):
    assert r == 2, "combinations() makes pairs where it is compiled"
    xs = list(items)
    return [(xs[i], xs[j]) for i in range(len(xs)) for j in range(i + 1, len(xs))]


def itertools_permutations(items, r: int = -1):
    assert r == 2, "permutations() makes pairs where it is compiled"
    xs = list(items)
    return [(xs[i], xs[j]) for i in range(len(xs)) for j in range(len(xs)) if i != j]


def itertools_accumulate(items, function=None):
    xs = list(items)
    out = __empty__(xs)
    for x in xs:
        if len(out) == 0:
            out.append(x)
        elif function is None:
            out.append(out[-1] + x)
        else:
            out.append(function(out[-1], x))
    return out


def itertools_repeat(item, times: int):
    return [item for _ in range(times)]


def itertools_islice(items, *bounds):
    xs = list(items)
    if len(bounds) == 1:
        return xs[: bounds[0]]
    if len(bounds) == 2:
        return xs[bounds[0] : bounds[1]]
    return xs[bounds[0] : bounds[1] : bounds[2]]


def itertools_pairwise(items):
    xs = list(items)
    return [(xs[i], xs[i + 1]) for i in range(len(xs) - 1)]


def itertools_zip_longest(a, b, fillvalue=None):
    xs = list(a)
    ys = list(b)
    n = max(len(xs), len(ys))
    return [(xs[i] if i < len(xs) else fillvalue, ys[i] if i < len(ys) else fillvalue) for i in range(n)]


def itertools_takewhile(function, items):
    xs = list(items)
    out = __empty__(xs)
    for x in xs:
        if not function(x):
            break
        out.append(x)
    return out


def itertools_dropwhile(function, items):
    xs = list(items)
    out = __empty__(xs)
    dropping = True
    for x in xs:
        if dropping and function(x):
            continue
        dropping = False
        out.append(x)
    return out


def itertools_starmap(function, items):
    return [function(*x) for x in items]


def functools_reduce(function, items, *initial):
    xs = list(items)
    if len(initial) == 1:
        total = initial[0]
        for x in xs:
            total = function(total, x)
        return total
    if len(xs) == 0:
        raise TypeError("reduce() of empty iterable with no initial value")
    first = xs[0]
    for i in range(1, len(xs)):
        first = function(first, xs[i])
    return first


def functools_partial(function, *arguments, **keywords):
    return lambda *more, **others: function(*arguments, *more, **keywords, **others)


def operator_itemgetter(index):
    return lambda items: items[index]


def operator_add(a, b):
    return a + b


def operator_sub(a, b):
    return a - b


def operator_mul(a, b):
    return a * b


def operator_truediv(a, b):
    return a / b


def operator_floordiv(a, b):
    return a // b


def operator_mod(a, b):
    return a % b


def operator_neg(a):
    return -a


def operator_lt(a, b) -> bool:
    return a < b


def operator_gt(a, b) -> bool:
    return a > b


def operator_eq(a, b) -> bool:
    return a == b


def copy_copy(x):
    return x.copy()
