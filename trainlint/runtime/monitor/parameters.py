"""Which parameters belong to the model, and which the optimizers hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from trainlint.findings import Level

from ..findings import RuntimeFinding
from .gradients import listed

_WRAPPERS = ("module.", "_orig_mod.", "_fsdp_wrapped_module.")

LARGE_EPS = 0.01
"""Batch norm's ``eps`` guards against division by zero, and is 1e-5; momenta are 0.01 and above."""


def clean(name: str) -> str:
    """A parameter's or module's name without what DDP and ``torch.compile`` put before it."""
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Names and parameters of ``model`` that ask for gradients, in the order of their registration."""
    named = model.named_parameters()
    return {clean(name): p for name, p in named if p.requires_grad and not nn.parameter.is_lazy(p)}


class ParameterMonitor:
    """Compares what the model has with what the optimizers hold, now and whenever it is asked again."""

    def __init__(self, model: nn.Module, optimizers: Sequence[Optimizer], criterion: object = None) -> None:
        self._model = model
        self._optimizers = optimizers
        self._criterion = criterion if isinstance(criterion, nn.Module) else None

    def held(self) -> dict[int, nn.Parameter]:
        """The optimizers' parameters by identity."""
        groups = (group for optimizer in self._optimizers for group in optimizer.param_groups)
        return {id(parameter): parameter for group in groups for parameter in group["params"]}

    def left_out(self) -> list[str]:
        """Trainable parameters of the model that no optimizer holds."""
        held = self.held()
        return [name for name, parameter in trainable(self._model).items() if id(parameter) not in held]

    def strangers(self) -> int:
        """How many parameters the optimizers hold that the model does not."""
        own = {id(parameter) for parameter in self._model.parameters()}
        if self._criterion is not None:
            own |= {id(parameter) for parameter in self._criterion.parameters()}
        return sum(key not in own for key in self.held())

    def findings(self) -> Iterator[RuntimeFinding]:
        """Faults that can be read off without training."""
        yield from self._membership()
        yield from self._constants()
        yield from self._misspelt()
        yield from self._norms()

    def _membership(self) -> Iterator[RuntimeFinding]:
        left_out, strangers = self.left_out(), self.strangers()
        if not left_out:
            return
        if strangers:
            yield RuntimeFinding(
                "optimizer-holds-stale-parameters",
                Level.ERROR,
                f"the optimizer holds {strangers} parameters that the model no longer has, not {listed(left_out)}",
                "make the optimizer after the last change to the model's layers",
                code="TL513",
                where=left_out[0],
            )
        elif not _is_prefix(left_out, list(trainable(self._model))):
            yield RuntimeFinding(
                "parameters-left-out",
                Level.WARNING,
                f"{listed(left_out)} ask for gradients and are in no optimizer",
                "give the optimizer all parameters, or freeze those that should stay as they are",
                code="TL527",
                where=left_out[0],
            )

    def _constants(self) -> Iterator[RuntimeFinding]:
        """Weight matrices whose entries are all the same number other than zero: their units stay equal."""
        constant = [name for name, p in self._matrices().items() if _is_constant(p) and bool(p.flatten()[0] != 0)]
        if constant:
            yield constant_weights(constant)

    def _matrices(self) -> Mapping[str, nn.Parameter]:
        named = trainable(self._model).items()
        # A single row or column may be constant on purpose (a learned scale).
        return {name: p for name, p in named if p.dim() >= 2 and min(p.shape[:2]) > 1 and not p.is_meta}

    def _misspelt(self) -> Iterator[RuntimeFinding]:
        things: list[tuple[str, object]] = [*self._model.named_parameters(), *self._model.named_modules()]
        for name, thing in things:
            wrong = [key for key in vars(thing) if key != "requires_grad" and _resembles(key)]
            plain = isinstance(thing, nn.Module) and isinstance(vars(thing).get("requires_grad"), bool)
            if wrong or plain:
                attribute = wrong[0] if wrong else "requires_grad"
                yield RuntimeFinding(
                    "misspelt-requires-grad",
                    Level.ERROR,
                    f"{attribute!r} was set on {clean(name) or 'the model'}, where it does nothing",
                    "parameters have .requires_grad, modules .requires_grad_(...)",
                    code="TL528",
                    where=clean(name),
                )
                return

    def _norms(self) -> Iterator[RuntimeFinding]:
        for name, module in self._model.named_modules():
            if isinstance(module, _BatchNorm) and module.eps >= LARGE_EPS:
                yield RuntimeFinding(
                    "batch-norm-eps-for-momentum",
                    Level.ERROR,
                    f"{clean(name)} has eps={module.eps:g}, which looks like a momentum",
                    "the second argument of batch norm is eps: pass momentum= by name",
                    code="TL305",
                    where=clean(name),
                )
                return


def constant_weights(names: list[str]) -> RuntimeFinding:
    """The finding about weights that are all one number."""
    return RuntimeFinding(
        "constant-weight-init",
        Level.ERROR,
        f"all weights of {listed(names)} are one constant: their units compute, and learn, the same",
        "initialise weights at random (torch's default, or nn.init); biases may be constant",
        code="TL301",
        step=0,
        where=names[0],
    )


@torch.no_grad()
def _is_constant(parameter: nn.Parameter) -> bool:
    flat = parameter.detach().reshape(-1)
    return bool(flat[0] == flat[-1]) and bool((flat == flat[0]).all())


def _is_prefix(part: list[str], whole: list[str]) -> bool:
    return whole[: len(part)] == part


def _resembles(name: str) -> bool:
    """``require_grad``, ``requires_gard``, ``requires_grads``: the letters of requires_grad but for one or two."""
    bare = name.replace("_", "").lower()
    return sorted(bare) == sorted("requiresgrad") or bare in (
        "requiregrad",
        "requiresgrads",
        "requiregrads",
        "requiredgrad",
    )
