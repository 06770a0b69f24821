"""All monitors of one training, attached by hooks: :class:`TrainingMonitor`."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..batches import tensors
from ..findings import RuntimeFinding, ranked
from ..sinks import Sink
from ..training_report import TrainingReport
from ..vault import TestVault
from .activations import ActivationMonitor
from .cadence import Cadence
from .diagnosis import diagnose, without_consequences
from .filters import FilterMonitor
from .gradients import GradientMonitor
from .graph import GraphMonitor
from .hooks import Guard, Handles, Hook
from .inputs import InputMonitor
from .learning_rate import LearningRateMonitor
from .loss import LossMonitor
from .modes import ModeMonitor
from .oscillation import OscillationMonitor
from .parameters import ParameterMonitor, clean, trainable
from .readout import Readout
from .steps import StepMonitor
from .summary import summarise
from .updates import UpdateMonitor
from .validation import ValidationMonitor
from .watch import ForwardWatch

EVERY = 50
"""Steps between measurements in the long run, which keeps the monitor below 3 % of a small network's step."""

GRAPH_READS = (1, 2, 20, 100, 500)
"""Reported losses whose graph is read."""

EVALUATION_WATCHES = 2
"""Forwards in eval mode that are watched for dropout."""


class TrainingMonitor:
    """Watches a training loop and says what is wrong with it.

    ::

        with TrainingMonitor(model, optimizer, criterion=criterion, scheduler=scheduler) as monitor:
            for epoch in range(epochs):
                for inputs, targets in loader:
                    ...                              # the usual step
                    monitor.step(loss)
                monitor.validate(validation_loss)    # once an evaluation
        print(monitor.report())

    ``model`` is the module that the loop calls (wrapped by DDP or ``torch.compile``, if it is). ``optimizer`` is one
    optimizer, or those that step together, in the order in which they step. All else is optional and makes the
    findings more exact: ``criterion`` (a module) shows the targets and how the loss is scaled, ``scheduler`` whether it
    is stepped as it is meant to be, ``scaler`` the scale of gradients. ``every`` is the largest number of steps between
    two measurements. ``initial_loss`` is the untrained network's loss where the run goes on from a checkpoint.
    ``vaults`` are the test data's; ``sinks`` get the curves; ``on_finding`` is called with each new finding at
    evaluations, and at once where the loss is no longer finite.

    Nothing is changed: not the random generators, the weights, or the graph; with and without the monitor a run gives
    the same numbers. ``detach`` (or leaving the ``with`` block) removes every hook. Activations inside a compiled
    model are not seen.

    Should the monitor itself fail on something it does not know, it warns once and watches no more; the training goes on.

    Raises ``TypeError`` for a criterion that is no module, and ``ValueError`` where ``every`` is below 1 or no
    optimizer is given.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | Sequence[Optimizer],
        *,
        criterion: nn.Module | None = None,
        scheduler: Any = None,
        scaler: Any = None,
        every: int = EVERY,
        initial_loss: float | None = None,
        vaults: Iterable[TestVault] = (),
        sinks: Iterable[Sink] = (),
        on_finding: Callable[[RuntimeFinding], object] | None = None,
    ) -> None:
        if criterion is not None and not isinstance(criterion, nn.Module):
            raise TypeError(f"criterion must be a module such as nn.CrossEntropyLoss(), not {type(criterion).__name__}")
        self.model = model
        self.optimizers = (optimizer,) if isinstance(optimizer, Optimizer) else tuple(optimizer)
        if not self.optimizers:
            raise ValueError("at least one optimizer is needed")
        self._criterion, self._scaler = criterion, scaler
        self._vaults, self._sinks, self._on_finding = tuple(vaults), tuple(sinks), on_finding
        self._cadence, self._readout, self._guard = Cadence(every), Readout(), Guard()
        self._handles, self._after, self._at_criterion = Handles(), Handles(), Handles()
        self._make_monitors(criterion, scheduler, initial_loss)
        self._make_watches()
        self._told: set[tuple[str, str | None]] = set()
        self.attached = False
        self.steps_made = 0
        self.calls = 0
        self._armed = False
        self._watched_step = -1
        self._oscillating = False
        self._stepped_since_call = False
        self._explicit = False
        self._batch: Tensor | weakref.ref[Tensor] | None = None
        self._criterion_losses: dict[int, Tensor] = {}
        self._waiting: list[tuple[int, Tensor]] = []
        self._values: list[tuple[int, float]] = []
        self._since_evaluation: list[float] = []

    def _make_monitors(self, criterion: nn.Module | None, scheduler: Any, initial_loss: float | None) -> None:
        parameters = trainable(self.model)
        self.parameters = ParameterMonitor(self.model, self.optimizers, criterion)
        held = self.parameters.held()
        trained = {name: p for name, p in parameters.items() if id(p) in held}
        self.loss = LossMonitor(initial_loss)
        self.validation = ValidationMonitor(initial_loss)
        self.gradients = GradientMonitor(parameters)
        self.updates = UpdateMonitor(parameters)
        self.oscillation = OscillationMonitor(trained)
        self.activations = ActivationMonitor()
        self.filters = FilterMonitor(self.model)
        self.inputs = InputMonitor()
        self.modes = ModeMonitor(self.model)
        self.learning_rate = LearningRateMonitor(self.optimizers[0], scheduler)
        self.steps = StepMonitor(trained, self.modes.backward, self._guard)
        self.graph = GraphMonitor(self.model)
        self._structure: list[RuntimeFinding] = list(self.parameters.findings())

    def _make_watches(self) -> None:
        names = {id(module): clean(name) for name, module in self.model.named_modules()}
        self._train_watch = ForwardWatch(names, self.activations.observe, lambda _: None, self._guard)
        self._eval_watch = ForwardWatch(names, lambda *_: None, self._dropout_in_eval_mode, self._guard)
        self._eval_watches = 0
        # Inside compiled code a watch would be compiled in, or force a recompilation.
        self.sees_activations = not any(_is_compiled(module) for module in self.model.modules())
        # These take a faster path in eval mode when nothing watches, which rounds differently.
        fast = (nn.TransformerEncoderLayer, nn.MultiheadAttention)
        self._watches_evaluation = self.sees_activations and not any(isinstance(m, fast) for m in self.model.modules())

    @property
    def failure(self) -> Exception | None:
        """What made the monitor stop watching, ``None`` where nothing did."""
        return self._guard.error

    @property
    def called_modules(self) -> set[str]:
        """Names of the modules that ran in the watched forwards; empty where they cannot be seen."""
        return self._train_watch.called

    # Attaching

    def attach(self) -> TrainingMonitor:
        """Register the hooks; harmless where they are. Returns the monitor."""
        if self.attached:
            return self
        self.attached = True
        self._handles.before_forward(self.model, Hook(self._before_forward, self._guard))
        self._handles.before_step(self.optimizers[0], Hook(self._before_step, self._guard))
        self._handles.after_step(self.optimizers[-1], Hook(self._after_step, self._guard))
        self.steps.attach()
        self._arm()
        return self

    def detach(self) -> None:
        """Remove all hooks and let go of the tensors that were kept; the findings stay."""
        self._guard.run(self._flush, True)
        self._train_watch.close()
        self._eval_watch.close()
        for handles in (self._handles, self._after, self._at_criterion):
            handles.remove()
        self.steps.detach()
        self._batch = None
        self.attached = False

    def __enter__(self) -> TrainingMonitor:
        return self.attach()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.detach()

    # What the training loop calls

    def step(self, loss: Tensor | float) -> None:
        """Report the loss of one training step (or micro-batch), before or after the optimizer's step.

        The tensor that ``backward()`` was called on shows most: its graph tells what the loss computes. Raises
        ``ValueError`` where the loss is not one number.
        """
        if isinstance(loss, Tensor) and loss.numel() != 1:
            raise ValueError(f"the loss must be one number, but has shape {tuple(loss.shape)}")
        self._guard.run(self._take_loss, loss)

    def _take_loss(self, loss: Tensor | float) -> None:
        self._explicit = True
        self._criterion_losses.clear()
        self.calls += 1
        self.steps.called()
        made = self.steps_made - 1 if self._stepped_since_call else self.steps_made
        self._stepped_since_call = False
        if isinstance(loss, Tensor) and self.calls in GRAPH_READS:
            self.graph.observe(loss, float(loss.detach()), self._batch_size())
            if self.loss.untrained is None:
                self.loss.untrained = self.graph.guessing
        self._report_loss(made, loss)

    def validate(self, loss: Tensor | float, **metrics: float) -> None:
        """Report one evaluation: the mean validation loss, and any metrics by name for the report and the sinks.

        Called after the evaluation and before the next training forward: it is told from the forwards since the last
        backward in which mode the model was evaluated.
        """
        self._guard.run(self._take_evaluation, loss, metrics)

    def _take_evaluation(self, loss: Tensor | float, metrics: Mapping[str, float]) -> None:
        self._flush(complete=True)
        value = float(loss.detach()) if isinstance(loss, Tensor) else float(loss)
        training = self._since_evaluation
        mean = sum(training) / len(training) if training else math.nan
        self._since_evaluation = []
        self.modes.evaluated(self.steps_made)
        self.learning_rate.evaluated()
        if self.validation.initial is None:
            self.validation.initial = self._untrained_loss()
        self.validation.observe(self.steps_made, value, mean)
        for sink in self._sinks:
            sink.log(
                {"validation/loss": value, **{f"validation/{name}": v for name, v in metrics.items()}}, self.steps_made
            )
        self._tell()

    # What comes out

    def findings(self) -> tuple[RuntimeFinding, ...]:
        """All findings so far, causes before symptoms, errors first."""
        self._flush(complete=True)
        parts: list[Iterable[RuntimeFinding]] = [
            self._structure,
            self.parameters.findings(),
            self.steps.findings(),
            self.graph.findings(),
            self.modes.findings(),
            self.inputs.findings(),
            diagnose(self),
            self.activations.findings(),
            self.gradients.findings(),
            self.updates.findings(),
            self.oscillation.findings(),
            self.learning_rate.findings(),
            self.loss.findings(),
            self.validation.findings(),
            self.filters.findings(self.steps_made),
            *(vault.findings() for vault in self._vaults),
        ]
        return ranked(without_consequences([finding for part in parts for finding in part]))

    def report(self) -> TrainingReport:
        """The findings with curves, update ratios, dead units and filters: prints as text, writes JSON and HTML."""
        return TrainingReport("Training report", self.findings(), summarise(self))

    # Hooks

    def _before_forward(self, module: nn.Module, args: Any, kwargs: Mapping[str, Any]) -> None:
        if module is not self.model:
            return
        gradient = torch.is_grad_enabled()
        self.modes.forward(module.training, gradient)
        if gradient:
            self.steps.forward()
            plain = args and isinstance(args[0], Tensor)  # the usual case costs no search
            self._see_batch(args[0] if plain else next(iter(tensors((args, kwargs))), None))
        elif not module.training and self._watches_evaluation and self._eval_watches < EVALUATION_WATCHES:
            self._eval_watches += 1
            self._open(self._eval_watch)

    def _see_batch(self, batch: Tensor | None) -> None:
        if batch is None:
            return
        # Of batches in the processor's memory the last is kept, to be looked at should its loss not be finite.
        self._batch = batch if batch.device.type == "cpu" else weakref.ref(batch)
        if not self._armed or self._watched_step == self.steps_made:
            return
        self._watched_step = self.steps_made  # one forward of an accumulation is enough
        self.inputs.observe(self.steps_made, batch, self._readout)
        if self.sees_activations:
            self._open(self._train_watch)

    def _open(self, watch: ForwardWatch) -> None:
        self._after.after_forward(self.model, Hook(self._after_forward))
        watch.open()

    def _after_forward(self, module: nn.Module, args: Any, output: Any) -> None:
        trained = self._train_watch.is_open
        self._train_watch.close()
        self._eval_watch.close()
        self._after.remove()
        if trained:
            self._guard.run(lambda: self.activations.finish(self.steps_made, tensors(output), self._readout))

    def _after_criterion(self, _: nn.Module, args: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or not output.requires_grad or not torch.is_grad_enabled():
            return
        if output.numel() == 1 and not self._explicit:
            self._report_criterion_losses(before=self.steps_made - 1)
            self._criterion_losses[self.steps_made] = output.detach()
        if not self._armed:
            return
        if len(args) > 1 and isinstance(args[1], Tensor):
            self.inputs.observe_targets(args[1], self._readout)
        if output.numel() == 1:
            output.register_hook(Hook(self._see_loss_factor, self._guard))  # type: ignore[no-untyped-call]

    def _see_loss_factor(self, gradient: Tensor) -> None:
        scale = self._loss_scale()
        self._readout.add(gradient, lambda row: self.steps.loss_factors.append(row[0] / scale))

    def _before_step(self, _: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
        if closure is None:
            self._before_update()
            return None
        # The gradients come from within the step (Lightning's loop, LBFGS): look after their first computation.
        watched = _after_first_call(closure, lambda: self._guard.run(self._before_update))
        return (args[:1], {**kwargs, "closure": watched})

    def _before_update(self) -> None:
        step = self.steps_made
        self.learning_rate.observe(step)
        factor = self.steps.before_step(step)
        if not self._armed:
            return
        if factor is not None:
            scale = self._loss_scale()
            self._readout.add(factor, lambda row: self.gradients.observe_clipping(step, row[0] * scale))
        self.gradients.measure(step, self._readout, loss_scale=self._unscaled_by_optimizer())
        self.updates.before()

    def _after_step(self, *_: Any) -> None:
        step = self.steps_made
        self.modes.stepped(step)
        self.steps.after_step()
        if self._armed:
            self.updates.after(step, self._readout)
            self._oscillating = True
        if self._oscillating:
            self._oscillating = not self.oscillation.observe(step, self._readout)
        if self._armed:
            self._flush()
            self._send()
        self._stepped_since_call = True
        self.steps_made += 1
        self._arm()

    def _arm(self) -> None:
        was_armed, self._armed = self._armed, self._cadence.due(self.steps_made)
        if not self._armed and not was_armed and self._explicit:
            return
        self.steps.arm(self._readout if self._armed else None)
        self._at_criterion.remove()
        if self._criterion is not None and (self._armed or not self._explicit):
            self._at_criterion.after_forward(self._criterion, Hook(self._after_criterion, self._guard))

    def _dropout_in_eval_mode(self, where: str) -> None:
        self.modes.always_on_dropout = self.modes.always_on_dropout or where or "the model"

    # Numbers

    def _report_criterion_losses(self, before: int) -> None:
        """Where the loop reports no losses, each step's last from the criterion is taken, two steps late: the loop's own
        first report may still come."""
        for step in [step for step in self._criterion_losses if step < before]:
            self._report_loss(step, self._criterion_losses.pop(step))

    def _report_loss(self, step: int, loss: Tensor | float) -> None:
        if isinstance(loss, Tensor) and loss.device.type != "cpu":
            self._waiting.append(
                (step, loss.detach())
            )  # read with the next measurement, without waiting for the device now
            return
        value = float(loss.item() if isinstance(loss, Tensor) else loss)
        self._values.append((step, value))
        if math.isfinite(value):
            return
        self._flush()
        if self.loss.non_finite_step == step:
            batch = self._last_batch()
            if batch is not None:
                self.inputs.check_finite(step, batch)
            self._tell()

    def _observe_loss(self, step: int, value: float) -> None:
        self.loss.observe(step, value)
        if math.isfinite(value):
            self._since_evaluation.append(value)

    def _flush(self, complete: bool = False) -> None:
        if complete:
            self._report_criterion_losses(before=self.steps_made + 1)
        values, self._values = self._values, []
        for step, value in values:
            self._observe_loss(step, value)
        waiting, self._waiting = self._waiting, []
        for step, loss in waiting:
            self._readout.add(loss, lambda row, step=step: self._observe_loss(step, row[0]))  # type: ignore[misc]
        self._readout.flush()

    def _send(self) -> None:
        if not self._sinks:
            return
        curves = {
            "loss/training": self.loss.curve,
            "learning_rate": self.learning_rate.curve,
            "gradient_norm": self.gradients.total,
            "update_ratio": self.updates.typical,
        }
        values = {name: curve.values[-1] for name, curve in curves.items() if curve}
        for sink in self._sinks:
            sink.log(values, self.steps_made)

    def _tell(self) -> None:
        if self._on_finding is None:
            return
        for finding in self.findings():
            if (finding.name, finding.where) not in self._told:
                self._told.add((finding.name, finding.where))
                self._on_finding(finding)

    def _untrained_loss(self) -> float | None:
        """What the untrained network loses: the first loss, or that of guessing where a run begins below it."""
        if not math.isfinite(self.loss.first):
            return self.loss.untrained
        return max(self.loss.first, self.loss.untrained or 0.0)

    def _batch_size(self) -> int | None:
        batch = self._last_batch()
        return None if batch is None or not batch.dim() else batch.shape[0]

    def _last_batch(self) -> Tensor | None:
        return self._batch() if isinstance(self._batch, weakref.ref) else self._batch

    def _loss_scale(self) -> float:
        return float(self._scaler.get_scale()) if self._scaler is not None and self._scaler.is_enabled() else 1.0

    def _unscaled_by_optimizer(self) -> float:
        """Fused optimizers divide by the scale inside their step: until then the gradients carry it."""
        scale = getattr(self.optimizers[0], "grad_scale", None)
        return float(scale) if isinstance(scale, Tensor) else 1.0


def _after_first_call(closure: Callable[[], Any], then: Callable[[], None]) -> Callable[[], Any]:
    pending = [then]

    def watched() -> Any:
        result = closure()
        if pending:
            pending.pop()()
        return result

    return watched


def _is_compiled(module: nn.Module) -> bool:
    return type(module).__name__ == "OptimizedModule" or getattr(module, "_compiled_call_impl", None) is not None
