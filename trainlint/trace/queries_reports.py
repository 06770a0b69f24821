"""Numbers that are reported for an evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Place
from trainlint.trace.events import MetricAveraged, Reported, Stopped
from trainlint.trace.places import place_in
from trainlint.trace.tokens import HELD_OUT, BatchMetricToken, LastToken, Source, sources
from trainlint.trace.values import Constant, Data, Library
from trainlint.trace.view import Run

# A loader of batches this large most likely gives one only: MNIST's test set has 10,000 samples.
ONE_BATCH = 10_000


def of_last_batch(run: Run) -> Iterator[tuple[Reported, LastToken]]:
    """Reports of what the last batch of an evaluation left, one for each number."""
    reports = [
        (event, token)
        for event in run.of(Reported)
        if not event.offered
        for token in event.tokens
        if isinstance(token, LastToken) and not any(frame.loop.place == token.place for frame in event.frames)
    ]
    if not reports:
        return
    left = {event.frames[-1].loop.place for event in run.of(Stopped) if event.how == "break" and event.frames}
    trained = {source for training in run.partial_trainings for source in training.sources}
    seen: set[tuple[Place, str]] = set()
    # What is printed or logged comes before what is only kept or returned.
    for event, token in sorted(reports, key=lambda report: (report[0].how not in ("print", "log"), report[0].order)):
        data = sources(token.over)
        is_evaluation = any(source.split in HELD_OUT for source in data) and not trained & set(data)
        key = (token.place, token.name)
        if key in seen or token.place in left or not is_evaluation or all(_is_one_batch(source) for source in data):
            continue
        seen.add(key)
        yield event, token


def of_batches(run: Run) -> Iterator[tuple[Place, BatchMetricToken]]:
    """Means of metrics of an evaluation's batches, where they stand, one for each metric: after the loop where there is one."""
    trained = {source for training in run.partial_trainings for source in training.sources}
    found: dict[Place, tuple[Place, BatchMetricToken]] = {}
    for event in run.of(MetricAveraged):
        for token in event.metrics:
            data = sources(token.over)
            if event.offered or not any(source not in trained and source.split != "train" for source in data):
                continue
            inside = [frame.loop for frame in event.frames if frame.loop.place == token.loop]
            # A meter divides in each round; what is to be changed stands in the loop.
            place = place_in(event, inside[-1]) if inside else event.place
            if token.place not in found or not inside:
                found[token.place] = (place, token)
    yield from found.values()


def _is_one_batch(source: Source) -> bool:
    """Whether a loader gives the whole set at once."""
    loader = source.maker
    if not isinstance(loader, Library) or loader.role != "loader":
        return False
    size = loader.arguments.get(loader.parameter("batch_size"))
    if isinstance(size, Constant):
        return isinstance(size.value, int) and size.value >= ONE_BATCH
    return isinstance(size, Data) and size.origin == "length"
