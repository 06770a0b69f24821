"""The autograd graph of a loss, read from its end: what the loss really computes, and which parameters it reaches."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from trainlint.findings import Level

from ..findings import RuntimeFinding

MAX_NODES = 20_000
"""Nodes that are followed; larger graphs are judged by those nearest to the loss."""

GROWTH = 2.0
"""Growth of the graph over the run that no loop of fixed length has."""

_SAME_VALUES = frozenset(
    "ViewBackward0 UnsafeViewBackward0 ReshapeAliasBackward0 TransposeBackward0 PermuteBackward0 TBackward0 "
    "SqueezeBackward0 SqueezeBackward1 SqueezeBackward2 UnsqueezeBackward0 CloneBackward0 ToCopyBackward0 "
    "SliceBackward0 SelectBackward0 AliasBackward0 ContiguousBackward0".split()
)
_SOFTMAX = frozenset(("SoftmaxBackward0", "SigmoidBackward0"))
_ONE_SIDED = frozenset(("ReluBackward0", "AbsBackward0", "SoftplusBackward0", "HardtanhBackward0"))
_RAW = frozenset("AddmmBackward0 LinearBackward0 MmBackward0 ConvolutionBackward0 NativeLayerNormBackward0".split())
_NLL = frozenset(("NllLossBackward0", "NllLoss2DBackward0", "NllLoss2dBackward0"))
_LOGITS_BCE = "BinaryCrossEntropyWithLogitsBackward0"
_BOUNDED_BELOW = _NLL | {
    _LOGITS_BCE,
    "BinaryCrossEntropyBackward0",
    "MseLossBackward0",
    "SmoothL1LossBackward0",
    "HuberLossBackward0",
}
_ARITHMETIC = frozenset(
    ("MulBackward0", "DivBackward0", "NegBackward0", "AddBackward0", "SubBackward0", "RsubBackward0")
)
_ELEMENTWISE = _ARITHMETIC | {
    "PowBackward0",
    "AbsBackward0",
    "MeanBackward0",
    "SumBackward0",
    "SumBackward1",
    "MeanBackward1",
    "MseLossBackward0",
    "SmoothL1LossBackward0",
    "HuberLossBackward0",
    "SquareBackward0",
    "SqrtBackward0",
}
_SUM = 2  # torch's number for reduction="sum"


@dataclasses.dataclass
class GraphFacts:
    """What the graph of one loss shows. ``leaves`` are the parameters that it reaches, ``nodes`` its size."""

    nodes: int = 0
    complete: bool = True
    leaves: list[Tensor] = dataclasses.field(default_factory=list)
    double_softmax: str | None = None
    raw_probability_loss: str | None = None
    rectified: str | None = None
    batch_softmax: bool = False
    summed: bool = False
    broadcast: tuple[int, ...] | None = None
    negative: bool = False
    detached: bool = False
    classes: int | None = None


def read_graph(loss: Tensor, value: float, batch: int | None) -> GraphFacts:
    """The facts of ``loss``, a tensor with one number ``value``, on a batch of ``batch`` samples."""
    facts = GraphFacts()
    if loss.grad_fn is None:
        facts.detached = loss.requires_grad and not isinstance(loss, nn.Parameter)
        return facts
    head = _head(loss.grad_fn)
    # A sum that is divided or weighted afterwards is the author's own mean.
    facts.summed = len(head) == 1 and (head[0].name() == "SumBackward0" or _reduction(head[0]) == _SUM)
    facts.negative = value < 0 and head[-1].name() in _BOUNDED_BELOW
    facts.broadcast = _broadcast(loss.grad_fn, batch)
    for node in _walk(loss.grad_fn, facts):
        _judge(node, batch, facts)
    # Of raw scores the likelihood loss is negative whatever its sign.
    facts.negative = facts.negative and facts.raw_probability_loss is None
    return facts


def _walk(root: Any, facts: GraphFacts) -> Iterator[Any]:
    queue, seen = [root], {root}
    for node in queue:
        if len(queue) > MAX_NODES:
            facts.complete = False
            break
        facts.nodes += 1
        yield node
        for child, _ in node.next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                queue.append(child)


def _judge(node: Any, batch: int | None, facts: GraphFacts) -> None:
    name = node.name()
    if name == "torch::autograd::AccumulateGrad":
        facts.leaves.append(node.variable)
    elif name == "LogSoftmaxBackward0" or name == _LOGITS_BCE:
        source = _source(node)
        if source in _SOFTMAX:
            facts.double_softmax = name
        elif source in _ONE_SIDED:
            facts.rectified = source
    elif name in _NLL:
        _judge_likelihood(node, facts)
    if name in ("SoftmaxBackward0", "LogSoftmaxBackward0") and batch is not None:
        shape = _shape(node)
        over_batch = node._saved_dim in (0, -len(shape), 2**64 - len(shape)) and len(shape) == 2 and shape[0] == batch
        facts.batch_softmax = facts.batch_softmax or (over_batch and shape[0] > 1)


def _judge_likelihood(node: Any, facts: GraphFacts) -> None:
    source = _source(node)
    scores = node.next_functions[0][0]
    if source in _SOFTMAX | _RAW:
        facts.raw_probability_loss = source
    elif scores is not None and len(_shape(scores)) >= 2:
        facts.classes = _shape(scores)[1]


def _source(node: Any) -> str:
    """Name of the operation that made ``node``'s input, past those that only change its shape or type."""
    child = node.next_functions[0][0] if node.next_functions else None
    while child is not None and child.name() in _SAME_VALUES:
        child = child.next_functions[0][0]
    return "" if child is None else str(child.name())


