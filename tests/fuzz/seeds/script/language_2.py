d = {"a": 1, **{"b": 2}}
d["c"] = d.get("zz", 3)
del d["a"]
d |= {"e": 5}
print(d, len(d), list(d), "b" in d, d.pop("b"), d.setdefault("l", []), d)
y = x
y += [9]
print(x is y, x, x.index(4), x.count(9))
assert n > 3, "n is large"
