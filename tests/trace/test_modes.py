"""Train and eval mode, and whether autograd records: what holds at each forward pass."""

from __future__ import annotations

import pytest
from tracing import SETUP, Walk, name_of, walk

from trainlint.trace.events import Forward, ModeSwitch

APPLY = "model(torch.randn(2, 8))"


def passes(walked: Walk) -> list[tuple[str, bool | None]]:
    return [(event.mode, event.gradients) for event in walked.events(Forward) if event.direct]


MODES = {
    "fresh": (f"{APPLY}\n", "train"),
    "eval": (f"model.eval()\n{APPLY}\n", "eval"),
    "train(False)": (f"model.train(False)\n{APPLY}\n", "eval"),
    "and back": (f"model.eval()\nmodel.train()\n{APPLY}\n", "train"),
    "in a chain": (f"model = nn.Linear(8, 3).to('cpu').eval()\n{APPLY}\n", "eval"),
    "training set": (f"model.training = False\nmodel.eval()\n{APPLY}\n", "eval"),
    "in a helper": (f"def frozen(network):\n    network.eval()\n    return network\nfrozen(model)\n{APPLY}\n", "eval"),
    "of a list": (f"for network in [model, nn.Linear(2, 2)]:\n    network.eval()\n{APPLY}\n", "eval"),
    "by comprehension": (f"[network.eval() for network in (model,)]\n{APPLY}\n", "eval"),
    "of a data-parallel network": (f"model = nn.DataParallel(model)\nmodel.eval()\n{APPLY}\n", "eval"),
    "of what a wrapper holds": ("parallel = nn.DataParallel(model)\nparallel.module.eval()\nparallel(torch.ones(2, 8))\n", "eval"),
    "compiled": (f"fast = torch.compile(model)\nfast.eval()\n{APPLY}\n", "eval"),
    "after moving": (f"model.eval()\nmodel = model.to('cuda')\n{APPLY}\n", "eval"),
    "after copying": ("import copy\nmodel.eval()\ntwin = copy.deepcopy(model)\nmodel.train()\ntwin(torch.ones(2, 8))\n", "eval"),
    "by a flag": (f"def mode(network, training):\n    network.train(training)\nmode(model, False)\n{APPLY}\n", "eval"),
}  # fmt: skip


@pytest.mark.parametrize("way", MODES)
def test_the_mode_of_a_network_where_it_is_applied(way: str) -> None:
    program, mode = MODES[way]
    assert passes(walk(program, setup=SETUP))[-1][0] == mode


def test_a_network_that_comes_from_elsewhere_is_in_an_unknown_mode() -> None:
    walked = walk(
        {
            "predict.py": """
                import torch

                def predict(model, loader):
                    with torch.no_grad():
                        return [model(x) for x, _ in loader]
            """
        }
    )
    (run,) = walked.trace.runs
    assert {(event.mode, event.gradients) for event in run.of(Forward)} == {("unknown", False)}


GRADIENTS = {
    "on": (f"{APPLY}\n", True),
    "no_grad": (f"with torch.no_grad():\n    {APPLY}\n", False),
    "inference_mode": (f"with torch.inference_mode():\n    {APPLY}\n", False),
    "after a block": (f"with torch.no_grad():\n    pass\n{APPLY}\n", True),
    "set_grad_enabled": (f"with torch.set_grad_enabled(False):\n    {APPLY}\n", False),
    "set for the rest": (f"torch.set_grad_enabled(False)\n{APPLY}\n", False),
    "set in a helper": (f"def off():\n    torch.set_grad_enabled(False)\noff()\n{APPLY}\n", False),
    "enabled inside": (f"with torch.no_grad():\n    with torch.enable_grad():\n        {APPLY}\n", True),
    "decorated": (f"@torch.no_grad()\ndef apply():\n    {APPLY}\napply()\n", False),
    "decorated without brackets": (f"@torch.no_grad\ndef apply():\n    {APPLY}\napply()\n", False),
    "decorated by hand": (f"def apply():\n    {APPLY}\napply = torch.no_grad()(apply)\napply()\n", False),
    "after a decorated call": (f"@torch.no_grad()\ndef apply():\n    {APPLY}\napply()\n{APPLY}\n", True),
    "after a decorated early return": (
        f"@torch.no_grad()\ndef apply(x):\n    if x.sum() > 0:\n        return None\n    {APPLY}\n"
        f"apply(torch.ones(2))\n{APPLY}\n",
        True,
    ),
    "in a called helper": (f"def apply():\n    {APPLY}\nwith torch.no_grad():\n    apply()\n", False),
    "perhaps": (f"with torch.set_grad_enabled(input() == 'train'):\n    {APPLY}\n", None),
    "one of two contexts": (
        f"from contextlib import nullcontext\nwith torch.no_grad() if input() else nullcontext():\n    {APPLY}\n",
        None,
    ),
    "on one side of a branch": (f"if input():\n    torch.set_grad_enabled(False)\n{APPLY}\n", None),
    "several contexts": (f"with torch.autocast('cpu'), torch.no_grad():\n    {APPLY}\n", False),
    "left by an exception": (
        f"try:\n    with torch.no_grad():\n        raise ValueError\nexcept ValueError:\n    pass\n{APPLY}\n",
        True,
    ),
    "decorated by the project": (
        f"def frozen(function):\n    return torch.no_grad()(function)\n\n@frozen\ndef apply():\n    {APPLY}\napply()\n",
        False,
    ),
}


@pytest.mark.parametrize("way", GRADIENTS)
def test_whether_autograd_records(way: str) -> None:
    program, gradients = GRADIENTS[way]
    assert passes(walk(program, setup=SETUP))[-1][1] is gradients


def test_a_mode_that_one_branch_switches_is_the_latest() -> None:
    walked = walk(
        f"if torch.rand(1) > 0.5:\n    model.eval()\n{APPLY}\n",
        setup=SETUP,
    )
    assert passes(walked) == [("eval", True)]
    (switch,) = walked.events(ModeSwitch)
    assert [(guard.text, guard.side) for guard in switch.guards] == [("torch.rand(1) > 0.5", True)]


def test_the_second_epoch_meets_what_the_first_left() -> None:
    walked = walk(
        """
        model.train()
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for x, y in val_loader:
                    print(criterion(model(x), y))
        """,
        setup=SETUP,
    )
    training = walked.training
    modes = [(event.round_of(training.loop), event.mode) for event in training.of(Forward) if event.gradients]
    assert dict.fromkeys(modes) == dict.fromkeys([(0, "train"), (1, "eval")])


def test_switching_one_network_leaves_the_other() -> None:
    walked = walk(
        """
        teacher = nn.Linear(8, 3)
        teacher.eval()
        with torch.no_grad():
            teacher(torch.ones(2, 8))
        model(torch.ones(2, 8))
        """,
        setup=SETUP,
    )
    found = [(name_of(event.model), event.mode) for event in walked.events(Forward) if event.direct]
    assert found == [("Linear", "eval"), ("Sequential", "train")]


def test_pretrained_transformers_come_in_eval_mode() -> None:
    walked = walk(
        """
        from transformers import AutoModelForSequenceClassification

        model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
        model(input_ids=None)
        model.train()
        model(input_ids=None)
        """
    )
    assert [mode for mode, _ in passes(walked)] == ["eval", "train"]
