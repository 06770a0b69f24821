from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import digits
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset

from trainlint.runtime import Verdict, check_splits, split_dataset, subset


def images() -> TensorDataset:
    pixels, labels = digits()
    return TensorDataset(pixels.view(-1, 1, 8, 8), labels)


def cut(first: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> dict[str, Any]:
    """Training on the first 1000 digits, validation on the others after ``first`` changed them."""
    pixels, labels = images().tensors
    return {
        "train": TensorDataset(pixels[:1000], labels[:1000]),
        "val": TensorDataset(*first(pixels[1000:], labels[1000:])),
    }


@given(
    st.lists(st.integers(0, 4), min_size=20, max_size=200),
    st.sampled_from([(0.8, 0.2), (0.6, 0.2, 0.2), (0.5, 0.3, 0.1, 0.1)]),
    st.integers(),
)
@settings(max_examples=60)
def test_parts_are_disjoint_cover_everything_and_keep_the_shares(
    labels: list[int], sizes: tuple[float, ...], seed: int
) -> None:
    parts = split_dataset(labels, sizes, seed=seed, stratify=labels)
    indices = [index for part in parts for index in part.indices]
    assert sorted(indices) == list(range(len(labels)))
    for part, size in zip(parts, sizes, strict=True):
        assert abs(len(part) - size * len(labels)) < 1
        held = Counter(labels[index] for index in part.indices)
        for label, count in Counter(labels).items():
            assert abs(held[label] - size * count) <= 2
    again = split_dataset(labels, sizes, seed=seed, stratify=labels)
    assert [part.indices for part in again] == [part.indices for part in parts]


@given(st.lists(st.integers(0, 30), min_size=40, max_size=200), st.integers())
@settings(max_examples=60)
def test_groups_stay_together(keys: list[int], seed: int) -> None:
    if len(set(keys)) < 3:
        keys = [*keys[:-3], 50, 51, 52]
    parts = split_dataset(keys, {"train": 0.6, "val": 0.2, "test": 0.2}, seed=seed, groups=keys)
    held = [{keys[index] for index in part.indices} for part in parts.values()]
    assert all(held)
    assert sum(map(len, held)) == len(set(keys))
    assert sum(len(part) for part in parts.values()) == len(keys)


def test_seeds_differ_and_labels_are_found_in_subsets_and_concatenations() -> None:
    data = images()
    first, second = split_dataset(data, (0.5, 0.5), seed=1), split_dataset(data, (0.5, 0.5), seed=2)
    assert first[0].indices != second[0].indices
    joined = ConcatDataset([Subset(data, range(100, 400)), data])
    small = subset(joined, 210, seed=0)
    labels = Counter(int(joined[index][1]) for index in small.indices)
    assert set(labels.values()) <= {20, 21, 22}


def test_a_subset_is_a_share_or_a_number() -> None:
    assert len(subset(images(), 0.1, seed=0)) == 180
    assert len(subset(images(), 50, seed=0)) == 50
    assert len(subset(images(), 1797, seed=0)) == 1797


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((0.5, 0.4), "must sum to 1 or to the 1797 samples, not to 0.9"),
        ((1.2, -0.2), "every part needs a positive size"),
        ((0.9999, 0.0001), "too few for parts"),
        ((), "every part needs"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_dataset(images(), sizes, seed=0)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="2 groups cannot fill 3 parts"):
        split_dataset([1, 2, 3, 4], (2, 1, 1), seed=0, groups=[1, 1, 2, 2])
    with pytest.raises(ValueError, match="3 labels were given for 4 samples"):
        split_dataset([1, 2, 3, 4], (2, 2), seed=0, stratify=[1, 2, 3])
    with pytest.raises(ValueError, match="subset of 5 samples cannot be taken from 4"):
        subset([1, 2, 3, 4], 5, seed=0)
    with pytest.raises(TypeError, match="Endless has no length"):
        check_splits({"train": Endless(), "val": images()})
    with pytest.raises(ValueError, match="two parts at least"):
        check_splits({"train": images()})
    with pytest.raises(ValueError, match="groups are given for train, the parts are train, val"):
        check_splits(cut(lambda *part: part), groups={"train": [1] * 1000})


class Endless(IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        yield 1


def test_a_stratified_split_passes() -> None:
    parts = split_dataset(images(), {"train": 0.7, "val": 0.15, "test": 0.15}, seed=3)
    report = check_splits(parts)
    assert report.verdict is Verdict.PASS, str(report)
    assert {part.name for part in report.parts} == {"sizes", "indices", "equal samples", "near copies", "labels"}


def test_overlapping_indices_are_found_through_nested_subsets() -> None:
    data = images()
    report = check_splits({"train": Subset(Subset(data, range(500)), range(400)), "val": Subset(data, range(390, 600))})
    assert report.failures[0].name == "indices"
    assert (report.failures[0].code, report.failures[0].evidence["shared"]) == ("TL105", 10)


def test_the_same_files_are_found() -> None:
    class Folder(Dataset[Any]):
        def __init__(self, paths: list[str]) -> None:
            self.samples = [(path, 0) for path in paths]

        def __len__(self) -> int:
            return len(self.samples)

        def __getitem__(self, index: int) -> tuple[str, int]:
            return "pixels of " + self.samples[index][0], 0

    report = check_splits({"train": Folder(["a", "b", "c"]), "val": Folder(["c", "d"])})
    assert report.part("files").evidence == {"shared": 1}
    assert "1 files, e.g. c" in report.part("files").message


@pytest.mark.parametrize("convert", [lambda x: x, lambda x: x.double(), lambda x: x.half().float()])
def test_equal_samples_are_found_whatever_they_are_stored_in(convert: Callable[[Tensor], Tensor]) -> None:
    def copy_some(pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        train, train_labels = images().tensors
        return convert(torch.cat([pixels, train[7:47]])), torch.cat([labels, train_labels[7:47]])

    part = check_splits(cut(copy_some)).part("equal samples")
    assert (part.verdict, part.code, part.evidence["equal"]) == (Verdict.FAIL, "TL105", 40)
    assert "train[7] and val[797]" in part.message


def test_a_single_equal_sample_is_a_warning() -> None:
    report = check_splits(cut(lambda p, t: (torch.cat([p, images()[3][0][None]]), torch.cat([t, t[:1]]))))
    assert report.causes == ("duplicate-samples",)
    assert report.verdict is Verdict.WARN


@pytest.mark.parametrize(
    "change", [lambda x: x * 0.7 + 0.1, lambda x: x + 0.002 * torch.randn(1, 8, 8), lambda x: (x * 255).round() / 255]
)
def test_near_copies_of_images_are_found(change: Callable[[Tensor], Tensor]) -> None:
    def add_copy(pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return torch.cat([pixels, change(images()[5][0])[None]]), torch.cat([labels, labels[:1]])

    part = check_splits(cut(add_copy)).part("near copies")
    assert (part.verdict, part.code) == (Verdict.WARN, "TL105")
    assert "train[5] and val[797]" in part.message


def test_resized_images_are_near_copies() -> None:
    pixels = torch.rand(20, 3, 32, 32)
    small = torch.nn.functional.interpolate(pixels[:2], 16, mode="area")
    train = [(image, 0) for image in pixels]
    report = check_splits(
        {"train": train, "val": [(image, 0) for image in torch.cat([small, torch.rand(5, 3, 16, 16)])]}
    )
    assert report.part("near copies").evidence == {"nearly equal": 2}


def test_near_copies_of_feature_vectors_are_found_by_distance() -> None:
    table = torch.randn(300, 12) * torch.logspace(-3, 3, 12)
    train, val = table[:200], table[200:].clone()
    assert (
        check_splits({"train": TensorDataset(train), "val": TensorDataset(val)})
        .part("near copies")
        .message.startswith("no two parts")
    )
    val[4] = train[9] * 1.0001
    report = check_splits({"train": TensorDataset(train), "val": TensorDataset(val)})
    assert "train[9] and val[4]" in report.part("near copies").message


def test_texts_and_mappings_are_compared_by_content() -> None:
    train = [{"text": f"sentence {number}", "label": number % 2} for number in range(40)]
    val = [{"text": f"sentence {number}", "label": 1 - number % 2} for number in range(35, 55)]
    report = check_splits({"train": train, "val": val})
    assert report.part("equal samples").evidence["equal"] == 5
    assert report.part("near copies") if report.ok else True


def test_numpy_samples_are_compared() -> None:
    rows = numpy.random.default_rng(0).normal(size=(30, 5))
    report = check_splits({"train": list(rows[:20]), "val": list(rows[18:])}, labels=lambda row: float(row[0]))
    assert report.part("equal samples").evidence["equal"] == 2


def test_random_augmentation_is_told_and_not_compared() -> None:
    class Augmented(TensorDataset):
        def __getitem__(self, index: int) -> Any:
            image, label = super().__getitem__(index)
            return image + torch.randn_like(image), label

    data = Augmented(*images().tensors)
    shared = check_splits({"train": Subset(data, range(900)), "val": Subset(data, range(900, 1797))})
    assert shared.codes == ("TL108",)
    assert shared.part("equal samples").verdict is Verdict.SKIP
    own = check_splits({"train": images(), "test": Augmented(*images().tensors)})
    assert own.codes == ("TL107",)
    training = check_splits({"train": Augmented(*images().tensors), "test": images()})
    assert training.verdict is Verdict.PASS


def test_split_groups_are_found_by_key_and_by_function() -> None:
    data = [(torch.tensor([float(number)]), number % 2, number // 10) for number in range(100)]
    parts = {"train": data[:55], "val": data[55:]}
    by_function = check_splits(parts, groups=lambda item: item[2], labels=lambda item: item[1])
    assert (by_function.part("groups").cause, by_function.part("groups").evidence) == (
        "split-groups",
        {"shared groups": 1},
    )
    keys = {
        "train": [f"patient {number}" for number in range(55)],
        "val": [f"patient {number}" for number in range(55, 100)],
    }
    assert check_splits(parts, groups=keys, labels=lambda item: item[1]).part("groups").verdict is Verdict.PASS


def test_labels_that_a_part_lacks_are_found() -> None:
    order = images().tensors[1].argsort().tolist()
    report = check_splits({"train": Subset(images(), order[:1500]), "val": Subset(images(), order[1500:])})
    assert report.causes == ("missing-labels",)


def test_unbalanced_labels_are_found_and_chance_is_not() -> None:
    labels = torch.tensor([0] * 500 + [1] * 500)
    data = torch.randn(1000, 6)
    skewed = torch.cat([torch.arange(100), torch.arange(500, 900)])
    rest = torch.tensor(sorted(set(range(1000)) - set(skewed.tolist())))
    parts = {"train": TensorDataset(data[rest], labels[rest]), "val": TensorDataset(data[skewed], labels[skewed])}
    assert check_splits(parts).causes == ("unbalanced-labels",)
    chance = torch.randperm(1000)
    parts = {
        "train": TensorDataset(data[chance[:900]], labels[chance[:900]]),
        "val": TensorDataset(data[chance[900:]], labels[chance[900:]]),
    }
    assert check_splits(parts).verdict is Verdict.PASS


def test_real_labels_are_compared_by_their_means() -> None:
    data, labels = torch.randn(400, 6), torch.randn(400).sort().values
    ordered = {"train": TensorDataset(data[:300], labels[:300]), "val": TensorDataset(data[300:], labels[300:])}
    assert check_splits(ordered).causes == ("unbalanced-labels",)
    order = torch.randperm(400)
    mixed = {
        "train": TensorDataset(data[order[:300]], labels[order[:300]]),
        "val": TensorDataset(data[order[300:]], labels[order[300:]]),
    }
    assert check_splits(mixed).verdict is Verdict.PASS


def test_empty_parts_and_limits() -> None:
    assert check_splits({"train": images(), "val": []}).causes == ("empty-part",)
    report = check_splits(cut(lambda *part: part), limit=100)
    assert report.notes == ("of train, val only 100 samples were loaded (limit=)",)


def test_samples_without_a_known_content_are_skipped_with_a_remedy() -> None:
    class Sound:
        def __init__(self, name: str) -> None:
            self.name = name

    parts = {"train": [(Sound("a"), 0), (Sound("b"), 1)], "val": [(Sound("b"), 0)]}
    skipped = check_splits(parts)
    assert "pass content=" in skipped.part("contents of train").message
    assert check_splits(parts, content=lambda item: item[0].name).part("equal samples").evidence["equal"] == 1
