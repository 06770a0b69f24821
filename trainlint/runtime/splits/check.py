"""check_splits: no sample, no near copy and no group may stand in two parts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from trainlint.runtime.report import Part, Report, Verdict
from trainlint.runtime.state import preserved

from .balance import check_balance
from .datasets import Labels, files_of, labels_of, length, resolved
from .near import near_pairs
from .samples import Samples, load

# Data sets hold some equal samples by nature (blank images, short texts). Above this share of the smaller part it is no
# accident.
FEW = 0.01
SHOWN = 3
HELD_OUT = ("val", "valid", "test", "dev", "eval", "holdout", "held")

Groups = Mapping[str, Sequence[Hashable]] | Callable[[Any], Hashable]


def check_splits(
    parts: Mapping[str, Any],
    *,
    groups: Groups | None = None,
    labels: Mapping[str, Labels] | Callable[[Any], Any] | None = None,
    content: Callable[[Any], Any] | None = None,
    near_duplicates: bool = True,
    limit: int = 20_000,
    seed: int = 0,
) -> Report:
    """Look for samples that two parts of a data set share, and for labels that are spread unevenly.

    Compared are the indices of parts of one dataset object, the files of image folders, the contents (equal samples by
    hash, near copies of images by their thumbnails and of feature vectors by distance), the groups, and the shares of
    the labels. Parts are loaded once; random generators are left as they were.

    Args:
        parts: ``{"train": ..., "val": ..., "test": ...}``: map-style datasets, sequences of samples. Without random
            augmentation: where loading a sample twice gives two things, the report says so and compares no contents.
        groups: what must stay together (a patient, a video): a function of a sample, or one key a sample for each part.
        labels: a function of a sample, or one label a sample for each part; by default what the datasets know.
        content: what of a sample makes it the same: a function; by default everything but its label.
        near_duplicates: also look for near copies.
        limit: samples loaded of each part; of larger ones, so many are drawn at random by ``seed``.

    Raises:
        ValueError: fewer than two parts, or keys that do not fit the parts.
        TypeError: a part without a length.
    """
    if len(parts) < 2:
        raise ValueError("there must be two parts at least, by name: {'train': ..., 'val': ...}")
    _require_names(parts, groups, "groups")
    _require_names(parts, labels, "labels")
    report = Report("check_splits")
    with preserved():
        report.parts = tuple(_sizes(parts))
        if not report.ok:
            return report
        shared = _same_dataset(parts)
        report.parts += (shared, *_same_files(parts))
        samples = [load(name, part, content, limit, seed) for name, part in parts.items()]
        report.parts += tuple(_augmented(samples, parts))
        report.parts += _contents(samples, shared, near_duplicates)
        if groups is not None:
            report.parts += (_groups(parts, groups),)
        report.parts += (check_balance(_labels(parts, labels)),)
    cut = [name for name, part in parts.items() if length(part) > limit]
    if cut:
        report.notes += (f"of {', '.join(cut)} only {limit} samples were loaded (limit=)",)
    return report


def _require_names(parts: Mapping[str, Any], given: object, what: str) -> None:
    if isinstance(given, Mapping) and set(given) != set(parts):
        raise ValueError(f"{what} are given for {', '.join(map(str, given))}, the parts are {', '.join(parts)}")


def _sizes(parts: Mapping[str, Any]) -> Iterator[Part]:
    sizes = {name: length(part) for name, part in parts.items()}
    empty = [name for name, size in sizes.items() if not size]
    if empty:
        message, advice = f"{', '.join(empty)} is empty", "look at how the parts are made"
        yield Part("sizes", Verdict.FAIL, message, advice, cause="empty-part", evidence=sizes)
    else:
        yield Part("sizes", Verdict.PASS, "every part holds samples", evidence=sizes)


def _same_dataset(parts: Mapping[str, Any]) -> Part:
    bases = {name: resolved(part) for name, part in parts.items()}
    compared = False
    for (first, (base, indices)), (second, (other, others)) in itertools.combinations(bases.items(), 2):
        if base is not other:
            continue
        compared = True
        common = sorted(set(indices) & set(others))
        if common:
            return _overlap(
                "indices", first, second, f"{len(common)} samples of one dataset, e.g. index {common[0]}", common
            )
    if not compared:
        return Part("indices", Verdict.SKIP, "the parts are of different dataset objects")
    return Part("indices", Verdict.PASS, "parts of one dataset share no index")


def _same_files(parts: Mapping[str, Any]) -> Iterator[Part]:
    files = {name: paths for name, part in parts.items() if (paths := files_of(part)) is not None}
    for (first, paths), (second, others) in itertools.combinations(files.items(), 2):
        common = sorted(set(paths) & set(others))
        if common:
            yield _overlap("files", first, second, f"{len(common)} files, e.g. {common[0]}", common)


def _overlap(name: str, first: str, second: str, what: str, common: Sequence[object]) -> Part:
    return Part(
        name,
        Verdict.FAIL,
        f"{first} and {second} share {what}",
        "split once, with a fixed seed, into disjoint parts (split_dataset)",
        cause="overlapping-parts",
        code="TL105",
        where=f"{first}, {second}",
        evidence={"shared": len(common)},
    )


def _augmented(samples: Iterable[Samples], parts: Mapping[str, Any]) -> Iterator[Part]:
    for part in samples:
        if part.problem is not None:
            yield Part(f"contents of {part.name}", Verdict.SKIP, part.problem)
        if not part.random:
            continue
        held_out = part.name.lower().startswith(HELD_OUT)
        base = resolved(parts[part.name])[0]
        shared = any(resolved(other)[0] is base for name, other in parts.items() if name != part.name)
        yield Part(
            f"contents of {part.name}",
            Verdict.WARN if held_out else Verdict.SKIP,
            f"loading a sample of {part.name} twice gives two things: it is augmented at random",
            "give held-out data its own dataset without augmentation" if held_out else "pass it without augmentation",
            cause="augmented-evaluation" if held_out else None,
            code=("TL108" if shared else "TL107") if held_out else None,
            where=part.name,
        )


def _contents(samples: Sequence[Samples], shared: Part, near_duplicates: bool) -> tuple[Part, ...]:
    usable = [part for part in samples if not part.random and part.problem is None]
    if len(usable) < 2:
        return (Part("equal samples", Verdict.SKIP, "fewer than two parts can be compared by content"),)
    if shared.verdict is Verdict.FAIL:
        return (Part("equal samples", Verdict.SKIP, "the same indices are the same samples"),)
    parts = [_equal(usable)]
    if near_duplicates and parts[0].verdict is not Verdict.FAIL:
        parts.append(_near(usable))
    return tuple(parts)


def _equal(samples: Sequence[Samples]) -> Part:
    findings = []
    for first, second in itertools.combinations(samples, 2):
        where = dict(zip(first.digests, first.positions, strict=True))
        pairs = [(where[d], p) for d, p in zip(second.digests, second.positions, strict=True) if d in where]
        if pairs:
            findings.append((len(pairs) / min(len(first.positions), len(second.positions)), first, second, pairs))
    if not findings:
        return Part("equal samples", Verdict.PASS, "no two parts hold an equal sample")
    share, first, second, pairs = max(findings, key=lambda finding: finding[0])
    return Part(
        "equal samples",
        Verdict.FAIL if share > FEW else Verdict.WARN,
        f"{first.name} and {second.name} share {len(pairs)} equal samples: {_listed(first.name, second.name, pairs)}",
        "drop them from one part, or split by groups of equal samples (split_dataset(groups=))",
        cause="duplicate-samples",
        code="TL105",
        where=f"{first.name}, {second.name}",
        evidence={"equal": len(pairs), "share": share},
    )


def _near(samples: Sequence[Samples]) -> Part:
    compared = False
    for first, second in itertools.combinations(samples, 2):
        if None in first.tensors or None in second.tensors:
            continue
        left = [tensor for tensor in first.tensors if tensor is not None]
        right = [tensor for tensor in second.tensors if tensor is not None]
        found = near_pairs(left, right)
        compared = compared or found is not None
        equal = set(first.digests)
        pairs = [(first.positions[i], second.positions[j]) for i, j, _ in found or () if second.digests[j] not in equal]
        if pairs:
            return Part(
                "near copies",
                Verdict.WARN,
                f"{first.name} and {second.name} hold {len(pairs)} nearly equal samples: "
                f"{_listed(first.name, second.name, pairs)}",
                "look at them; drop copies from one part, or keep them together (split_dataset(groups=))",
                cause="near-duplicate-samples",
                code="TL105",
                where=f"{first.name}, {second.name}",
                evidence={"nearly equal": len(pairs)},
            )
    if not compared:
        return Part("near copies", Verdict.SKIP, "samples that are no images or vectors of one size have no distance")
    return Part("near copies", Verdict.PASS, "no two parts hold nearly equal samples")


def _listed(first: str, second: str, pairs: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{first}[{i}] and {second}[{j}]" for i, j in pairs[:SHOWN])


def _groups(parts: Mapping[str, Any], groups: Groups) -> Part:
    keys: dict[str, set[Hashable]] = {}
    for name, part in parts.items():
        if callable(groups):
            keys[name] = {groups(part[index]) for index in range(length(part))}
        elif len(groups[name]) != length(part):
            raise ValueError(f"{len(groups[name])} group keys were given for the {length(part)} samples of {name}")
        else:
            keys[name] = set(groups[name])
    for (first, left), (second, right) in itertools.combinations(keys.items(), 2):
        common = sorted(left & right, key=str)
        if common:
            return Part(
                "groups",
                Verdict.FAIL,
                f"{first} and {second} share {len(common)} groups, e.g. {common[0]!r}",
                "keep a group in one part (split_dataset(groups=))",
                cause="split-groups",
                code="TL105",
                where=f"{first}, {second}",
                evidence={"shared groups": len(common)},
            )
    evidence = {name: len(part) for name, part in keys.items()}
    return Part("groups", Verdict.PASS, "no group stands in two parts", evidence=evidence)


def _labels(
    parts: Mapping[str, Any], labels: Mapping[str, Labels] | Callable[[Any], Any] | None
) -> dict[str, list[Any] | None]:
    if isinstance(labels, Mapping):
        return {name: labels_of(part, labels[name]) for name, part in parts.items()}
    return {name: labels_of(part, labels) for name, part in parts.items()}
