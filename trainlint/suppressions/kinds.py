"""The findings that the engine itself reports: about suppressions. Their docstrings are pages, as a rule's is."""

from __future__ import annotations

from trainlint.findings import Finding, Level, Place
from trainlint.packs import RuleEntry, parse_page


class SuppressionFinding:
    """A kind of finding about a suppression comment."""

    code: str
    name: str
    level: Level

    @classmethod
    def at(cls, place: Place, message: str) -> Finding:
        return Finding(cls.code, cls.name, cls.level, message, place)


class UnusedSuppression(SuppressionFinding):
    """A comment suppresses a finding that is not there.

    ## What it finds

    A `# trainlint: ignore[...]` or `# trainlint: ignore-file[...]` that names a rule which finds nothing where the
    comment stands.

    ## Why it hurts

    The comment outlives the mistake that it excused. It tells the reader of a problem that is gone, and it will
    silently hide the next one that is made on this line.

    ## Bad

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()  # trainlint: ignore[TL101]  # expect: TL001
    ```

    ## Good

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()
    ```

    ## When it keeps silent

    Where the named rule is turned off for the file: whether it would find something is then not known.

    ## Remedy

    Remove the comment, or the rule from its list.
    """

    code = "TL001"
    name = "unused-suppression"
    level = Level.WARNING


class BlanketSuppression(SuppressionFinding):
    """A comment suppresses without saying what.

    ## What it finds

    A `# trainlint: ignore` or `# trainlint: ignore-file` without a list of rules, or with an empty one.

    ## Why it hurts

    It would hide every finding of the line or file, those of mistakes that are yet to be made included. trainlint does
    not obey it.

    ## Bad

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()  # trainlint: ignore  # expect: TL002
    ```

    ## Good

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()
    ```

    ## When it keeps silent

    Never: a list of rules is always possible.

    ## Remedy

    Name the rules by code or name: `# trainlint: ignore[no-validation]`.
    """

    code = "TL002"
    name = "blanket-suppression"
    level = Level.ERROR


class UnknownSuppression(SuppressionFinding):
    """A comment suppresses a rule that does not exist.

    ## What it finds

    A code or name in a `# trainlint: ignore[...]` that no installed rule has.

    ## Why it hurts

    The finding that it was meant for is reported all the same, or the rule was renamed or removed and the comment means
    nothing any more.

    ## Bad

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()  # trainlint: ignore[TL0815]  # expect: TL003
    ```

    ## Good

    ```python
    import torch

    weight = torch.zeros(3, requires_grad=True)
    weight.sum().backward()
    ```

    ## When it keeps silent

    Never: the message suggests the code or name that was probably meant.

    ## Remedy

    Correct the code or name; `trainlint rules` lists them.
    """

    code = "TL003"
    name = "unknown-suppression"
    level = Level.ERROR


KINDS = (UnusedSuppression, BlanketSuppression, UnknownSuppression)


def engine_entries() -> list[RuleEntry]:
    """The engine's own findings, as entries beside the rules'."""
    return [RuleEntry(kind.code, kind.name, kind.level, parse_page(kind.__doc__), "trainlint") for kind in KINDS]
