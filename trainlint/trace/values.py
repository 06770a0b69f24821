"""Abstract values: what the interpreter knows of a Python value without running the program.

Values carry *tokens*, their provenance: the data sources, networks and losses that they were computed from.
Values are immutable but for the state of containers, instances and library objects, which is kept in dictionaries
that only the `Store` writes, so that a branch of the program can be undone and merged.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trainlint.facts import ir
from trainlint.findings import Place
from trainlint.knowledge.schema import Entry

if TYPE_CHECKING:
    from trainlint.trace.scope import Scope

UNKNOWN_SPLIT = "unknown"


class Token:
    """A piece of provenance, compared by identity."""

    __slots__ = ()


class PlacedToken(Token):
    """Something happened to a value at a place."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        self.place = place


class Source(Token):
    """A piece of data and what it is for.

    ``split`` is train, validation, test or unknown; ``certain`` tells that a constructor said so, not a name.
    ``parents`` are the sources that it was taken or drawn from, ``part`` names how (``random_split``, ``subset``, ...).
    """

    __slots__ = ("certain", "label", "maker", "parents", "part", "place", "split")

    def __init__(
        self,
        label: str,
        place: Place | None,
        split: str = UNKNOWN_SPLIT,
        *,
        certain: bool = False,
        parents: tuple[Source, ...] = (),
        part: str | None = None,
    ) -> None:
        self.label = label
        self.place = place
        self.split = split
        self.certain = certain
        self.parents = parents
        self.part = part
        self.maker: Value | None = None

    def ancestors(self) -> Iterator[Source]:
        """This source and all that it was made from, nearest first."""
        seen: set[int] = set()
        queue = [self]
        while queue:
            source = queue.pop(0)
            if id(source) not in seen:
                seen.add(id(source))
                yield source
                queue.extend(source.parents)

    def __repr__(self) -> str:
        return f"<{self.split} {self.label}>"


class LossToken(PlacedToken):
    """A loss or another training objective, by the place that computes it. ``kind`` is that of the loss entry, if known."""

    __slots__ = ("kind",)

    def __init__(self, place: Place, kind: str | None = None) -> None:
        super().__init__(place)
        self.kind = kind


class MeasureToken(PlacedToken):
    """A metric: predictions compared with targets at this place."""

    __slots__ = ()


class ScaledToken(PlacedToken):
    """A loss was divided, or multiplied by a fraction, at this place: as gradients that are accumulated ask for."""

    __slots__ = ()


class AccumulatedToken(PlacedToken):
    """The value is a sum or list that a loop gathers at this place, or computed from it."""

    __slots__ = ()


class ModelToken(Token):
    """The value went through this network (an instance or library object) in a forward pass."""

    __slots__ = ("model",)

    def __init__(self, model: Value) -> None:
        self.model = model


class WeightToken(Token):
    """The value is the weight of this layer, or was computed from it."""

    __slots__ = ("layer",)

    def __init__(self, layer: Value) -> None:
        self.layer = layer


class IndexToken(Token):
    """The number of the round of a loop, or something computed from it."""

    __slots__ = ("loop",)

    def __init__(self, loop: object) -> None:
        self.loop = loop


class DrawnToken(Token):
    """The value was drawn at random at a place, in rounds of these loops (by their places): it is no data of anybody's.

    ``draws`` is the library whose generator drew it (torch, numpy, python); ``seeded`` whether it had a seed of its own.
    """

    __slots__ = ("draws", "loops", "place", "seeded")

    def __init__(self, place: Place, loops: tuple[Place, ...], draws: str, seeded: bool | None) -> None:
        self.place = place
        self.loops = loops
        self.draws = draws
        self.seeded = seeded


class SpacedToken(PlacedToken):
    """The value was computed from numbers that were laid out evenly at a place (``linspace``): it is no data of anybody's."""

    __slots__ = ()


class PermutedToken(Token):
    """The value is in a random order, or was sampled, at a place. ``value`` is what was permuted; the rest as in `DrawnToken`."""

    __slots__ = ("draws", "place", "seeded", "value")

    def __init__(self, place: Place, value: Value | None, draws: str, seeded: bool | None) -> None:
        self.place = place
        self.value = value
        self.draws = draws
        self.seeded = seeded


