"""Programs that linkboy runs and no archive can hold: exceptions, recursion, classes that hold themselves. Each
function of CALLS is held against plain Python by test_runtime_only.py."""
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor


def t_basic(log: List[str], x: int) -> int:
    try:
        log.append("try")
        y = 10 // x
    except ZeroDivisionError as error:
        log.append("except")
        y = 0
    else:
        log.append("else")
    finally:
        log.append("finally")
    return y


def t_partial(x: int) -> Tuple[int, str]:
    stage = "start"
    total = 0
    try:
        total += 1
        stage = "one"
        total += 10 // x
        stage = "two"
        xs = [1, 2]
        total += xs[x]
        stage = "three"
    except ZeroDivisionError:
        total += 100
    except IndexError as e:
        return total, str(e) + stage
    return total, stage


def t_str(k: str, n: int) -> List[str]:
    out: List[str] = []
    d = {"a": 1}
    try:
        out.append(str(d[k]))
    except KeyError as e:
        out.append(f"missing {e}")
        out.append(repr(e))
    try:
        out.append(str(10 // n))
    except (ValueError, ZeroDivisionError) as e:
        out.append(str(e))
    try:
        out.append(str(int(k)))
    except ValueError as e:
        out.append(str(e))
    try:
        if n > 1:
            raise ValueError("n is " + str(n))
        out.append(str([1][n]))
    except (ValueError, IndexError) as e:
        out.append(str(e))
        out.append(repr(e))
    return out


def t_return(n: int) -> str:
    try:
        if n == 0:
            return "zero"
        if n == 1:
            raise ValueError("one")
        return str(10 // (n - 2))
    except ValueError:
        return "value"
    except ZeroDivisionError:
        return "div"
    finally:
        print("done", n)


def t_loop(xs: List[str]) -> List[int]:
    out: List[int] = []
    for x in xs:
        try:
            if x == "stop":
                break
            if x == "skip":
                continue
            out.append(int(x))
        except ValueError:
            out.append(-1)
        finally:
            out.append(100)
    return out


def t_nested(n: int) -> List[str]:
    log: List[str] = []
    y = 0
    try:
        try:
            y = 1
            if n == 1:
                raise KeyError("k")
            if n == 2:
                raise TypeError("t")
            y = 2
        except TypeError:
            log.append("type")
            raise
        finally:
            log.append("inner finally")
    except KeyError as e:
        log.append("key " + str(e) + str(y))
    except Exception as e:
        log.append("other " + str(e) + str(y))
    else:
        log.append("else")
    return log


def helper(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    return n * 2


def t_call(n: int) -> int:
    try:
        v = helper(n)
    except ValueError as err:
        v = len(str(err))
    return v


def t_reraise(n: int) -> int:
    try:
        return helper(n)
    except ValueError as e:
        raise RuntimeError("wrapped: " + str(e)) from e


def t_uncaught(n: int) -> int:
    try:
        return [1][n]
    finally:
        print("bye")


def t_tensor(x: Tensor, y: Tensor) -> Tensor:
    try:
        return x @ y
    except RuntimeError:
        return x.sum() + y.sum()


def t_retry(n: int) -> int:
    tries = 0
    while True:
        try:
            tries += 1
            if tries < n:
                raise OSError("again")
            return tries
        except OSError:
            if tries > 5:
                raise
            continue


def t_swallow(n: int):
    for i in range(n):
        try:
            if i == 2:
                return i
        finally:
            if i == 2:
                break
    return -1


def t_assert(n: int) -> str:
    try:
        assert n > 0, "must be positive"
    except AssertionError as e:
        return str(e)
    return "ok"


def t_unset(n: int) -> int:
    try:
        v = 10 // n
    except ZeroDivisionError:
        pass
    return v


def early(n):
    try:
        if n > 3:
            return n
        x = 3 // n
    except ZeroDivisionError:
        return 7
    return x + 1


def t_untyped_return(n: int) -> int:
    return early(n)


def t_recurse(n: int) -> int:
    def deep(k: int) -> int:
        return 1 + deep(k + 1)
    try:
        return deep(n)
    except RecursionError:
        return -1


def t_parse(s: str) -> Optional[float]:
    try:
        return float(s)
    except ValueError:
        return None


def t_pop(xs: List[int]) -> int:
    total = 0
    try:
        while True:
            total += xs.pop()
    except IndexError:
        pass
    return total


class MyError(ValueError):
    pass


class Other(MyError):
    pass


def t_custom(n: int) -> str:
    try:
        if n == 0:
            raise MyError("mine")
        if n == 1:
            raise Other("other")
        raise KeyError("k")
    except Other as e:
        return "Other " + str(e)
    except ValueError as e:
        return "Value " + str(e)
    except LookupError as e:
        return "Lookup " + str(e)


def fact(n):
    if n > 1:
        return n * fact(n - 1)
    return 1


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def hanoi(n: int, a: str, b: str, c: str, out: List[str]):
    if n == 0:
        return
    hanoi(n - 1, a, c, b, out)
    out.append(a + b)
    hanoi(n - 1, c, b, a, out)


def even(n: int):
    return n == 0 or odd(n - 1)


def odd(n: int):
    return n != 0 and even(n - 1)


def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


def ack(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))


def perms(xs: List[int]) -> List[List[int]]:
    if not xs:
        return [[]]
    out = []
    for i in range(len(xs)):
        for rest in perms(xs[:i] + xs[i + 1:]):
            out.append([xs[i]] + rest)
    return out


def inner(n: int) -> int:
    k = 2

    def go(m: int) -> int:
        if m == 0:
            return k
        return m + go(m - 1)

    return go(n)


def binary(xs: List[int], x: int, lo: int, hi: int) -> Optional[int]:
    if lo >= hi:
        return None
    mid = (lo + hi) // 2
    if xs[mid] == x:
        return mid
    return binary(xs, x, mid + 1, hi) if xs[mid] < x else binary(xs, x, lo, mid)


def t_recursion(n: int) -> Tuple[int, int, List[str], bool, int, int, List[List[int]], int, Optional[int]]:
    out: List[str] = []
    hanoi(3, "a", "b", "c", out)
    found = binary([1, 3, 5, 7], 5, 0, 4)
    return fact(n), fib(n), out, even(n), gcd(n, 6), ack(2, 3), perms([1, 2, 3]), inner(n), found


def shown(e):
    return str(e)


def told(e):
    return f"{e} {e!r} {isinstance(e, ValueError)}"


def declared(e: Exception) -> str:
    return str(e)


def caught(n: int):
    try:
        if n > 1:
            raise ValueError("bad")
        raise KeyError("k")
    except Exception as e:
        return e


class Keeper:
    def __init__(self):
        self.last = caught(1)

    def text(self) -> str:
        return str(self.last)


def raised(e):
    raise e


def t_passed_on(n: int) -> List[str]:
    try:
        raise ValueError("bad")
    except Exception as e:
        inside = lambda: str(e)  # noqa: E731
        here = [shown(e), told(e), declared(e), inside()]
    both = [caught(n), caught(2)]
    try:
        raised(caught(n))
    except LookupError as e:
        here.append("again " + str(e))
    return here + [shown(both), str(caught(n)), "%s" % caught(n), Keeper().text()]


def as_items(n: int) -> str:
    e = caught(n)
    return e[0]


def as_length(n: int) -> int:
    return len(caught(n))


def as_equal(n: int) -> bool:
    return caught(n) == caught(n)


def as_fields(n: int) -> str:
    return caught(n).text


def as_parts(n: int) -> str:
    a, b, c, d = caught(n)
    return b


def countdown(n: Optional[int]) -> int:
    if n is None:
        return 7
    return 1 + countdown(n - 1) if n > 0 else countdown(None)


def t_other_types(n: int) -> int:
    return countdown(n)


def t_nonlocal(n: int) -> int:
    count = 0

    def visit(k: int) -> None:
        nonlocal count
        count += 1
        if k > 0:
            visit(k - 1)
            visit(k - 2)

    visit(n)
    return count


def deep(n: int) -> int:
    return 0 if n == 0 else 1 + deep(n - 1)


def t_else_break(xs: List[int]) -> int:
    total = 0
    for i, x in enumerate(xs):
        try:
            y = 100 // x
        except ZeroDivisionError:
            continue
        else:
            if y > 40:
                break
            total += y
        finally:
            total += 1000
    return total


def t_finally_return(n: int) -> int:
    try:
        raise ValueError("x")
    finally:
        return n


def t_raise_in_handler(n: int) -> str:
    try:
        try:
            raise ValueError("first")
        except ValueError as e:
            raise KeyError("second")
    except KeyError as e:
        return str(e)


def t_same_name(k: str) -> List[str]:
    out = []
    for s in ["1", k, "3"]:
        try:
            v = int(s)
        except ValueError as e:
            out.append(str(e))
        except Exception as e:
            out.append("other")
        else:
            out.append(str(v * 2))
    return out


def parse(s: str) -> int:
    try:
        return int(s)
    except ValueError:
        return 0


def t_list_comp(xs: List[str]) -> List[int]:
    return [parse(x) for x in xs]


def t_first_good(xs: List[str]) -> Optional[int]:
    for x in xs:
        try:
            return int(x)
        except ValueError:
            pass
    return None


def t_count(xs: List[str]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for x in xs:
        try:
            counts[x] += 1
        except KeyError:
            counts[x] = 1
    return counts


def t_while(n: int) -> Tuple[int, int]:
    tries = 0
    failures = 0
    while tries < n:
        tries += 1
        try:
            if tries % 3 == 0:
                raise RuntimeError("third")
            if tries == 7:
                break
        except RuntimeError:
            failures += 1
    else:
        failures += 100
    return tries, failures


def t_name(n: int) -> str:
    try:
        [1, 2][n]
        {"a": 1}["b"]
    except (IndexError, KeyError) as e:
        return type(e).__name__ + ": " + str(e)
    return "none"


def t_isinstance(n: int) -> str:
    try:
        if n == 0:
            raise KeyError("k")
        if n == 1:
            raise ValueError("v")
        return str(1 // (n - 2))
    except Exception as e:
        if isinstance(e, (KeyError, IndexError)):
            return "lookup"
        if isinstance(e, ArithmeticError):
            return "arith"
        return "other"


def t_args(n: int) -> str:
    try:
        raise ValueError("bad", n)
    except ValueError as e:
        return str(e)


def t_args0(n: int) -> str:
    try:
        raise ValueError("bad")
    except ValueError as e:
        return e.args[0]


def t_bare_class(n: int) -> str:
    try:
        raise ValueError
    except ValueError as e:
        return "[" + str(e) + "]" + repr(e)


def t_keep(n: int) -> str:
    err = None
    try:
        x = 1 // n
    except ZeroDivisionError as e:
        err = e
    if err is not None:
        return "failed " + str(err)
    return "fine"


def t_raise_kept(n: int) -> int:
    for i in range(5):
        try:
            if i < n:
                raise OSError("no " + str(i))
            return i
        except OSError as e:
            last = e
    raise last


def t_nested_fn(n: int) -> int:
    def risky(k: int) -> int:
        if k == 0:
            raise ZeroDivisionError("zero")
        return 10 // k

    total = 0
    for i in range(n):
        try:
            total += risky(i)
        except ZeroDivisionError:
            total += 1000
    return total


def t_unpack(xs: List[int]) -> str:
    try:
        a, b = xs
        return str(a + b)
    except ValueError:
        return "wrong length"


def t_index(x: Tensor, i: int) -> float:
    try:
        return float(x[i])
    except IndexError:
        return -1.0


def t_shape(x: Tensor) -> Tensor:
    try:
        return x.view(3, 3)
    except RuntimeError:
        return x.reshape(-1)


def t_reset(n: int) -> int:
    value: Optional[int] = None
    try:
        value = 10 // n
    except ZeroDivisionError:
        value = None
    return value if value is not None else -1


def t_deep(n: int) -> int:
    if n == 0:
        raise ValueError("bottom")
    try:
        return t_deep(n - 1)
    except ValueError:
        if n < 3:
            raise
        return n


def t_gen(n: int) -> int:
    try:
        return sum(10 // (k - 3) for k in range(n))
    except ZeroDivisionError:
        return -1


def t_assert_chain(x: int) -> str:
    try:
        assert x > 0
        assert x < 10, f"{x} is large"
    except AssertionError as e:
        return repr(e)
    return "ok"


def t_lambda(n: int) -> int:
    f = lambda k: 10 // k
    try:
        return f(n)
    except ZeroDivisionError:
        return 0


class Node:
    def __init__(self, value: int, next: "Optional[Node]" = None):
        self.value = value
        self.next = next


class Multi:
    def __init__(self, name: str):
        self.name = name
        self.children: "List[Multi]" = []
        self.by: "Dict[str, Multi]" = {}

    def add(self, child: "Multi") -> "Multi":
        self.children.append(child)
        self.by[child.name] = child
        return self

    def total(self) -> int:
        return 1 + sum(c.total() for c in self.children)


def t_chain(n: int) -> int:
    head: Optional[Node] = None
    for i in range(n):
        head = Node(i, head)
    total = 0
    while head is not None:
        total = total * 10 + head.value
        head = head.next
    return total


class Owner:
    def __init__(self, value: int, owned: "Optional[Owned]" = None):
        self.value = value
        self.owned: Optional[Owned] = owned


class Owned:
    def __init__(self, owner: Owner):
        self.owner = owner


def t_each_other(n: int) -> int:
    owner = Owner(n)
    owner.owned = Owned(owner)
    owned = owner.owned
    return -1 if owned is None else owned.owner.value


def t_tree(n: int) -> int:
    root = Multi("root")
    for i in range(n):
        root.add(Multi(str(i)).add(Multi("leaf")))
    return root.total() + root.by["1"].total()


def t_unused_quotient(n: int) -> int:
    try:
        y = 10 // n
        return 1
    except ZeroDivisionError:
        return 2


def t_unused_item(xs: List[int], i: int) -> bool:
    try:
        x = xs[i]
        return True
    except IndexError:
        return False


def t_unused_key(d: Dict[str, int], k: str) -> bool:
    try:
        if len(d) > 1:
            d[k]
    except KeyError:
        return False
    return True


def t_unused_numbers(texts: List[str]) -> List[str]:
    kinds: List[str] = []
    for text in texts:
        try:
            int(text)
            kinds.append("int")
            continue
        except ValueError:
            pass
        finally:
            kinds.append("seen")
        try:
            float(text)
        except ValueError:
            kinds.append("neither")
        else:
            kinds.append("float")
    return kinds


def t_unused_sum(x: Tensor, y: Tensor) -> bool:
    try:
        try:
            z = x + y
        finally:
            w = 3
    except RuntimeError:
        return False
    return True


CALLS = {
    "t_basic": [([], 3), ([], 0)],
    "t_partial": [(0,), (1,), (5,)],
    "t_str": [("a", 0), ("b", 3), ("7", 1)],
    "t_return": [(0,), (1,), (2,), (4,)],
    "t_loop": [(["1", "x", "skip", "2", "stop", "3"],)],
    "t_nested": [(0,), (1,), (2,)],
    "t_call": [(2,), (-1,)], "t_reraise": [(2,), (-1,)], "t_uncaught": [(0,), (2,)],
    "t_tensor": [(torch.ones(2, 2), torch.ones(2, 2)), (torch.ones(2, 2), torch.ones(3, 2))],
    "t_retry": [(3,), (9,)], "t_swallow": [(2,), (5,)], "t_assert": [(1,), (0,)], "t_unset": [(2,), (0,)],
    "t_untyped_return": [(9,), (2,), (0,)],
    "t_recurse": [(0,)], "t_parse": [("1.5",), ("x",)], "t_pop": [([1, 2, 3],)], "t_custom": [(0,), (1,), (2,)],
    "t_recursion": [(5,)], "t_other_types": [(3,)], "t_passed_on": [(1,)],
    "t_nonlocal": [(5,)], "t_chain": [(4,)], "t_tree": [(3,)],
    "t_else_break": [([10, 0, 5, 2, 7],)],
    "t_finally_return": [(3,)],
    "t_raise_in_handler": [(1,)],
    "t_same_name": [("x",)],
    "t_list_comp": [(["1", "x"],)],
    "t_first_good": [(["x", "5"],), (["x"],)],
    "t_count": [(["a", "b", "a"],)],
    "t_while": [(5,), (9,)],
    "t_name": [(0,), (5,)],
    "t_isinstance": [(0,), (1,), (2,), (3,)],
    "t_args": [(1,)],
    "t_args0": [(1,)],
    "t_bare_class": [(1,)],
    "t_keep": [(0,), (1,)],
    "t_raise_kept": [(2,), (9,)],
    "t_nested_fn": [(3,)],
    "t_unpack": [([1, 2],), ([1],)],
    "t_index": [(torch.ones(2), 1), (torch.ones(2), 7)],
    "t_shape": [(torch.ones(9),), (torch.ones(8),)],
    "t_reset": [(0,), (5,)],
    "t_deep": [(5,)],
    "t_each_other": [(3,)],
    "t_gen": [(3,), (5,)],
    "t_assert_chain": [(0,), (20,), (5,)],
    "t_lambda": [(0,), (2,)],
    "t_unused_quotient": [(0,), (5,)],
    "t_unused_item": [([1, 2], 1), ([1, 2], 2)],
    "t_unused_key": [({"a": 1, "b": 2}, "b"), ({"a": 1, "b": 2}, "c"), ({"a": 1}, "c")],
    "t_unused_numbers": [(["1", "1.5", "x"],)],
    "t_unused_sum": [(torch.ones(2), torch.ones(2)), (torch.ones(2), torch.ones(3))],
}
