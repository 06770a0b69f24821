"""Joining the values of two paths: nothing known to only one of them is claimed, no provenance is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trainlint.findings import Place
from trainlint.knowledge import lookup
from trainlint.trace.merge import choice, join, options_of, same, sources_of, tokens_of
from trainlint.trace.tokens import TOKEN_LIMIT, Source, union
from trainlint.trace.values import (
    Choice,
    Constant,
    Data,
    DictValue,
    Graph,
    Kind,
    Library,
    ListValue,
    Operation,
    TupleValue,
    Value,
)

PLACE = Place("train.py", 0, 1)
SOURCES = [Source(name, None, name) for name in ("train", "validation", "test")]
SOFTMAX = Operation("softmax", PLACE, 1)

constants = st.sampled_from([None, True, False, 0, 1, 0.5, "train", "val"]).map(Constant)
tokens = st.frozensets(st.sampled_from(SOURCES))
data = st.builds(
    Data,
    st.sampled_from(Kind),
    tokens,
    graph=st.sampled_from(Graph),
    operations=st.sampled_from([(), (SOFTMAX,)]),
    reduction=st.sampled_from([None, "mean", "sum"]),
)
plain = st.one_of(constants, data)
values: st.SearchStrategy[Value] = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: TupleValue(tuple(items))),
        st.lists(inner, max_size=3).map(lambda items: ListValue(items, None, None)),
        st.lists(inner, max_size=3).map(lambda items: DictValue(dict(enumerate(items)), None)),
    ),
    max_leaves=5,
)


@given(values)
def test_a_value_joined_with_itself_is_unchanged(value: Value) -> None:
    assert join(value, value) is value


@given(values, values)
def test_a_join_keeps_the_provenance_of_both(left: Value, right: Value) -> None:
    assert tokens_of(join(left, right), -5) >= tokens_of(left) | tokens_of(right)


@given(data, data)
def test_joined_data_claims_only_what_both_are(left: Data, right: Data) -> None:
    joined = join(left, right)
    assert isinstance(joined, Data)
    for side in (left, right):
        assert joined.kind in (side.kind, Kind.UNKNOWN)
        assert joined.graph in (side.graph, Graph.UNKNOWN)
        assert joined.reduction in (side.reduction, None)
        assert joined.operations in (side.operations, ())


@given(st.lists(values, min_size=1, max_size=12))
def test_a_choice_is_flat_small_and_without_doubles(alternatives: list[Value]) -> None:
    options = options_of(choice(alternatives))
    assert 1 <= len(options) <= Choice.LIMIT
    assert not any(isinstance(option, Choice) for option in options)
    for number, option in enumerate(options):
        assert not any(same(option, other) for other in options[:number])


@given(st.lists(plain, min_size=1, max_size=6), plain)
def test_what_was_a_choice_can_be_chosen_again(alternatives: list[Value], further: Value) -> None:
    before = options_of(choice(alternatives))
    after = options_of(choice([choice(alternatives), further]))
    if len(before) < Choice.LIMIT:
        assert all(any(same(option, other) for other in after) for option in before)


def test_true_and_one_are_different_constants() -> None:
    joined = join(Constant(True), Constant(1))
    assert isinstance(joined, Choice)
    assert len(joined.options) == 2


def test_pairs_are_joined_part_by_part() -> None:
    train, validation = (Data(Kind.TENSOR, frozenset((source,))) for source in SOURCES[:2])
    joined = join(TupleValue((train, Constant(1))), TupleValue((validation, Constant(1))))
    assert isinstance(joined, TupleValue)
    first, second = joined.elements
    assert set(sources_of(first)) == set(SOURCES[:2])
    assert isinstance(second, Constant)
    assert second.value == 1


def test_optimizers_outlive_plain_data_in_a_crowded_choice() -> None:
    entry = lookup("torch.optim.SGD")
    assert entry is not None
    optimizer = Library("torch.optim.SGD", entry, {}, PLACE)
    crowded = choice([optimizer, *(Constant(number) for number in range(20))])
    assert optimizer in options_of(crowded)
    assert len(options_of(crowded)) <= Choice.LIMIT


def test_provenance_without_end_is_bounded() -> None:
    many = frozenset(Source(str(number), None) for number in range(TOKEN_LIMIT * 2))
    assert len(union(many, frozenset(SOURCES))) == TOKEN_LIMIT


def test_union_of_one_part_makes_no_new_set() -> None:
    tokens = frozenset(SOURCES)
    assert union(frozenset(), tokens, frozenset()) is tokens
