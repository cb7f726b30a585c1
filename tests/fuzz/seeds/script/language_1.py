print(list(evens(7)), sum(evens(7)), sum(i * i for i in range(4)), next(iter(evens(3))), next(iter([]), "none"))
def careful(value):
    try:
        if value < 0:
            raise ValueError("negative %d" % value)
        return 10 // value
    except ZeroDivisionError as error:
        return "caught " + type(error).__name__
    except (TypeError, ValueError):
        raise
    finally:
        print("done", value)
print(careful(5), careful(0))
try:
    careful(-1)
except Exception as error:
    print(type(error).__name__, error, isinstance(error, ValueError))
try:
    [1, 2][5]
except IndexError:
    print("index")
try:
    {}["k"]
except KeyError as error:
    print("key", error)
try:
    None.x
except AttributeError as error:
    print(error)
def shape(value):
    match value:
        case 0 | 1:
            return "small"
        case [first, *others] if others:
            return f"row of {first} and {len(others)}"
        case {"kind": kind, **more}:
            return f"{kind} with {more}"
        case str(text):
            return "text " + text
        case None:
            return "nothing"
        case _:
            return "other"
print(shape(1), shape([1, 2, 3]), shape({"kind": "k", "n": 1}), shape("t"), shape(None), shape(9.5), shape([1]))
