"""Loading rule packs, and refusing what breaks the form."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from rulepacks import MakePack, rule_source

from trainlint.findings import Level
from trainlint.packs import PackError, Registry, load_rules
from trainlint.packs.entry_points import entry_points


def test_a_pack_is_a_folder_of_rule_files(make_pack: MakePack) -> None:
    make_pack(
        {
            "lab102_second_mistake.py": rule_source("LAB102", "second-mistake", "ADVICE"),
            "lab101_first_mistake.py": rule_source("LAB101", "first-mistake", options={"epochs": 3}),
            "_helpers.py": "raise RuntimeError('a private module is not a rule file')",
        }
    )
    first, second = Registry(load_rules(only="lab"))
    assert (first.code, first.name, first.level) == ("LAB101", "first-mistake", Level.ERROR)
    assert first.options == {"epochs": 3}
    assert (second.code, second.level) == ("LAB102", Level.ADVICE)


def test_the_built_in_pack_is_one_among_the_installed_ones(make_pack: MakePack) -> None:
    make_pack({"lab101_first_mistake.py": rule_source("LAB101", "first-mistake")})
    assert {rule.pack for rule in load_rules()} == {"builtin", "lab"}


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("lab101_a.py", "import no_such_module_anywhere", r"does not load: .*lab101_a: ModuleNotFoundError"),
        ("lab101_a.py", "x = 1", "lab101_a.py of the pack lab defines 0 rules"),
        ("lab101_a.py", "def f(:", "SyntaxError"),
        ("lab101_b.py", rule_source("LAB101", "a"), "belongs in lab101_a.py, not in lab101_b.py"),
        ("lab101_a.py", rule_source("lab101", "a"), "'lab101' as its code"),
        ("lab101_a.py", rule_source("LAB101", "A_b"), "'A_b' as its name"),
        ("lab101_a.py", rule_source("LAB101", "a").replace("Level.ERROR", "'error'"), "LAB101 .* no level"),
        ("lab101_a.py", rule_source("LAB101", "a").replace("## Remedy", "## Cure"), "LAB101 .* headings"),
    ],
)
def test_a_broken_rule_file_is_one_sentence(make_pack: MakePack, file: str, text: str, complaint: str) -> None:
    make_pack({file: text})
    with pytest.raises(PackError, match=complaint) as raised:
        load_rules(only="lab")
    assert "\n" not in str(raised.value)


def test_an_entry_point_without_its_package_is_refused(make_pack: MakePack, tmp_path: Path) -> None:
    make_pack({})
    for folder in Path(sys.path[0]).glob("lab_rules_*"):
        if folder.suffix != ".dist-info":
            (folder / "__init__.py").unlink()
            folder.rmdir()
    with pytest.raises(PackError, match="there is no package lab_rules_"):
        load_rules(only="lab")


def test_no_rules_at_all_is_refused(make_pack: MakePack) -> None:
    make_pack({})
    with pytest.raises(PackError, match="no rules in the installed packs"):
        load_rules(only="lab")
    with pytest.raises(PackError, match="no rule pack is installed"):
        load_rules(only="nobody")


def test_two_rules_of_one_name_are_refused(make_pack: MakePack) -> None:
    make_pack(
        {
            "lab101_same_name.py": rule_source("LAB101", "same-name"),
            "lab102_same_name.py": rule_source("LAB102", "same-name"),
        }
    )
    with pytest.raises(PackError, match="two files of the pack lab define a rule same-name"):
        Registry(load_rules(only="lab"))


@pytest.mark.parametrize(
    ("word", "meant"),
    [("lab101", "LAB101"), ("first_mistake", "first-mistake"), ("frist-mistake", "first-mistake"), ("zzz", None)],
)
def test_a_mistyped_rule_gets_a_suggestion(make_pack: MakePack, word: str, meant: str | None) -> None:
    make_pack({"lab101_first_mistake.py": rule_source("LAB101", "first-mistake")})
    assert Registry(load_rules(only="lab")).suggestion(word) == meant


@pytest.mark.parametrize("group", ["trainlint.rules", "console_scripts", "pytest11"])
def test_entry_points_agree_with_importlib_metadata(group: str) -> None:
    expected = {point.name: point.value for point in metadata.entry_points(group=group)}
    assert entry_points(group, sys.path) == expected