def _head(node: Any) -> list[Any]:
    """The chain from the loss down to the first operation that is no scalar arithmetic."""
    chain = [node]
    while chain[-1].name() in _ARITHMETIC | {"ToCopyBackward0"} and not _shape(chain[-1]):
        children = [child for child, _ in chain[-1].next_functions if child is not None]
        if len(children) != 1:
            break
        chain.append(children[0])
    return chain


def _reduction(node: Any) -> int | None:
    value = getattr(node, "_saved_reduction", None)
    return value if isinstance(value, int) else None


def _broadcast(root: Any, batch: int | None) -> tuple[int, ...] | None:
    """Shape to which a difference of outputs and targets was widened, where that is batch by batch."""
    if batch is None or batch < 2:
        return None
    queue, seen = [root], {root}
    for node in queue:
        wide = _shape(node)
        children = [child for child, _ in node.next_functions if child is not None]
        for child in children:
            if child in seen:
                continue
            narrow = _shape(child)
            # Targets ask for no gradient: where both sides do, all pairs of outputs are compared on purpose.
            alone = len(children) == 1 and len(narrow) <= 2
            widened = alone and wide[-2:] == (batch, batch) and _size(narrow) == batch
            if widened and (node.name() in _ELEMENTWISE or node.name() == "ExpandBackward0"):
                return wide
            if node.name() in _ELEMENTWISE and child.name() in _ELEMENTWISE | {"ExpandBackward0"} and len(queue) < 64:
                seen.add(child)
                queue.append(child)
    return None


def _shape(node: Any) -> tuple[int, ...]:
    metadata = node._input_metadata
    return tuple(metadata[0].shape) if metadata else ()


def _size(shape: tuple[int, ...]) -> int:
    return torch.Size(shape).numel()


