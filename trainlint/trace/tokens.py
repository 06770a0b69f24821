"""Tokens: the provenance of a value, which is the data sources, networks and losses that it was computed from.

They are handed on from value to value by whatever is computed, and compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from trainlint.findings import Place

if TYPE_CHECKING:
    from trainlint.trace.values import Value

UNKNOWN_SPLIT = "unknown"
# The splits of data that is not trained on.
HELD_OUT = ("validation", "test")


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
    """The value is the weight of a layer, or was computed from it."""

    __slots__ = ()


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


class WrittenToken(PlacedToken):
    """The value was computed from a handful of numbers that stand in the program: it is an example, no data of anybody's."""

    __slots__ = ()


class PermutedToken(Token):
    """The value is in a random order, or was sampled, at a place. ``value`` is what was permuted; the rest as in `DrawnToken`.

    ``single`` tells that it is one sample, met at random: what is taken of it are no parts of the data.
    """

    __slots__ = ("draws", "place", "seeded", "single", "value")

    def __init__(self, place: Place, value: Value | None, draws: str, seeded: bool | None) -> None:
        self.place = place
        self.value = value
        self.draws = draws
        self.seeded = seeded
        self.single = False


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

# More provenance than this is no provenance: the value depends on everything.
TOKEN_LIMIT = 48


def union(*parts: Tokens) -> Tokens:
    """The provenance of something computed from several values."""
    result: Tokens = NONE
    for tokens in parts:
        if tokens and tokens is not result:
            result = result | tokens if result else tokens
    return result if len(result) <= TOKEN_LIMIT else frozenset(sorted(result, key=id)[:TOKEN_LIMIT])


def holds(tokens: Tokens, kind: type[Token] | tuple[type[Token], ...]) -> bool:
    """Whether there is provenance of a kind, or of one of several, among others."""
    for token in tokens:  # noqa: SIM110 - this is asked of every value; a generator takes twice as long
        if isinstance(token, kind):
            return True
    return False


def sources(tokens: Tokens) -> list[Source]:
    return [token for token in tokens if isinstance(token, Source)]


def models(tokens: Tokens) -> list[Value]:
    return [token.model for token in tokens if isinstance(token, ModelToken)]


def losses(tokens: Tokens) -> set[LossToken]:
    return {token for token in tokens if isinstance(token, LossToken)}
