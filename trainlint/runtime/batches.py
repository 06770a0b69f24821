"""Inputs, targets and losses in the shapes that people have them: tensors, tuples, dictionaries, output objects."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

LossFunction = Callable[..., Any]


def map_tensors(value: Any, function: Callable[[Tensor], Any]) -> Any:
    """``value`` with ``function`` applied to every tensor in its tuples, lists and mappings; the rest is kept."""
    if isinstance(value, Tensor):
        return function(value)
    if type(value) is dict:
        return {key: map_tensors(entry, function) for key, entry in value.items()}
    if isinstance(value, Mapping):
        entries = {key: map_tensors(entry, function) for key, entry in value.items()}
        try:
            return type(value)(entries)  # type: ignore[call-arg]
        except TypeError:
            return entries
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(entry, function) for entry in value))
    if isinstance(value, (tuple, list)):
        return type(value)(map_tensors(entry, function) for entry in value)
    return value


def named_tensors(value: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """All tensors in ``value`` with the path to each: ``inputs[0]``, ``inputs['ids']``, ``output.logits``."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from named_tensors(entry, f"{name}[{key!r}]")
    elif isinstance(value, (tuple, list)):
        for index, entry in enumerate(value):
            yield from named_tensors(entry, f"{name}[{index}]")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from named_tensors(getattr(value, field.name), f"{name}.{field.name}")


def tensors(value: Any) -> list[Tensor]:
    """All tensors in ``value``."""
    return [tensor for _, tensor in named_tensors(value)]


def cloned(value: Any) -> Any:
    """``value`` with every tensor cloned, so that a forward that works in place harms nothing."""
    return map_tensors(value, lambda tensor: tensor.clone())


def to_precision(value: Any, dtype: torch.dtype) -> Any:
    """``value`` with real floating tensors in ``dtype`` and complex ones in the complex type of that precision. A
    device without double precision (Apple's) hands over to the CPU."""

    def convert(tensor: Tensor) -> Tensor:
        if tensor.device.type == "mps" and dtype is torch.float64:
            tensor = tensor.cpu()
        if tensor.is_floating_point():
            return tensor.detach().to(dtype)
        if tensor.is_complex():
            return tensor.detach().to(torch.complex128 if dtype is torch.float64 else torch.complex64)
        return tensor.detach()

    return map_tensors(value, convert)


def call(function: Callable[..., Any], inputs: Any) -> Any:
    """``function`` on ``inputs``: a tuple gives several arguments; a mapping gives keyword arguments where the function
    takes all its keys by name, and else is the one argument; anything else is the one argument."""
    if isinstance(inputs, tuple) and not hasattr(inputs, "_fields"):
        return function(*inputs)
    if isinstance(inputs, Mapping) and _takes_keywords(function, inputs):
        return function(**inputs)
    return function(inputs)


def _takes_keywords(function: Callable[..., Any], inputs: Mapping[Any, Any]) -> bool:
    target = function.forward if isinstance(function, nn.Module) else function
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return all(isinstance(key, str) for key in inputs)
    names = {parameter.name for parameter in parameters if parameter.kind is not parameter.POSITIONAL_ONLY}
    return bool(inputs) and set(inputs) <= names


def loss_value(output: Any, targets: Any, loss: LossFunction | None) -> Tensor:
    """The scalar loss of a forward: ``loss(output, targets)``, ``loss(output)`` without targets, or what the output
    says itself (a scalar, ``output.loss``, ``output["loss"]``).

    Raises ``TypeError`` where that is not one number in a tensor.
    """
    with warnings.catch_warnings():
        # The checks say themselves where shapes are broadcast, in their reports.
        warnings.filterwarnings("ignore", message="Using a target size")
        value = own_loss(output) if loss is None else loss(output) if targets is None else loss(output, targets)
    if value is None:
        raise TypeError("the model returns no loss of its own: pass loss=")
    if isinstance(value, Mapping):  # detectors and multi-task losses return their terms by name
        value = sum(cast("Mapping[str, Any]", value).values())
    if not isinstance(value, Tensor):
        raise TypeError(f"the loss must be a tensor with one number, not {type(value).__name__}")
    if value.numel() != 1:
        raise TypeError(f"the loss must be one number, but has shape {tuple(value.shape)}: reduce it, e.g. by .mean()")
    return value.reshape(())


def own_loss(output: Any) -> Any:
    """The loss that a forward's output brings along, ``None`` where it brings none."""
    if isinstance(output, Tensor):
        return output if output.numel() == 1 else None
    if isinstance(output, Mapping) and "loss" in output:
        return output["loss"]
    return getattr(output, "loss", None)


def main_output(output: Any) -> Tensor | None:
    """The tensor that a loss would look at: the output itself, its ``logits``, else its first floating tensor."""
    if isinstance(output, Tensor):
        return output
    logits = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    if isinstance(logits, Tensor):
        return logits
    return next((tensor for tensor in tensors(output) if tensor.is_floating_point() and tensor.dim() > 0), None)


def batch_size(inputs: Any) -> int | None:
    """The leading length that all tensors of ``inputs`` share, ``None`` where there is none."""
    lengths = {tensor.shape[0] if tensor.dim() else -1 for tensor in tensors(inputs)}
    length = lengths.pop() if len(lengths) == 1 else -1
    return length if length >= 0 else None


def take(value: Any, index: Tensor | slice, length: int) -> Any:
    """The samples ``index`` of every tensor in ``value`` whose leading length is ``length``; others are kept."""

    def select(tensor: Tensor) -> Tensor:
        if not tensor.dim() or tensor.shape[0] != length:
            return tensor
        return tensor[index.to(tensor.device) if isinstance(index, Tensor) else index]

    return map_tensors(value, select)
