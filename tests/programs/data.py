"""Lists, dicts, tuples, optionals, unions."""
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

import torch
from torch import Tensor

from programs import calls


class Point(NamedTuple):
    x: float
    y: float
    name: str = "p"


@calls(([3, 1, 2], 9), ([], 1))
def list_methods(items: List[int], extra: int) -> Tuple[List[int], int]:
    items.append(extra)
    items.insert(0, 7)
    items.extend([4, 4])
    items.sort()
    items.reverse()
    last = items.pop()
    items.remove(4)
    return items, last


@calls(([1, 2, 3, 4, 5],))
def list_slices(items: List[int]) -> List[List[int]]:
    return [items[1:3], items[:-2], items[::2], items[-3:], items + [9], items * 2]


@calls(([1, 2, 3],), ([],), may_raise=True)
def out_of_range(items: List[int]) -> int:
    return items[2] + items[-1]


@calls(([5, 3, 8],), ([1],))
def list_questions(items: List[int]) -> Tuple[int, int, bool, int, List[int]]:
    return len(items), items.count(3), 8 in items, items.index(items[-1]), sorted(items)


@calls((4,), (0,))
def comprehension(n: int) -> Tuple[List[int], List[str], Dict[int, int]]:
    return [i * i for i in range(n)], [str(i) for i in range(n)], {i: i * 2 for i in range(n)}


@calls(({"a": 1, "b": 2}, "a"), ({}, "z"))
def dict_questions(d: Dict[str, int], key: str) -> Tuple[bool, int, int, List[str], List[int]]:
    return key in d, len(d), d.get(key, -1), list(d.keys()), list(d.values())


@calls(({"a": 1.0},), ({"z": 2.0, "a": 0.5},))
def dict_changes(d: Dict[str, float]) -> Tuple[Dict[str, float], float]:
    d["new"] = 3.5
    d.update({"a": 9.0})
    gone = d.pop("a")
    d.setdefault("other", 1.25)
    return d, gone


@calls(({1: "x"}, 1), ({1: "x"}, 2), may_raise=True)
def missing_key(d: Dict[int, str], k: int) -> str:
    return d[k]


@calls(({"b": 2, "a": 1},))
def dict_walk(d: Dict[str, int]) -> Tuple[str, int]:
    keys, total = "", 0
    for k, v in d.items():
        keys += k
        total += v
    for k in d:
        keys += k.upper()
    return keys, total


@calls((1, "a"), (5, ""))
def tuples(n: int, s: str) -> Tuple[Tuple[int, str], int, str, bool]:
    t = (n, s)
    a, b = t
    u = t + (2.5, )
    return t, a + len(u), b + t[1], n == 1


@calls((1.5, 2.0),)
def named_tuple(x: float, y: float) -> Tuple[Point, float, str]:
    p = Point(x, y)
    q = Point(p.y, p.x, name="swapped")
    return q, p.x + q[0], q.name


@calls((None,), (4,))
def optional_math(x: Optional[int]) -> Tuple[int, bool]:
    y = x if x is not None else -1
    return y + 1, x is None


@calls((3,), ("text",), ([1, 2],))
def union_of_three(x: Union[int, str, List[int]]) -> str:
    if isinstance(x, int):
        return "int " + str(x + 1)
    elif isinstance(x, str):
        return "str " + x
    else:
        return "list " + str(len(x))


@calls(([torch.ones(2), torch.zeros(3)],))
def tensor_list(items: List[Tensor]) -> Tuple[Tensor, List[int]]:
    return torch.cat(items), [t.size(0) for t in items]


@calls(({"x": torch.ones(2, 2)},))
def tensor_dict(d: Dict[str, Tensor]) -> Dict[str, Tensor]:
    out: Dict[str, Tensor] = {}
    for k, v in d.items():
        out[k + "_sum"] = v.sum()
        out[k + "_t"] = v.t() * 2
    return out


@calls(([[1, 2], [3]],), ([],))
def nested_lists(rows: List[List[int]]) -> Tuple[int, List[int]]:
    flat: List[int] = []
    for row in rows:
        flat += row
    return len(rows), flat


@calls(([1, 2, 3, 4],))
def list_assignment(items: List[int]) -> List[int]:
    items[0] = 10
    items[-1] += 5
    del items[0]
    return items


@calls(([True, False],), ([],))
def any_and_all(flags: List[bool]) -> Tuple[bool, bool]:
    return any(flags), all(flags)


@calls((["b", "a", "c"],))
def sorted_strings(items: List[str]) -> Tuple[List[str], str, str]:
    items.sort(reverse=True)
    return items, items[0], items[-1]


@calls(([1.5, 2.5], [2, 3]))
def comparisons(a: List[float], b: List[int]) -> List[bool]:
    return [a == [1.5, 2.5], a != a, b == [2, 3], b != [2], len(a) == len(b)]
