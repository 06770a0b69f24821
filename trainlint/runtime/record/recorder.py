"""Writes down the events of a run, in the vocabulary of the trace, as torch's hooks and wrapped functions tell of them."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.trace.events import (
    Backward,
    Clip,
    Event,
    Forward,
    Iterated,
    Loaded,
    Loop,
    LossComputed,
    Made,
    Measured,
    ModeSwitch,
    OptimizerStep,
    RateWritten,
    SamplerEpochSet,
    Saved,
    ScalerUpdate,
    SchedulerStep,
    Seeded,
    Unscale,
    ZeroGrad,
)
from trainlint.trace.tokens import HELD_OUT, DrawnToken, LossToken, ModelToken, Source, Token, Tokens
from trainlint.trace.values import Data, Graph, Kind, Library, Operation, Value
from trainlint.trace.view import Run

from .flow import last_operation, leaves, tensors
from .geography import Geography, iterated_name
from .rounds import Rounds
from .stack import Moment, Stack
from .subjects import Known, Subjects, dotted, has_parameters, rewrapped

MAX_EVENTS = 20_000
"""Events that are written down at most; a run so long has shown by then what it does."""

_COSTLY = 200_000  # numbers of a tensor above which its gradient is not searched for values other than 0


class _Process:
    """The number of this process, without asking the system each time."""

    def __init__(self) -> None:
        self.look()
        os.register_at_fork(after_in_child=self.look)

    def look(self) -> None:
        self.number = os.getpid()


_process = _Process()


class Recorder:
    """The events so far. Nothing that goes wrong in here reaches the script: it is kept in ``problem``, and recording ends."""

    def __init__(self, root: str) -> None:
        self.geography = Geography(root)
        self.stack = Stack(self.geography)
        self.subjects = Subjects()
        self.events: list[Event] = []
        self.problem: str | None = None
        self.steps = 0
        self.losses = 0
        self.many_batches = False
        self.on_backward: list[Callable[[Tensor], None]] = []
        self.on_step: list[Callable[[Any, Any], None]] = []
        self._seen: dict[tuple[Any, ...], int] = {}
        self._rounds = Rounds()
        self._process, self._thread = _process.number, threading.get_ident()
        self._tokens = Known()
        self._tokens_by_place: dict[tuple[Any, ...], Token] = {}
        self._scaled = Known()
        self._loader: tuple[Source, tuple[Any, ...]] | None = None
        self._last_forward: Forward | None = None
        self._rates: dict[int, list[float]] = {}
        self._dirty: list[Any] = []
        self._stepped: dict[int, Moment] = {}
        self._optimizers: list[weakref.ref[Any]] = []
        self._depth = 0
        self._roots: list[Any] = []

    # Keeping out of the way

    @property
    def awake(self) -> bool:
        """Whether the script itself is at work: its own process and thread, and no failure so far."""
        return self.problem is None and threading.get_ident() == self._thread and _process.number == self._process

    def tell(self, what: Callable[..., None], *arguments: Any) -> None:
        """Write something down, come what may."""
        if not self.awake:
            return
        try:
            what(*arguments)
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}".splitlines()[0]

    def _add(self, event: Event, moment: Moment, *kind: object) -> bool:
        """Whether the event was written down: in the rounds that are written in full, and where it is new."""
        key = (type(event), event.place, tuple(id(frame.loop) for frame in moment.frames), *kind)
        count = self._seen[key] = self._seen.get(key, 0) + 1
        in_full = self._rounds.in_full(moment)
        if len(self.events) >= MAX_EVENTS or (count > 2 and not in_full):
            return False
        if count == 1 and not in_full:
            self._rounds.write_next(moment)
        event.order = len(self.events)
        event.frames, event.guards, event.calls = moment.frames, moment.guards, moment.calls
        self.events.append(event)
        return True

    def _place_token(self, make: Callable[[], Token], *key: object) -> Token:
        if key not in self._tokens_by_place:
            self._tokens_by_place[key] = make()
        return self._tokens_by_place[key]

    # Data

    def loader_iterated(self, loader: Any) -> None:
        """A loop over the loader begins: a new round of the loop around it."""
        self.stack.now()
        self.many_batches = self.many_batches or _has_many(loader)

    def loader_made(self, loader: Any) -> None:
        moment = self.stack.now()
        if moment is not None:
            source = self.subjects.source(loader, moment)
            self._made(loader, source, moment)

    def _made(self, loader: Any, source: Source, moment: Moment) -> None:
        entry = lookup("torch.utils.data.DataLoader")
        if entry is not None and source.maker is None:
            maker = Library("torch.utils.data.DataLoader", entry, {}, moment.place)
            maker.name, maker.source = source.label, source
            source.maker = maker

    def batch_fetched(self, loader: Any, batch: object) -> None:
        heads = self.stack.heads()
        name = iterated_name(heads[-1]) if heads else None
        source = self.subjects.source(loader, None, name)
        self._loader = source, heads
        for tensor in tensors(batch):
            self._tokens.put(tensor, frozenset((source,)))

    def loader_exhausted(self) -> None:
        self._loader = None

    def _ambient(self, moment: Moment) -> Tokens:
        """The data of the loop that the moment is in, where a tensor doesn't tell where it comes from."""
        if self._loader is None:
            return frozenset()
        source, heads = self._loader
        if not heads:
            return frozenset((source,))
        around = [frame.loop for frame, node in zip(moment.frames, moment.loop_nodes, strict=True) if node in heads]
        for loop in around:
            self._iterated(loop, source, moment)
        return frozenset((source,)) if around else frozenset()

    def _iterated(self, loop: Loop, source: Source, moment: Moment) -> None:
        if source not in loop.over:
            loop.over |= {source}
            self._add(Iterated(loop.place, loop, (source,)), moment, id(source))

    def _tokens_of(self, values: Iterable[object], moment: Moment) -> Tokens:
        found: set[Token] = set()
        for value in values:
            for tensor in tensors(value):
                found |= self._tokens.get(tensor) or frozenset()
        ambient = self._ambient(moment)
        if not any(isinstance(token, Source) for token in found):
            found |= ambient
        return frozenset(found)

    # Networks and losses

    def applied(self, module: nn.Module, args: object, kwargs: object, output: object) -> None:
        """A module was called by the program, not by another module."""
        inner = rewrapped(module)
        if _is_criterion(inner):
            self.loss(inner, dotted(type(inner)), tuple(tensors((args, kwargs))), output)
            return
        if not has_parameters(inner):
            return
        moment = self.stack.now()
        if moment is None:
            return
        if not any(inner is root() for root in self._roots):
            self._roots.append(weakref.ref(inner))
        model = self.subjects.model(inner)
        tokens = self._tokens_of((args, kwargs), moment)
        if not any(isinstance(token, Source) for token in tokens):
            # Data of unknown origin excuses from what is asked of a training on real data.
            loops = tuple(frame.loop.place for frame in moment.frames)
            drawn = self._place_token(
                lambda: DrawnToken(moment.place, loops, "torch", None), "drawn", moment.place, loops
            )
            tokens |= {drawn}
        through = self._place_token(lambda: ModelToken(model), "model", id(model))
        result = tokens | {through}
        graph = any(tensor.requires_grad for tensor in tensors(output))
        mode = "train" if inner.training else "eval"
        event = Forward(moment.place, model, tokens, mode, torch.is_grad_enabled() and graph, result, direct=True)
        for tensor in tensors(output):
            self._tokens.put(tensor, result)
        self._last_forward = event
        if self._add(event, moment, id(model), mode, graph) and any(
            isinstance(token, Source) and token.split in HELD_OUT for token in tokens
        ):
            self._add(Measured(moment.place, result, "forward"), moment, id(model), mode, graph)

    def loss(self, criterion: nn.Module | None, name: str, given: tuple[Tensor, ...], output: object) -> None:
        moment = self.stack.now()
        if moment is None or not isinstance(output, Tensor):
            return
        self.losses += 1
        entry = lookup(name)
        kind = str(entry.traits.get("kind") or "other") if entry is not None else "other"
        tokens = self._tokens_of(given, moment)
        if not any(isinstance(token, ModelToken) for token in tokens) and self._last_forward is not None:
            last = self._last_forward
            if last.frames == moment.frames:
                tokens |= {token for token in last.result if isinstance(token, ModelToken)}
        own = self._place_token(lambda: LossToken(moment.place, kind), "loss", moment.place)
        tokens |= {own}
        self._tokens.put(output, tokens)
        prediction = self._prediction(given[0], tokens, moment) if given else None
        thing = Library(name, entry, {}, None) if criterion is not None and entry is not None else None
        reduction = getattr(criterion, "reduction", None)
        event = LossComputed(moment.place, kind, prediction, None, tokens, reduction, thing)
        self._add(event, moment, kind, output.requires_grad, *sorted(id(t) for t in tokens if isinstance(t, Source)))

    def _prediction(self, tensor: Tensor, tokens: Tokens, moment: Moment) -> Data:
        graph = Graph.ATTACHED if tensor.requires_grad else Graph.DETACHED
        name = last_operation(tensor)
        last = self._last_forward
        direct = last is not None and self._tokens.get(tensor) is not None and last.frames == moment.frames
        place = last.place if last is not None and direct else moment.place
        operations = (Operation(name, place),) if name else ()
        return Data(Kind.TENSOR, tokens, graph=graph, operations=operations)

    def mode_switched(self, module: nn.Module, mode: bool) -> None:
        moment = self.stack.now()
        if moment is not None and has_parameters(module):
            words = "train" if mode else "eval"
            self._add(ModeSwitch(moment.place, self.subjects.model(module), words), moment, words)

    # Gradients

    def backward(self, loss: object, *, via: str = "tensor") -> None:
        if not isinstance(loss, Tensor):
            return
        moment = self.stack.now()
        if self.stack.in_check:
            return
        plain = self._scaled.get(loss)
        if via == "tensor":
            for listener in self.on_backward:
                listener(plain if isinstance(plain, Tensor) else loss)
        if moment is None:
            return
        self._notice_zeroing(moment)
        if plain is not None:
            via = "scaler"
        objective = plain if isinstance(plain, Tensor) else loss
        reached = leaves(objective) if self._rounds.in_full(moment) else []
        tokens = self._objective(objective, reached, moment)
        graph = Graph.ATTACHED if loss.requires_grad else Graph.DETACHED
        value = Data(Kind.TENSOR, tokens, graph=graph)
        self._add(Backward(moment.place, value, tokens, via, torch.is_grad_enabled()), moment, via)
        numbers = {id(leaf) for leaf in reached}
        self._dirty = [
            optimizer
            for known in self._optimizers
            if (optimizer := known()) is not None
            and any(id(p) in numbers for group in optimizer.param_groups for p in group["params"])
        ]

    def _objective(self, loss: Tensor, reached: list[Tensor], moment: Moment) -> Tokens:
        tokens = self._tokens_of((loss,), moment)
        if self._rounds.in_full(moment):
            tokens = frozenset(token for token in tokens if not isinstance(token, ModelToken))
            group = self.subjects.group(reached)
            for root in self._roots:
                module = root()
                if module is None:
                    continue
                model = self.subjects.model(module)
                if self.subjects.anatomy.group(model).meets(group):
                    tokens |= {self._place_token(lambda m=model: ModelToken(m), "model", id(model))}  # type: ignore[misc]
        if not any(isinstance(token, LossToken) for token in tokens):
            tokens |= {self._place_token(lambda: LossToken(moment.place, None), "loss", moment.place)}
        return tokens

    def _notice_zeroing(self, moment: Moment) -> None:
        """Gradients that the program zeroed by itself (``p.grad = None``) since the last backward pass."""
        if not self._dirty or not self._rounds.in_full(moment):
            return
        for optimizer in self._dirty:
            if not any(_has_gradient(p) for group in optimizer.param_groups for p in group["params"]):
                # It goes with the step, under whose conditions it may stand.
                there = self._stepped.get(id(optimizer), moment)
                self._add(ZeroGrad(there.place, self.subjects.optimizer(optimizer), "written"), there, id(optimizer))
        self._dirty = []

    def zeroed(self, thing: Any) -> None:
        moment = self.stack.now()
        self._dirty = []
        if moment is not None:
            is_module = isinstance(thing, nn.Module)
            target = self.subjects.model(thing) if is_module else self.subjects.optimizer(thing)
            self._add(ZeroGrad(moment.place, target, "module" if is_module else "optimizer"), moment, id(target))

    def clipped(self, parameters: Iterable[Tensor]) -> None:
        moment = self.stack.now()
        if moment is not None:
            self._add(Clip(moment.place, self.subjects.parameters(parameters)), moment)

    def scaled(self, plain: object, result: object) -> None:
        if isinstance(plain, Tensor) and isinstance(result, Tensor) and plain is not result:
            self._scaled.put(result, plain)
            self._tokens.put(result, self._tokens.get(plain) or frozenset())

    def unscaled(self, scaler: Any, optimizer: Any) -> None:
        moment = self.stack.now()
        if moment is not None:
            value = Unscale(moment.place, self.subjects.scaler(scaler), self.subjects.optimizer(optimizer))
            self._add(value, moment)

    def scaler_updated(self, scaler: Any) -> None:
        moment = self.stack.now()
        if moment is not None:
            self._add(ScalerUpdate(moment.place, self.subjects.scaler(scaler)), moment)

    # Steps

    def optimizer_made(self, optimizer: Any) -> None:
        moment = self.stack.now()
        if self.stack.in_check:
            return
        self._optimizers.append(weakref.ref(optimizer))
        if moment is not None:
            value = self.subjects.optimizer(optimizer, moment)
            self._add(Made(moment.place, value, "optimizer"), moment, id(value))

    def step_begins(self, optimizer: Any, scaler: Any = None) -> None:
        moment = self.stack.now()
        self.stack.within_step += 1
        if self.stack.in_check:
            return
        self.steps += 1
        for listener in self.on_step:
            listener(optimizer, scaler)
        if moment is None:
            return
        self._stepped[id(optimizer)] = moment
        value = self.subjects.optimizer(optimizer)
        rates = [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]
        if self._rates.get(id(value), rates) != rates:
            self._add(RateWritten(moment.place, None, value), moment, id(value))
        self._rates[id(value)] = rates
        via = "scaler" if scaler is not None else "optimizer"
        held = self.subjects.scaler(scaler) if scaler is not None else None
        if not self._has_backward() and any(
            p.grad is not None for group in optimizer.param_groups for p in group["params"] if isinstance(p, Tensor)
        ):
            # Gradients came from where nothing is seen.
            self._add(Backward(moment.place, None, frozenset(), "grad", None), moment)
        self._add(OptimizerStep(moment.place, value, via, held), moment, id(value), via)

    def _has_backward(self) -> bool:
        return any(isinstance(event, Backward) for event in self.events)

    def step_ended(self) -> None:
        self.stack.within_step -= 1

    def scheduler_made(self, scheduler: Any) -> None:
        moment = self.stack.now()
        if moment is not None:
            value = self.subjects.scheduler(scheduler, moment)
            self._add(Made(moment.place, value, "scheduler"), moment, id(value))
            self._accept_rates()

    def scheduler_stepped(self, scheduler: Any, metric: bool) -> None:
        moment = self.stack.now()
        self._accept_rates()
        if moment is not None:
            value = self.subjects.scheduler(scheduler)
            self._add(SchedulerStep(moment.place, value, Data() if metric else None), moment, id(value))

    def _accept_rates(self) -> None:
        self._rates.clear()

    def epoch_set(self, sampler: Any) -> None:
        moment = self.stack.now()
        if moment is not None:
            entry = lookup("torch.utils.data.distributed.DistributedSampler")
            if entry is not None:
                value = Library("torch.utils.data.distributed.DistributedSampler", entry, {}, None)
                self._add(SamplerEpochSet(moment.place, value), moment)

    # The rest

    def saved(self, thing: object, how: str) -> None:
        moment = self.stack.now()
        if moment is not None:
            value = self.subjects.model(thing) if isinstance(thing, nn.Module) else None
            self._add(Saved(moment.place, value, frozenset(_holds(thing)), how), moment, how)

    def loaded(self, into: object) -> None:
        moment = self.stack.now()
        if moment is not None:
            value: Value | None = self.subjects.model(into) if isinstance(into, nn.Module) else None
            self._add(
                Loaded(moment.place, value, None, "load_state_dict" if into is not None else "torch.load"), moment
            )

    def seeded(self) -> None:
        moment = self.stack.now()
        if moment is not None:
            self._add(Seeded(moment.place, "torch"), moment)

    # What comes out

    def run(self, path: str, *, complete: bool) -> Run:
        """The run that was recorded, as the rules read it."""
        return Run(
            path, "script", Place(path, 0, 0), self.events, complete and self.problem is None, self.subjects.anatomy
        )

    def trains_at(self, filename: str, line: int) -> bool:
        """Whether a line is in a loop that training steps were seen in."""
        around = set(self.geography.loops_at(filename, line))
        trained = (event for event in self.events if isinstance(event, (Backward, OptimizerStep)))
        return any(frame.loop.place in around for event in trained for frame in event.frames)

    def models(self) -> list[nn.Module]:
        """The networks that the program called itself."""
        return [module for root in self._roots if (module := root()) is not None]


