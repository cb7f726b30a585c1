x = [i * 2 for i in range(5) if i % 2 == 0]
print(x, {a: b for a, b in zip("abc", x)}, {1, 2} | {3}, [(i, j) for i in range(3) for j in range(i)])
a, *rest, c = (1, *x, 3)
print(a, rest, c, (1, 2, 3)[::-1], [4, 5, 6][-2:], "hello"[1:3])
print(7 // -2, -7 % 3, 2**10, 2**-1, 7.5 // 2, -7.5 % 2, 1 << 4, 6 & 3, 6 | 3, 6 ^ 3, ~5, -(-3), +4)
print(True + 1, True and 0, [] or "x", not [], 1 < 2 < 3, 1 < 3 < 2, 3 in x, 4 not in x, None is None)
print(0.1 + 0.2, 1e16, 1e15, 1e-5, 123456789.125, float("inf"), -0.0, 1 / 3, 5e-324, 1.7976931348623157e308)
print((n := 5) + n, 3 if x else 4, "a" "b", 1_000)
n = 0
while True:
    n += 1
    if n == 2:
        continue
    if n > 3:
        break
else:
    print("never")
for i in range(3):
    pass
else:
    print("else", i)
for k, (p, q) in enumerate([(1, 2), (3, 4)], start=1):
    print(k, p, q)
def options(a, b=2, *args, c, d=4, **kwargs):
    return a, b, args, c, d, kwargs
print(options(1, c=3), options(1, 2, 3, 4, c=5, e=6), options(*[1, 2, 3], **{"c": 7, "z": 8}))
def counter():
    total = 0

    def add(k):
        nonlocal total
        total += k
        return total

    return add
add = counter()
add(3)
print(add(4), (lambda u, v=10: u * v)(3), (lambda *r: r)(1, 2))
def evens(limit):
    for i in range(limit):
        if i % 2 == 0:
            yield i