class RestoredToken(Token):
    """The value was read from a checkpoint under a key, which is not that of weights: an epoch, a best metric."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key


class UnorderedToken(Token):
    """The value stands in an order that the file system or a hash decides (``of`` is ``listing`` or ``set``), since this place."""

    __slots__ = ("of", "place")

    def __init__(self, place: Place, of: str) -> None:
        self.place = place
        self.of = of


class GatheredToken(PlacedToken):
    """The value was gathered from all processes at a place."""

    __slots__ = ()


class NumericGradientToken(PlacedToken):
    """The value is, or was computed from, a numeric gradient: the difference quotient at a place."""

    __slots__ = ()


class GradientErrorToken(PlacedToken):
    """The value was computed from the difference of a numeric gradient and another one, taken at a place."""

    __slots__ = ()


class NumberedToken(PlacedToken):
    """The value is a number that a name got at a place, in an order that is not fixed."""

    __slots__ = ()


class FitToken(Token):
    """Something was fitted on the value at a place. ``applied`` tells that the value has gone through it as well.

    ``what`` is as in the event, ``name`` what the author calls it, ``on_part`` whether it was fitted on a part of the
    data.
    """

    __slots__ = ("applied", "learner", "name", "on_part", "place", "what")

    def __init__(
        self, place: Place, what: str, name: str, learner: Value | None, *, applied: bool, on_part: bool
    ) -> None:
        self.place = place
        self.what = what
        self.name = name
        self.learner = learner
        self.applied = applied
        self.on_part = on_part


class LastToken(Token):
    """The value is what the last round of a loop over data left under a name. ``place`` is that of the loop, ``over`` its data."""

    __slots__ = ("name", "over", "place")

    def __init__(self, place: Place, name: str, over: Tokens) -> None:
        self.place = place
        self.name = name
        self.over = over


class BatchMetricToken(Token):
    """The value is a metric of one batch that must be computed over all samples at once: its name, place, and the batches' loop.

    ``over`` is the data of that loop.
    """

    __slots__ = ("loop", "name", "over", "place")

    def __init__(self, name: str, place: Place, loop: Place, over: Tokens) -> None:
        self.name = name
        self.place = place
        self.loop = loop
        self.over = over


class CutToken(PlacedToken):
    """A term of a sum that has a graph left the graph at a place, and gets no gradient."""

    __slots__ = ()


Tokens = frozenset[Token]
NONE: Tokens = frozenset()


class Graph(enum.Enum):
    """Whether a tensor is attached to the autograd graph."""

    ATTACHED = "attached"
    DETACHED = "detached"
    UNKNOWN = "unknown"


class Operation:
    """An operation on the way from a layer to here: its table name (``softmax``, ``argmax``, ...), place and axis.

    ``made`` is where its layer was made, if a container applies it: the place is that of the container's call then.
    """

    __slots__ = ("axis", "made", "name", "place")

    def __init__(self, name: str, place: Place, axis: int | None = None, made: Place | None = None) -> None:
        self.name = name
        self.place = place
        self.axis = axis
        self.made = made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operation):
            return NotImplemented
        return (self.name, self.place, self.axis, self.made) == (other.name, other.place, other.axis, other.made)

    def __hash__(self) -> int:
        return hash((self.name, self.place, self.axis, self.made))


class Value:
    """Anything. ``name`` is the name under which it was last seen, which decides where nothing else does."""

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name: str | None = None


class Constant(Value):
    """A known number, string, truth value or None. ``optional`` tells that a person may choose another one (an option's
    default, a module constant), so that the other side of a condition is offered by the program."""

    __slots__ = ("optional", "value")

    def __init__(self, value: bool | int | float | str | None, *, optional: bool = False) -> None:
        self.name = None
        self.value = value
        self.optional = optional

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


class Kind(enum.Enum):
    """What sort of data a `Data` value is."""

    TENSOR = "tensor"
    NUMBER = "number"
    TEXT = "text"
    UNKNOWN = "unknown"


class Data(Value):
    """Data whose content is not known: a tensor, a number, or anything at all.

    ``operations`` are those since the last layer or loss, first to last. ``cut`` is where the value left the graph.
    ``dtype`` is the precision of a tensor where known: double, single, half or int.
    ``reduction`` is how a loss was reduced (mean, sum, none), or what a number counts
    (`trainlint.trace.interpreter.averages`). ``promoted`` is the library object as which an unknown value is treated
    once the program used it as one (an unknown ``model`` that is called, an unknown ``optimizer`` that steps).
    """

    __slots__ = ("cut", "dtype", "graph", "kind", "operations", "origin", "promoted", "reduction", "tokens")

    def __init__(
        self,
        kind: Kind = Kind.UNKNOWN,
        tokens: Tokens = NONE,
        *,
        graph: Graph = Graph.UNKNOWN,
        operations: tuple[Operation, ...] = (),
        cut: Place | None = None,
        reduction: str | None = None,
        name: str | None = None,
        origin: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.name = name
        self.dtype = dtype
        self.kind = kind
        self.tokens = tokens
        self.graph = graph
        self.operations = operations
        self.cut = cut
        self.reduction = reduction
        self.origin = origin
        self.promoted: Library | None = None

    def __repr__(self) -> str:
        return f"<{self.kind.value} {self.name or ''} {set(self.tokens) or ''}>"


class TupleValue(Value):
    """A tuple of known length."""

    __slots__ = ("elements",)

    def __init__(self, elements: tuple[Value, ...]) -> None:
        self.name = None
        self.elements = elements


class ListValue(Value):
    """A list or set. ``state["items"]`` are the known elements; ``state["rest"]``, if not None, stands for any number of others."""

    __slots__ = ("kind", "place", "state")

    def __init__(self, items: Iterable[Value], rest: Value | None, place: Place | None, kind: str = "list") -> None:
        self.name = None
        self.state: dict[str, Any] = {"items": tuple(items), "rest": rest}
        self.place = place
        self.kind = kind

    @property
    def items(self) -> tuple[Value, ...]:
        items: tuple[Value, ...] = self.state["items"]
        return items

    @property
    def rest(self) -> Value | None:
        rest: Value | None = self.state["rest"]
        return rest


class DictValue(Value):
    """A dict with known constant keys; the key `REST` stands for all others. ``open`` dicts may hold unknown keys."""

    __slots__ = ("entries", "place")

    REST = object()

    def __init__(self, entries: Mapping[Any, Value], place: Place | None) -> None:
        self.name = None
        self.entries: dict[Any, Value] = dict(entries)
        self.place = place


class Function(Value):
    """A function, lambda or method of the linted project, with the scope that it closes over.

    ``wraps`` is the definition that a decorator of the project put this function in the place of.
    """

    __slots__ = ("closure", "defaults", "node", "owner", "traits", "wraps")

    def __init__(
        self,
        node: ir.FunctionDef | ir.Lambda,
        closure: Scope,
        defaults: tuple[Value | None, ...],
        owner: Class | None = None,
        traits: frozenset[str] = frozenset(),
    ) -> None:
        self.name = node.name if isinstance(node, ir.FunctionDef) else "<lambda>"
        self.node = node
        self.closure = closure
        self.defaults = defaults
        self.owner = owner
        self.traits = traits
        self.wraps: ir.Node | None = None

    def marked(self, traits: frozenset[str]) -> Function:
        """A copy with further traits."""
        other = Function(self.node, self.closure, self.defaults, self.owner, self.traits | traits)
        other.name, other.wraps = self.name, self.wraps
        return other


class Class(Value):
    """A class of the linted project. ``bases`` are classes, external names or unknown values."""

    __slots__ = ("attributes", "bases", "module_path", "node", "scope", "traits")

    def __init__(self, node: ir.ClassDef, scope: Scope, bases: tuple[Value, ...], traits: frozenset[str]) -> None:
        self.name = node.name
        self.node = node
        self.scope = scope
        self.bases = bases
        self.traits = traits
        self.attributes: dict[str, Value] = {}
        self.module_path = scope.path

    def lineage(self) -> Iterator[Class]:
        """This class and its project bases, in the order in which attributes are looked up."""
        seen: set[int] = set()
        queue: list[Value] = [self]
        while queue:
            current = queue.pop(0)
            if isinstance(current, Class) and id(current) not in seen:
                seen.add(id(current))
                yield current
                queue[:0] = current.bases

    def external_bases(self) -> Iterator[str]:
        """Dotted names of the library classes that it derives from."""
        for cls in self.lineage():
            for base in cls.bases:
                if isinstance(base, External):
                    yield base.dotted

    def has_unknown_base(self) -> bool:
        return any(not isinstance(base, Class | External) for cls in self.lineage() for base in cls.bases)


class Instance(Value):
    """An instance of a class of the linted project. ``kinds`` are the base kinds that it derives from (``module``, ``dataset``, ...).

    ``given`` are the values that it was constructed from, ``arguments`` those of a data set by parameter.
    """

    __slots__ = ("arguments", "attributes", "cls", "given", "kinds", "place", "source", "tokens")

    def __init__(self, cls: Class, place: Place | None, kinds: frozenset[str]) -> None:
        self.name = None
        self.cls = cls
        self.place = place
        self.kinds = kinds
        self.given: tuple[Value, ...] = ()
        self.arguments: dict[str, Value] = {}
        self.attributes: dict[str, Value] = {}
        self.source: Source | None = None
        self.tokens: Tokens = NONE

    def __repr__(self) -> str:
        return f"<{self.cls.name}>"


class BoundMethod(Value):
    """A project function bound to its first argument."""

    __slots__ = ("function", "receiver")

    def __init__(self, receiver: Value, function: Function) -> None:
        self.name = function.name
        self.receiver = receiver
        self.function = function


class Super(Value):
    """What ``super()`` gives: attribute look-up goes on after ``after`` in the receiver's lineage."""

    __slots__ = ("after", "receiver")

    def __init__(self, receiver: Value, after: Class) -> None:
        self.name = None
        self.receiver = receiver
        self.after = after