def _is_criterion(module: nn.Module) -> bool:
    if isinstance(module, nn.modules.loss._Loss):
        return True
    name = type(module).__name__.lower()
    return not has_parameters(module) and ("loss" in name or "criterion" in name)


def _has_gradient(parameter: object) -> bool:
    gradient = getattr(parameter, "grad", None)
    if gradient is None:
        return False
    return gradient.is_sparse or gradient.numel() > _COSTLY or bool(gradient.any())


def _has_many(loader: Any) -> bool:
    try:
        return len(loader) > 1
    except TypeError:  # an iterable data set's length is not known
        return True


def _holds(thing: object, depth: int = 0) -> Iterable[str]:
    if isinstance(thing, nn.Module):
        yield "model"
    elif isinstance(thing, dict) and thing and all(isinstance(value, Tensor) for value in thing.values()):
        yield "state"
    elif isinstance(thing, dict) and depth < 3:
        if "param_groups" in thing:
            yield "optimizer"
            return
        for value in thing.values():
            yield from _holds(value, depth + 1)
    elif isinstance(thing, (list, tuple)) and depth < 3:
        for value in thing:
            yield from _holds(value, depth + 1)
    elif isinstance(thing, Tensor):
        yield "data"
    elif not isinstance(thing, (int, float, str, type(None))):
        yield "unknown"
