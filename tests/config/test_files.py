"""Reading configuration files, and which of them governs a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from trainlint.config import ConfigError, Configurations, read_config
from trainlint.config.model import KEYS, parse_config
from trainlint.config.reading import Table
from trainlint.packs import Registry

Project = Callable[[Mapping[str, str]], Path]


def test_the_nearest_file_governs(project: Project, registry: Registry) -> None:
    root = project(
        {
            "pyproject.toml": '[tool.trainlint]\nignore = ["LAB101"]\n',
            "papers/first/trainlint.toml": 'ignore = ["LAB102"]\n',
            "papers/first/pyproject.toml": '[tool.trainlint]\nignore = ["LAB201"]\n',
            "papers/second/pyproject.toml": "[tool.other]\nx = 1\n",
        }
    )
    configurations = Configurations(registry)
    ignored = {
        name: configurations.of_file(str(root / name)).selection.ignore
        for name in ("train.py", "papers/first/deep/er/train.py", "papers/second/train.py")
    }
    assert ignored == {
        "train.py": ("LAB101",),
        "papers/first/deep/er/train.py": ("LAB102",),  # trainlint.toml before pyproject.toml beside it
        "papers/second/train.py": ("LAB101",),  # a pyproject.toml without our table is no configuration
    }


def test_everything_that_can_be_said(project: Project, registry: Registry) -> None:
    root = project(
        {
            "trainlint.toml": """
            select = ["LAB1", "advice"]
            extend-select = ["odd-choice"]
            ignore = ["LAB102"]
            exclude = ["legacy/"]

            [per-file-ignores]
            "tests/**" = ["LAB101"]

            [rules.first-mistake]
            epochs = 5
            ratio = 1
            strict = true
            word = "y"
            """
        }
    )
    config = read_config(str(root / "trainlint.toml"), registry)
    assert config is not None
    assert config.folder == str(root)
    assert config.selection.select == ("LAB1", "advice")
    assert config.selection.extend_select == ("odd-choice",)
    assert config.exclude == ("legacy/",)
    assert config.per_file_ignores == {"tests/**": ("LAB101",)}
    assert config.rules == {"LAB101": {"epochs": 5, "ratio": 1.0, "strict": True, "word": "y"}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('selct = ["LAB1"]', "trainlint.toml: unknown key 'selct'; did you mean select?"),
        ('extend_select = ["LAB1"]', "trainlint.toml: unknown key 'extend_select'; did you mean extend-select?"),
        ("[tool.trainlint]", "trainlint.toml: unknown key 'tool'; the settings stand at the top of this file"),
        ('ignore = "LAB101"', "trainlint.toml: ignore must be a list of strings, not 'LAB101'"),
        ("exclude = [1]", "trainlint.toml: exclude must be a list of strings, not [1]"),
        ('per-file-ignores = ["x"]', "trainlint.toml: per-file-ignores must be a table of lists of strings, not ['x']"),
        ('ignore = ["LAB101", "frist-mistake"]', "did you mean first-mistake?"),
        ('[per-file-ignores]\n"a.py" = ["LAB777"]', "no rule has the code, prefix, name or level 'LAB777'"),
        ("[rules.frist-mistake]\nepochs = 1", "rules.frist-mistake: no rule has this code or name; did you mean"),
        ("[rules]\nfirst-mistake = 3", "rules.first-mistake must be a table of options, not 3"),
        ("[rules.first-mistake]\nepoch = 3", "the rule first-mistake has no option 'epoch'; did you mean epochs?"),
        ("[rules.first-mistake]\nzzz = 3", "has no option 'zzz'; it has epochs, ratio, strict, word"),
        ("[rules.odd-choice]\nepochs = 3", "the rule odd-choice has no option 'epochs'; it has none"),
        ("[rules.LAB101]\nepochs = 2.5", "rules.first-mistake.epochs must be a whole number, not 2.5"),
        ("[rules.LAB101]\nepochs = true", "rules.first-mistake.epochs must be a whole number, not True"),
        ("[rules.LAB101]\nstrict = 1", "rules.first-mistake.strict must be true or false, not 1"),
        ("[rules.LAB101]\n[rules.first-mistake]", "the options of LAB101 are given twice"),
        ("select = [", "trainlint.toml: is not valid TOML: "),
        ('exclude = ["a", "!"]', "trainlint.toml: exclude: '!' is not a pattern in the language of .gitignore"),
        ('[per-file-ignores]\n"!" = ["LAB101"]', "per-file-ignores: '!' is not a pattern"),
    ],
)
def test_what_is_not_understood_is_one_line(project: Project, registry: Registry, text: str, complaint: str) -> None:
    root = project({"trainlint.toml": text})
    with pytest.raises(ConfigError) as raised:
        read_config(str(root / "trainlint.toml"), registry)
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_table_of_a_pyproject_is_named_in_errors(project: Project, registry: Registry) -> None:
    root = project({"pyproject.toml": "[tool.trainlint]\nselct = []\n"})
    with pytest.raises(ConfigError, match=r"^pyproject.toml: \[tool.trainlint\]: unknown key 'selct'"):
        read_config(str(root / "pyproject.toml"), registry)


def test_a_pyproject_template_of_another_tool_is_left_alone(project: Project, registry: Registry) -> None:
    root = project({"pyproject.toml": "{{ cookiecutter.header }}\n"})
    assert read_config(str(root / "pyproject.toml"), registry) is None


def test_a_file_that_is_no_text_is_one_line(project: Project, registry: Registry) -> None:
    root = project({})
    (root / "trainlint.toml").write_bytes(b"select = ['\xff']")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_config(str(root / "trainlint.toml"), registry)


SCHEMA: dict[str, Any] = json.loads(resources.files("trainlint.config").joinpath("schema.json").read_text())


def test_the_schema_has_the_keys_of_the_code() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(KEYS)
    assert SCHEMA["additionalProperties"] is False
    assert all(SCHEMA["properties"][key]["description"] for key in KEYS)


@pytest.mark.parametrize("key", sorted(KEYS))
@pytest.mark.parametrize(
    "value",
    [[], ["LAB101"], "LAB101", 1, True, [1], {}, {"LAB101": ["LAB102"]}, {"LAB101": {"epochs": 2}}, {"LAB101": 1}],
)
def test_the_schema_accepts_what_the_code_accepts(registry: Registry, key: str, value: object) -> None:
    try:
        parse_config(Table("/", "x", {key: value}), registry=registry)
        accepted = True
    except ConfigError:
        accepted = False
    assert jsonschema.Draft7Validator(SCHEMA).is_valid({key: value}) == accepted
