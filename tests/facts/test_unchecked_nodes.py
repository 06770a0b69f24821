"""LibCST's nodes don't check themselves while its parser makes them, and do again afterwards."""

from __future__ import annotations

import libcst as cst
import pytest

from trainlint.facts.lowering import lower_text
from trainlint.facts.parsing import Refused, parse


@pytest.mark.parametrize(
    "text",
    [
        "x = 'text' b'bytes'\n",
        "x = 'text' f'{y}' b'bytes'\n",
        "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass\n",
    ],
)
def test_what_only_the_nodes_refuse_is_lowered(text: str) -> None:
    assert len(lower_text(text).body) == 1


def test_nodes_check_themselves_after_a_text_was_parsed() -> None:
    parse("x = 1\n")
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")


def test_nodes_check_themselves_after_a_text_was_refused() -> None:
    with pytest.raises(Refused):
        parse("x = (\n")
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")
