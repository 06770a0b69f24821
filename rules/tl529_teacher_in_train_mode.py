"""TL529: a network that only gives targets runs in train mode."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_teachers import teachers_in_train_mode
from trainlint.trace.sequence import title


class TeacherInTrainMode(Rule):
    """A teacher or target network gives its targets with dropout on, or with batch norm in train mode.

    ## What it finds

    A network with dropout or batch norm that nothing updates and whose outputs are only what the loss compares with, applied
    in train mode: `eval()` was never called, or `train()` of the module that holds it switched it back.

    ## Why it hurts

    With dropout the targets are noise: another answer for the same input at each step. With batch norm they depend on which
    samples share a batch, and the running statistics of a network that should stay as it is drift (PyTorch's documentation,
    "Knowledge Distillation Tutorial": "teacher set to evaluation mode").

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 1))
    student = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        with torch.no_grad():
            wanted = teacher(x)  # expect: TL529
        loss = nn.functional.mse_loss(student(x), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    teacher = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 1)).eval()
    student = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        with torch.no_grad():
            wanted = teacher(x)
        loss = nn.functional.mse_loss(student(x), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    For teachers that are moving averages of their student (mean teacher, MoCo, BYOL, DINO run them in train mode on purpose);
    when `train()` is called on the teacher itself; for networks that are not known to hold dropout or batch norm; for feature
    extractors, whose outputs other networks take; and where unknown code is given the teacher.

    ## Remedy

    Call `teacher.eval()` once. In a module that holds the teacher, override `train` so that it leaves the teacher in eval mode.
    """

    code = "TL529"
    name = "teacher-in-train-mode"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for found in teachers_in_train_mode(run):
                teacher = title(found.teacher, "the teacher")
                if found.switch is None:
                    message = (
                        f"{teacher} only gives targets, and does so in train mode: they change from call to call. Call"
                        " its `eval()`."
                    )
                    yield self.finding(found.place, message)
                else:
                    message = (
                        f"This puts {teacher}, which only gives targets, into train mode as well: they change from call to"
                        " call. Call its `eval()` afterwards, or in a `train` method of the module that holds it."
                    )
                    yield self.finding(
                        found.place, message, related=[(found.forward.place, "the targets come from here")]
                    )