class ModuleValue(Value):
    """An imported module of the linted project."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope) -> None:
        self.name = None
        self.scope = scope


class External(Value):
    """A name outside the linted project, by its full dotted name."""

    __slots__ = ("dotted",)

    def __init__(self, dotted: str) -> None:
        self.name = None
        self.dotted = dotted

    def __repr__(self) -> str:
        return f"<external {self.dotted}>"


class Library(Value):
    """An object made by calling a known external name: an optimizer, a loader, a layer, ...

    ``arguments`` are those given, by parameter name (``*`` holds the surplus positional ones); ``state`` is what changes later.
    ``source`` is set for whatever yields data.
    """

    __slots__ = ("arguments", "dotted", "entry", "place", "source", "state")

    def __init__(self, dotted: str, entry: Entry, arguments: Mapping[str, Value], place: Place | None) -> None:
        self.name = None
        self.dotted = dotted
        self.entry = entry
        self.arguments = dict(arguments)
        self.place = place
        self.state: dict[str, Any] = {}
        self.source: Source | None = None

    @property
    def role(self) -> str:
        return self.entry.role

    @property
    def short(self) -> str:
        """The last part of the dotted name: ``SGD``."""
        return self.dotted.rpartition(".")[2]

    def trait(self, key: str) -> Any:
        return self.entry.traits.get(key)

    def parameter(self, usual: str) -> str:
        """What the class calls the parameter that is usually called so, as its library's table tells."""
        return str(self.trait(usual) or usual)

    def constant(self, parameter: str) -> Any:
        """The constant given for a parameter, else its default, else `ABSENT` (given, but not constant)."""
        value = self.arguments.get(parameter)
        if isinstance(value, Constant):
            return value.value
        if value is not None or "**" in self.arguments:
            return ABSENT
        return self.entry.defaults.get(parameter, ABSENT)

    def __repr__(self) -> str:
        return f"<{self.role} {self.dotted}>"


