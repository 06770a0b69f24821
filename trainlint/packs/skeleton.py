"""What a new rule's file and its test begin as."""

from __future__ import annotations

import keyword
import re

PLACEHOLDER = "FILL IN"
"""Marks what an author has yet to write; `trainlint.testing` refuses a page that still has it."""

_IMPORTED = frozenset({"Finding", "Iterator", "Level", "Library", "Made", "Rule", "Trace"})

# A whole rule, so that everything works at once: what is to be replaced is the question and the words.
_RULE = '''"""{code}: {words}."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.events import Made
from trainlint.trace.values import Library


class {cls}(Rule):
    """FILL IN: the mistake, in one sentence.

    ## What it finds

    FILL IN: what is reported, and under which conditions.

    ## Why it hurts

    FILL IN: the harm, and its source: a paper, a page of documentation, a measurement of your own.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.Adagrad(model.parameters(), lr=1e-2)  # expect: {code}

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
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
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    FILL IN: what looks like it and is right, and what cannot be known.

    ## Remedy

    FILL IN: what to write in its place.
    """

    code = "{code}"
    name = "{name}"
    level = Level.{level}

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for made in run.of(Made):
                if isinstance(made.thing, Library) and made.thing.short == "Adagrad" and not made.offered:
                    yield self.finding(made.place, "FILL IN: what was seen here, and what to do.")
'''

_TEST = '''"""{code} {name}: its page is complete, and its examples show the rule at work and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trainlint.testing import CHECKS, RuleEntry, check_examples_run, rule_in

RULE = rule_in(Path(__file__).parent / "{file}")


@pytest.mark.parametrize("check", CHECKS)
def test_rule(check: Callable[[RuleEntry], None]) -> None:
    check(RULE)


def test_examples_run() -> None:
    check_examples_run(RULE)
'''


def rule_file_name(code: str, name: str) -> str:
    """The name that the file of a rule must have."""
    return f"{code.lower()}_{name.replace('-', '_')}.py"


def rule_skeleton(code: str, name: str, level: str) -> str:
    """The text of a new rule's file; ``level`` is a level's name in lower case."""
    cls = "".join(part.capitalize() for part in name.split("-"))
    if keyword.iskeyword(cls) or cls in _IMPORTED:
        cls += "Mistake"
    return _RULE.format(code=code, name=name, words=name.replace("-", " "), level=level.upper(), cls=cls)


def skeleton_of_test(code: str, name: str, file: str) -> str:
    """The text of its test; ``file`` is the rule's file relative to the test's folder, with slashes."""
    return _TEST.format(code=code, name=name, file=file)


def next_code(file_names: list[str], prefix: str) -> str:
    """The code after the highest one with this prefix among the rule files; 101 is the first."""
    numbers = [int(match[1]) for name in file_names if (match := re.match(rf"{prefix.lower()}(\d{{3,}})_", name))]
    return f"{prefix}{max(numbers, default=100) + 1}"
