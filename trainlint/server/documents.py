"""What lies in the editor: open files, and notebooks with a document for each cell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from trainlint.facts import Source
from trainlint.facts.source import source_from_text


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file's unsaved text. Its name says nothing: some editors send a notebook's Python code under the notebook's name."""

    path: str
    uri: str
    text: str

    def source(self) -> Source:
        """Raises FactsError where the text is neither Python nor a notebook."""
        if self.path.lower().endswith(".ipynb") and not _is_notebook(self.text):
            return Source(self.path, self.text, None, hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest())
        return source_from_text(self.path, self.text)


@dataclass(frozen=True, slots=True)
class OpenCell:
    """One cell of an open notebook."""

    uri: str
    text: str
    is_code: bool
    language: str = "python"


@dataclass(frozen=True, slots=True)
class OpenNotebook:
    """A notebook as the editor holds it, all cells in order."""

    path: str
    uri: str
    cells: Sequence[OpenCell]

    def source(self) -> Source:
        """Raises FactsError."""
        cells = [
            {
                "cell_type": "code" if cell.is_code else "markdown",
                "metadata": {"vscode": {"languageId": cell.language}},
                "source": cell.text,
            }
            for cell in self.cells
        ]
        return source_from_text(self._name, json.dumps({"cells": cells, "metadata": {}}))

    @property
    def _name(self) -> str:
        """A new notebook may have no suffix yet."""
        return self.path if self.path.lower().endswith(".ipynb") else f"{self.path}.ipynb"


def _is_notebook(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return not text.strip()
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
