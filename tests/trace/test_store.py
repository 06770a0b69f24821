"""The state of the walked program: branches are undone exactly, and merged without inventing anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainlint.trace.store import Store
from trainlint.trace.tokens import Source
from trainlint.trace.values import Choice, Constant, Data, Kind, ListValue, Value

NAMES = ["model", "loss", "epoch", "best"]
VALUES = [Constant(1), Constant(2), Constant("train"), Data(Kind.TENSOR), Data(Kind.NUMBER)]

# A program's writes: (mapping, name, value), a value of None removes the name.
writes = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(NAMES), st.sampled_from([None, *VALUES])),
    max_size=12,
)
starts = st.tuples(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)),
)
# Writes, and transactions begun and ended among them.
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 1), st.sampled_from(NAMES), st.sampled_from([None, *VALUES])),
        st.tuples(st.sampled_from(["begin", "rollback"])),
    ),
    max_size=30,
)


def write(store: Store, mapping: dict[Any, Any], name: str, value: Value | None) -> None:
    if value is None:
        store.remove(mapping, name)
    else:
        store.set(mapping, name, value)


@given(starts, writes)
def test_rollback_restores_what_was_there(start: tuple[dict[str, Value], ...], changes: list[Any]) -> None:
    mappings = [dict(mapping) for mapping in start]
    store = Store()
    store.begin()
    for number, name, value in changes:
        write(store, mappings[number], name, value)
    store.rollback()
    assert mappings == list(start)


@given(starts, writes)
def test_applying_what_was_undone_does_it_again(start: tuple[dict[str, Value], ...], changes: list[Any]) -> None:
    mappings = [dict(mapping) for mapping in start]
    store = Store()
    store.begin()
    for number, name, value in changes:
        write(store, mappings[number], name, value)
    done = [dict(mapping) for mapping in mappings]
    delta = store.rollback()
    store.apply(delta)
    assert mappings == done


@given(starts, steps)
def test_nested_transactions_behave_like_copies(start: tuple[dict[str, Value], ...], program: list[Any]) -> None:
    mappings = [dict(mapping) for mapping in start]
    copies: list[list[dict[str, Value]]] = []
    store = Store()
    for step in program:
        if step[0] == "write":
            write(store, mappings[step[1]], step[2], step[3])
        elif step[0] == "begin":
            copies.append([dict(mapping) for mapping in mappings])
            store.begin()
        elif copies:
            before = copies.pop()
            store.rollback()
            assert mappings == before
    if copies:
        store.reset()
        assert mappings == copies[0]


@given(starts, writes, writes)
def test_a_merged_name_holds_what_one_of_the_branches_left(
    start: tuple[dict[str, Value], ...], left: list[Any], right: list[Any]
) -> None:
    mappings = [dict(mapping) for mapping in start]
    store = Store()
    outcomes = []
    deltas = []
    for changes in (left, right):
        store.begin()
        for number, name, value in changes:
            write(store, mappings[number], name, value)
        outcomes.append([dict(mapping) for mapping in mappings])
        deltas.append(store.rollback())
    store.merge(*deltas)
    for number, mapping in enumerate(mappings):
        ends = [outcome[number] for outcome in outcomes]
        assert set(mapping) == set(ends[0]) | set(ends[1])
        for name, value in mapping.items():
            left_end, right_end = (end.get(name) for end in ends)
            if left_end is right_end:
                assert value is left_end
            elif isinstance(left_end, Constant) and isinstance(right_end, Constant):
                assert isinstance(value, Choice)
                assert {option.value for option in value.options if isinstance(option, Constant)} == {
                    left_end.value,
                    right_end.value,
                }


def test_a_merge_can_itself_be_undone() -> None:
    names: dict[str, Value] = {"lr": Constant(0.1)}
    store = Store()
    store.begin()
    store.begin()
    store.set(names, "lr", Constant(0.01))
    warm = store.rollback()
    store.begin()
    cold = store.rollback()
    store.merge(warm, cold)
    merged = names["lr"]
    assert isinstance(merged, Choice)
    assert [option.value for option in merged.options if isinstance(option, Constant)] == [0.01, 0.1]
    store.rollback()
    assert isinstance(names["lr"], Constant)


def test_a_mode_switch_in_one_branch_counts_as_the_latest() -> None:
    modes: dict[int, tuple[int, str]] = {7: (1, "train")}
    store = Store()
    store.begin()
    store.set(modes, 7, (5, "eval"))
    switched = store.rollback()
    store.begin()
    left_alone = store.rollback()
    store.merge(switched, left_alone)
    assert modes[7] == (5, "eval")


def test_what_is_on_in_one_branch_and_off_in_the_other_is_unknown() -> None:
    flags: dict[str, bool | None] = {"gradients": True, "autocast": False}
    store = Store()
    store.begin()
    store.set(flags, "gradients", False)
    off = store.rollback()
    store.begin()
    on = store.rollback()
    store.merge(off, on)
    assert flags == {"gradients": None, "autocast": False}


def test_list_contents_of_two_branches_are_joined_item_by_item() -> None:
    first, second = Source("train.csv", None, "train"), Source("more.csv", None, "train")
    losses = ListValue([], None, None)
    store = Store()
    deltas = []
    for items in ((Data(tokens=frozenset((first,))),), (Data(tokens=frozenset((second,))), Constant(0.0))):
        store.begin()
        store.set(losses.state, "items", items)
        deltas.append(store.rollback())
    store.merge(*deltas)
    assert len(losses.items) == 2
    joined = losses.items[0]
    assert isinstance(joined, Data)
    assert joined.tokens == {first, second}


def test_ending_a_transaction_that_never_began_is_a_mistake() -> None:
    with pytest.raises(IndexError):
        Store().rollback()
