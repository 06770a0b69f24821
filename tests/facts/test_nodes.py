"""Plain nodes in LibCST's place: the same trees, and nothing left behind."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import libcst
import pytest

from trainlint.facts import nodes

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*(ROOT / "trainlint" / "facts").glob("*.py"), *(ROOT / "tests" / "facts").glob("*.py")])


def is_same(plain: Any, own: Any) -> bool:
    """Whether a plain node has the kind of LibCST's own, and in each field what that has, or nothing for the default."""
    if isinstance(own, list | tuple):
        return len(plain) == len(own) and all(map(is_same, plain, own))
    if not isinstance(own, libcst.CSTNode):
        return bool(plain == own)
    fields = [field for field in dataclasses.fields(own) if hasattr(plain, field.name)]
    return type(plain).__name__ == type(own).__name__ and all(
        is_same(found, getattr(own, field.name)) or (found is None and getattr(own, field.name) == field.default)
        for field in fields
        for found in [getattr(plain, field.name)]
    )


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_trees_are_those_of_libcst(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert is_same(nodes.parse_module(text), libcst.parse_module(text))


@pytest.mark.parametrize("text", ["a = b\n", "a = = b\n"])
def test_libcst_stands_in_its_place_afterwards(text: str) -> None:
    with contextlib.suppress(nodes.ParserError):
        nodes.parse_module(text)
    assert sys.modules["libcst"] is libcst
    assert isinstance(libcst.parse_module("a = b\n"), libcst.Module)


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


LOWERED = """
from trainlint.facts import FactsError, lower, source_from_text
for text in ("@a\\ndef f(b, *, c=1): return b[c:, 0] + -c\\n", "try: a\\nexcept: b\\nexcept C: d\\n", "a = = b\\n"):
    try:
        print(lower(source_from_text("a.py", text)))
    except FactsError as error:
        print(error)
"""
CLASSES_LOOKED_UP_ONCE = """
import libcst
from libcst import native
parse = native.parse_module
def own_classes(text, encoding):
    import sys
    there, sys.modules["libcst"] = sys.modules["libcst"], libcst
    try:
        return parse(text, encoding=encoding)
    finally:
        sys.modules["libcst"] = there
native.parse_module = own_classes
"""


def test_a_parser_that_keeps_to_its_own_nodes_gives_the_same_facts() -> None:
    own = printed(f"{CLASSES_LOOKED_UP_ONCE}{LOWERED}from trainlint.facts.nodes import cst\nassert cst is libcst")
    assert own == printed(LOWERED)
    assert own.count("FunctionDef") == 1
    assert "default 'except:' must be last" in own


def test_libcst_can_be_imported_after_its_parser() -> None:
    program = (
        "import sys\nassert 'libcst' not in sys.modules\nimport libcst\nprint(libcst.parse_module('a = 1').code)\n"
    )
    assert printed(LOWERED + program).endswith("a = 1\n")
