# Lists: comparison, search and order as Python has them, for items of any type that can be compared.


def list_eq(self, other) -> bool:
    if len(self) != len(other):
        return False
    for i in range(len(self)):
        if self[i] != other[i]:
            return False
    return True


def list_ne(self, other) -> bool:
    return not list_eq(self, other)


def list_lt(self, other) -> bool:
    for i in range(min(len(self), len(other))):
        if self[i] != other[i]:
            return self[i] < other[i]
    return len(self) < len(other)


def list_gt(self, other) -> bool:
    return list_lt(other, self)


def list_le(self, other) -> bool:
    return not list_lt(other, self)


def list_ge(self, other) -> bool:
    return not list_lt(self, other)


def list_contains(self, item) -> bool:
    for x in self:
        if x == item:
            return True
    return False


def list_index(self, item, start: int = 0, *end: int) -> int:
    stop = end[0] if len(end) > 0 else len(self)
    for i in range(start, min(stop, len(self))):
        if self[i] == item:
            return i
    raise ValueError("the item is not in the list")


def list_count(self, item) -> int:
    n = 0
    for x in self:
        if x == item:
            n += 1
    return n


def list_remove(self, item) -> None:
    self.pop(list_index(self, item))


def list_mul(self, n: int):
    out = __empty__(self)
    for _ in range(n):
        out.extend(self)
    return out


def list_extend(self, items) -> None:
    for x in list(items):
        self.append(x)


def list_order(keys, reverse: bool) -> List[int]:
    """The positions of the keys in order; equal keys keep theirs (a merge sort from pairs up)."""
    n = len(keys)
    order = list(range(n))
    width = 1
    while width < n:
        merged: List[int] = []
        start = 0
        while start < n:
            i = start
            j = min(start + width, n)
            middle = j
            stop = min(start + 2 * width, n)
            while i < middle and j < stop:
                later = keys[order[i]] < keys[order[j]] if reverse else keys[order[j]] < keys[order[i]]
                if later:
                    merged.append(order[j])
                    j += 1
                else:
                    merged.append(order[i])
                    i += 1
            merged.extend(order[i:middle])
            merged.extend(order[j:stop])
            start = stop
        order = merged
        width *= 2
    return order


def list_sort(self, key=None, reverse: bool = False) -> None:
    items = self[:]
    if key is None:
        order = list_order(items, reverse)
    else:
        order = list_order([key(x) for x in items], reverse)
    for i in range(len(order)):
        self[i] = items[order[i]]


def list_best(items, key, largest: bool):
    if len(items) == 0:
        raise ValueError("arg is an empty sequence")
    best = 0
    if key is None:
        for i in range(1, len(items)):
            if (items[best] < items[i]) if largest else (items[i] < items[best]):
                best = i
    else:
        keys = [key(x) for x in items]
        for i in range(1, len(keys)):
            if (keys[best] < keys[i]) if largest else (keys[i] < keys[best]):
                best = i
    # PyTorch loses `items` where a loop's only result is used once, right behind it, after a name that the loop
    # uses as well: so it is used twice.
    return items[best] if best < len(items) else items[0]


def tuple_index(self, item) -> int:
    return list_index(list(self), item)


def tuple_count(self, item) -> int:
    return list_count(list(self), item)


# ---- deques ----


def collections_deque(items=None, maxlen=None):
    return __mark__(list(items), "deque")


def deque_appendleft(self, item) -> None:
    __plain__(self).insert(0, item)


def deque_popleft(self):
    return __plain__(self).pop(0)


def deque_rotate(self, n: int = 1) -> None:
    plain = __plain__(self)
    if len(plain) > 0:
        for _ in range(n % len(plain)):
            plain.insert(0, plain.pop())
