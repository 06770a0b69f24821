from pathlib import Path

from trainlint.discover.tests import leaves_tests_out


def project(top: Path) -> str:
    (top / "tests").mkdir(parents=True)
    (top / "src" / "layers").mkdir(parents=True)
    (top / "pyproject.toml").touch()
    return str(top)


def test_linting_the_source_folder_leaves_the_tests_out(tmp_path: Path) -> None:
    top = project(tmp_path / "radar")
    assert leaves_tests_out(top + "/src/layers", ["warp.py"])
    assert leaves_tests_out(top, ["src/layers/warp.py"])


def test_linting_all_leaves_nothing_out(tmp_path: Path) -> None:
    top = project(tmp_path / "radar")
    assert not leaves_tests_out(top, ["src/layers/warp.py", "tests/test_warp.py"])
    assert not leaves_tests_out(top + "/tests", ["test_warp.py"])


def test_a_project_without_tests_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "radar").mkdir()
    assert not leaves_tests_out(str(tmp_path / "radar"), ["warp.py"])
