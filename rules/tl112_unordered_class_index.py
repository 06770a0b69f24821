"""TL112: class or token indices that differ between runs."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_numbering import unordered_indices


class UnorderedClassIndex(Rule):
    """Class or token indices are numbered in an order that is not fixed.

    ## What it finds

    Names that get their numbers (`enumerate`, `len(numbers)`, `.index`) in the order of a `set` of texts, or of a directory listing
    that is not sorted, where these names are classes, words or the like.

    ## Why it hurts

    Python salts the hash of texts anew in each process, and a file system lists folders as it likes: class 3 is another class
    in the next run or on the next machine. A checkpoint then fits no more, and evaluates at the level of chance without an
    error. Python's documentation, `object.__hash__`: the hashes of `str` are not predictable between invocations.

    ## Bad

    ```python
    import torch

    texts = ["the cat sat", "the dog ran", "a bird sang"]
    words = {word for text in texts for word in text.split()}
    word_to_index = {word: index for index, word in enumerate(words)}  # expect: TL112
    embedding = torch.nn.Embedding(len(word_to_index), 8)
    print(embedding(torch.tensor([word_to_index[word] for word in texts[0].split()])))
    ```

    ## Good

    ```python
    import torch

    texts = ["the cat sat", "the dog ran", "a bird sang"]
    words = {word for text in texts for word in text.split()}
    word_to_index = {word: index for index, word in enumerate(sorted(words))}
    embedding = torch.nn.Embedding(len(word_to_index), 8)
    print(embedding(torch.tensor([word_to_index[word] for word in texts[0].split()])))
    ```

    ## When it keeps silent

    Where the names are sorted (`sorted`, `.sort()`, `numpy.unique`) or stand in the order of their appearance; for
    sets of numbers; where what is numbered is no class or word (files, images, samples); and where the numbering is
    saved with the model or written to disk. Tests are left alone.

    ## Remedy

    `enumerate(sorted(names))`, and save the names with the model.
    """

    code = "TL112"
    name = "unordered-class-index"
    level = Level.WARNING

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            for event in unordered_indices(run):
                order = (
                    "the order of a set, which differs from run to run"
                    if event.by == "set"
                    else "the order of a directory listing, which differs between machines"
                )
                name = f" by `{event.into.name}`" if event.into.name else ""
                yield self.finding(
                    event.place,
                    f"The numbers given{name} follow {order}: a checkpoint will not fit them. Number `sorted(...)` names.",
                    related=[(event.unordered, "the order arises here")],
                )
