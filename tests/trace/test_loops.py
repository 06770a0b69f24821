"""Loops: which one counts epochs, which one goes over batches, and what one round leaves to the next."""

from __future__ import annotations

import pytest
from tracing import SETUP, walk

from trainlint.trace.events import (
    Accumulated,
    Backward,
    Forward,
    Iterated,
    LossComputed,
    OptimizerStep,
    Reported,
    Stopped,
)
from trainlint.trace.tokens import Source


def test_the_epoch_loop_holds_the_batch_loop() -> None:
    walked = walk(
        """
        for epoch in range(10):
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert walked.line(training.loop.place) == "for epoch in range(10):"
    assert training.loop.rounds == 10
    assert walked.line(training.batch_loop.place) == "for x, y in train_loader:"
    assert {source.split for source in training.sources} >= {"train"}


def test_every_body_is_walked_twice() -> None:
    walked = walk(
        """
        for epoch in range(10):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
        """,
        setup=SETUP,
    )
    training = walked.training
    rounds = [tuple(frame.round for frame in event.frames) for event in training.backwards]
    assert rounds == [(0, 0), (0, 1), (1, 0), (1, 1)]


PHASES = {
    "a list and a dict": """
        loaders = {"train": train_loader, "val": val_loader}
        for epoch in range(5):
            for phase in ["train", "val"]:
                if phase == "train":
                    model.train()
                else:
                    model.eval()
                for x, y in loaders[phase]:
                    optimizer.zero_grad()
                    with torch.set_grad_enabled(phase == "train"):
                        loss = criterion(model(x), y)
                        if phase == "train":
                            loss.backward()
                            optimizer.step()
                print(phase, loss.item())
    """,
    "the items of a dict": """
        for epoch in range(5):
            for phase, loader in {"train": train_loader, "val": val_loader}.items():
                training = phase == "train"
                model.train(training)
                for x, y in loader:
                    with torch.set_grad_enabled(training):
                        loss = criterion(model(x), y)
                    if training:
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                print(phase, loss.item())
    """,
    "zipped lists": """
        for epoch in range(5):
            for is_train, loader in zip((True, False), (train_loader, val_loader)):
                model.train() if is_train else model.eval()
                for x, y in loader:
                    with torch.set_grad_enabled(is_train):
                        loss = criterion(model(x), y)
                    if is_train:
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                print(loss.item())
    """,
    "a dict comprehension": """
        sets = {"train": train_set, "val": val_set}
        loaders = {name: DataLoader(sets[name], batch_size=4, shuffle=name == "train") for name in ["train", "val"]}
        for epoch in range(5):
            for phase in ("train", "val"):
                model.train(phase == "train")
                for x, y in loaders[phase]:
                    with torch.set_grad_enabled(phase == "train"):
                        loss = criterion(model(x), y)
                    if phase == "train":
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                print(loss.item())
    """,
}


@pytest.mark.parametrize("phases", PHASES)
def test_loops_over_phases_are_walked_phase_by_phase(phases: str) -> None:
    walked = walk(PHASES[phases], setup=SETUP)
    training = walked.training
    assert walked.line(training.loop.place) == "for epoch in range(5):"
    assert {source.split for source in training.sources if source.part} == {"train"}
    assert walked.splits == ["validation"]
    for event in training.of(Forward):
        split = {token.split for token in event.tokens if isinstance(token, Source) and token.part}
        assert (event.mode, event.gradients) == (("train", True) if split == {"train"} else ("eval", False))


def test_a_counter_is_no_constant_in_the_loop_that_advances_it() -> None:
    walked = walk(
        """
        step = 0
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                if step % 100 == 0:
                    print(step, loss.item())
                step += 1
        """,
        setup=SETUP,
    )
    for reported in walked.events(Reported):
        assert [(guard.text, guard.side) for guard in reported.guards] == [("step % 100 == 0", True)]
    assert walked.lines(Reported) == ["print(step, loss.item())"]


def test_gradient_accumulation_steps_under_its_condition() -> None:
    walked = walk(
        """
        for epoch in range(3):
            for i, (x, y) in enumerate(train_loader):
                loss = criterion(model(x), y) / 4
                loss.backward()
                if (i + 1) % 4 == 0:
                    optimizer.step()
                    optimizer.zero_grad()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert not any(event.guards for event in training.backwards)
    assert {guard.text for event in training.steps for guard in event.guards} == {"(i + 1) % 4 == 0"}


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("iteration = 0\nwhile iteration < 1000:\n    iteration += 1", "while iteration < 1000:"),
        ("while True:", "while True:"),
        ("import itertools\nfor step in itertools.count():", "for step in itertools.count():"),
    ],
)
def test_training_by_iterations(head: str, line: str) -> None:
    body = """
    try:
        x, y = next(batches)
    except StopIteration:
        batches = iter(train_loader)
        x, y = next(batches)
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if loss.item() < 0.01:
        break
"""
    walked = walk("batches = iter(train_loader)\n" + head + body, setup=SETUP)
    training = walked.training
    assert walked.line(training.loop.place) == line
    assert {source.split for source in training.sources} >= {"train"}
    assert [event.how for event in training.of(Stopped)][:1] == ["break"]


