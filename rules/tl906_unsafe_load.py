"""TL906: a checkpoint is loaded in the way that lets it run code."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import UNSAFE
from trainlint.trace.events import Loaded
from trainlint.trace.purpose import is_test
from trainlint.trace.values import Library


class UnsafeLoad(Rule):
    """`torch.load` with `weights_only=False`.

    ## What it finds

    `torch.load` that is told, or by an option's default told, `weights_only=False`.

    ## Why it hurts

    The file is then unpickled, and a pickle can run any code it likes, with your rights, when it is loaded (PyTorch's
    documentation of `torch.load`: "Only load data you trust"). Checkpoints are passed around more freely than programs are.
    A file that can't be loaded without it holds more than tensors and numbers, and will break when the classes in it
    change: "Common Practices, Part 1", P20, saves models to test them later.

    ## Bad

    ```python
    import torch
    from torch import nn

    model = nn.Linear(4, 2)
    torch.save({"epoch": 3, "model": model.state_dict()}, "checkpoint.pt")
    saved = torch.load("checkpoint.pt", weights_only=False)  # expect: TL906
    model.load_state_dict(saved["model"])
    print(saved["epoch"])
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    model = nn.Linear(4, 2)
    torch.save({"epoch": 3, "model": model.state_dict()}, "checkpoint.pt")
    saved = torch.load("checkpoint.pt", weights_only=True)
    model.load_state_dict(saved["model"])
    print(saved["epoch"])
    ```

    ## When it keeps silent

    Without the argument: since PyTorch 2.6 the default is safe. Where the argument isn't known, and in tests, which load
    what they have saved themselves.

    ## Remedy

    Leave the argument out, or pass `weights_only=True`, and save state dicts, numbers and strings only; classes of your own
    that have to be in the file can be allowed by `torch.serialization.add_safe_globals`. `trainlint.runtime.Checkpointer`
    loads safely.

    ## Fix safety

    Unsafe: a file that holds other objects than tensors, numbers and strings can't be loaded any more.
    """

    code = "TL906"
    name = "unsafe-load"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for loaded in run.of(Loaded):
                parameter = _unsafe_parameter(loaded)
                if parameter is not None and not is_test(loaded.place.path):
                    yield self.finding(
                        loaded.place,
                        f"This file may run any code when it is loaded: `{parameter}=False` unpickles it. Leave it out, and"
                        " save state dicts.",
                        fix=trace.edit.fix(
                            "Load weights only", UNSAFE, trace.edit.set_argument(loaded.place, parameter, "True")
                        ),
                    )


def _unsafe_parameter(loaded: Loaded) -> str | None:
    """The argument by which a load unpickles whatever the file holds."""
    made = loaded.value
    if not isinstance(made, Library) or loaded.into is not None:
        return None
    parameter = made.trait("unsafe_param")
    is_unsafe = isinstance(parameter, str) and parameter in made.arguments and made.constant(parameter) is False
    return str(parameter) if is_unsafe else None
