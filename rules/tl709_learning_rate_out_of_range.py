"""TL709: a learning rate far out of what its optimizer works with."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.merge import options_of
from trainlint.trace.purpose import INPUT_OPTIMISATION, TEST_CODE
from trainlint.trace.queries_schedules import optimizers, sets_rate
from trainlint.trace.values import DictValue, Library, ListValue, TupleValue, Value

# From here on a constant rate is too large, by family of optimizers. An adaptive method moves each weight by about the rate
# itself in every step, whatever the gradient (Kingma and Ba, "Adam", 2015, section 2.1): at 0.05 weights of usual size are
# gone in a few steps.
_TOO_LARGE = {"adam": 0.05, "adamw": 0.05, "rmsprop": 0.05, "sgd": 10.0}


class LearningRateOutOfRange(Rule):
    """A constant learning rate is far out of its optimizer's usual range.

    ## What it finds

    A rate of 0.05 or more for Adam and its relatives or RMSprop, of 10 or more for SGD, and of zero or less for any optimizer.

    ## Why it hurts

    Adam and RMSprop divide by the size of the gradient, so that each step moves each weight by about the learning rate
    itself (Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, section 2.1). Weights are of the order of a
    tenth: at a rate of 0.05 or more they are thrown about rather than trained. "Common Practices, Part 1", P16: updates should
    be about a thousandth of the weights. It is often SGD's 0.1, left in place when the optimizer was exchanged.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)  # expect: TL709

    for step in range(30):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.prod(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    for step in range(30):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.prod(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    For Adadelta, Adagrad, Rprop, LBFGS, sign-based and schedule-free optimizers, whose rates mean something else; where the
    program writes the rate itself, or a schedule gives more than a factor (`LambdaLR`, `OneCycleLR`, `CyclicLR`); where an
    input is optimised rather than weights; and where the rate isn't known.

    ## Remedy

    Begin with 1e-3 for Adam, 0.1 or less for SGD. `trainlint.runtime.find_learning_rate` measures what the network bears.
    """

    code = "TL709"
    name = "learning-rate-out-of-range"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for training in run.partial_trainings:
                found = [item for item in optimizers(training) if isinstance(item, Library) and _rate(item) is not None]
                if not found or training.exemptions & {INPUT_OPTIMISATION, TEST_CODE}:
                    continue
                for optimizer in found:
                    if optimizer.place is None or sets_rate(run, optimizer):
                        continue
                    rate = _rate(optimizer)
                    what = "never moves" if rate is not None and rate <= 0 else "is far above what it works with"
                    yield self.finding(
                        optimizer.place,
                        f"The learning rate {rate:g} of {optimizer.short} {what}. Begin with"
                        f" {'0.1' if optimizer.trait('family') == 'sgd' else '1e-3'} or less.",
                        related=[(training.place, "it trains here")],
                    )


def _rate(optimizer: Library) -> float | None:
    """The constant learning rate, where it is out of range."""
    if _by_group(optimizer):
        return None
    rate = optimizer.constant("lr")
    family = optimizer.trait("family")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or optimizer.trait("schedule_free"):
        return None
    limit = _TOO_LARGE.get(str(family))
    return float(rate) if rate <= 0 or (limit is not None and rate >= limit) else None


def _by_group(optimizer: Library) -> bool:
    """Whether groups of parameters bring rates of their own, to which the optimizer's is only a stand-in."""
    groups = [group for option in options_of(optimizer.arguments.get("params")) for group in _held(option)]
    return any(isinstance(group, DictValue) and "lr" in group.entries for group in groups)


def _held(params: Value) -> tuple[Value, ...]:
    if isinstance(params, ListValue):
        return (*params.items, *([params.rest] if params.rest is not None else []))
    return params.elements if isinstance(params, TupleValue) else ()
