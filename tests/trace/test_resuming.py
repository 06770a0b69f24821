"""What a run takes over from a checkpoint, and what it forgets."""

from __future__ import annotations

import textwrap

import pytest
from tracing import SETUP, walk

from trainlint.trace.events import LoadFailureCaught, Restored, Saved
from trainlint.trace.queries_resuming import forgotten_best, forgotten_optimizers, forgotten_schedulers, resumptions

TRAINING = """
for epoch in range({begin}, 9):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
"""
READ = "state = torch.load(path)\nmodel.load_state_dict(state['model'])\n"


def resumed(before: str, *, begin: str = "start", after: str = "") -> list[tuple[bool, bool, bool]]:
    """Of each resumption in a program, whether the optimizer, the schedule and the best value are forgotten."""
    run = walk(SETUP + before + TRAINING.format(begin=begin) + after).run()
    return [
        (bool(forgotten_optimizers(found)), bool(forgotten_schedulers(found)), forgotten_best(found) is not None)
        for found in resumptions(run)
    ]


RESUMPTIONS = {
    "start = state['epoch']": True,
    "start = state.get('epoch', 0) + 1": True,
    "start, name = state['epoch'], state['name']": True,
    "start = int(state['epoch'])": True,
    "last = state['epoch']": False,
    "print(state['epoch'])": False,
    "start = 0": False,
}


@pytest.mark.parametrize(("restoring", "wanted"), RESUMPTIONS.items())
def test_a_run_resumes_where_its_loop_begins_at_what_was_saved(restoring: str, wanted: bool) -> None:
    assert bool(resumed(READ + restoring + "\n")) is wanted


@pytest.mark.parametrize(
    ("begin", "wanted"),
    [
        ("start_epoch", True),
        ("args.start_epoch", True),
        ("opt.epoch", True),
        ("args.warmup_epochs", False),
        ("0", False),
    ],
)
def test_a_run_resumes_where_its_loop_begins_at_an_option(begin: str, wanted: bool) -> None:
    assert bool(resumed("from options import start_epoch, args, opt\n" + READ, begin=begin)) is wanted


STEPS = """
for step in range(9):
    {condition}
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("if step <= resume_step: continue", True),
        ("if step - last_step > 3: break", False),
        ("if step > ema_start_step: print(step)", False),
    ],
)
def test_a_run_resumes_where_it_skips_the_rounds_before(condition: str, wanted: bool) -> None:
    before = "from options import resume_step, last_step, ema_start_step\nx, y = next(iter(train_loader))\n" + READ
    assert bool(list(resumptions(walk(SETUP + before + STEPS.format(condition=condition)).run()))) is wanted


STATES = {
    "": (True, False),
    "optimizer.load_state_dict(state['optimizer'])\n": (False, False),
    "restore_all(optimizer, state)\n": (False, False),
    "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n": (False, False),
}


@pytest.mark.parametrize(("more", "wanted"), STATES.items())
def test_the_optimizer_comes_back_by_its_state(more: str, wanted: tuple[bool, bool]) -> None:
    before = "from project import restore_all\n" + READ + "start = state['epoch']\n" + more
    assert [found[:2] for found in resumed(before)] == [wanted]


SCHEDULES = {
    "": True,
    "schedule.load_state_dict(state['schedule'])\n": False,
    "for _ in range(start):\n    schedule.step()\n": False,
    "schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3, last_epoch=start)\n": False,
}


@pytest.mark.parametrize(("more", "wanted"), SCHEDULES.items())
def test_the_schedule_comes_back_by_its_state_or_its_steps(more: str, wanted: bool) -> None:
    made = "schedule = torch.optim.lr_scheduler.StepLR(optimizer, 3)\n"
    loads = "optimizer.load_state_dict(state['optimizer'])\nstart = state['epoch']\n"
    assert resumed(READ + made + loads + more, after="    schedule.step()\n") == [(False, wanted, False)]


BEST = """
    with torch.no_grad():
        val_loss = sum(criterion(model(x), y).item() for x, y in val_loader)
    if val_loss < best:
        best = val_loss
        torch.save(model.state_dict(), "best.pt")
"""


@pytest.mark.parametrize(("restored", "wanted"), [("best = 9.0", True), ("best = state['best']", False)])
def test_the_best_value_comes_back_by_its_key(restored: str, wanted: bool) -> None:
    before = READ + "start = state['epoch']\n" + restored + "\n"
    assert [found[2] for found in resumed(before, after=BEST)] == [wanted]


def test_what_is_restored_is_told_with_its_name_and_key() -> None:
    found = walk(SETUP + READ + "start, best = state['epoch'], state['acc']\n").events(Restored)
    assert [(event.target, event.key) for event in found] == [("start", "epoch"), ("best", "acc")]


HANDLERS = {
    "except Exception:\n    pass": True,
    "except:\n    print('from scratch')": True,
    "except (KeyError, Exception):\n    state = None": True,
    "except FileNotFoundError:\n    pass": False,
    "except (RuntimeError, KeyError):\n    pass": False,
    "except Exception:\n    raise": False,
    "except Exception:\n    exit(1)": False,
}


@pytest.mark.parametrize(("handler", "wanted"), HANDLERS.items())
def test_a_handler_of_anything_swallows_what_goes_wrong(handler: str, wanted: bool) -> None:
    program = f"path = 'last.pt'\ntry:\n    model.load_state_dict(torch.load(path))\n{handler}\n"
    assert bool(walk(SETUP + program).events(LoadFailureCaught)) is wanted


def test_a_file_is_told_by_the_names_that_its_name_is_made_of() -> None:
    program = """
    import os

    def save(folder, rank, step):
        name = f"part-{rank}.pt"
        torch.save(model.state_dict(), os.path.join(folder, name))

    save("runs", 0, 1)
    """
    (saved,) = walk(SETUP + textwrap.dedent(program)).events(Saved)
    assert {"folder", "name", "rank"} <= saved.file
