"""Imports between the linted files: a training that is spread over modules is one program."""

from __future__ import annotations

import pytest
from tracing import SETUP, Walk, name_of, walk

from trainlint.facts import lower, source_from_text
from trainlint.trace.events import LossComputed, OptimizerStep
from trainlint.trace.project import Project

MODEL = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 3)

        def forward(self, x):
            return self.fc(x)
"""
ENGINE = """
    import torch

    def train_one_epoch(model, loader, criterion, optimizer):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()

    @torch.no_grad()
    def evaluate(model, loader, criterion):
        model.eval()
        return sum(criterion(model(x), y).item() for x, y in loader)
"""
SCRIPT = """
    {imports}

    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for epoch in range(3):
        train_one_epoch(net, train_loader, criterion, optimizer)
        print(evaluate(net, val_loader, criterion))
"""


def spread(imports: str, files: dict[str, str], script: str = "train.py") -> Walk:
    """A program whose network and loops stand in other files than its script."""
    text = SCRIPT.format(imports=imports)
    if script == "train.py":
        return walk({script: text, **files}, setup=SETUP)
    indented = "\n".join("    " + line if line else "" for line in SETUP.splitlines())
    return walk({script: indented + text, **files})


LAYOUTS = {
    "modules beside the script": (
        "from model import Net\n    from engine import evaluate, train_one_epoch",
        {"model.py": MODEL, "engine.py": ENGINE},
        "train.py",
    ),
    "a package": (
        "from lib.model import Net\n    from lib.engine import evaluate, train_one_epoch",
        {"lib/__init__.py": "", "lib/model.py": MODEL, "lib/engine.py": ENGINE},
        "train.py",
    ),
    "a folder without __init__": (
        "from lib.model import Net\n    from lib.engine import evaluate, train_one_epoch",
        {"lib/model.py": MODEL, "lib/engine.py": ENGINE},
        "train.py",
    ),
    "a package that gathers its names": (
        "from lib import Net, evaluate, train_one_epoch",
        {
            "lib/__init__.py": "from .model import Net\nfrom .engine import *\n",
            "lib/model.py": MODEL,
            "lib/engine.py": ENGINE,
        },
        "train.py",
    ),
    "a module under another name": (
        "import lib.model as m\n    import lib.engine\n    Net = m.Net\n"
        "    evaluate, train_one_epoch = lib.engine.evaluate, lib.engine.train_one_epoch",
        {"lib/__init__.py": "", "lib/model.py": MODEL, "lib/engine.py": ENGINE},
        "train.py",
    ),
    "a script in a folder, its package above": (
        "from lib.model import Net\n    from lib.engine import evaluate, train_one_epoch",
        {"lib/__init__.py": "", "lib/model.py": MODEL, "lib/engine.py": ENGINE},
        "scripts/train.py",
    ),
    "a src layout": (
        "from lib.model import Net\n    from lib.engine import evaluate, train_one_epoch",
        {"src/lib/__init__.py": "", "src/lib/model.py": MODEL, "src/lib/engine.py": ENGINE},
        "scripts/train.py",
    ),
    "a script inside its package": (
        "from .model import Net\n    from ..engine import evaluate, train_one_epoch",
        {"lib/__init__.py": "", "lib/cli/__init__.py": "", "lib/cli/model.py": MODEL, "lib/engine.py": ENGINE},
        "lib/cli/train.py",
    ),
    "submodules of a package by name": (
        "from lib import engine, model as networks\n    Net = networks.Net\n"
        "    evaluate, train_one_epoch = engine.evaluate, engine.train_one_epoch",
        {"lib/__init__.py": "", "lib/model.py": MODEL, "lib/engine.py": ENGINE},
        "train.py",
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_training_is_followed_through_its_imports(layout: str) -> None:
    imports, files, script = LAYOUTS[layout]
    walked = spread(imports, files, script)
    (training,) = walked.run(script).trainings
    assert walked.line(training.loop.place) == "for epoch in range(3):"
    assert walked.line(training.batch_loop.place) == "for x, y in loader:"
    assert training.batch_loop.place.path.endswith("engine.py")
    assert [name_of(model) for model in training.models] == ["Net"]
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}


def test_a_module_that_shadows_nothing_known_is_preferred_to_a_library() -> None:
    walked = walk(
        {
            "train.py": "import utils\n"
            + SETUP
            + "for epoch in range(2):\n    utils.fit(model, train_loader, optimizer)\n",
            "utils.py": """
                from torch.nn import functional as F

                def fit(model, loader, optimizer):
                    for x, y in loader:
                        optimizer.zero_grad()
                        F.cross_entropy(model(x), y).backward()
                        optimizer.step()
            """,
        }
    )
    assert walked.line(walked.training.batch_loop.place) == "for x, y in loader:"


def test_modules_that_import_each_other_are_walked() -> None:
    walked = walk(
        {
            "train.py": "from engine import run\n" + SETUP + "run(model, train_loader, criterion, optimizer)\n",
            "engine.py": """
                import helpers

                EPOCHS = 3

                def run(model, loader, criterion, optimizer):
                    for epoch in range(EPOCHS):
                        helpers.epoch(model, loader, criterion, optimizer)
            """,
            "helpers.py": """
                import engine

                def epoch(model, loader, criterion, optimizer):
                    for x, y in loader:
                        optimizer.zero_grad()
                        criterion(model(x), y).backward()
                        optimizer.step()
                    print(engine.EPOCHS)
            """,
        }
    )
    assert walked.line(walked.training.loop.place) == "for epoch in range(EPOCHS):"


def test_module_globals_made_elsewhere_keep_what_they_are() -> None:
    walked = walk(
        {
            "train.py": """
                import torch
                from data import loaders
                from torch import nn

                model = nn.Linear(8, 3)
                criterion = nn.CrossEntropyLoss()
                optimizer = torch.optim.Adam(model.parameters())
                for epoch in range(3):
                    for x, y in loaders["train"]:
                        optimizer.zero_grad()
                        criterion(model(x), y).backward()
                        optimizer.step()
                    with torch.no_grad():
                        for x, y in loaders["val"]:
                            print(criterion(model(x), y).item())
            """,
            "data.py": """
                from torch.utils.data import DataLoader
                from torchvision.datasets import CIFAR10

                loaders = {
                    "train": DataLoader(CIFAR10("data", train=True), shuffle=True),
                    "val": DataLoader(CIFAR10("data", train=False)),
                }
            """,
        }
    )
    assert walked.splits == ["test"]
    assert {source.split for source in walked.training.sources} == {"train"}


def test_a_known_library_in_its_own_repository_keeps_its_meaning() -> None:
    # accelerate's own checkout: its examples must be read like anybody's.
    walked = walk(
        {
            "src/accelerate/__init__.py": "from .accelerator import Accelerator\n",
            "src/accelerate/accelerator.py": """
                class Accelerator:
                    def prepare(self, *args):
                        return args

                    def backward(self, loss):
                        loss.backward()
            """,
            "examples/train.py": "from accelerate import Accelerator\n"
            + SETUP
            + "accelerator = Accelerator()\n"
            + "model, optimizer, train_loader = accelerator.prepare(model, optimizer, train_loader)\n"
            + "for epoch in range(3):\n"
            + "    for x, y in train_loader:\n"
            + "        optimizer.zero_grad()\n"
            + "        accelerator.backward(criterion(model(x), y))\n"
            + "        optimizer.step()\n",
        }
    )
    (training,) = walked.run("examples/train.py").trainings
    (backward, *_) = training.backwards
    assert backward.via == "accelerator"
    assert walked.line(backward.place) == "accelerator.backward(criterion(model(x), y))"


def test_code_under_main_is_walked_as_a_script_only() -> None:
    walked = walk(
        {
            "model.py": MODEL
            + """
    if __name__ == "__main__":
        import torch
        net = Net()
        loss = nn.functional.mse_loss(net(torch.randn(2, 8)), torch.randn(2, 3))
        loss.backward()
""",
            "train.py": "from model import Net\nnet = Net()\n",
        }
    )
    assert walked.events(LossComputed, "model.py")
    assert not [run for run in walked.trace.runs if run.path == "train.py" and run.of(LossComputed)]


def test_what_a_run_does_is_not_seen_by_the_next() -> None:
    engine = """
        state = {"optimizer": None}

        def fit(model, loader, criterion):
            for x, y in loader:
                criterion(model(x), y).backward()
                if state["optimizer"] is not None:
                    state["optimizer"].step()
    """
    walked = walk(
        {
            "first.py": SETUP
            + "import engine\nengine.state['optimizer'] = optimizer\nengine.fit(model, train_loader, criterion)\n",
            "second.py": SETUP + "import engine\nengine.fit(model, train_loader, criterion)\n",
            "engine.py": engine,
        }
    )
    assert walked.events(OptimizerStep, "first.py")
    assert not walked.events(OptimizerStep, "second.py")


def test_a_look_up_from_an_absolute_path_ends() -> None:
    assert (
        Project({"/lab/train.py": lower(source_from_text("train.py", ""))}).resolve("torch", "/lab/train.py", "")
        is None
    )
