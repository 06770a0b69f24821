"""Programs too large to be walked end incomplete, after a bounded number of steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tracing import SETUP, Walk, walk

from trainlint.trace import runs
from trainlint.trace.events import Backward, Event, OptimizerStep
from trainlint.trace.interpreter.machine import SCRIPT, Budget, Machine

TRAINING = """
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
"""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[Walk, int]]:
    """Walk a script, and count the statements of its run."""
    machines: list[Machine] = []
    counts: list[int] = []
    end = Machine.end_run

    def counted(machine: Machine) -> None:
        machines.append(machine)
        counts.append(machine.steps)
        end(machine)

    monkeypatch.setattr(Machine, "end_run", counted)

    def count(program: str) -> tuple[Walk, int]:
        counts.clear()
        return walk(program, setup=SETUP), counts[0]

    return count


Steps = Callable[[str], tuple[Walk, int]]


def test_an_ordinary_training_needs_few_steps(steps: Steps) -> None:
    walked, count = steps(TRAINING)
    assert walked.run().complete
    assert count < 100


def nested_loops(depth: int) -> str:
    lines = [f"{'    ' * level}for i{level} in range(100):" for level in range(depth)]
    return "\n".join([*lines, "    " * depth + "total = i0"]) + "\n"


def test_loops_in_loops_end_incomplete(steps: Steps) -> None:
    walked, count = steps(nested_loops(18) + TRAINING)
    assert not walked.run().complete
    assert SCRIPT.all < count <= SCRIPT.all + 1
    assert not walked.events(Backward)


def test_branches_are_walked_once_each(steps: Steps) -> None:
    counts = []
    for branches in (20, 40):
        text = "".join(f"if input():\n    a{number} = 1\nelse:\n    a{number} = 2\n" for number in range(branches))
        walked, count = steps(text + TRAINING)
        assert walked.run().complete
        assert walked.events(OptimizerStep)
        counts.append(count)
    _, plain = steps(TRAINING)
    assert counts[1] - plain == 2 * (counts[0] - plain)


def test_a_branch_in_a_function_that_all_call(steps: Steps) -> None:
    # Each function calls the next one on both sides of a condition: 2 ** 16 ways.
    functions = [
        f"def f{number}(x):\n    if x:\n        return f{number + 1}(x)\n    else:\n        return f{number + 1}(-x)\n"
        for number in range(16)
    ]
    text = "".join([*functions, "def f16(x):\n    return x\n", "f0(input())\n"])
    walked, count = steps(text + TRAINING)
    assert count < 6_000
    assert walked.events(OptimizerStep)


def test_options_within_options_are_explored_to_a_bound(steps: Steps) -> None:
    options = "import argparse\nparser = argparse.ArgumentParser()\n" + "".join(
        f'parser.add_argument("--o{number}", action="store_true")\n' for number in range(10)
    )
    nested = "args = parser.parse_args()\ndef f0():\n    pass\n" + "".join(
        f"def f{number + 1}():\n    if args.o{number}:\n        f{number}()\n    else:\n        f{number}()\n"
        for number in range(10)
    )
    walked, count = steps(options + nested + "f10()\n" + TRAINING)
    assert walked.run().complete
    assert count < 1_500


def test_mutual_recursion_ends(steps: Steps) -> None:
    text = (
        "def even(n):\n    return n == 0 or odd(n - 1)\n"
        "def odd(n):\n    return n != 0 and even(n - 1)\n"
        "def tree(n):\n    left, right = tree(n - 1), tree(n - 2)\n    return left + right\n"
        "even(10)\ntree(10)\n"
    )
    walked, count = steps(text + TRAINING)
    assert walked.run().complete
    assert walked.events(OptimizerStep)
    assert count < 300


def test_deep_calls_end_in_the_unknown(steps: Steps) -> None:
    functions = [f"def f{number}(x):\n    return f{number + 1}(x)\n" for number in range(200)]
    walked, _ = steps("".join([*functions, "def f200(x):\n    return x\n", "y = f0(1)\n"]) + TRAINING)
    assert walked.run().complete
    assert walked.events(OptimizerStep)


def test_a_long_file_of_networks_is_walked_to_its_end(steps: Steps) -> None:
    networks = "".join(
        f"class Net{number}(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.fc = nn.Linear(8, 3)\n"
        "    def forward(self, x):\n        return self.fc(x)\n"
        for number in range(150)
    )
    walked, _ = steps(
        networks + "model = Net149()\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n" + TRAINING
    )
    assert walked.run().complete
    assert len({walked.line(event.place) for event in walked.events(OptimizerStep)}) == 1


def test_a_run_that_ends_early_leaves_the_next_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Budget(100, 200, 28)
    monkeypatch.setattr(Machine, "budget", property(lambda machine: small, lambda machine, value: None), raising=False)
    walked = walk(
        {"a_huge.py": "import torch\ntorch.manual_seed(0)\n" + nested_loops(10), "train.py": SETUP + TRAINING}
    )
    assert not walked.run("a_huge.py").complete
    assert walked.run().complete
    assert len(walked.run().trainings) == 1


def test_a_mistake_of_the_tracer_is_told_and_the_others_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    from trainlint.facts import lower, source_from_text

    emit = Machine.emit

    def faulty(machine: Machine, event: Event) -> None:
        if machine.entry == "broken.py":
            raise ValueError("impossible")
        emit(machine, event)

    monkeypatch.setattr(Machine, "emit", faulty)
    texts = {"broken.py": SETUP + TRAINING, "train.py": SETUP + TRAINING}
    found = runs.trace({path: lower(source_from_text(path, text)) for path, text in texts.items()}, ".")
    assert [(failure.path, failure.message) for failure in found.failures] == [("broken.py", "ValueError: impossible")]
    assert [run.path for run in found.runs if run.trainings] == ["train.py"]
