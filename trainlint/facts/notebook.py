"""Notebooks: the code cells of an ``.ipynb`` file as one program text."""

from __future__ import annotations

import json
import re
from typing import Any

from trainlint.facts import ir
from trainlint.facts.errors import FactsError
from trainlint.facts.magics import plain

_FOREIGN_KERNELS = (".net", "bash", "ir", "java", "julia", "matlab", "octave", "rust", "scala", "sos", "spark", "xcpp")

# What JSON can say and a program text can't hold.
_UNFIT = re.compile("[\0\ud800-\udfff]")


def program(path: str, text: str) -> tuple[str, list[ir.Cell]]:
    """Join the Python cells of a notebook, each ending in a newline, and say where each of them lies.

    A notebook for another language gives an empty program. Raises `FactsError` for what is not a notebook.
    """
    notebook = _parse(path, text)
    if not _is_python(notebook):
        return "", []
    pieces: list[str] = []
    cells: list[ir.Cell] = []
    length = 0
    for number, cell in enumerate(_cells(path, notebook), start=1):
        if not _is_code(cell):
            continue
        source = plain(_text(path, cell, number))
        pieces.append(source)
        cells.append(ir.Cell(number, length, length + len(source)))
        length += len(source)
    return "".join(pieces), cells


def _parse(path: str, text: str) -> dict[str, Any]:
    if not text.strip():
        return {"cells": []}  # what an editor saves as a new notebook
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise FactsError(path, f"is not a notebook: {error.msg}", error.lineno, error.colno) from error
    except RecursionError as error:
        raise FactsError(path, "is not a notebook: nested too deeply") from error
    if not isinstance(notebook, dict):
        raise FactsError(path, "is not a notebook: no object at the top")
    return notebook


def _cells(path: str, notebook: dict[str, Any]) -> list[Any]:
    """The cells, which format 3 keeps in worksheets."""
    worksheets = notebook.get("worksheets")
    if "cells" not in notebook and isinstance(worksheets, list):
        sheets = [sheet.get("cells") for sheet in worksheets if isinstance(sheet, dict)]
        return [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        raise FactsError(path, "is not a notebook: no list of cells")
    return cells


def _is_python(notebook: dict[str, Any]) -> bool:
    metadata = _mapping(notebook, "metadata")
    kernel = _mapping(metadata, "kernelspec")
    for language in (_mapping(metadata, "language_info").get("name"), kernel.get("language")):
        if isinstance(language, str):
            return "python" in language.lower()
    # The name of a kernel is whatever its owner called it, so only those of other languages are told apart.
    name = kernel.get("name")
    return not (isinstance(name, str) and name.lower().startswith(_FOREIGN_KERNELS))


def _is_code(cell: Any) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return False
    editor = _mapping(_mapping(cell, "metadata"), "vscode").get("languageId", "python")
    return bool(editor == "python" and cell.get("language", "python") == "python")  # the latter in format 3


def _mapping(container: dict[str, Any], key: str) -> dict[str, Any]:
    value = container.get(key)
    return value if isinstance(value, dict) else {}


def _text(path: str, cell: dict[str, Any], number: int) -> str:
    """The source of a cell, ending in a newline."""
    source = cell.get("source", cell.get("input", ""))  # ``input`` in format 3
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise FactsError(path, "its source is no text", cell=number)
    source = _UNFIT.sub("\ufffd", source)
    return source if source.endswith(("\n", "\r")) else source + "\n"
