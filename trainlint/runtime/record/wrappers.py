"""Hooks and wrappers that tell the recorder what torch is asked to do. All are taken off again; none changes a result."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules import module as module_hooks
from torch.optim import Optimizer, lr_scheduler
from torch.optim import optimizer as optimizer_hooks
from torch.utils.data import DataLoader
from torch.utils.data import dataloader as loading

from .recorder import Recorder

_LOSSES = (
    "cross_entropy",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy",
    "nll_loss",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
)
_SCHEDULERS = ("LRScheduler", "ReduceLROnPlateau", "SequentialLR", "ChainedScheduler")


class Wrappers:
    """Everything that is put in torch's way."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._undo: list[Callable[[], None]] = []
        self._wrapped: set[tuple[type, str]] = set()
        self._forward = self._scheduling = self._scaling = self._saving = self._backwards = self._switching = 0

    def attach(self) -> None:
        """Put all in place."""
        self._hooks()
        self._optimizers()
        self._gradients()
        self._networks()
        self._loaders()
        self._files()

    def remove(self) -> None:
        """Take all off, last first. What the script put over one of them stays."""
        while self._undo:
            self._undo.pop()()

    def _wrap(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        own = name in vars(owner)
        original = getattr(owner, name, None)
        if original is None:
            return
        inner = make(original)

        @functools.wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling() or not self.recorder.awake:
                return original(*args, **kwargs)
            return inner(*args, **kwargs)

        setattr(owner, name, wrapper)

        def undo() -> None:
            if vars(owner).get(name) is wrapper:
                if own:
                    setattr(owner, name, original)
                else:
                    delattr(owner, name)

        self._undo.append(undo)

    def _before(self, owner: Any, name: str, tell: Callable[..., None]) -> None:
        """``tell`` gets the arguments before the call."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(*args: Any, **kwargs: Any) -> Any:
                self.recorder.tell(tell, *args)
                return original(*args, **kwargs)

            return inner

        self._wrap(owner, name, make)

    def _outermost(
        self, owner: Any, name: str, counter: str, tell: Callable[..., None], *, after: bool = False
    ) -> None:
        """``tell`` gets (arguments, result) of calls that no other call of the same counter makes."""

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(*args: Any, **kwargs: Any) -> Any:
                outer = not getattr(self, counter)
                if outer and not after:
                    self.recorder.tell(tell, args, kwargs, None)
                setattr(self, counter, getattr(self, counter) + 1)
                try:
                    result = original(*args, **kwargs)
                finally:
                    setattr(self, counter, getattr(self, counter) - 1)
                if outer and after:
                    self.recorder.tell(tell, args, kwargs, result)
                return result

            return inner

        self._wrap(owner, name, make)

    def _hooks(self) -> None:
        self._undo += [
            optimizer_hooks.register_optimizer_step_pre_hook(self._before_step).remove,
            optimizer_hooks.register_optimizer_step_post_hook(self._after_step).remove,
            module_hooks.register_module_forward_pre_hook(self._enter).remove,
            module_hooks.register_module_forward_hook(self._leave, with_kwargs=True, always_call=True).remove,
        ]

    def _before_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._scaling:
            self.recorder.tell(self.recorder.step_begins, optimizer)

    def _after_step(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if not self._scaling:
            self.recorder.tell(self.recorder.step_ended)

    def _enter(self, module: nn.Module, args: Any) -> None:
        if not torch.compiler.is_compiling() and self.recorder.awake:
            self._forward += 1

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if torch.compiler.is_compiling() or not self.recorder.awake:
            return
        self._forward -= 1
        if self._forward == 0 and output is not None:
            self.recorder.tell(self.recorder.applied, module, args, kwargs, output)

    def _optimizers(self) -> None:
        recorder = self.recorder
        self._outermost(
            Optimizer, "__init__", "_making", lambda args, kwargs, _: recorder.optimizer_made(args[0]), after=True
        )
        self._before(Optimizer, "zero_grad", lambda optimizer, *_: recorder.zeroed(optimizer))
        for name in _SCHEDULERS:
            kind = getattr(lr_scheduler, name)
            self._outermost(kind, "__init__", "_scheduling", self._scheduler_made, after=True)
            self._watch_schedule(kind)

    _making = 0

    def _scheduler_made(self, args: Any, kwargs: Any, _: object) -> None:
        self._watch_schedule(type(args[0]))
        self.recorder.scheduler_made(args[0])

    def _watch_schedule(self, kind: type) -> None:
        """Schedules have a ``step`` of their own in many classes: each is wrapped where it is defined."""
        owner = next((base for base in kind.__mro__ if "step" in vars(base)), None)
        if owner is None or (owner, "step") in self._wrapped:
            return
        self._wrapped.add((owner, "step"))
        self._outermost(owner, "step", "_scheduling", self._scheduler_stepped)

    def _scheduler_stepped(self, args: Any, kwargs: Any, _: object) -> None:
        self.recorder.scheduler_stepped(args[0], len(args) > 1 or bool(kwargs))

    def _gradients(self) -> None:
        recorder = self.recorder
        for owner in (Tensor, torch.autograd):
            self._outermost(
                owner, "backward", "_backwards", lambda args, kwargs, _: recorder.backward(_first(args, kwargs))
            )
        self._outermost(
            torch.autograd,
            "grad",
            "_backwards",
            lambda args, kwargs, _: recorder.backward(_first(args, kwargs), via="grad"),
        )
        for owner in (nn.utils, nn.utils.clip_grad):
            for name in ("clip_grad_norm_", "clip_grad_value_"):
                self._wrap(owner, name, self._clip)
        self._scalers()

    def _clip(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def inner(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(parameters, Tensor):
                parameters = list(parameters)
            given = [parameters] if isinstance(parameters, Tensor) else parameters
            if not self._clipping:
                self.recorder.tell(self.recorder.clipped, given)
            self._clipping += 1
            try:
                return original(parameters, *args, **kwargs)
            finally:
                self._clipping -= 1

        return inner

    _clipping = 0

    def _scalers(self) -> None:
        recorder, kind = self.recorder, torch.amp.GradScaler

        def scale(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(scaler: Any, outputs: Any, *args: Any, **kwargs: Any) -> Any:
                result = original(scaler, outputs, *args, **kwargs)
                recorder.tell(recorder.scaled, outputs, result)
                return result

            return inner

        def step(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(scaler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
                recorder.tell(recorder.step_begins, optimizer, scaler)
                self._scaling += 1
                try:
                    return original(scaler, optimizer, *args, **kwargs)
                finally:
                    self._scaling -= 1
                    recorder.tell(recorder.step_ended)

            return inner

        def unscale(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(scaler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
                if not self._scaling:
                    recorder.tell(recorder.unscaled, scaler, optimizer)
                return original(scaler, optimizer, *args, **kwargs)

            return inner

        self._wrap(kind, "scale", scale)
        self._wrap(kind, "step", step)
        self._wrap(kind, "unscale_", unscale)
        self._before(kind, "update", lambda scaler, *_: recorder.scaler_updated(scaler))

    def _networks(self) -> None:
        recorder = self.recorder
        self._before(nn.Module, "zero_grad", lambda module, *_: recorder.zeroed(module))
        self._outermost(
            nn.Module,
            "train",
            "_switching",
            lambda args, kwargs, _: recorder.mode_switched(args[0], bool(_second(args, kwargs, "mode", True))),
        )
        self._outermost(nn.Module, "load_state_dict", "_saving", lambda args, kwargs, _: recorder.loaded(args[0]))
        self._outermost(
            nn.Module, "state_dict", "_saving", lambda args, kwargs, _: recorder.saved(object(), "state_dict")
        )
        for name in _LOSSES:
            self._wrap(functional, name, functools.partial(self._functional_loss, name))

    def _functional_loss(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if not self._forward:  # within a module, its own call tells
                given = tuple(value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
                self.recorder.tell(self.recorder.loss, None, f"torch.nn.functional.{name}", given, result)
            return result

        return inner

    def _loaders(self) -> None:
        recorder = self.recorder
        self._outermost(
            DataLoader, "__init__", "_loading", lambda args, kwargs, _: recorder.loader_made(args[0]), after=True
        )

        def iterate(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(loader: Any) -> Any:
                recorder.tell(recorder.loader_iterated, loader)
                iterator = original(loader)
                self._iterators.put(iterator, loader)
                return iterator

            return inner

        def advance(original: Callable[..., Any]) -> Callable[..., Any]:
            def inner(iterator: Any) -> Any:
                try:
                    batch = original(iterator)
                except StopIteration:
                    recorder.tell(recorder.loader_exhausted)
                    raise
                loader = self._iterators.get(iterator)
                if loader is not None:
                    recorder.tell(recorder.batch_fetched, loader, batch)
                return batch

            return inner

        from .subjects import Known

        self._iterators = Known()
        self._wrap(DataLoader, "__iter__", iterate)
        self._wrap(loading._BaseDataLoaderIter, "__next__", advance)
        sampler = torch.utils.data.distributed.DistributedSampler
        self._before(sampler, "set_epoch", lambda sampler, *_: recorder.epoch_set(sampler))

    _loading = 0

    def _files(self) -> None:
        recorder = self.recorder
        self._outermost(
            torch, "save", "_saving", lambda args, kwargs, _: recorder.saved(_first(args, kwargs), "torch.save")
        )
        self._outermost(
            torch.jit, "save", "_saving", lambda args, kwargs, _: recorder.saved(object(), "torch.jit.save")
        )
        self._outermost(torch, "load", "_saving", lambda args, kwargs, _: recorder.loaded(None))
        self._outermost(
            nn.Parameter, "__reduce_ex__", "_saving", lambda args, kwargs, _: recorder.saved(object(), "pickle")
        )
        self._before(torch, "manual_seed", lambda *_: recorder.seeded())


def _first(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if args:
        first = args[0]
        return first[0] if isinstance(first, (list, tuple)) and first else first
    return next(iter(kwargs.values()), None)


def _second(args: tuple[Any, ...], kwargs: dict[str, Any], name: str, default: object) -> object:
    return args[1] if len(args) > 1 else kwargs.get(name, default)
