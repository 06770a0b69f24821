"""Which files are linted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from trainlint.discover import PathError, find_files

Project = Callable[[Mapping[str, str]], Path]
Git = Callable[..., str]

TREE = {
    ".gitignore": "scratch/\n*_old.py\n!keep_old.py\n",
    "train.py": "",
    "train_old.py": "",
    "keep_old.py": "",
    "notes.md": "",
    "stubs.pyi": "",
    "explore.ipynb": "{}",
    "scratch/try.py": "",
    "lib/.gitignore": "generated.py\n",
    "lib/model.py": "",
    "lib/generated.py": "",
    "lib/build/__init__.py": "",
    "build/lib/model.py": "",
    "node_modules/pkg/setup.py": "",
    ".venv/lib/site.py": "",
    "my_env/pyvenv.cfg": "",
    "my_env/lib/torch.py": "",
    "pkg.egg-info/x.py": "",
    "lib/__pycache__/model.py": "",
}
EXPECTED = ["explore.ipynb", "keep_old.py", "lib/build/__init__.py", "lib/model.py", "train.py"]


def found(*paths: str, excluded: Callable[[str], bool] = lambda path: False) -> list[str]:
    return [path.replace(os.sep, "/") for path in find_files(paths or ["."], excluded)]


@pytest.fixture(params=["git", "walk"])
def tree(request: pytest.FixtureRequest, project: Project, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same files in a git repository, tracked in part, and without git."""
    root = project(TREE)
    if request.param == "git":
        git(root, "init")
        git(root, "add", "train.py", "lib/model.py")
        git(root, "commit", "-m", "first")
    else:
        monkeypatch.setenv("PATH", "")
    return root


def test_python_files_and_notebooks_that_are_the_projects_own(tree: Path) -> None:
    assert found() == EXPECTED
    assert found("lib") == ["lib/build/__init__.py", "lib/model.py"]
    assert found(str(tree)) == [str(tree / name) for name in EXPECTED]


def test_a_named_file_is_always_taken(tree: Path) -> None:
    assert found("train_old.py", "notes.md") == ["notes.md", "train_old.py"]
    assert found("train_old.py", excluded=lambda path: True) == ["train_old.py"]


def test_a_named_folder_is_searched_also_where_it_is_ignored(tree: Path) -> None:
    assert found("scratch") == ["scratch/try.py"]


def test_a_file_named_twice_is_taken_once(tree: Path) -> None:
    assert found("train.py", ".", "./train.py") == EXPECTED


def test_the_configuration_excludes(tree: Path) -> None:
    assert found(excluded=lambda path: "lib" in path) == ["explore.ipynb", "keep_old.py", "train.py"]


def test_links_are_neither_followed_in_circles_nor_linted_twice(tree: Path) -> None:
    (tree / "lib" / "loop").symlink_to(tree)
    (tree / "a_link.py").symlink_to(tree / "train.py")
    (tree / "self.py").symlink_to(tree / "self.py")
    (tree / "nowhere.py").symlink_to(tree / "gone.py")
    assert found() == EXPECTED


def test_a_deleted_file_that_git_still_tracks_is_left_out(tree: Path) -> None:
    (tree / "train.py").unlink()
    assert "train.py" not in found()


def test_a_missing_path_is_named(tree: Path) -> None:
    with pytest.raises(PathError, match=r"^no/such\.py: no such file or directory$"):
        find_files(["train.py", "no/such.py"], lambda path: False)


def test_a_named_folder_that_may_not_be_read_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # whoever is root may read all
    with pytest.raises(PathError, match=r"^\.: can't be read: Permission denied$"):
        find_files(["."], lambda path: False)


def test_a_tracked_file_that_may_not_be_looked_at_is_left_to_its_reader(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.stat

    def guarded(path: Any, **options: Any) -> os.stat_result:
        if str(path).endswith("train.py"):
            raise PermissionError
        return look(path, **options)

    monkeypatch.setattr(os, "stat", guarded)
    assert "train.py" in found()


def test_a_repository_inside_the_repository_is_searched(project: Project, git: Git) -> None:
    root = project({"train.py": "", "vendor/other/.gitignore": "skip.py", "vendor/other/skip.py": ""})
    project({"vendor/other/take.py": ""})
    git(root, "init")
    git(root / "vendor" / "other", "init")
    assert found() == ["train.py", "vendor/other/take.py"]


@pytest.mark.parametrize("files", [{}, {"vendor/lib/take.py": ""}])
def test_a_submodule_that_is_not_checked_out_is_walked(project: Project, git: Git, files: dict[str, str]) -> None:
    root = project({"train.py": "", **files})
    git(root, "init")
    (root / "vendor" / "lib").mkdir(parents=True, exist_ok=True)
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor/lib")
    assert found() == ["train.py", *files]


def test_the_environment_of_a_git_hook_does_not_mislead(
    project: Project, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({"train.py": "", ".gitignore": "skip.py", "skip.py": "", "other/x.py": ""})
    git(root, "init")
    git(root / "other", "init")
    monkeypatch.setenv("GIT_DIR", str(root / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / "other" / ".git" / "index"))
    assert found() == ["other/x.py", "train.py"]


def test_a_repositorys_own_configuration_runs_no_command(project: Project, git: Git) -> None:
    root = project({"train.py": ""})
    git(root, "init")
    alarm = root / "alarm"
    hook = root / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {alarm}\n")
    hook.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(hook))
    assert found() == ["train.py"]
    assert not alarm.exists()
    subprocess.run(["git", "-C", str(root), "ls-files", "-o"], capture_output=True, check=True)
    assert alarm.exists(), "without our precaution git runs it, or this test tests nothing"


def test_without_a_repository_the_ignore_files_above_do_not_count(project: Project) -> None:
    root = project({".gitignore": "*.py", "inner/train.py": ""})
    assert found(str(root / "inner")) == [str(root / "inner" / "train.py")]