class GraphMonitor:
    """Reads the graph of a few losses of the run, early and late."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self.read = 0
        self.facts: GraphFacts | None = None
        self.first_nodes = 0
        self.unregistered: str | None = None

    def observe(self, loss: Tensor, value: float, batch: int | None) -> None:
        """Read the graph of one loss."""
        if loss.numel() != 1:
            return
        facts = read_graph(loss, value, batch)
        self.read += 1
        self.facts = facts
        self.first_nodes = self.first_nodes or facts.nodes
        known = {id(parameter) for parameter in self._model.parameters()}
        unknown = [leaf for leaf in facts.leaves if isinstance(leaf, nn.Parameter) and id(leaf) not in known]
        if unknown and self.unregistered is None:
            self.unregistered = _holder(self._model, unknown)

    @property
    def guessing(self) -> float | None:
        """What guessing costs, the logarithm of the classes, where the loss is a mean cross-entropy."""
        facts = self.facts
        return math.log(facts.classes) if facts is not None and facts.classes and not facts.summed else None

    def findings(self) -> Iterator[RuntimeFinding]:
        """What is wrong with the loss."""
        facts = self.facts
        if facts is None:
            return
        yield from _loss_findings(facts)
        if self.unregistered is not None:
            yield RuntimeFinding(
                "unregistered-modules",
                Level.ERROR,
                f"layers in the plain container {self.unregistered} are used, but not registered",
                "keep layers in nn.ModuleList, nn.ModuleDict or nn.ParameterList",
                code="TL514",
                where=self.unregistered,
            )
        if self.read > 2 and facts.nodes > GROWTH * max(self.first_nodes, 16):
            yield RuntimeFinding(
                "retained-graph",
                Level.WARNING,
                f"the loss's graph grew from {self.first_nodes} to {facts.nodes} operations",
                "detach what is carried from one step to the next (hidden.detach())",
                code="TL519",
                evidence={"at first": self.first_nodes, "now": facts.nodes},
            )


def _loss_findings(facts: GraphFacts) -> Iterator[RuntimeFinding]:
    error, warning = Level.ERROR, Level.WARNING
    if facts.detached:
        message = "the loss that is back-propagated hangs on no parameter: it was detached or made anew"
        yield RuntimeFinding("loss-detached", error, message, "call backward() on what the criterion returned", "TL509")
    if facts.double_softmax == "LogSoftmaxBackward0":
        message = "cross-entropy, which applies softmax itself, is given probabilities"
        yield RuntimeFinding(
            "softmax-before-cross-entropy", error, message, "give it the raw scores of the last layer", "TL601"
        )
    elif facts.double_softmax:
        message = "binary cross-entropy with logits, which applies the sigmoid itself, is given probabilities"
        yield RuntimeFinding(
            "sigmoid-before-bce-with-logits", error, message, "give it the raw scores of the last layer", "TL602"
        )
    if facts.rectified:
        kind = facts.rectified.removesuffix("Backward0").lower()
        message = f"the scores that go into the loss pass through {kind}: they cannot be negative"
        yield RuntimeFinding("rectified-logits", error, message, "leave the last layer linear", "TL607")
    if facts.raw_probability_loss:
        message = "the negative log-likelihood loss is given something else than log-probabilities"
        yield RuntimeFinding(
            "raw-scores-into-probability-loss", error, message, "apply log_softmax, or use cross_entropy", "TL603"
        )
    if facts.batch_softmax:
        message = "softmax runs over the batch: the samples of a batch compete with one another"
        yield RuntimeFinding("softmax-over-wrong-axis", warning, message, "pass dim=-1, or dim=1 for images", "TL604")
    if facts.negative:
        message = "the loss cannot be negative, and is: its sign was flipped, so training makes it worse"
        yield RuntimeFinding("negated-loss", error, message, "minimise the loss itself")
    if facts.broadcast:
        message = f"outputs and targets of different shapes were widened to {facts.broadcast}: every pair is compared"
        yield RuntimeFinding("broadcast-targets", error, message, "give both the same shape, e.g. targets.unsqueeze(1)")


def _holder(model: nn.Module, parameters: list[nn.Parameter]) -> str | None:
    """The plain list, tuple or dict attribute of a module that holds one of ``parameters``."""
    wanted = {id(parameter) for parameter in parameters}
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            if attribute in ("_parameters", "_modules", "_buffers"):
                continue
            entries = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
            if any(wanted & _identities(entry) for entry in entries):
                return f"{name}.{attribute}" if name else attribute
    return None


def _identities(entry: object) -> set[int]:
    if isinstance(entry, nn.Module):
        return {id(parameter) for parameter in entry.parameters()}
    return {id(entry)} if isinstance(entry, nn.Parameter) else set()
