# Sets are dicts from what stands for an element to the element; a dict whose keys TorchScript's dicts cannot hold maps what stands
# for a key to the pair of key and value. Both remember the order of insertion.


def builtin_set(*items):
    if len(items) == 0:
        return __mark__(__learned__({}), "set")
    return set_of(list(items[0]))


def builtin_frozenset(*items):
    return builtin_set(*items)


def set_of(items):
    return __mark__({__key__(x): x for x in items}, "set")


def set_iter(self):
    return list(__plain__(self).values())


def set_add(self, item) -> None:
    __plain__(self)[__key__(item)] = item


def set_discard(self, item) -> None:
    plain = __plain__(self)
    key = __key__(item)
    if key in plain:
        del plain[key]


def set_remove(self, item) -> None:
    plain = __plain__(self)
    key = __key__(item)
    if key not in plain:
        raise KeyError("the element is not in the set")
    del plain[key]


def set_pop(self):
    plain = __plain__(self)
    for key in plain.keys():
        item = plain[key]
        del plain[key]
        return item
    raise KeyError("pop from an empty set")


def set_clear(self) -> None:
    __plain__(self).clear()


def set_copy(self):
    return __mark__(__plain__(self).copy(), "set")


def set_contains(self, item) -> bool:
    return __key__(item) in __plain__(self)


def set_update(self, *others) -> None:
    plain = __plain__(self)
    for other in others:
        for x in other:
            plain[__key__(x)] = x


def set_union(self, *others):
    out = __plain__(self).copy()
    for other in others:
        for x in other:
            out[__key__(x)] = x
    return __mark__(out, "set")


def set_intersection(self, other):
    keys = __plain__(set_of(list(other)))
    plain = __plain__(self)
    return __mark__({k: plain[k] for k in plain.keys() if k in keys}, "set")


def set_difference(self, other):
    keys = __plain__(set_of(list(other)))
    plain = __plain__(self)
    return __mark__({k: plain[k] for k in plain.keys() if k not in keys}, "set")


def set_symmetric_difference(self, other):
    return set_union(set_difference(self, other), set_difference(set_of(list(other)), self))


def set_or(self, other):
    return set_union(self, other)


def set_and(self, other):
    return set_intersection(self, other)


def set_sub(self, other):
    return set_difference(self, other)


def set_xor(self, other):
    return set_symmetric_difference(self, other)


def set_issubset(self, other) -> bool:
    keys = __plain__(set_of(list(other)))
    for k in __plain__(self).keys():
        if k not in keys:
            return False
    return True


def set_issuperset(self, other) -> bool:
    return set_issubset(set_of(list(other)), self)


def set_isdisjoint(self, other) -> bool:
    return len(__plain__(set_intersection(self, other))) == 0


def set_le(self, other) -> bool:
    return set_issubset(self, other)


def set_ge(self, other) -> bool:
    return set_issubset(other, self)


def set_lt(self, other) -> bool:
    return len(self) < len(other) and set_issubset(self, other)


def set_gt(self, other) -> bool:
    return set_lt(other, self)


def set_eq(self, other) -> bool:
    return len(self) == len(other) and set_issubset(self, other)


def set_ne(self, other) -> bool:
    return not set_eq(self, other)


# ---- dicts of any key ----


def keyed_of(keys, values):
    return __mark__({__key__(k): (k, v) for k, v in zip(keys, values)}, "keyed")


def keyed_getitem(self, key):
    plain = __plain__(self)
    text = __key__(key)
    if text not in plain:
        raise KeyError(text)
    return plain[text][1]


def keyed_setitem(self, key, value) -> None:
    __plain__(self)[__key__(key)] = (key, value)


def keyed_delitem(self, key) -> None:
    del __plain__(self)[__key__(key)]


def keyed_contains(self, key) -> bool:
    return __key__(key) in __plain__(self)


def keyed_iter(self):
    return [pair[0] for pair in __plain__(self).values()]


def keyed_keys(self):
    return [pair[0] for pair in __plain__(self).values()]


def keyed_values(self):
    return [pair[1] for pair in __plain__(self).values()]


def keyed_items(self):
    return list(__plain__(self).values())


def keyed_get(self, key, *default):
    plain = __plain__(self)
    text = __key__(key)
    if len(default) == 1:
        return plain[text][1] if text in plain else default[0]
    return plain[text][1] if text in plain else None


def keyed_pop(self, key, *default):
    plain = __plain__(self)
    text = __key__(key)
    if len(default) == 1:
        return plain.pop(text)[1] if text in plain else default[0]
    return plain.pop(text)[1]


def keyed_setdefault(self, key, default):
    plain = __plain__(self)
    text = __key__(key)
    if text not in plain:
        plain[text] = (key, default)
    return plain[text][1]


def keyed_copy(self):
    return __mark__(__plain__(self).copy(), "keyed")


# ---- plain dicts ----


def dict_or(self, other):
    out = self.copy()
    out.update(other)
    return out


def dict_eq(self, other) -> bool:
    if len(self) != len(other):
        return False
    for k in self.keys():
        if k not in other:
            return False
        if self[k] != other[k]:
            return False
    return True


def dict_ne(self, other) -> bool:
    return not dict_eq(self, other)


# ---- counters, dicts with defaults ----


def collections_Counter(*items):
    if len(items) == 0:
        return __mark__(__learned__({}), "counter")
    counts = {x: 0 for x in items[0]}
    for x in items[0]:
        counts[x] += 1
    return __mark__(counts, "counter")


def counter_getitem(self, key) -> int:
    plain = __plain__(self)
    return plain[key] if key in plain else 0


def counter_setitem(self, key, value: int) -> None:
    __plain__(self)[key] = value


def counter_update(self, items) -> None:
    for x in items:
        counter_setitem(self, x, counter_getitem(self, x) + 1)


def counter_most_common(self, *n):
    plain = __plain__(self)
    pairs = sorted(plain.items(), key=lambda pair: pair[1], reverse=True)
    return pairs[: n[0]] if len(n) > 0 else pairs


def counter_total(self) -> int:
    return sum(__plain__(self).values())


def counter_elements(self):
    return [k for k, n in __plain__(self).items() for _ in range(n)]


def default_getitem(self, key):
    plain = __plain__(self)
    if key not in plain:
        plain[key] = __default__(plain)
    return plain[key]


def default_setitem(self, key, value) -> None:
    __plain__(self)[key] = value


def collections_defaultdict(factory, *items):
    return __mark__(dict(items[0]), "default")
