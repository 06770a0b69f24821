"""What survives an edit, and what does not."""

from __future__ import annotations

from trainlint.config import Config, Configurations, Selection
from trainlint.engine import lint
from trainlint.facts.source import source_from_text
from trainlint.packs import Registry, load_rules
from trainlint.program import program_of_source

STEP = """
def step(data):
    net = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(3):
        for x, y in data:
            loss = ((net.forward(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
"""
SCRIPT = "import torch\nfrom torch import nn\n" + STEP


def prints(text: str, code: str = "TL521") -> list[str]:
    registry = Registry(load_rules())
    program = program_of_source(source_from_text("train.py", text), lambda *told: None)
    configurations = Configurations(registry, pinned=Config(folder="."))
    report = lint(program, registry, configurations, Selection((code,), (), ()), lambda *told: None)
    return [diagnosis.fingerprint for diagnosis in report.diagnoses]


def test_lines_that_come_and_go_elsewhere_change_nothing() -> None:
    edited = "# a comment\n\nimport os\n" + SCRIPT.replace("optimizer.zero_grad()", "optimizer.zero_grad()  # so\n\n")
    assert prints(edited) == prints(SCRIPT) != []


def test_spacing_changes_nothing() -> None:
    assert prints(SCRIPT.replace("net.forward(x)", "net . forward( x )")) == prints(SCRIPT)


def test_other_functions_and_other_code_are_other_findings() -> None:
    assert prints(SCRIPT.replace("def step", "def update")) != prints(SCRIPT)
    assert prints(SCRIPT.replace("net", "model")) != prints(SCRIPT)


def test_twins_are_told_apart_by_their_order() -> None:
    once = SCRIPT.replace(
        "            optimizer.step()\n", "            optimizer.step()\n            kept.append(loss)\n"
    )
    once = once.replace("    for epoch", "    kept = []\n    for epoch")
    twice = once.replace("kept.append(loss)\n", "kept.append(loss)\n            kept.append(loss)\n")
    assert len(set(prints(twice, "TL507"))) == 2
    assert set(prints(once, "TL507")) < set(prints(twice, "TL507"))


def test_functions_in_blocks_are_found_by_name() -> None:
    inside = (
        "import torch\nfrom torch import nn\ntry:\n    if True:\n"
        + STEP.replace("\n", "\n        ")
        + "\nexcept OSError:\n    pass\n"
    )
    assert prints(inside) == prints(SCRIPT)
