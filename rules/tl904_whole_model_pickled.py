"""TL904: `torch.save` is given a whole model."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.anatomy import parts
from trainlint.trace.edits import UNSAFE, Editor
from trainlint.trace.events import Saved
from trainlint.trace.purpose import is_test
from trainlint.trace.queries_saving import network


class WholeModelPickled(Rule):
    """A whole model is pickled, rather than its state dict.

    ## What it finds

    `torch.save` of a module, alone or in a dict or tuple, also out of its data-parallel wrapper.

    ## Why it hurts

    PyTorch's documentation ("Saving and Loading Models") recommends the state dict: a pickled model is bound to the
    exact classes and the directory structure that it was saved with, breaks when the project is refactored, and can't
    be loaded with `weights_only=True`, the safe default since version 2.6. Models are saved to be tested later ("Common
    Practices, Part 1, P20"): they should still load then.

    ## Bad

    ```python
    import os

    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    torch.save({"epoch": 3, "model": model}, "checkpoint.pt")  # expect: TL904
    print(os.path.getsize("checkpoint.pt"))
    ```

    ## Good

    ```python
    import os

    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    torch.save({"epoch": 3, "model": model.state_dict()}, "checkpoint.pt")
    print(os.path.getsize("checkpoint.pt"))
    ```

    ## When it keeps silent

    For state dicts, TorchScript modules saved by `torch.jit.save`, exports, optimizers, and values of which nothing is
    known; and in tests, which may well ask whether a model can be pickled.

    ## Remedy

    `torch.save(model.state_dict(), path)`, and `model.load_state_dict(torch.load(path))` on a model made by the same
    code; keep the settings that the model was made with in the same file.

    ## Fix safety

    Unsafe: whatever loads the file has to load a state dict from then on.
    """

    code = "TL904"
    name = "whole-model-pickled"
    level = Level.WARNING
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for saved in run.of(Saved):
                if (
                    saved.offered
                    or saved.how != "torch.save"
                    or "model" not in saved.holds
                    or is_test(saved.place.path)
                ):
                    continue
                whole = next((model for part in parts(saved.value) if (model := network(part)) is not None), None)
                called = f"`{whole.name}`" if whole is not None and whole.name else "The model"
                yield self.finding(
                    saved.place,
                    f"{called} is pickled whole, bound to its class and file as they are now. Save its"
                    " `state_dict()` instead.",
                    fix=_state_saved(trace.edit, saved.place, whole.name if whole is not None else None),
                )


def _state_saved(edit: Editor, place: Place, name: str | None) -> Fix | None:
    """Of a model that stands in what is saved by its own name: what loads it must change with it."""
    value = edit.argument(place, "obj", 0)
    model = edit.name_in(value, name) if value is not None and name else None
    if model is None:
        return None
    return edit.fix("Save the state dict", UNSAFE, edit.replace(model, f"{name}.state_dict()"))
