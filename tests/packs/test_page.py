"""Docstrings as pages."""

from __future__ import annotations

import pytest

from trainlint.packs import PageError, parse_page

GOOD = """The mistake in a sentence.

    ## What it finds

    This, and

    that.

    ## Why it hurts

    Because.

    ## Bad

    Words before.

    ```python
    if x:
        y()  # expect: TL999
    ```

    ## Good

    ```python
    y()
    ```

    ## When it keeps silent

    Never.

    ## Remedy

    Do it.
    """


def test_sections_are_those_of_the_docstring() -> None:
    page = parse_page(GOOD)
    assert page.summary == "The mistake in a sentence."
    assert page.sections["What it finds"] == "This, and\n\nthat."
    assert list(page.sections) == ["What it finds", "Why it hurts", "Bad", "Good", "When it keeps silent", "Remedy"]
    assert page.bad == "if x:\n    y()  # expect: TL999\n"
    assert page.good == "y()\n"


def test_markdown_is_a_page_again() -> None:
    page = parse_page(GOOD)
    assert parse_page(page.markdown) == page


def test_fix_safety_may_follow() -> None:
    assert "Fix safety" in parse_page(GOOD + "\n    ## Fix safety\n\n    Safe.\n").sections


@pytest.mark.parametrize(
    ("docstring", "complaint"),
    [
        (None, "no docstring"),
        ("   ", "no docstring"),
        (GOOD.replace("## Remedy", "## Cure"), "headings"),
        (GOOD.replace("## Good", "## Bad"), "headings"),
        (GOOD.replace("Because.", ""), "nothing under 'Why it hurts'"),
        (GOOD.replace("```python\n    y()\n    ```", "y()"), "0 Python blocks under 'Good'"),
        (GOOD.replace("The mistake in a sentence.", ""), "first line"),
    ],
)
def test_what_is_no_page_is_refused(docstring: str | None, complaint: str) -> None:
    with pytest.raises(PageError, match=complaint):
        parse_page(docstring)
