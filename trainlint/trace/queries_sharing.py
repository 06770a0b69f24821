"""Loaders that give each of several processes all of the data, where the processes share one network."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from trainlint.trace.anatomy import bare
from trainlint.trace.callables import names_in
from trainlint.trace.datasets import DRAWING, makers
from trainlint.trace.events import Escaped, Event, Made, Prepared
from trainlint.trace.purpose import BENCHMARK, NOTHING_LASTING, TEST_CODE
from trainlint.trace.queries_distributed import OWN, samplers
from trainlint.trace.tokens import HELD_OUT, sources
from trainlint.trace.values import Function, Instance, Library, Wrapped
from trainlint.trace.view import Training

# Samplers that pick from all samples in each process.
_UNSHARED = frozenset({"RandomSampler", "SequentialSampler", "SubsetRandomSampler"})
# Words of those who part the data by process themselves.
_BY_PROCESS = re.compile(
    r"(?:^|_)(?:rank|world|shard|shards|sharded|replica|replicas|node|nodes|process|proc)(?:_|$)", re.I
)


class Unshared(msgspec.Struct, frozen=True):
    """A loader without a distributed sampler, and where the network that it feeds is wrapped."""

    loader: Library
    wrapper: Made
    dotted: str


def unshared_loaders(training: Training) -> Iterator[Unshared]:
    """The loaders from which each process of a data-parallel training takes all the data."""
    wrapper = next((made for made in training.run.of(Made) if _wraps(made, training)), None)
    if wrapper is None or training.exemptions & {TEST_CODE, BENCHMARK, NOTHING_LASTING}:
        return
    if any(backward.via not in OWN for backward in training.backwards):
        return
    loops = {frame.loop for backward in training.backwards for frame in backward.frames}
    over = {source for loop in loops for source in sources(loop.over)}
    for loader in makers(training.sources):
        if not isinstance(loader, Library) or loader.source is None or loader.source not in over:
            continue
        if loader.source.split in HELD_OUT or not _gives_all(loader, training):
            continue
        if not any(_reaches(event, loader) for event in training.run.among(Escaped, Prepared)):
            assert isinstance(wrapper.thing, Wrapped)
            yield Unshared(loader, wrapper, wrapper.thing.dotted)


def _wraps(made: Made, training: Training) -> bool:
    """Whether a trained network is wrapped for several processes on the default path."""
    thing = made.thing
    if made.offered or not isinstance(thing, Wrapped) or thing.kind not in ("ddp", "fsdp"):
        return False
    return any(bare(thing) is bare(model) for model in training.models)


def _gives_all(loader: Library, training: Training) -> bool:
    """Whether a loader of PyTorch's own goes over all samples of a map-style data set, as far as all of it is known."""
    if not loader.dotted.startswith("torch.utils.data.") or "**" in loader.arguments or loader.place is None:
        return False
    picked = samplers(loader)
    if not all(isinstance(sampler, Library) and sampler.short in _UNSHARED for sampler in picked):
        return False
    links = [link for link in training.run.survey.chain(loader) if link is not loader]
    return bool(links) and all(_is_whole(link) for link in links)


def _is_whole(link: Library | Instance) -> bool:
    """Whether a data set is the same in each process: of known kind, and nobody parts it by process."""
    given = link.arguments
    words = [*given, *(value.name or "" for value in given.values())]
    if any(_BY_PROCESS.search(word) for word in words):
        return False
    if isinstance(link, Library):
        parted = link.role == "subset" and link.dotted != "<part>"
        known = link.role in ("dataset", "concat", "dataset_loader") or link.dotted == "<part>"
        return known and not parted and not (link.trait("iterable") or link.dotted.startswith("<slice"))
    if "iterable_dataset" in link.kinds or link.cls.has_unknown_base():
        return False
    names = {
        name
        for cls in link.cls.lineage()
        for method in cls.attributes.values()
        if isinstance(method, Function)
        for name in names_in(method.node.body)
    }
    return not names & DRAWING and not any(_BY_PROCESS.search(name) for name in names)


def _reaches(event: Event, loader: Library) -> bool:
    """Whether unknown code, or a framework, that may part the data is given the loader."""
    if not isinstance(event, Escaped | Prepared):
        return False
    given = event.values if isinstance(event, Escaped) else event.things
    return any(bare(value) is loader for value in given)
