"""No check may leave a trace on model, optimizer, modes or random generators, also when it fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import AlwaysDropout, Lstm, cnn, digits, fingerprint, mlp, transformer
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from trainlint import runtime
from trainlint.runtime import schedules

Check = Callable[[nn.Module, torch.optim.Optimizer, Any], object]


def noisy(output: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A loss that draws from every generator."""
    shift = random.random() + float(numpy.random.rand()) + float(torch.rand(()))
    return functional.cross_entropy(output, targets) + 0 * shift


def loader(count: int) -> DataLoader[Any]:
    return DataLoader(TensorDataset(*(part[:count] for part in digits())), 32, shuffle=True)


CHECKS: dict[str, Check] = {
    "gradients": lambda model, _, loss: runtime.check_gradients(
        model, digits()[0][:2], digits()[1][:2], loss, warmup_steps=1, samples=1, directions=1
    ),
    "gradients of a closure": lambda model, _, loss: runtime.check_gradients(
        lambda rows: loss(model(rows), digits()[1][:2]), digits()[0][:2]
    ),
    "initial loss": lambda model, _, loss: runtime.check_initial_loss(
        model, *(p[:40] for p in digits()), loss, seeds=2
    ),
    "overfit": lambda model, optimizer, loss: runtime.check_overfit(
        model, *(p[:40] for p in digits()), loss, optimizer, steps=10
    ),
    "model": lambda model, optimizer, loss: runtime.check_model(model, *(p[:6] for p in digits()), loss, optimizer),
    "learning rate": lambda model, optimizer, loss: runtime.find_learning_rate(
        model, loader(200), loss, optimizer, steps=20
    ),
    "schedule": lambda _, optimizer, loss: runtime.check_schedule(
        partial(schedules.step, every=3), epochs=9, optimizer=optimizer
    ),
}


def failing(output: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    torch.rand(3)
    raise ArithmeticError("the loss gives up")


@given(
    st.sampled_from(sorted(CHECKS)),
    st.sampled_from([mlp, cnn, Lstm, transformer, AlwaysDropout]),
    st.sampled_from([torch.optim.SGD, torch.optim.Adam, partial(torch.optim.RMSprop, momentum=0.9)]),
    st.sampled_from([functional.cross_entropy, noisy, failing]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
@settings(max_examples=30)
def test_a_check_leaves_no_trace(
    check: str, build: Any, optimizer: Any, loss: Any, training: bool, warm: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    random.seed(seed)
    model = build().train(training)
    stepper = optimizer(model.parameters(), lr=1e-3)
    if warm:
        functional.cross_entropy(model(digits()[0][:8]), digits()[1][:8]).backward()
        stepper.step()
    next(iter(model.parameters())).requires_grad_(warm)
    before = fingerprint(model, stepper)
    try:
        CHECKS[check](model, stepper, loss)
    except ArithmeticError:
        assert loss is failing
    assert fingerprint(model, stepper) == before


def test_a_live_schedule_is_not_moved() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.step()
    schedule.step()
    before, state = fingerprint(model, optimizer), schedule.state_dict()
    report = runtime.check_schedule(schedule, epochs=10)
    assert report.rates[:3] == pytest.approx((0.1, 0.01, 0.01))
    assert fingerprint(model, optimizer) == before
    assert schedule.state_dict() == state


def test_splits_leave_the_generators_alone() -> None:
    class Augmented(TensorDataset):
        def __getitem__(self, index: int) -> Any:
            image, label = super().__getitem__(index)
            return image + torch.randn(64) * random.random() * float(numpy.random.rand()), label

    model = mlp()
    before = fingerprint(model)
    data = Augmented(*digits())
    parts = runtime.split_dataset(data, {"train": 0.8, "val": 0.2}, seed=1)
    runtime.subset(data, 0.1, seed=1)
    assert runtime.check_splits(parts).codes == ("TL108",)
    assert fingerprint(model) == before


@pytest.mark.parametrize("check", ["gradients", "initial loss", "overfit", "model", "learning rate"])
def test_hooks_and_inputs_survive(check: str) -> None:
    """In-place layers must not write into the user's batch."""
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(64, 10))
    images = digits()[0].clone()
    called: list[int] = []
    model[1].register_forward_hook(lambda *_: called.append(1))
    CHECKS[check](model, torch.optim.SGD(model.parameters(), lr=0.1), functional.cross_entropy)
    assert torch.equal(images, digits()[0])
    assert len(model[1]._forward_hooks) == 1
