from __future__ import annotations

import pytest
from rulepacks import MakePack, rule_source

from trainlint.packs import Registry, load_rules


@pytest.fixture
def registry(make_pack: MakePack) -> Registry:
    """Two errors, a warning and a piece of advice, in two groups."""
    options = {"epochs": 3, "ratio": 0.5, "strict": False, "word": "x"}
    make_pack(
        {
            "lab101_first_mistake.py": rule_source("LAB101", "first-mistake", options=options),
            "lab102_second_mistake.py": rule_source("LAB102", "second-mistake"),
            "lab201_odd_choice.py": rule_source("LAB201", "odd-choice", "WARNING"),
            "lab202_good_habit.py": rule_source("LAB202", "good-habit", "ADVICE"),
        }
    )
    return Registry(load_rules(only="lab"))
