"""Comments that suppress findings, and texts that only look like them."""

from __future__ import annotations

import pytest
from positions import facts

COMMENTS = {
    "a = b  # trainlint: ignore[TL104]\n": [("line", ["TL104"])],
    "a = b  #trainlint:ignore [ TL104 ,no-validation, ]\n": [("line", ["TL104", "no-validation"])],
    "# trainlint: ignore-file[TL1]\na = b\n": [("file", ["TL1"])],
    "a = b  # noqa: E501  # trainlint: ignore[TL104]\n": [("line", ["TL104"])],
    "a = b  # trainlint: ignore\n": [("line", None)],
    "# trainlint: ignore-file": [("file", None)],
    "a = b  # trainlint: ignore[]\n": [("line", [])],
    "f(a,  # trainlint: ignore[TL1]\n  b)  # trainlint: ignore[TL2]\n": [("line", ["TL1"]), ("line", ["TL2"])],
    "if a:\n    b\n    # trainlint: ignore[TL1]\n": [("line", ["TL1"])],
    "a = '#'  # trainlint: ignore[TL1]\n": [("line", ["TL1"])],
    "a = '''\n# trainlint: ignore[TL1]\n'''  # trainlint: ignore[TL2]\n": [("line", ["TL2"])],
    "a = '# trainlint: ignore[TL1]'\n": [],
    "a = f'# trainlint: ignore[TL1] {b}'\n": [],
    "a = 'b' '# trainlint: ignore[TL1]'\n": [],
    "def a():\n    '''Write # trainlint: ignore[TL1] there.'''\n": [],
    "a = b  # trainlint: ignored\n": [],
    "a = b  # trainlint is to ignore this\n": [],
}


@pytest.mark.parametrize("text", COMMENTS)
def test_suppressions_are_the_comments(text: str) -> None:
    assert [(found.scope, found.rules) for found in facts(text).suppressions] == COMMENTS[text]


def test_suppression_lies_where_its_comment_does() -> None:
    text = "# noqa\na = b  # é  # trainlint: ignore[TL1]  and why\n"
    (found,) = facts(text).suppressions
    assert text[found.start : found.end] == "# trainlint: ignore[TL1]"
