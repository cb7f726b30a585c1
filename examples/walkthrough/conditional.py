"""A model that decides: which layer runs depends on the values of its input.

A trace records one way through it and says so in a warning; a script keeps the decision. Run it with
`PYTHONPATH=build/python python3 examples/walkthrough/conditional.py`.
"""
import warnings

import linkboy as torch
import linkboy.nn as nn


class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.large = nn.Linear(4, 2)
        self.small = nn.Linear(4, 2)

    def forward(self, x):
        if x.sum() > 10:
            return self.large(x)
        return self.small(x)


def main():
    torch.manual_seed(0)
    model = Conditional().eval()
    low, high = torch.ones(1, 4), torch.full([1, 4], 5.0)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        traced = torch.jit.trace(model, (low,), check_trace=False)
    print("tracing warned:", str(caught[0].message).splitlines()[0])
    print(traced.code)
    assert torch.equal(traced(low), model(low))
    assert not torch.equal(traced(high), model(high)), "a trace knows one way only"

    scripted = torch.jit.script(model)
    print(scripted.code)
    for x in (low, high):
        assert torch.equal(scripted(x), model(x))

    guarded = torch.jit.trace(model, (low,), guards=True, check_trace=False)
    try:
        guarded(high)
    except Exception as error:  # the recorded assumption does not hold for this input
        print("the guarded trace says:", str(error).splitlines()[-1])
    else:
        raise AssertionError("the guard let a wrong input through")


if __name__ == "__main__":
    main()
