"""Statements and expressions that training code is made of, beyond loops and calls."""

from __future__ import annotations

import pytest
from tracing import SETUP, walk

from trainlint.trace.events import Assigned, Backward, Forward, Made, OptimizerStep, Reported, Saved, Stopped

# Each of these is the body of a batch loop, or stands before the loops; all train on the training data alone.
STEP = """
for epoch in range(9):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
"""

BODIES = {
    "a tuple batch": "for batch in train_loader:\n    x, y = batch",
    "an indexed batch": "for batch in train_loader:\n    x, y = batch[0], batch[1]",
    "a starred batch": "for x, *rest in train_loader:\n    y = rest[0]",
    "a dict batch": "for batch in train_loader:\n    x, y = batch['image'], batch['label']",
    "moved by a comprehension": "for batch in train_loader:\n    x, y = [part.to('cuda') for part in batch]",
    "moved by a generator": "for batch in train_loader:\n    x, y = (part.to('cuda') for part in batch)",
    "moved by map": "for batch in train_loader:\n    x, y = map(lambda part: part.cuda(), batch)",
    "by iterator": "batches = iter(train_loader)\nfor _ in range(len(train_loader)):\n    x, y = next(batches)",
    "by islice": "from itertools import islice\nfor x, y in islice(train_loader, 10):\n    pass",
    "by walrus": "batches = iter(train_loader)\nwhile (batch := next(batches, None)) is not None:\n    x, y = batch",
    "by enumerate from one": "for i, (x, y) in enumerate(train_loader, start=1):\n    pass",
    "by zip": "for i, (x, y) in zip(range(10), train_loader):\n    pass",
    "two loaders at once": "for (x, y), (z, _) in zip(train_loader, train_loader):\n    x = torch.cat([x, z])",
    "by try": "for batch in train_loader:\n    try:\n        x, y = batch\n    except ValueError:\n        continue",
    "by index": "for i in range(len(train_set)):\n    x, y = train_set[i]",
    "reshaped": "for x, y in train_loader:\n    x = x.view(-1, 8).float() / 255.0\n    y = y.squeeze().long()",
    "mixed": "for x, y in train_loader:\n    order = torch.randperm(len(x))\n    x = 0.7 * x + 0.3 * x[order]",
    "by match": "for batch in train_loader:\n    match batch:\n        case [x, y]:\n            pass",
}


@pytest.mark.parametrize("way", BODIES)
def test_batches_keep_their_data(way: str) -> None:
    head = "\n".join("    " + line for line in BODIES[way].splitlines())
    inner = "        optimizer.zero_grad()\n        criterion(model(x), y).backward()\n        optimizer.step()\n"
    walked = walk(f"for epoch in range(9):\n{head}\n{inner}", setup=SETUP)
    training = walked.training
    assert training.loop.rounds == 9
    splits = {source.split for source in training.sources if source.part or source.split != "unknown"}
    assert splits == {"train"}
    (forward, *_) = training.of(Forward)
    assert {getattr(token, "split", "train") for token in forward.tokens} <= {"train", "unknown"}


def test_a_handler_of_lost_memory_adds_its_own_events() -> None:
    walked = walk(
        """
        for epoch in range(9):
            for x, y in train_loader:
                optimizer.zero_grad()
                try:
                    loss = criterion(model(x), y)
                    loss.backward()
                except RuntimeError as error:
                    print(error)
                    continue
                finally:
                    torch.cuda.empty_cache()
                optimizer.step()
        """,
        setup=SETUP,
    )
    training = walked.training
    assert not any(event.guards for event in training.steps)
    (reported, *_) = training.of(Reported)
    assert [guard.kind for guard in reported.guards] == ["try"]


def test_an_interrupt_around_the_training_leaves_it_as_it_is() -> None:
    walked = walk(
        """
        try:
            for epoch in range(9):
                for x, y in train_loader:
                    optimizer.zero_grad()
                    criterion(model(x), y).backward()
                    optimizer.step()
        except KeyboardInterrupt:
            torch.save(model.state_dict(), "interrupted.pt")
        print("done")
        """,
        setup=SETUP,
    )
    assert not any(event.guards for event in walked.training.events)
    (saved,) = walked.events(Saved)
    assert [guard.kind for guard in saved.guards] == ["try"]
    assert walked.lines(Reported)[-1] == 'print("done")'


def test_only_one_rank_saves() -> None:
    walked = walk(
        """
        def save():
            if torch.distributed.get_rank() != 0:
                return
            torch.save(model.state_dict(), "model.pt")

        save()
        torch.save(optimizer.state_dict(), "optimizer.pt")
        """,
        setup=SETUP,
    )
    model, optimizer = walked.events(Saved)
    assert [(guard.text, guard.side) for guard in model.guards] == [("torch.distributed.get_rank() != 0", False)]
    assert not optimizer.guards


