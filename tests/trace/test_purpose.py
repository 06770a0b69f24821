"""What a script is for."""

from __future__ import annotations

import pytest

from trainlint.trace.purpose import is_test


@pytest.mark.parametrize(
    "path",
    ["test_model.py", "models/loss_test.py", "conftest.py", "tests/helpers.py", "test/nn/conv.py", "a/test/run.py"],
)
def test_code_that_tests_code(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["test.py", "train_test.py", "latest/train.py", "contest.py", "testing/evaluate.py"])
def test_code_that_tests_networks(path: str) -> None:
    assert not is_test(path)
