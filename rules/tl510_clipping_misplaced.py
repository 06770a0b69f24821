"""TL510: gradients are clipped where there is nothing to clip."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Fix, Level, Place
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.edits import SAFE, Editor
from trainlint.trace.queries_clipping import misplaced_clips


class ClippingMisplaced(Rule):
    """Gradients are clipped before they are complete, or after they were used.

    ## What it finds

    `clip_grad_norm_` or `clip_grad_value_` before `backward()`, after `step()`, or in each micro-batch of an accumulation.

    ## Why it hurts

    Clipping works on `.grad` as it is at that moment. Before `backward()` there is none, or the last round's; after the
    step it comes too late: in both places it does nothing, and the one exploding gradient that it was put there for goes
    through. In each micro-batch it clips a partial sum, so that the direction of the accumulated gradient depends on the
    order of the batches (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, clip
    the gradient of the whole update).

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: TL510
        loss.backward()
        optimizer.step()
        print(step, loss.item())
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    for step in range(20):
        x = torch.randn(16, 4)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        print(step, loss.item())
    ```

    ## When it keeps silent

    When what is clipped, or what went before it, is hidden in code that the linter cannot see; and when the clip stands under
    the same condition as the step of an accumulation.

    ## Remedy

    Clip between the last `backward()` of an update and its `step()`. In Lightning, give the Trainer `gradient_clip_val`, or
    clip in `on_before_optimizer_step`. `trainlint.runtime.GradientMonitor` shows the norms that the clip sees.

    ## Fix safety

    Safe: the clip moves to between `backward()` and `step()`.
    """

    code = "TL510"
    name = "clipping-misplaced"
    level = Level.ERROR
    reads_recorded = True

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            seen: set[Place] = set()
            for clip, fault, other in misplaced_clips(run.gradients):
                # The same clip twice before one step, on two ways to it, is one mistake.
                if clip.place not in seen and (fault != "often" or other.place not in seen):
                    seen |= {clip.place, other.place}
                    yield self.finding(
                        clip.place,
                        _MESSAGES[fault],
                        related=[(other.place, _RELATED[fault])],
                        fix=_moved(trace.edit, clip.place, fault, other.place),
                    )


_MESSAGES = {
    "early": "Gradients are clipped before `backward()` has computed them. Clip between `backward()` and `step()`.",
    "late": "Gradients are clipped after `step()` has used them. Clip between `backward()` and `step()`.",
    "often": "Partial gradients are clipped in each micro-batch of an accumulation. Clip once, right before the step.",
}
_RELATED = {
    "early": "the gradients are computed here",
    "late": "the step is here",
    "often": "the step is here",
}


def _moved(edit: Editor, clip: Place, fault: str, other: Place) -> Fix | None:
    move = edit.move_after if fault == "early" else edit.move_before
    return edit.fix("Clip between `backward()` and `step()`", SAFE, *move(clip, other))