def test_bad_input_that_is_refused_makes_nothing_conditional() -> None:
    walked = walk(
        """
        def check(x):
            if x.dim() != 2:
                raise ValueError("expected a matrix")
            if not torch.isfinite(x).all():
                raise ValueError("expected numbers")
            return x

        for epoch in range(9):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(check(x)), y).backward()
                optimizer.step()
        """,
        setup=SETUP,
    )
    assert not any(event.guards for event in walked.training.steps)


def test_the_best_so_far_is_kept_under_its_condition() -> None:
    walked = walk(
        STEP
        + """
    with torch.no_grad():
        val_loss = torch.stack([criterion(model(x), y) for x, y in val_loader]).mean()
    if best is None or val_loss < best:
        best = val_loss
""",
        setup=SETUP + "best = None\n",
    )
    (assigned, *_) = [event for event in walked.training.of(Assigned) if event.target == "best"]
    assert [guard.text for guard in assigned.guards] == ["best is None or val_loss < best"]


@pytest.mark.parametrize(
    ("ending", "how"),
    [
        ("sys.exit(1)", "exit"),
        ("exit()", "exit"),
        ("break", "break"),
    ],
)
def test_a_run_that_is_given_up(ending: str, how: str) -> None:
    walked = walk(f"import sys\n{STEP}        if loss.isnan():\n            {ending}\n", setup=SETUP)
    (stopped, *_) = walked.training.of(Stopped)
    assert stopped.how == how
    assert [guard.text for guard in stopped.guards] == ["loss.isnan()"]
    assert walked.training.steps


def test_a_chain_of_conditions_excludes_its_sides() -> None:
    walked = walk(
        """
        name = input()
        if name == "sgd":
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        elif name == "adam":
            optimizer = torch.optim.Adam(model.parameters())
        else:
            raise ValueError(name)
        """
        + STEP.replace("\n", "\n        "),
        setup=SETUP,
    )
    steps = walked.training.steps
    assert steps
    made = [event for event in walked.run().events if type(event).__name__ == "Made" and event.guards]
    assert len(made) == 2
    assert not made[0].compatible(made[1])


def test_match_takes_the_case_of_a_constant() -> None:
    walked = walk(
        """
        kind = "mse"
        match kind:
            case "ce":
                criterion = nn.CrossEntropyLoss()
            case "mse":
                criterion = nn.MSELoss()
        loss = criterion(model(torch.ones(2, 8)), torch.ones(2, 3))
        """,
        setup=SETUP,
    )
    (computed,) = [event for event in walked.run().events if type(event).__name__ == "LossComputed"]
    assert getattr(computed, "kind", None) == "mse"


def test_coroutines_are_followed_where_they_are_awaited() -> None:
    walked = walk(
        """
        import asyncio

        async def update(x, y):
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()

        async def main():
            for epoch in range(9):
                for x, y in train_loader:
                    await update(x, y)

        asyncio.run(main())
        """,
        setup=SETUP,
    )
    assert walked.training.loop.rounds == 9


def test_contexts_entered_on_a_stack() -> None:
    walked = walk(
        """
        from contextlib import ExitStack

        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            model(torch.ones(2, 8))
        model(torch.ones(2, 8))
        """,
        setup=SETUP,
    )
    assert [event.gradients for event in walked.events(Forward) if event.direct] == [False, True]


def test_deleted_and_rebound_names() -> None:
    walked = walk(
        """
        other = optimizer
        del optimizer
        optimizer = torch.optim.Adam(model.parameters())
        """
        + STEP.replace("\n", "\n        "),
        setup=SETUP,
    )
    assert {getattr(event.optimizer, "short", "") for event in walked.events(OptimizerStep)} == {"Adam"}
    assert len(walked.events(Backward)) == 4


def test_a_call_whose_result_is_thrown_away_happens_once() -> None:
    walked = walk(
        """
        def build():
            return nn.ModuleDict({"head": nn.Linear(8, 3)})

        def update(x, y):
            loss = criterion(model(x), y)
            loss.backward()
            return [loss]

        build().head.to("cuda")
        update(torch.randn(4, 8), torch.randint(0, 3, (4,)))[0].detach()
        """,
        setup=SETUP,
    )
    assert len(walked.events(Backward)) == 1
    made = [event.role for event in walked.events(Made) if walked.line(event.place).startswith("return")]
    assert made == ["module", "container"]
