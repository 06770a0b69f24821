"""What is installed: the wheel, built through the sdist, holds what the tree holds."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUN = [sys.executable, "-Im"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built through the sdist."""
    dist = tmp_path_factory.mktemp("dist")
    command = [*RUN, "build", "--no-isolation", "--outdir", str(dist), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (built,) = dist.glob("*.whl")
    return built


def test_the_wheel_holds_what_the_tree_holds(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {path.relative_to(ROOT).as_posix() for path in package_files(ROOT / "trainlint")}
    rules = {f"trainlint_rules/{path.name}" for path in package_files(ROOT / "rules")}
    assert names == package | rules


def package_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_the_wheel_works_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run([*RUN, "pip", "install", "--quiet", "--no-deps", "--target", site, wheel], check=True)
    (tmp_path / "train.py").write_text("import torch\n")
    program = f"import sys; sys.path.insert(0, {str(site)!r}); from trainlint.cli import main; sys.exit(main())"
    for arguments, words in ((["rules"], "TL501"), (["explain", "TL501"], "## Remedy"), (["train.py"], "No mistakes")):
        done = subprocess.run(
            [sys.executable, "-Ic", program, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert words in done.stdout


CONFIGURATION = """
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: trainlint
        args: [--isolated, --select, TL501]
"""

NEVER_ZEROED = """
import torch

weight = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
for step in range(10):
    loss = ((weight - torch.rand(3)) ** 2).mean()
    loss.backward()
    optimizer.step()
"""


def test_a_commit_is_refused_for_a_mistake_anywhere_in_the_repository(
    tree: Path, tmp_path: Path, git: Callable[..., str]
) -> None:
    """Through pre-commit's own installed hook, in an environment that it builds from our repository."""
    subprocess.run([*RUN, "pre_commit", "validate-manifest", str(tree / ".pre-commit-hooks.yaml")], check=True)
    repository = tmp_path / "trainlint"
    shutil.copytree(tree, repository)
    commit_all(git, repository)
    user = tmp_path / "user"
    user.mkdir()
    (user / "train.py").write_text(NEVER_ZEROED)
    commit_all(git, user)
    revision = git(repository, "rev-parse", "HEAD").strip()
    (user / ".pre-commit-config.yaml").write_text(CONFIGURATION.format(repository=repository, revision=revision))
    (user / "other.py").write_text("x = 1\n")
    subprocess.run([*RUN, "pre_commit", "install"], cwd=user, check=True, capture_output=True)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        commit_all(git, user, PRE_COMMIT_HOME=str(tmp_path / "home"))
    assert "train.py:8:5: error[TL501]" in refused.value.stderr + refused.value.stdout
    (user / "train.py").write_text(
        NEVER_ZEROED.replace("    loss.backward", "    optimizer.zero_grad()\n    loss.backward")
    )
    commit_all(git, user, PRE_COMMIT_HOME=str(tmp_path / "home"))
    assert git(user, "status", "--porcelain") == ""


def commit_all(git: Callable[..., str], folder: Path, **environment: str) -> None:
    if not (folder / ".git").exists():
        git(folder, "init")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "work", **environment)
