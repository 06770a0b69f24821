"""The loss as a function of its leaves (parameters and floating inputs), in the precision of the check."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.runtime.batches import (
    LossFunction,
    call,
    cloned,
    loss_value,
    map_tensors,
    named_tensors,
    own_loss,
    tensors,
)
from trainlint.runtime.state import RandomState

Regularization = Callable[[nn.Module], Tensor]


@dataclass
class Leaf:
    """A tensor whose gradient is checked. ``real`` is a view of its numbers as reals: complex ones get a last axis."""

    name: str
    tensor: Tensor
    is_input: bool = False

    @property
    def real(self) -> Tensor:
        return as_real(self.tensor.data)


@dataclass(frozen=True)
class Shift:
    """A change of one leaf: of the entry ``index`` by a number, or of all entries by a tensor of the leaf's shape."""

    leaf: int
    delta: float | Tensor
    index: tuple[int, ...] | None = None


@dataclass
class Problem:
    """``loss_scale * loss(function(inputs), targets) + regularization(module)`` and its leaves.

    With ``seeded`` the random generators start every forward from the same state. ``with_graph`` evaluates with
    gradients on, for models that compute differently without.
    """

    function: Callable[..., Any]
    inputs: Any
    targets: Any
    loss: LossFunction | None
    leaves: list[Leaf]
    loss_scale: float = 1.0
    regularization: Regularization | None = None
    seeded: bool = False
    with_graph: bool = False
    forwards: int = 0
    _random: RandomState = field(default_factory=RandomState)
    _weights: list[Tensor] | None = None

    @property
    def module(self) -> nn.Module | None:
        """The checked module, ``None`` where a plain function is checked."""
        return self.function if isinstance(self.function, nn.Module) else None

    def evaluate(self) -> float:
        """The loss at the leaves' present values."""
        with contextlib.nullcontext() if self.with_graph else torch.no_grad():
            return float(self.forward().detach())

    def forward(self) -> Tensor:
        """One forward, up to the scalar loss."""
        if self.seeded:
            self._random.restore()
        self.forwards += 1
        # A clone each time: the forward may work in place, and a leaf that requires gradients could not bear that.
        output = call(self.function, cloned(self.inputs))
        loss = self.loss_scale * self._scalar(output)
        if self.regularization is not None and self.module is not None:
            loss = loss + self.regularization(self.module)
        return loss

    def gradients(self) -> tuple[float, list[Tensor | None]]:
        """The loss and its analytic gradients, real views of each leaf's; ``None`` where no gradient arrives.

        Raises ``DetachedError`` where the loss is cut from all leaves.
        """
        for leaf in self.leaves:
            leaf.tensor.grad = None
        loss = self.forward()
        if not loss.requires_grad:
            raise DetachedError("the loss does not depend on any parameter or input by a gradient")
        self.functions = custom_functions(loss)
        loss.backward()  # type: ignore[no-untyped-call]
        found = [leaf.tensor.grad for leaf in self.leaves]
        for leaf in self.leaves:
            leaf.tensor.grad = None
        return float(loss.detach()), [None if grad is None else as_real(dense(grad).detach()) for grad in found]

    functions: list[str] = field(default_factory=list)

    def shifted(self, shifts: Sequence[Shift], amount: float) -> float:
        """The loss with every shift applied ``amount`` times; the leaves are put back exactly."""
        saved: list[tuple[Tensor, Tensor]] = []
        try:
            for shift in shifts:
                numbers = self.leaves[shift.leaf].real
                place = numbers if shift.index is None else numbers[shift.index]
                saved.append((place, place.clone()))
                place.add_(shift.delta, alpha=amount)
            return self.evaluate()
        finally:
            for place, numbers in reversed(saved):
                place.copy_(numbers)

    def _scalar(self, output: Any) -> Tensor:
        if self.loss is not None or own_loss(output) is not None:
            return loss_value(output, self.targets, self.loss)
        return self._projected(output)

    def _projected(self, output: Any) -> Tensor:
        """A fixed random combination of all floating outputs, for functions that are not scalar."""
        parts = [as_real(tensor) for tensor in tensors(output) if tensor.is_floating_point() or tensor.is_complex()]
        if not parts:
            raise TypeError("the function returns no floating-point tensor to differentiate")
        if self._weights is None:
            generator = torch.Generator().manual_seed(0)
            self._weights = [
                torch.randn(part.shape, generator=generator, dtype=torch.float64).to(part.device) for part in parts
            ]
        total = sum((part * weight.to(part.dtype)).sum() for part, weight in zip(parts, self._weights, strict=True))
        assert isinstance(total, Tensor)
        return total


class DetachedError(Exception):
    """The loss carries no gradient at all."""


def as_real(tensor: Tensor) -> Tensor:
    """Complex numbers as pairs of reals on a last axis; real tensors as they are."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def dense(tensor: Tensor) -> Tensor:
    """A sparse gradient (of an embedding) as a full tensor."""
    return tensor.to_dense() if tensor.layout is not torch.strided else tensor


def differentiable(tensor: Tensor) -> bool:
    """Whether a gradient can be asked for ``tensor``."""
    return tensor.is_floating_point() or tensor.is_complex()


def input_leaves(inputs: Any) -> tuple[Any, list[Leaf]]:
    """``inputs`` with their floating tensors made leaves, and these leaves by name."""
    fresh = map_tensors(
        inputs, lambda tensor: tensor.clone().requires_grad_() if differentiable(tensor) and tensor.numel() else tensor
    )
    named = named_tensors(fresh, "inputs" if isinstance(inputs, (tuple, list, dict)) else "input")
    return fresh, [Leaf(name, tensor, is_input=True) for name, tensor in named if tensor.requires_grad]


def parameter_leaves(module: nn.Module, prefix: str = "") -> list[Leaf]:
    """The parameters of ``module`` that require gradients."""
    return [
        Leaf(prefix + name, parameter)
        for name, parameter in module.named_parameters()
        if parameter.requires_grad and parameter.numel()
    ]


def custom_functions(loss: Tensor) -> list[str]:
    """The names of the ``torch.autograd.Function`` classes in the graph of ``loss``, each once."""
    found: dict[str, None] = {}
    seen: set[Any] = set()
    stack = [loss.grad_fn]
    while stack:
        node = stack.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        function = getattr(node, "_forward_cls", None)
        if function is not None and not function.__module__.startswith("torch."):
            found[function.__name__] = None
        stack.extend(parent for parent, _ in node.next_functions)
    return list(found)


@contextlib.contextmanager
def nudged(leaves: Sequence[Leaf], size: float, seed: int) -> Iterator[None]:
    """Move every leaf a little way off: by ``size`` of its own scale, at random. Put back afterwards."""
    generator = torch.Generator().manual_seed(seed)
    saved = [leaf.real.clone() for leaf in leaves]
    try:
        for leaf in leaves:
            numbers = leaf.real
            scale = float(numbers.pow(2).mean().sqrt())
            noise = torch.randn(numbers.shape, generator=generator, dtype=torch.float64).to(numbers)
            numbers.add_(noise, alpha=size * (scale if scale > 0 and math.isfinite(scale) else 1.0))
        yield
    finally:
        for leaf, numbers in zip(leaves, saved, strict=True):
            leaf.real.copy_(numbers)
