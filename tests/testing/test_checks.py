"""The public checks of rules notice what is wrong, and say it in a sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest
from rulepacks import rule_source

from trainlint.testing import (
    CHECKS,
    PackError,
    RuleEntry,
    builtin_rules,
    check_bad_example,
    check_examples_differ,
    check_examples_run,
    check_good_example,
    check_page,
    found_lines,
    installed_rules,
    lint,
    rule_in,
    rules_in,
)

BODY = """
from trainlint.trace.events import Backward

for run in trace.runs:
    for event in run.of(Backward):
        if event.retain:
            yield self.finding(event.place, "The graph is kept.")
"""
BAD = """import torch

weight = torch.zeros(3, requires_grad=True)
weight.sum().backward(retain_graph=True)  # expect: LAB101
"""
GOOD = """import torch

weight = torch.zeros(3, requires_grad=True)
weight.sum().backward()
"""
Make = Callable[..., RuleEntry]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A rule about ``retain_graph=True``, written to a file with other words and examples."""

    def rule(
        *, bad: str = BAD, good: str = GOOD, name: str = "graph-kept", body: str = BODY, **words: str
    ) -> RuleEntry:
        text = rule_source("LAB101", name, "ADVICE", body=body)
        text = text.replace("    x = 1  # expect: LAB101\n", indent(bad, "    "))
        text = text.replace("    x = 2\n", indent(good, "    "))
        for old, new in words.items():
            text = text.replace(f"{old}.", new)
        file = tmp_path / f"lab101_{name.replace('-', '_')}.py"
        file.write_text(text)
        return rule_in(file)

    return rule


def test_a_rule_that_is_in_order_passes(make: Make) -> None:
    rule = make()
    for check in (*CHECKS, check_examples_run):
        check(rule)
    check_examples_differ([rule, *builtin_rules()])


@pytest.mark.parametrize(
    ("check", "parts", "complaint"),
    [
        (check_page, {"Something": "FILL IN: what"}, "the page still says FILL IN under What it finds"),
        (check_page, {"wrong": "wrong, or not"}, "the summary is no sentence: 'Something is wrong, or not'"),
        (check_page, {"name": "avoid-graph-kept"}, "the name tells what to do; it should say the mistake"),
        (check_page, {"Something": "```python\n    x\n    ```"}, "code stands under What it finds"),
        (check_bad_example, {"bad": GOOD}, "the bad example marks no line with `# expect: LAB101`"),
        (check_bad_example, {"bad": BAD + "x = 1  # expect: LAB101\n"}, "is not flagged in line 5, which it marks"),
        (check_bad_example, {"bad": BAD + "x = 1  # expect: TL501\n"}, "expects findings of other rules: TL501"),
        (
            check_bad_example,
            {"bad": BAD + "weight.sum().backward(retain_graph=True)\n"},
            "the bad example is flagged in line 5 by LAB101: The graph is kept.",
        ),
        (check_bad_example, {"bad": BAD + "if:\n"}, "the bad example cannot be linted: bad.py:5:"),
        (
            check_bad_example,
            {"body": BODY.replace("The graph", "FILL IN: the graph")},
            "its message still says FILL IN",
        ),
        (check_bad_example, {"body": "raise KeyError(1)"}, "internal error in the rule LAB101 graph-kept: KeyError: 1"),
        (check_good_example, {"good": BAD}, "the good example is flagged in line 4 by LAB101: The graph is kept."),
        (check_good_example, {"good": GOOD + "weight.sum().backward()  # trainlint: ignore\n"}, "line 5 by TL002"),
        (check_examples_run, {"bad": BAD + "weight.no_such()\n"}, "the bad example ends with AttributeError"),
        (check_examples_run, {"good": GOOD + "raise SystemExit(0)\n"}, "the good example ends with SystemExit"),
    ],
)
def test_what_is_wrong_is_said(
    make: Make, check: Callable[[RuleEntry], None], parts: dict[str, str], complaint: str
) -> None:
    rule = make(**parts)
    with pytest.raises(AssertionError) as failed:
        check(rule)
    assert str(failed.value).startswith(f"LAB101 {rule.name}: ")
    assert complaint in str(failed.value)


def test_the_rules_beside_it_can_be_chosen(make: Make) -> None:
    """trainlint's own rules judge the examples too, unless others are named."""
    never_zeroed = """import torch

    weight = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    for step in range(10):
        loss = ((weight - torch.rand(3)) ** 2).mean()
        loss.backward()
        optimizer.step()
    """.replace("\n    ", "\n")
    rule = make(good=never_zeroed)
    with pytest.raises(AssertionError, match="the good example is flagged in line 7 by TL501"):
        check_good_example(rule)
    check_good_example(rule, beside=[])


def test_a_copied_example_is_noticed(make: Make) -> None:
    rule, other = make(), make(name="other-name")
    with pytest.raises(AssertionError, match="LAB101 other-name: its bad example is that of LAB101 graph-kept"):
        check_examples_differ([rule, other])


def test_examples_leave_torch_and_its_switches_as_they_were(make: Make) -> None:
    import torch

    switches = "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)\n"
    check_examples_run(make(good=GOOD + switches))
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()


def test_programs_of_several_files_are_linted_in_memory(make: Make) -> None:
    program = {
        "train.py": "import torch\nfrom steps import back\n\nweight = torch.zeros(3, requires_grad=True)\nback(weight.sum())\n",
        "steps.py": "def back(loss):\n    loss.backward(retain_graph=True)\n",
    }
    assert found_lines(lint(program, [make()])) == [("steps.py", 0, 2, "LAB101")]
    assert found_lines(lint(BAD, [make()])) == [("train.py", 0, 4, "LAB101")]
    assert found_lines(lint(BAD)) == []


def test_rules_are_found_in_folders_and_installed_packs(make: Make, tmp_path: Path) -> None:
    make()
    assert [rule.code for rule in rules_in(tmp_path)] == ["LAB101"]
    assert "TL501" in {rule.code for rule in installed_rules("builtin")}
    with pytest.raises(PackError, match="there is no rule file lab102_nowhere"):
        rule_in(tmp_path / "lab102_nowhere.py")
    (tmp_path / "lab101_graph_kept.py").write_text("x = 1\n")
    with pytest.raises(PackError, match="defines 0 rules"):
        rule_in(tmp_path / "lab101_graph_kept.py")


def test_importing_it_loads_neither_pytest_nor_torch() -> None:
    program = "import sys, trainlint.testing; print({'pytest', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
