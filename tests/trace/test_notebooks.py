"""Notebooks: their cells are one program, top to bottom, and places in it know their cell."""

from __future__ import annotations

import json

from tracing import SETUP, walk_notebook

from trainlint.facts import locate
from trainlint.trace import render
from trainlint.trace.events import Forward, Reported

NAME = "analysis.ipynb"


def notebook(*cells: str) -> str:
    return json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["# Training\n"]},
                *(
                    {
                        "cell_type": "code",
                        "metadata": {},
                        "execution_count": None,
                        "outputs": [],
                        "source": cell.splitlines(keepends=True),
                    }
                    for cell in cells
                ),
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


TRAIN = """\
for epoch in range(3):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
"""
EVALUATE = """\
model.eval()
with torch.no_grad():
    losses = [criterion(model(x), y).item() for x, y in val_loader]
print(sum(losses))
"""


def test_cells_are_one_program() -> None:
    walked = walk_notebook(notebook("%matplotlib inline\n!pip list\n" + SETUP, TRAIN, EVALUATE), NAME)
    (training,) = walked.run(NAME).trainings
    assert walked.line(training.loop.place) == "for epoch in range(3):"
    assert training.evaluations == []
    last = walked.events(Forward, NAME)[-1]
    assert (last.mode, last.gradients) == ("eval", False)


def test_places_know_their_cell() -> None:
    walked = walk_notebook(notebook(SETUP, TRAIN, EVALUATE), NAME)
    (training,) = walked.run(NAME).trainings
    place = training.backwards[0].place
    location = locate(walked.trace.project.modules[NAME], place.start, place.end)
    assert (location.cell, location.row) == (3, 5)


def test_a_function_of_one_cell_is_called_in_another() -> None:
    define = "def evaluate(loader):\n    model.eval()\n    return [criterion(model(x), y).item() for x, y in loader]\n"
    loop = TRAIN + "    print(evaluate(val_loader))\n"
    walked = walk_notebook(notebook(SETUP, define, loop, "evaluate(val_loader)\n"), NAME)
    (training,) = walked.run(NAME).trainings
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}


def test_a_cell_that_cannot_be_parsed_leaves_the_others() -> None:
    walked = walk_notebook(notebook(SETUP, "for epoch in\n", TRAIN), NAME)
    assert len(walked.run(NAME).trainings) == 1
    assert len(walked.trace.project.modules[NAME].problems) == 1


def test_a_redefined_network_is_the_later_one() -> None:
    again = "model = nn.Linear(8, 3)\noptimizer = torch.optim.Adam(model.parameters())\n"
    walked = walk_notebook(notebook(SETUP, TRAIN, again + TRAIN), NAME)
    first, second = walked.run(NAME).trainings
    assert first.models[0] is not second.models[0]


def test_the_tree_tells_cells() -> None:
    walked = walk_notebook(notebook(SETUP, TRAIN, EVALUATE), NAME)
    tree = render(walked.trace, color=False)
    assert "for epoch, 3 rounds · training: the epoch loop  cell 3 line 1" in tree
    assert walked.lines(Reported, NAME)[-1] == "print(sum(losses))"
