"""Suppression comments."""

from __future__ import annotations

import pytest
from rulepacks import MakePack, rule_source

from trainlint.facts import lower, source_from_text
from trainlint.findings import Finding, Level, Place
from trainlint.packs import Registry, load_rules
from trainlint.suppressions.apply import apply_suppressions
from trainlint.suppressions.kinds import engine_entries


@pytest.fixture
def registry(make_pack: MakePack) -> Registry:
    make_pack(
        {
            "lab101_first_mistake.py": rule_source("LAB101", "first-mistake"),
            "lab102_second_mistake.py": rule_source("LAB102", "second-mistake"),
        }
    )
    return Registry([*load_rules(only="lab"), *engine_entries()])


def standing(registry: Registry, text: str, *found: tuple[str, str], off: frozenset[str] = frozenset()) -> list[str]:
    """``row code`` of what stands in a file, where each ``found`` is a finding's code and the text that it spans."""
    module = lower(source_from_text("a.py", text))
    findings = [
        Finding(code, "x", Level.ERROR, "Odd.", Place("a.py", text.index(words), text.index(words) + len(words)))
        for code, words in found
    ]
    enabled = {"a.py": frozenset(entry.code for entry in registry) - off}
    left = apply_suppressions(findings, {"a.py": module}, registry, enabled)
    return sorted(f"{text.count(chr(10), 0, finding.place.start) + 1} {finding.code}" for finding in left)


@pytest.mark.parametrize("word", ["LAB101", "first-mistake", "LAB102, first-mistake", " LAB101 "])
def test_a_comment_on_the_line_names_the_rule(registry: Registry, word: str) -> None:
    text = f"x = 1\nstep()  # trainlint: ignore[{word}]\n"
    found = [("LAB101", "step()"), ("LAB102", "step()")] if "102" in word else [("LAB101", "step()")]
    assert standing(registry, text, *found) == []


def test_other_rules_and_other_lines_are_not_suppressed(registry: Registry) -> None:
    text = "x = 1\nstep()  # trainlint: ignore[LAB101]\nstop()\n"
    assert standing(registry, text, ("LAB101", "step()"), ("LAB102", "step()"), ("LAB101", "stop()")) == [
        "2 LAB102",
        "3 LAB101",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "loss = f(  # trainlint: ignore[LAB101]\n    a,\n    b.step(),\n)\n",
        "loss = f(\n    a,  # trainlint: ignore[LAB101]\n    b.step(),\n)\n",
        "loss = f(\n    a,\n    b.step(),\n)  # trainlint: ignore[LAB101]\n",
        "for x in (  # trainlint: ignore[LAB101]\n    b.step()\n):\n    pass\n",
        "for x in (\n    b.step()\n):  # trainlint: ignore[LAB101]\n    pass\n",
    ],
)
def test_a_comment_on_any_line_of_the_statement_counts(registry: Registry, text: str) -> None:
    assert standing(registry, text, ("LAB101", "b.step()")) == []


def test_a_comment_on_a_loop_does_not_cover_its_body(registry: Registry) -> None:
    text = "for x in y:  # trainlint: ignore[LAB101]\n    b.step()\n"
    assert standing(registry, text, ("LAB101", "b.step()")) == ["1 TL001", "2 LAB101"]


def test_the_whole_file(registry: Registry) -> None:
    text = "# trainlint: ignore-file[first-mistake]\na()\nb()\n"
    assert standing(registry, text, ("LAB101", "a()"), ("LAB101", "b()"), ("LAB102", "b()")) == ["3 LAB102"]


def test_a_comment_in_a_string_is_none(registry: Registry) -> None:
    text = 'step("# trainlint: ignore[LAB101]")\n'
    assert standing(registry, text, ("LAB101", "step(")) == ["1 LAB101"]


def test_what_suppresses_nothing_is_reported(registry: Registry) -> None:
    text = "a()  # trainlint: ignore[LAB101, LAB102]\n# trainlint: ignore-file[second-mistake]\n"
    assert standing(registry, text, ("LAB101", "a()")) == ["1 TL001", "2 TL001"]


def test_a_rule_that_is_off_may_be_suppressed(registry: Registry) -> None:
    text = "a()  # trainlint: ignore[LAB101]\n"
    assert standing(registry, text, off=frozenset({"LAB101"})) == []


@pytest.mark.parametrize("comment", ["ignore", "ignore[]", "ignore[ , ]", "ignore-file"])
def test_a_comment_without_rules_is_refused(registry: Registry, comment: str) -> None:
    text = f"a()  # trainlint: {comment}\n"
    assert standing(registry, text, ("LAB101", "a()")) == ["1 LAB101", "1 TL002"]


def test_an_unknown_rule_is_reported_with_a_suggestion(registry: Registry) -> None:
    text = "a()  # trainlint: ignore[LAB101, frist-mistake]\n"
    module = lower(source_from_text("a.py", text))
    finding = Finding("LAB101", "first-mistake", Level.ERROR, "Odd.", Place("a.py", 0, 3))
    enabled = {"a.py": frozenset({"LAB101", "TL003"})}
    (unknown,) = apply_suppressions([finding], {"a.py": module}, registry, enabled)
    assert unknown.code == "TL003"
    assert unknown.message == "no rule has the code or name `frist-mistake`; did you mean `first-mistake`?"


def test_findings_about_comments_are_selected_and_suppressed_as_others(registry: Registry) -> None:
    unused = "a()  # trainlint: ignore[LAB101]\n"
    assert standing(registry, unused) == ["1 TL001"]
    assert standing(registry, unused, off=frozenset({"TL001"})) == []
    assert standing(registry, "# trainlint: ignore-file[TL001]\n" + unused) == []
