"""Options that cannot be turned off."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.events import OptionDeclared
from trainlint.trace.values import External


class OptionAlwaysTrue(Rule):
    """An option is declared with `type=bool`: any value, `False` included, turns it on.

    ## What it finds

    `parser.add_argument("--flag", type=bool)` of argparse.

    ## Why it hurts

    argparse calls `bool` on the text that is given, and every text that is not empty is true: `--pretrained False` turns
    it on, and the run isn't the one that was asked for. Python's documentation of argparse: "The bool() function is not
    recommended as a type converter".

    ## Bad

    ```python
    import argparse

    import torch
    from torch import nn

    parser = argparse.ArgumentParser()
    parser.add_argument("--dropout", type=bool, default=True)  # expect: TL403
    args = parser.parse_args([])
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5 if args.dropout else 0.0), nn.Linear(8, 1))
    print(model(torch.randn(2, 4)))
    ```

    ## Good

    ```python
    import argparse

    import torch
    from torch import nn

    parser = argparse.ArgumentParser()
    parser.add_argument("--dropout", action=argparse.BooleanOptionalAction, default=True)
    args = parser.parse_args([])
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5 if args.dropout else 0.0), nn.Linear(8, 1))
    print(model(torch.randn(2, 4)))
    ```

    ## When it keeps silent

    For converters of the project's own (`str2bool`), and for click and jsonargparse, which convert by themselves.

    ## Remedy

    `action=argparse.BooleanOptionalAction` gives `--dropout` and `--no-dropout`; `action="store_true"` a plain switch.

    ## Fix safety

    Unsafe: the option becomes a pair of flags (`--dropout`, `--no-dropout`), and whoever passed it a value must change the call.
    """

    code = "TL403"
    name = "option-always-true"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event in run.of(OptionDeclared):
                if isinstance(event.converter, External) and event.converter.dotted == "builtins.bool":
                    message = (
                        f'`{event.option}` is turned on by any value: `bool("False")` is true. '
                        "Use `action=argparse.BooleanOptionalAction`."
                    )
                    yield self.finding(event.place, message, fix=_boolean(trace.edit, event))


def _boolean(edit: Editor, event: OptionDeclared) -> Fix | None:
    argparse = edit.imported_as(event.place.path, "argparse")
    name = edit.argument(event.place, "name", 0)
    if argparse is None or name is None or not edit.text(name).strip("\"'").startswith("--"):
        return None
    action = edit.replace_argument(event.place, "type", f"action={argparse}.BooleanOptionalAction")
    return edit.fix("Make it a pair of flags, on and off", UNSAFE, action)
