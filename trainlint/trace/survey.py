"""The data of a run as it stood at the run's end: what each loader and data set is made of, and which parts they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from trainlint.findings import Place
from trainlint.trace import datasets
from trainlint.trace.events import Event, Iterated, Made, SplitDrawn
from trainlint.trace.merge import options_of
from trainlint.trace.transforms import RandomStep, augmentation
from trainlint.trace.values import Instance, Library, Value

ROLES = frozenset({"loader", *datasets.DATASETS})


class Link(msgspec.Struct, frozen=True):
    """One loader or data set: those that it takes its samples from (itself first), what picks its part of them, what
    identifies what it reads, its first random transform, and whether it goes over the data in the order of the indices."""

    chain: tuple[Library | Instance, ...]
    restriction: Value | None
    identity: tuple[object, ...] | None
    augmentation: RandomStep | None
    in_order: bool
    gives_samples: bool = False


class Sharing(msgspec.Struct, frozen=True):
    """Two parts of one data set: the set, and where the part that is held out is taken."""

    dataset: Library | Instance
    split: Place


@dataclass(slots=True)
class Survey:
    """What is known of the loaders and data sets of a run."""

    links: dict[int, Link] = field(default_factory=dict)
    kept: list[Value] = field(default_factory=list)

    def add(self, value: Value | None) -> None:
        for option in options_of(value):
            for link in datasets.chain(option):
                if id(link) not in self.links:
                    self.kept.append(link)
                    self.links[id(link)] = Link(
                        tuple(datasets.chain(link)),
                        datasets.restriction(link),
                        datasets.identity(link),
                        augmentation(link),
                        isinstance(link, Library) and link.role == "loader" and datasets.in_given_order(link),
                        datasets.gives_samples(link),
                    )

    def link(self, value: Library | Instance) -> Link:
        return self.links.get(id(value)) or Link((value,), None, None, None, False)

    def chain(self, value: Library | Instance) -> tuple[Library | Instance, ...]:
        """A loader or data set, and all the data sets that it takes its samples from, nearest first."""
        return self.link(value).chain

    def bases(self, value: Library | Instance) -> list[Library | Instance]:
        """The data sets at the bottom: those that read the data themselves."""
        return [link for link in self.chain(value) if self._is_data(link) and len(self.chain(link)) == 1]

    def _is_data(self, value: Library | Instance) -> bool:
        return datasets.is_dataset(value) or self.link(value).gives_samples

    def restriction(self, value: Library | Instance) -> Value | None:
        return self.link(value).restriction

    def augmentations(self, value: Library | Instance) -> Iterator[RandomStep]:
        """The first random transform of each data set behind a loader."""
        for link in self.chain(value):
            step = self.link(link).augmentation
            if step is not None:
                yield step

    def shared_parts(self, training: Iterable[Library | Instance], held_out: Library | Instance) -> Iterator[Sharing]:
        """The data set of which one part is trained on and another one is held out."""
        links = self.chain(held_out)
        used = [link for maker in training for link in self.chain(maker)]
        for position, link in enumerate(links):
            if not datasets.is_dataset(link) or not any(link is other for other in used):
                continue
            parts = [part for part in links[:position] if self.restriction(part) is not None and part.place is not None]
            if parts:
                yield Sharing(link, _split_place(parts[-1]))
            return


def _split_place(part: Library | Instance) -> Place:
    """Where a part is told apart: the sampler's place where a loader has one."""
    assert part.place is not None
    if isinstance(part, Library) and part.role == "loader":
        sampler = part.arguments.get(part.parameter("sampler"))
        if isinstance(sampler, Library) and sampler.place is not None:
            return sampler.place
    return part.place


def survey(events: Iterable[Event]) -> Survey:
    """Look at all data that a run's events speak of, before the run is undone."""
    found = Survey()
    for event in events:
        if isinstance(event, Made) and event.role in ROLES:
            found.add(event.thing)
        elif isinstance(event, Iterated):
            for source in event.sources:
                found.add(source.maker)
        elif isinstance(event, SplitDrawn):
            for part in event.parts:
                found.add(part)
    return found


def label(value: Library | Instance) -> str:
    """What the author calls an object, else what it is."""
    if value.name:
        return f"`{value.name}`"
    return f"`{value.short}`" if isinstance(value, Library) else f"`{value.cls.name}`"
