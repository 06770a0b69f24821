"""Notebooks: cells joined to one program, of which each character keeps its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import misplaced, nodes

from trainlint.facts import FactsError, Source, ir, locate, lower, read, source_from_text
from trainlint.facts.magics import plain

PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def code(source: str | list[str], **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **more}


def text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": [source]}


def notebook(*cells: dict[str, Any], metadata: dict[str, Any] | None = None) -> Source:
    content = {"cells": list(cells), "metadata": PYTHON if metadata is None else metadata, "nbformat": 4}
    return source_from_text("nb.ipynb", json.dumps(content))


def test_cells_are_joined_and_counted() -> None:
    source = notebook(text("# Title"), code(["import a\n", "b = 1"]), text("x"), code(""), code("c = b\n"))
    assert source.text == "import a\nb = 1\n\nc = b\n"
    assert source.cells is not None
    pieces = [(cell.number, source.text[cell.start : cell.end]) for cell in source.cells]
    assert pieces == [(2, "import a\nb = 1\n"), (4, "\n"), (5, "c = b\n")]


def test_raw_cells_and_those_of_another_language_are_left_out() -> None:
    raw = {"cell_type": "raw", "metadata": {}, "source": "raw"}
    sql = code("SELECT 1", metadata={"vscode": {"languageId": "sql"}})
    assert notebook(raw, sql, code("a = 1")).text == "a = 1\n"


OLD = {
    "metadata": {"name": ""},
    "nbformat": 3,
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "source": ["Title"]},
                {"cell_type": "code", "input": ["a = 1\n", "b"], "language": "python", "outputs": []},
                {"cell_type": "code", "input": "puts 1", "language": "ruby", "outputs": []},
            ]
        }
    ],
}


def test_format_3_is_read() -> None:
    source = source_from_text("old.ipynb", json.dumps(OLD))
    assert source.text == "a = 1\nb\n"
    assert [cell.number for cell in source.cells or []] == [2]


KERNELS = {
    "no metadata": ({}, True),
    "language": ({"language_info": {"name": "python", "version": "3.11"}}, True),
    "older": ({"language_info": {"name": "ipython"}}, True),
    "environment": ({"kernelspec": {"name": "conda-env-torch-py", "display_name": "torch"}}, True),
    "R": ({"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, False),
    "Julia by name": ({"kernelspec": {"name": "julia-1.9", "display_name": "Julia"}}, False),
    "Scala": ({"language_info": {"name": "scala"}, "kernelspec": {"name": "spark"}}, False),
}


@pytest.mark.parametrize(("metadata", "python"), KERNELS.values(), ids=KERNELS.keys())
def test_only_python_kernels_give_a_program(metadata: dict[str, Any], python: bool) -> None:
    source = notebook(code("a = 1\n"), metadata=metadata)
    assert source.text == ("a = 1\n" if python else "")
    assert lower(source).cells == source.cells


MAGICS = {
    "%matplotlib inline\na\n": "pass              \na\n",
    "!ls\n": "0  \n",
    "  !pip install b -q\n": "  pass             \n",
    "if a:\n    !pip install 'b\n    %cd c\nd\n": "if a:\n    pass           \n    pass \nd\n",
    "!pip install a \\\n    b\nc\n": "pass            \n     \nc\n",
    "?a\nb.c?\nd??\ne\n": "0 \npass\n0  \ne\n",
    "a = !ls -l | wc\nb\n": "a = ...        \nb\n",
    "a, b = %timeit -o c()\n": "a, b = ...           \n",
    "%time a = f(x)\nb\n": "0;    a = f(x)\nb\n",
    "a = %time f(x)\n": "a =       f(x)\n",
    "%time f(a,\n  b)\nc\n": "0;    f(a,\n  b)\nc\n",
    "%time -n a\n": "pass      \n",
    "%%time\na = 1\n": "pass  \na = 1\n",
    "\n%%capture out\nimport a\n!ls b\n": "\npass         \nimport a\npass \n",
    "%%bash\nfor i in *; do echo $i; done\n": "      \n                            \n",
    "%%writefile a.py\nb = 1": "                \n     ",
    "%%html\n<b>it's</b>\n": "      \n           \n",
    "%%!\nls\n": "   \n  \n",
    "%%unheard_of\nnot python\n": "            \n          \n",
    "%md\n# It's a title\n": "   \n              \n",
    "a = b\\\n % c\nd = (e\n% f)\n": "a = b\\\n % c\nd = (e\n% f)\n",
    "'''\n%a\n!b\nc?\n'''\n\"d?\"\n": "'''\n%a\n!b\nc?\n'''\n\"d?\"\n",
    "a = '%d' % b\nc %= d\ne = f'{g!r}'\nh != i\n": "a = '%d' % b\nc %= d\ne = f'{g!r}'\nh != i\n",
    "# it's ok?\n!ls 'a\nb?\n": "# it's ok?\npass  \n0 \n",
    "!ls\r\na?\r\nb\r\n": "0  \r\n0 \r\nb\r\n",
    "a = [  # !ls\n  'b?']\n": "a = [  # !ls\n  'b?']\n",
}


@pytest.mark.parametrize("cell", MAGICS)
def test_magics_are_replaced_by_as_much_text(cell: str) -> None:
    assert plain(cell) == MAGICS[cell]
    assert len(plain(cell)) == len(cell)


def test_a_cell_that_cannot_be_parsed_is_reported_and_the_others_are_used() -> None:
    source = notebook(text("x"), code("a = 1"), code("b = 2\nprint b"), code("f(\n"), code("c = a"))
    module = lower(source)
    assert [statement.start for statement in module.body] == [0, source.text.index("c = a")]
    assert [(problem.cell, problem.line, problem.column) for problem in module.problems] == [(3, 2, 7), (4, 1, 3)]
    assert "print statement" in module.problems[0].message


def test_notebook_without_problems_has_none() -> None:
    module = lower(notebook(code("a = await b\nasync with c: pass"), code("async for d in e: f")))
    assert module.problems == []
    assert [type(statement).__name__ for statement in module.body] == ["Assign", "With", "For"]


def test_locations_count_within_the_cell() -> None:
    source = notebook(code("a = 1\n"), text("x"), code("\nb = é(a)\nc"), code("d"))
    module = lower(source)
    start = source.text.index("é(a)")
    location = locate(module, start, start + 4)
    assert (location.cell, location.row, location.column, location.end_row, location.end_column) == (3, 2, 5, 2, 9)
    assert locate(module, 0, 1).cell == 1
    assert locate(module, len(source.text) - 2, len(source.text)).cell == 4


def test_locations_of_a_program_have_no_cell() -> None:
    program = source_from_text("a.py", "x = 1\ny = '''é\n  z'''\n")
    location = locate(lower(program), 10, 21)
    assert (location.row, location.column, location.end_row, location.end_column) == (2, 5, 3, 7)
    assert location.cell is None


MALFORMED = {
    "not JSON": ('{"cells": [,]}', "nb.ipynb:1:12: is not a notebook: Expecting value"),
    "truncated": ('{\n "cells": [\n', "nb.ipynb:3:1: is not a notebook: Expecting value"),
    "a list": ("[]", "nb.ipynb: is not a notebook: no object at the top"),
    "no cells": ('{"metadata": {}}', "nb.ipynb: is not a notebook: no list of cells"),
    "source of numbers": (
        '{"cells": [{"cell_type": "code", "source": [1]}]}',
        "nb.ipynb:cell 1: its source is no text",
    ),
    "nested": ('{"cells":' + "[" * 100_000, "nb.ipynb: is not a notebook: nested too deeply"),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_notebook_is_one_clear_error(content: str, message: str) -> None:
    with pytest.raises(FactsError) as refused:
        source_from_text("nb.ipynb", content)
    assert str(refused.value) == message


def test_empty_notebook_file_is_an_empty_program(tmp_path: Path) -> None:
    path = tmp_path / "new.ipynb"
    path.write_bytes(b"\n")
    assert lower(read(path)).body == []


def test_what_a_program_cannot_hold_is_replaced() -> None:
    source = notebook(code("a = '\0\ud800'\nb"))
    assert source.text == "a = '\ufffd\ufffd'\nb\n"
    assert len(lower(source).body) == 2


LINES = st.sampled_from(
    [
        "a = b.c(d)",
        "",
        "# é?",
        "%matplotlib inline",
        "!pip install x",
        "f?",
        "g = !ls",
        "%time h = i()",
        "'ü'; j",
        "if k:\n  %l",
    ]
)
CELLS = st.lists(st.tuples(st.booleans(), st.lists(LINES, max_size=4).map("\n".join)), max_size=5)


@given(CELLS)
def test_every_name_keeps_its_row_and_column(cells: list[tuple[bool, str]]) -> None:
    source = notebook(*(code(content) if is_code else text(content) for is_code, content in cells))
    module = lower(source)
    assert module.problems == []
    assert misplaced(source.text) == []
    for node in nodes(module):
        if isinstance(node, ir.Name):
            location = locate(module, node.start, node.end)
            assert location.cell is not None
            line = cells[location.cell - 1][1].split("\n")[location.row - 1]
            assert line[location.column - 1 : location.end_column - 1] == node.id
