"""The quick look at imports, and which files matter by it."""

from __future__ import annotations

import pytest

from trainlint.discover.imports import LocalModules, files_that_matter, imported_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import torch", {"torch"}),
        ("import os, torch.nn as nn  # both", {"os", "torch.nn"}),
        ("    import torch", {"torch"}),
        ("from torch import nn, optim as o", {"torch", "torch.nn", "torch.optim"}),
        ("from torch.utils.data import (\n    DataLoader,  # a, b\n    Dataset as D,\n)", {
            "torch.utils.data", "torch.utils.data.DataLoader", "torch.utils.data.Dataset"}),
        ("from . import model", {".", ".model"}),
        ("from ..lib.nets import Net", {"..lib.nets", "..lib.nets.Net"}),
        ("from models import *", {"models"}),
        ("try: import torch\nexcept ImportError: pass", {"torch"}),
        ("import sys; import torch", {"sys", "torch"}),
        ("from torch import \\\n    nn", {"torch", "torch.nn"}),
        ("import torch\r\nimport os\r\n", {"torch", "os"}),
        ("important = 1\nx = 'no import here'", set()),
    ],
)  # fmt: skip
def test_imported_names(text: str, names: set[str]) -> None:
    assert imported_names(text) == names


@pytest.mark.parametrize(
    ("path", "name", "targets"),
    [
        ("train.py", "lib.nets.Net", {"lib/__init__.py", "lib/nets.py"}),
        ("tools/train.py", "lib.nets", {"lib/__init__.py", "lib/nets.py"}),
        ("tools/train.py", "utils", {"tools/utils.py"}),  # beside the script before the root
        ("train.py", "utils", {"utils.py"}),
        ("lib/nets.py", ".blocks.Block", {"lib/blocks.py"}),
        ("lib/nets.py", ".", {"lib/__init__.py"}),
        ("lib/deep/x.py", "..blocks", {"lib/blocks.py"}),
        ("train.py", "pkg.data", {"src/pkg/data.py"}),  # a src layout, found by its tail
        ("train.py", "logging", set()),  # the standard library's, not lib/logging.py
        ("lib/nets.py", "numpy", set()),
    ],
)
def test_what_an_import_may_load(path: str, name: str, targets: set[str]) -> None:
    files = ["train.py", "utils.py", "tools/train.py", "tools/utils.py", "lib/__init__.py", "lib/nets.py"]
    files += ["lib/blocks.py", "lib/logging.py", "lib/deep/x.py", "src/pkg/data.py"]
    assert LocalModules(files).targets(path, [name]) == targets


def test_a_file_matters_by_what_it_reaches_and_by_who_reaches_it() -> None:
    imports = {
        "main.py": {"train", "settings"},
        "train.py": {"torch", "nets", "meters"},
        "nets.py": {"torch.nn"},
        "meters.py": {"math"},
        "settings.py": set[str](),
        "unrelated.py": {"json", "meters"},
        "web/app.py": {"flask", "unrelated"},
    }
    assert files_that_matter(imports, {"torch"}.__contains__) == {
        "main.py",  # imports a file that trains
        "train.py",
        "nets.py",
        "meters.py",  # imported by a file that trains
        "settings.py",  # imported by the program that trains
    }
