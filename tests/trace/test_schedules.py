"""Learning rates: what changes them, whose they are, and in which unit a schedule counts."""

from __future__ import annotations

import pytest
from tracing import SETUP, walk

from trainlint.trace.anatomy import plain
from trainlint.trace.events import RateWritten, SchedulerStep
from trainlint.trace.queries_cadence import cadence, unit
from trainlint.trace.queries_schedules import changes_rate, optimizers, steered
from trainlint.trace.values import Library

LOOP = """
for epoch in range(20):
    for index, (x, y) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        {batch}
    {epoch}
"""

BY_HAND = {
    "a loop over groups": "for group in optimizer.param_groups:\n        group['lr'] *= 0.9",
    "one group": "optimizer.param_groups[0]['lr'] = 0.1 / (epoch + 1)",
    "the state": "state = optimizer.state_dict()\n    state['param_groups'][0]['lr'] = 0.1\n    optimizer.load_state_dict(state)",
}


@pytest.mark.parametrize("written", BY_HAND.values(), ids=list(BY_HAND))
def test_a_rate_set_by_hand_belongs_to_its_optimizer(written: str) -> None:
    walked = walk(SETUP + LOOP.format(batch="pass", epoch=written))
    (own,) = optimizers(walked.training)
    changes = [event for event in walked.run().of(RateWritten) if changes_rate(event, walked.training)]
    assert changes
    assert all(event.optimizer is own for event in changes)


def test_an_optimizer_chosen_by_name_is_one() -> None:
    made = "optimizer = getattr(torch.optim, name)(model.parameters(), lr=rate)\n"
    walked = walk(SETUP + "from settings import name, rate\n" + made + LOOP.format(batch="pass", epoch="pass"))
    (own,) = optimizers(walked.training)
    assert isinstance(own, Library)
    assert walked.line(own.place) == made.strip() if own.place is not None else False


def test_a_schedule_of_schedules_steers_the_same_optimizer() -> None:
    parts = """
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, SequentialLR
flat, fall = ConstantLR(optimizer), ExponentialLR(optimizer, 0.9)
schedule = SequentialLR(optimizer, [flat, fall], milestones=[3])
"""
    walked = walk(SETUP + parts + LOOP.format(batch="pass", epoch="schedule.step()"))
    step = walked.run().of(SchedulerStep)[0]
    assert steered(plain(step.scheduler)) == optimizers(walked.training)


UNITS = {
    "StepLR(optimizer, 5)": "epoch",
    "StepLR(optimizer, 5000)": "batch",
    "StepLR(optimizer, 2 * len(train_loader))": "batch",
    "MultiStepLR(optimizer, [5, 15])": "epoch",
    "CosineAnnealingLR(optimizer, T_max=20)": "epoch",
    "CosineAnnealingLR(optimizer, T_max=20 * len(train_loader))": "batch",
    "CosineAnnealingLR(optimizer, T_max=7)": None,
    "OneCycleLR(optimizer, 0.1, epochs=20, steps_per_epoch=len(train_loader))": "batch",
    "OneCycleLR(optimizer, 0.1, total_steps=20)": "epoch",
    "CyclicLR(optimizer, 0.01, 0.1)": "batch",
    "CyclicLR(optimizer, 0.01, 0.1, step_size_up=4)": None,
    "ExponentialLR(optimizer, 0.9)": "epoch",
    "LambdaLR(optimizer, lambda step: 0.9**step)": None,
}


@pytest.mark.parametrize(("made", "wanted"), UNITS.items())
def test_constants_tell_the_unit_of_a_schedule(made: str, wanted: str | None) -> None:
    program = SETUP + f"from torch.optim.lr_scheduler import *\nschedule = {made}\n"
    walked = walk(program + LOOP.format(batch="pass", epoch="schedule.step()"))
    scheduler = walked.run().of(SchedulerStep)[0].scheduler
    assert isinstance(scheduler, Library)
    assert unit(scheduler, walked.training.loop.rounds) == wanted


@pytest.mark.parametrize(
    ("batch", "epoch", "wanted"),
    [
        ("schedule.step()", "pass", "batch"),
        ("pass", "schedule.step()", "epoch"),
        ("if index % 10 == 9: schedule.step()", "pass", None),
        ("pass", "if schedule is not None: schedule.step()", "epoch"),
    ],
)
def test_cadence(batch: str, epoch: str, wanted: str | None) -> None:
    made = "schedule = torch.optim.lr_scheduler.StepLR(optimizer, 5)\n"
    walked = walk(SETUP + made + LOOP.format(batch=batch, epoch=epoch))
    assert cadence(walked.run().of(SchedulerStep)[0], walked.training) == wanted


def test_a_factory_gives_the_schedule_and_its_number_of_epochs() -> None:
    made = "from timm.scheduler import create_scheduler_v2\nschedule, epochs = create_scheduler_v2(optimizer, num_epochs=20)\n"
    walked = walk(SETUP + made + LOOP.format(batch="pass", epoch="schedule.step(epoch + 1)"))
    scheduler = walked.run().of(SchedulerStep)[0].scheduler
    assert isinstance(scheduler, Library)
    assert scheduler.short == "create_scheduler_v2"
