from __future__ import annotations

import pytest

from trainlint.findings import Applicability, Edit, Finding, Fix, Level, Location, Place, Related
from trainlint.results import Diagnosis, Report, Spot


def spot(filename: str, row: int, column: int, end_column: int, line: str, cell: int | None = None) -> Spot:
    return Spot(filename, Location(row, column, row, end_column, cell), line)


@pytest.fixture
def report() -> Report:
    """An error with a related place and a fix, and a warning in a notebook."""
    deciding = Place("train.py", 100, 113)
    loader = Place("data.py", 20, 40)
    selection = Finding(
        "TL101",
        "test-set-model-selection",
        Level.ERROR,
        "`best` is chosen by accuracy on `testset`",
        deciding,
        (Related(loader, "the test data is made here"),),
        Fix("Select by validation accuracy", (Edit(deciding, "val_acc > best"),), Applicability.DISPLAY),
    )
    momentum = Finding("TL708", "sgd-without-momentum", Level.WARNING, "`opt` has no momentum", Place("nb.ipynb", 5, 9))
    here = spot("train.py", 12, 12, 25, "        if test_acc > best:")
    return Report(
        (
            Diagnosis(
                momentum, spot("nb.ipynb", 2, 7, 16, "opt = optim.SGD(model.parameters())", cell=3), fingerprint="0f0f"
            ),
            Diagnosis(selection, here, (spot("data.py", 104, 5, 25, "\ttest = CIFAR10(train=False)"),), (here,)),
        ),
        files=4,
    )
