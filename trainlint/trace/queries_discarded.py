"""Tensors that a method gives and nobody takes."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.trace.events import Discarded
from trainlint.trace.merge import sources_of
from trainlint.trace.tokens import Source
from trainlint.trace.values import Data, Kind, Library
from trainlint.trace.view import Run

# Batches of tokenizers and graph libraries have these methods too, and there they work in place.
OFTEN_IN_PLACE = frozenset({"to", "cuda", "cpu", "detach", "contiguous"})


def discarded_tensors(run: Run) -> Iterator[Discarded]:
    """Methods of what is known to be a tensor, whose results are thrown away."""
    for event in run.of(Discarded):
        receiver = event.receiver
        if (
            not event.offered
            and isinstance(receiver, Data)
            and (
                receiver.kind is Kind.TENSOR
                or event.method not in OFTEN_IN_PLACE
                or any(_gives_tensors(source) for source in sources_of(receiver))
            )
        ):
            yield event


def _gives_tensors(source: Source) -> bool:
    """Whether the data comes out of PyTorch's own loader, which puts samples together to tensors."""
    loader = source.maker
    return (
        isinstance(loader, Library)
        and loader.dotted.startswith("torch.utils.data.")
        and loader.role == "loader"
        and not loader.arguments.keys() & {"collate_fn", "**"}
    )
