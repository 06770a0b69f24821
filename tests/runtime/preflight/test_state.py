"""Snapshots put everything back, whatever was done in between."""

from __future__ import annotations

import collections
import random
import threading
from collections.abc import Callable

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import cnn, digits, fingerprint, mlp
from torch import nn

from trainlint.runtime.copies import unwrap, working_copy
from trainlint.runtime.state import Snapshot, preserved

Mischief = Callable[[nn.Module, torch.optim.Optimizer], object]


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    model.train()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(digits()[0][:8]), digits()[1][:8]).backward()
    optimizer.step()


def replace_head(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    assert isinstance(model, nn.Sequential)
    model[len(model) - 1] = nn.Linear(128, 10)


MISCHIEF: list[Mischief] = [
    step,
    replace_head,
    lambda model, _: model.double(),
    lambda model, _: model.half(),
    lambda model, _: model.eval(),
    lambda model, _: model.requires_grad_(False),
    lambda model, _: model.zero_grad(),
    lambda model, _: [parameter.data.zero_() for parameter in model.parameters()],
    lambda model, _: [setattr(parameter, "data", torch.ones(3)) for parameter in model.parameters()],
    lambda model, _: [parameter.grad.mul_(3) for parameter in model.parameters() if parameter.grad is not None],
    lambda model, _: model.register_forward_hook(lambda *_: None),
    lambda model, _: model.register_buffer("extra", torch.ones(2)),
    lambda model, _: [setattr(module, "momentum", 0.0) for module in model.modules()],
    lambda _, optimizer: optimizer.state.clear(),
    lambda _, optimizer: optimizer.param_groups[0].update(lr=7.0),
    lambda _, optimizer: optimizer.add_param_group({"params": [nn.Parameter(torch.ones(2))]}),
    lambda *_: torch.rand(5),
    lambda *_: numpy.random.rand(5),
    lambda *_: random.random(),
    lambda *_: torch.manual_seed(99),
]


@given(st.lists(st.sampled_from(MISCHIEF), min_size=1, max_size=6), st.booleans(), st.booleans())
@settings(max_examples=60)
def test_everything_is_put_back_bit_for_bit(acts: list[Mischief], warm: bool, fails: bool) -> None:
    model = cnn()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    if warm:
        step(model, optimizer)
    before = fingerprint(model, optimizer)
    try:
        with preserved(model, optimizer):
            for act in acts:
                try:
                    act(model, optimizer)
                except RuntimeError:
                    break  # half precision meets single: a check may fail at any point
            if fails:
                raise KeyError("a failing check")
    except KeyError:
        assert fails
    assert fingerprint(model, optimizer) == before


def test_plain_attributes_and_unregistered_things_come_back() -> None:
    model = mlp()
    model.count = 3
    model.history = collections.deque([1, 2])
    model.cache = {"rows": torch.ones(2), "array": numpy.ones(2)}
    model.hidden_layers = [nn.Linear(2, 2)]
    model.noise = torch.Generator().manual_seed(5)
    weight = model.hidden_layers[0].weight.detach().clone()
    snapshot = Snapshot(model)
    model.count = 4
    model.history.append(3)
    model.cache["rows"].zero_()
    model.cache["array"][:] = 9
    model.cache["more"] = 1
    model.hidden_layers[0].weight.data.zero_()
    model.hidden_layers.append(nn.Linear(2, 2))
    drawn = torch.rand(3, generator=model.noise)
    snapshot.restore()
    assert model.count == 3
    assert list(model.history) == [1, 2]
    assert model.cache.keys() == {"rows", "array"}
    assert model.cache["rows"].tolist() == [1, 1]
    assert model.cache["array"].tolist() == [1, 1]
    assert len(model.hidden_layers) == 1
    assert torch.equal(model.hidden_layers[0].weight, weight)
    assert torch.equal(torch.rand(3, generator=model.noise), drawn)


def test_restoring_breaks_no_graph_that_is_alive() -> None:
    model = mlp(dropout=0.0)
    loss = model(digits()[0][:4]).sum()
    with preserved(model):
        for parameter in model.parameters():
            parameter.data.zero_()
    loss.backward()
    assert model[0].weight.grad is not None


def test_schedulers_are_put_back() -> None:
    optimizer = torch.optim.SGD(mlp().parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
    with preserved(optimizer, scheduler):
        optimizer.step()
        scheduler.step()
    assert (scheduler.last_epoch, optimizer.param_groups[0]["lr"]) == (0, 1.0)


def test_a_copy_shares_nothing_and_has_no_gradients() -> None:
    model = cnn()
    step(model, torch.optim.SGD(model.parameters(), lr=0.1))
    before = fingerprint(model)
    with working_copy(model) as copy:
        assert all(parameter.grad is None for parameter in copy.parameters())
        step(copy, torch.optim.SGD(copy.parameters(), lr=0.1))
    assert fingerprint(model) == before


def test_a_model_that_cannot_be_copied_is_lent_and_put_back() -> None:
    model = cnn()
    model.lock = threading.Lock()
    before = fingerprint(model)
    with working_copy(model) as lent:
        assert lent is model
        step(lent, torch.optim.SGD(lent.parameters(), lr=0.1))
        lent.double()
    assert fingerprint(model) == before


def test_a_copy_computes_plainly_whatever_surrounds_it() -> None:
    model = mlp(dropout=0.0)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16), working_copy(model) as copy:
        output = copy(digits()[0][:2].clone())
    assert output.requires_grad
    assert output.dtype == torch.float32


def test_lazy_layers_are_refused_in_one_line() -> None:
    with (
        pytest.raises(ValueError, match=r"0\.weight is lazy .* run one batch"),
        working_copy(nn.Sequential(nn.LazyLinear(3))),
    ):
        pass


def test_wrappers_are_taken_off() -> None:
    model = mlp()
    assert unwrap(torch.compile(nn.DataParallel(model), backend="eager")) is model
