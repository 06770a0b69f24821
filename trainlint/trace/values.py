"""Abstract values: what the interpreter knows of a Python value without running the program.

Values carry *tokens*, their provenance (`trainlint.trace.tokens`).
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
from trainlint.trace.tokens import NONE, Source, Tokens

if TYPE_CHECKING:
    from trainlint.trace.scope import Scope


class Graph(enum.Enum):
    """Whether a tensor is attached to the autograd graph."""

    ATTACHED = "attached"
    DETACHED = "detached"
    UNKNOWN = "unknown"


# Operations through which no gradient goes: what stands there is no cut that somebody made.
WITHOUT_GRADIENT = frozenset({"argmax", "round", "sign", "comparison", "compare"})


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


class Member(Constant):
    """A member of an enumeration of the linted project, by what it compares equal to. ``held`` is its ``value``."""

    __slots__ = ("held",)

    def __init__(self, value: bool | int | float | str | None, name: str, held: Value) -> None:
        super().__init__(value)
        self.name = name
        self.held = held


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
