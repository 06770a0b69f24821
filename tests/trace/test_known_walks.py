"""Walks that still hold are not made again, and give what making them again would."""

from __future__ import annotations

from collections.abc import Mapping

from trainlint.facts import ir, lower, source_from_text
from trainlint.trace import Start, Trace, trace

NETWORK = "import torch\n\ndef make():\n    return torch.nn.Linear(2, 2)\n\ndef spare(a):\n    return a.sum()\n"
FIRST = "from network import make\nmodel = make()\nmodel.eval()\n"
SECOND = "import torch\nmodel = torch.nn.Linear(3, 3)\nmodel.train()\n\ndef spare(a):\n    model(a).backward()\n"


def lowered(**texts: str) -> dict[str, ir.Module]:
    return {f"{name}.py": lower(source_from_text(f"{name}.py", text)) for name, text in texts.items()}


def again(modules: Mapping[str, ir.Module], before: Trace, *changed: str) -> Trace:
    known = {start: walk for start, walk in before.walks.items() if start.path not in changed}
    return trace(modules, ".", known=known)


def told(found: Trace) -> list[tuple[str, object, list[tuple[str, object]]]]:
    return [(run.path, run.start, [(type(event).__name__, event.place) for event in run.events]) for run in found.runs]


def test_a_known_walk_is_the_same_run() -> None:
    modules = lowered(network=NETWORK, first=FIRST, second=SECOND)
    before = trace(modules, ".")
    modules |= lowered(second=SECOND.replace("train()", "eval()"))
    after = again(modules, before, "second.py")
    assert told(after) == told(trace(modules, "."))
    kept = {start for start, walk in after.walks.items() if walk is before.walks.get(start)}
    assert kept == {start for start in before.walks if start.path != "second.py"}
    assert [run.path for run in after.runs if run in before.runs] == ["first.py"]


def test_what_a_known_walk_reached_is_not_walked_alone() -> None:
    modules = lowered(network=NETWORK, first=FIRST)
    after = again(modules, trace(modules, "."), "network.py")
    assert told(after) == told(trace(modules, "."))
    assert [start.path for start in after.walks if start.function is not None] == ["network.py"]


def test_a_function_that_is_reached_no_more_is_walked_alone() -> None:
    modules = lowered(network=NETWORK, first=FIRST)
    before = trace(modules, ".")
    modules |= lowered(first="import network\n")
    after = again(modules, before, "first.py")
    assert told(after) == told(trace(modules, "."))
    alone = [start for start in after.walks if start.function is not None]
    assert alone == [Start("network.py", NETWORK.index("def make")), Start("network.py", NETWORK.index("def spare"))]


def test_walks_are_told_of_while_they_go_on() -> None:
    modules = lowered(long="\n".join(f"a{number} = {number}" for number in range(1000)))
    told: list[tuple[str, int, int]] = []
    trace(modules, ".", progress=lambda *stage: told.append(stage))
    assert set(told) == {("tracing", 0, 1)}
    assert len(told) > 10
