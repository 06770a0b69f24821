"""Tensors: what attributes, methods and functions do to provenance, graph and operations."""

from __future__ import annotations

from trainlint.findings import Place
from trainlint.trace.interpreter.machine import Machine
from trainlint.trace.tokens import DrawnToken, LossToken, ModelToken, PlacedToken, Tokens, union
from trainlint.trace.values import (
    WITHOUT_GRADIENT,
    Choice,
    Data,
    DictValue,
    Graph,
    Kind,
    ListValue,
    Operation,
    TupleValue,
    Value,
)

# Attributes and methods that tell something about a tensor, but nothing of its content.
SHAPES = frozenset(
    "shape ndim dtype device layout names is_cuda requires_grad is_leaf grad_fn size dim numel nelement stride"
    " element_size get_device storage type is_floating_point is_contiguous".split()
)
DETACHING = frozenset("detach detach_ item tolist numpy data".split())
# Methods that leave graph, provenance and operations as they are.
SHAPE_METHODS = frozenset(
    "view reshape squeeze unsqueeze flatten permute transpose t contiguous expand expand_as repeat clone to cuda cpu"
    " float half double bfloat16 long int type_as view_as squeeze_ unsqueeze_ swapaxes movedim unflatten narrow"
    " select index_select gather requires_grad_ byte bool astype pin_memory chunk split".split()
)
# Of these and further functions, those that change what an axis is.
MOVING = frozenset(
    "view reshape squeeze unsqueeze flatten permute transpose t view_as squeeze_ unsqueeze_ transpose_ t_ swapaxes"
    " swapdims movedim moveaxis unflatten select index_select stack cat take expand".split()
)
NUMBERS = frozenset("item tolist".split())
# A 0/1 matrix of ones above or below its diagonal, in whatever shape.
TRIANGLE = "triangle"
# Reductions keep what a value is made of; a softmax that is averaged is no softmax any more.
REDUCTIONS = frozenset(
    "mean sum max min norm prod var std any all amax amin logsumexp nansum nanmean median cumsum".split()
)


def token(m: Machine, kind: type[PlacedToken], place: Place, loss: str | None = None) -> Tokens:
    """The token of what happens at a place, of a loss with its kind: the same one each time round."""
    key = (kind, place)
    if key not in m.shared:
        m.shared[key] = LossToken(place, loss) if kind is LossToken else kind(place)
    return frozenset((m.shared[key],))


def drawn_token(m: Machine, place: Place, draws: str, *, seeded: bool | None) -> Tokens:
    """The token of random numbers drawn at a place, at this depth of loops, by a library's generator."""
    loops = tuple(frame.loop.place for frame in m.frames)
    key = (DrawnToken, place, loops)
    if key not in m.shared:
        m.shared[key] = DrawnToken(place, loops, draws, seeded)
    return frozenset((m.shared[key],))


def model_token(m: Machine, model: Value) -> Tokens:
    key = (ModelToken, id(model))
    if key not in m.shared:
        m.shared[key] = ModelToken(model)
        m.kept.append(model)
    return frozenset((m.shared[key],))


def detached(value: Data, place: Place) -> Data:
    """The value cut from the graph."""
    return Data(
        value.kind,
        value.tokens,
        graph=Graph.DETACHED,
        operations=value.operations,
        cut=value.cut if value.graph is Graph.DETACHED and value.cut is not None else place,
        reduction=value.reduction,
        name=value.name,
        dtype=value.dtype,
    )


def uncertain(value: Value) -> Value:
    """The value after something that may have cut it from its graph."""
    if isinstance(value, TupleValue):
        return TupleValue(tuple(uncertain(element) for element in value.elements))
    if not isinstance(value, Data) or value.graph is not Graph.ATTACHED:
        return value
    result = reshaped(value)
    result.graph = Graph.UNKNOWN
    return result


def reshaped(value: Data) -> Data:
    """The same content in another shape, type or place."""
    return Data(
        value.kind,
        value.tokens,
        graph=value.graph,
        operations=value.operations,
        cut=value.cut,
        reduction=value.reduction,
        name=value.name,
        origin=value.origin,
        dtype=value.dtype,
    )


def operated(value: Data, name: str, place: Place, axis: int | None = None, made: Place | None = None) -> Data:
    """The value after a named operation."""
    result = reshaped(value)
    result.kind = Kind.TENSOR
    result.operations = (*value.operations[-4:], Operation(name, place, axis, made))
    if name in WITHOUT_GRADIENT and value.graph is Graph.ATTACHED:
        result.graph, result.cut = Graph.DETACHED, place
    return result


def moved(value: Data) -> Data:
    """The value with its axes in another order, or fewer or more of them: along which an operation went isn't told now."""
    if any(operation.axis is not None for operation in value.operations):
        value.operations = tuple(
            Operation(operation.name, operation.place, None, operation.made) for operation in value.operations
        )
    return value


def is_triangle(value: Data) -> bool:
    return bool(value.operations) and value.operations[-1].name == TRIANGLE


def changed_in_place(value: Data) -> None:
    """A mask that something is written into is no longer one of zeros and ones."""
    if is_triangle(value):
        value.operations = ()


def layered(value: Data, *, gradients: bool | None) -> Data:
    """The value after a layer with parameters: operations begin anew, the graph is as the gradient mode says."""
    result = reshaped(value)
    result.kind = Kind.TENSOR
    result.operations = ()
    result.reduction = None
    result.cut = None
    result.graph = Graph.ATTACHED if gradients else Graph.DETACHED if gradients is False else Graph.UNKNOWN
    return result


def with_tokens(value: Value, tokens: Tokens, graph: Graph | None = None, depth: int = 0) -> Value:
    """A copy of a value, all data in it carrying further provenance."""
    if (not tokens and graph is None) or depth > 4:
        return value
    if isinstance(value, Data):
        if value.promoted is not None:
            return value
        result = reshaped(value)
        result.tokens = union(value.tokens, tokens)
        if graph is not None and value.graph is Graph.UNKNOWN and value.kind not in (Kind.NUMBER, Kind.TEXT):
            result.graph = graph
        return result
    if isinstance(value, TupleValue):
        return TupleValue(tuple(with_tokens(element, tokens, graph, depth + 1) for element in value.elements))
    if isinstance(value, ListValue):
        rest = with_tokens(value.rest, tokens, graph, depth + 1) if value.rest is not None else None
        items = [with_tokens(element, tokens, graph, depth + 1) for element in value.items]
        return ListValue(items, rest, value.place, value.kind)
    if isinstance(value, DictValue):
        entries = {key: with_tokens(entry, tokens, graph, depth + 1) for key, entry in value.entries.items()}
        return DictValue(entries, value.place)
    if isinstance(value, Choice):
        return Choice(tuple(with_tokens(option, tokens, graph, depth + 1) for option in value.options))
    return value