class _Absent(enum.Enum):
    ABSENT = "absent"


ABSENT = _Absent.ABSENT


class LibraryMethod(Value):
    """A method of a library object, an unknown value or an instance's library base, not yet called."""

    __slots__ = ("method", "receiver")

    def __init__(self, receiver: Value, method: str) -> None:
        self.name = method
        self.receiver = receiver
        self.method = method


class Partial(Value):
    """``functools.partial``."""

    __slots__ = ("function", "keywords", "positional")

    def __init__(self, function: Value, positional: tuple[Value, ...], keywords: Mapping[str, Value]) -> None:
        self.name = None
        self.function = function
        self.positional = positional
        self.keywords = dict(keywords)


class Wrapped(Value):
    """A network in another dress (DataParallel, DDP, compiled): the same parameters and mode. ``kind`` is the wrapper's.

    ``renews`` tells that it has parameters of its own in the place of the network's.
    """

    __slots__ = ("dotted", "inner", "kind", "place", "renews")

    def __init__(self, inner: Value, kind: str, dotted: str, place: Place, renews: bool = False) -> None:
        self.name = None
        self.inner = inner
        self.kind = kind
        self.dotted = dotted
        self.place = place
        self.renews = renews


class Stream(Value):
    """What ``iter(x)``, ``enumerate(x)``, ``zip(x, y)`` give: ``element`` is what each round yields, ``over`` what is iterated.

    ``bounds`` are the constant first number and end of a range; ``from_zero`` tells that a range or enumeration is known
    to begin at 0.
    """

    __slots__ = ("bounds", "element", "from_zero", "length", "over")

    def __init__(self, element: Value, over: Value | None, length: int | None = None) -> None:
        self.name = None
        self.bounds: tuple[float, float] | None = None
        self.from_zero = False
        self.element = element
        self.over = over
        self.length = length


class GeneratorValue(Value):
    """A call of a generator function, run when it is iterated. ``at_yield`` is what happens where it yields, as the
    block of a ``with`` does where its context manager yields."""

    __slots__ = ("at_yield", "function", "scope")

    def __init__(self, function: Function, scope: Scope) -> None:
        self.name = None
        self.function = function
        self.scope = scope
        self.at_yield: Callable[[Value], None] | None = None


class Choice(Value):
    """One of several values, depending on the path taken."""

    __slots__ = ("options",)

    LIMIT = 6

    def __init__(self, options: tuple[Value, ...]) -> None:
        self.name = None
        self.options = options
