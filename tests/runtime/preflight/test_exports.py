from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from trainlint import runtime


def test_importing_the_package_and_its_plugin_loads_no_torch() -> None:
    code = "import sys, trainlint.runtime, trainlint.runtime.pytest_plugin; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", runtime.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    assert getattr(runtime, name).__doc__
    assert name in dir(runtime)


def test_unknown_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'check_everything'"):
        _ = runtime.check_everything


def test_what_type_checkers_see_is_what_there_is() -> None:
    tree = ast.parse(Path(runtime.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname: node.module or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert imported == runtime._HOMES
