"""What a command loads, which decides how long it takes to start. Told by modules, not by times."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = ("torch", "libcst", "importlib.metadata", "numpy", "rich", "pathspec")


def loaded(code: str, *arguments: str) -> set[str]:
    """The slow modules that are loaded after some code has run in a fresh process."""
    program = f"import sys\nsys.argv[1:] = {list(arguments)!r}\n{code}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=True)
    return set(SLOW) & set(done.stderr.split())


def test_importing_trainlint_is_light() -> None:
    assert loaded("import trainlint, trainlint.findings, trainlint.rule") == set()


@pytest.mark.parametrize(
    "arguments", [("--version",), ("explain", "TL501"), ("rules",), ("rules", "--output-format=json")]
)
def test_commands_that_parse_nothing_are_light(arguments: tuple[str, ...]) -> None:
    assert loaded("from trainlint.cli import main; main()", *arguments) == set()


def test_version_loads_no_stage_of_the_linter() -> None:
    program = "import sys; from trainlint.cli import main; main(['--version']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=True)
    own = {name for name in done.stdout.split() if name.startswith("trainlint")}
    assert own <= {
        "trainlint",
        "trainlint.cli",
        "trainlint.cli.main",
        "trainlint.cli.exit",
        "trainlint.cli.commands",
        "trainlint.internal",
    }


def test_importing_the_runtime_loads_no_stage_of_the_linter() -> None:
    program = "import sys; import trainlint.runtime; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-Ic", program], capture_output=True, text=True, check=True)
    stages = {"facts", "trace", "packs", "engine", "program", "config", "discover", "cli", "report"}
    assert not [name for name in done.stdout.split() if name.startswith("trainlint.") and name.split(".")[1] in stages]