def test_early_stopping_leaves_the_loop_under_its_condition() -> None:
    walked = walk(
        """
        best, patience = float("inf"), 0
        for epoch in range(100):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                val_loss = sum(criterion(model(x), y).item() for x, y in val_loader)
            model.train()
            if val_loss < best:
                best, patience = val_loss, 0
                torch.save(model.state_dict(), "best.pt")
            else:
                patience += 1
                if patience == 5:
                    break
        """,
        setup=SETUP,
    )
    (stopped, *_) = walked.training.of(Stopped)
    assert stopped.how == "break"
    assert [(guard.text, guard.side) for guard in stopped.guards] == [
        ("val_loss < best", False),
        ("patience == 5", True),
    ]
    assert walked.splits == ["validation"]


def test_what_follows_an_early_return_is_reached() -> None:
    walked = walk(
        """
        def fit(epochs):
            for epoch in range(epochs):
                for x, y in train_loader:
                    loss = criterion(model(x), y)
                    if torch.isnan(loss):
                        return None
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
            return model

        fit(5)
        with torch.no_grad():
            for x, y in val_loader:
                print(criterion(model(x), y))
        """,
        setup=SETUP,
    )
    assert walked.training.steps
    assert "print(criterion(model(x), y))" in walked.lines(LossComputed)


def test_continue_skips_the_rest_of_a_round() -> None:
    walked = walk(
        """
        for epoch in range(5):
            for i, (x, y) in enumerate(train_loader):
                if i % 2 == 0:
                    continue
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            if epoch % 5:
                continue
            print("checkpoint")
        """,
        setup=SETUP,
    )
    step = walked.training.steps[0]
    assert [(guard.text, guard.side) for guard in step.guards] == [("i % 2 == 0", False)]


def test_a_sum_over_rounds_is_carried() -> None:
    walked = walk(
        """
        for epoch in range(5):
            total = 0.0
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                total = total + loss.item()
            print(total / len(train_loader))
        """,
        setup=SETUP,
    )
    sums = [event for event in walked.events(Accumulated) if event.into == "total"]
    assert {event.carried for event in sums} == {False, True}


def test_progress_bars_and_counters_are_seen_through() -> None:
    walked = walk(
        """
        from tqdm import tqdm

        for epoch in tqdm(range(4)):
            bar = tqdm(enumerate(train_loader), total=len(train_loader))
            for i, (x, y) in bar:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
                bar.set_postfix(loss=loss.item())
        """,
        setup=SETUP,
    )
    training = walked.training
    assert training.loop.rounds == 4
    assert walked.line(training.batch_loop.place) == "for i, (x, y) in bar:"
    (iterated, *_) = walked.events(Iterated)
    assert [source.split for source in iterated.sources] == ["train"]


def test_folds_that_make_a_network_each_are_no_epochs() -> None:
    walked = walk(
        """
        for fold in range(10):
            model = nn.Linear(8, 3)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(7):
                for x, y in train_loader:
                    optimizer.zero_grad()
                    criterion(model(x), y).backward()
                    optimizer.step()
        """,
        setup=SETUP,
    )
    assert walked.line(walked.training.loop.place) == "for epoch in range(7):"


def test_two_networks_in_one_loop_are_one_training() -> None:
    walked = walk(
        """
        critic = nn.Linear(3, 1)
        critic_optimizer = torch.optim.Adam(critic.parameters())
        for epoch in range(7):
            for x, y in train_loader:
                critic_optimizer.zero_grad()
                critic(model(x).detach()).mean().backward()
                critic_optimizer.step()
                optimizer.zero_grad()
                (-critic(model(x))).mean().backward()
                optimizer.step()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert len(training.models) == 2
    assert len({walked.line(event.place) for event in training.of(OptimizerStep)}) == 2


def test_an_else_of_a_loop_is_walked() -> None:
    walked = walk(
        """
        for epoch in range(7):
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                optimizer.step()
            else:
                with torch.no_grad():
                    for x, y in val_loader:
                        print(criterion(model(x), y))
        """,
        setup=SETUP,
    )
    assert walked.splits == ["validation"]


def test_a_loop_that_a_constant_forbids_is_not_walked() -> None:
    walked = walk("while False:\n    criterion(model(torch.randn(2, 8)), torch.zeros(2)).backward()\n", setup=SETUP)
    assert not walked.events(Backward)
