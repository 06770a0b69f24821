"""Calls: what a helper does happens where it is called, however it is written and called."""

from __future__ import annotations

import pytest
from tracing import SETUP, Walk, walk

from trainlint.trace.events import Backward, Forward, Made, OptimizerStep, Reported, SchedulerStep, ZeroGrad
from trainlint.trace.tokens import Source
from trainlint.trace.values import Constant, Library

STEP = """
    def step(model, batch, optimizer, criterion):
        x, y = batch
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()
"""


def loaders(walked: Walk) -> list[Library]:
    made = [event.thing for event in walked.events(Made) if event.role == "loader"]
    return [thing for thing in made if isinstance(thing, Library)]


WAYS = {
    "positionally": STEP + "    update = lambda batch: step(model, batch, optimizer, criterion)\n",
    "by keywords": STEP
    + "    update = lambda batch: step(criterion=criterion, optimizer=optimizer, batch=batch, model=model)\n",
    "partially": STEP
    + """
    from functools import partial
    update = partial(step, model, optimizer=optimizer, criterion=criterion)
""",
    "by a dict": STEP
    + """
    parts = {"optimizer": optimizer, "criterion": criterion}
    def update(batch):
        return step(model, batch, **parts)
""",
    "by a list": STEP
    + """
    def update(batch):
        return step(*[model, batch, optimizer, criterion])
""",
    "passing everything on": STEP
    + """
    def forwarding(*args, **kwargs):
        return step(*args, **kwargs)
    def update(batch):
        return forwarding(model, batch, criterion=criterion, optimizer=optimizer)
""",
    "as a closure": """
    def make_update(model, optimizer):
        def update(batch):
            x, y = batch
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()
        return update
    update = make_update(model, optimizer)
""",
    "with globals": """
    def update(batch):
        global last
        x, y = batch
        optimizer.zero_grad()
        last = criterion(model(x), y)
        last.backward()
        optimizer.step()
        return last.item()
""",
    "by a table": STEP
    + """
    STEPS = {"plain": step}
    def update(batch):
        return STEPS["plain"](model, batch, optimizer, criterion)
""",
    "as a default": STEP
    + """
    def update(batch, model=model, step=step):
        return step(model, batch, optimizer, criterion)
""",
    "timed by a decorator": """
    import functools
    import time

    def timed(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            start = time.time()
            result = function(*args, **kwargs)
            print(time.time() - start)
            return result
        return wrapper

    @timed
    def update(batch):
        x, y = batch
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()
""",
    "compiled": STEP
    + """
    @torch.compile
    def update(batch):
        return step(model, batch, optimizer, criterion)
""",
    "by a decorator with arguments": """
    def repeat(times):
        def decorate(function):
            def wrapper(*args):
                for _ in range(times):
                    result = function(*args)
                return result
            return wrapper
        return decorate

    @repeat(times=1)
    def update(batch):
        x, y = batch
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()
""",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_helper_is_followed(way: str) -> None:
    walked = walk(
        WAYS[way]
        + """
    for epoch in range(6):
        for batch in train_loader:
            loss = update(batch)
        print(loss)
""",
        setup=SETUP,
    )
    training = walked.training
    assert walked.line(training.loop.place) == "for epoch in range(6):"
    assert {source.split for source in training.sources} >= {"train"}
    kinds = [
        type(event) for event in training.events if isinstance(event, ZeroGrad | Forward | Backward | OptimizerStep)
    ]
    assert kinds[:4] == [ZeroGrad, Forward, Backward, OptimizerStep]
    assert not training.escaped()


def test_a_decorator_that_turns_gradients_off() -> None:
    walked = walk(
        """
        import functools

        def frozen(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                model.eval()
                with torch.no_grad():
                    result = function(*args, **kwargs)
                model.train()
                return result
            return wrapper

        @frozen
        def evaluate(loader):
            return [criterion(model(x), y).item() for x, y in loader]

        for epoch in range(6):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            print(evaluate(val_loader))
        """,
        setup=SETUP,
    )
    evaluation = walked.training.evaluations[0]
    assert evaluation.split == "validation"
    assert evaluation.forward is not None
    assert (evaluation.forward.mode, evaluation.forward.gradients) == ("eval", False)
    assert {event.mode for event in walked.events(Forward) if event.gradients} == {"train"}


def test_nonlocal_names_are_those_of_the_function_around() -> None:
    walked = walk(
        """
        def fit():
            current = None

            def compute(batch):
                nonlocal current
                current = criterion(model(batch[0]), batch[1])

            for epoch in range(3):
                for batch in train_loader:
                    compute(batch)
                    optimizer.zero_grad()
                    current.backward()
                    optimizer.step()

        fit()
        """,
        setup=SETUP,
    )
    (backward, *_) = walked.training.backwards
    assert {source.split for source in walked.training.sources} >= {"train"}
    assert walked.line(backward.place) == "current.backward()"


def test_options_of_a_loader_may_come_from_a_dict() -> None:
    walked = walk(
        """
        import torch
        from torch.utils.data import DataLoader, TensorDataset

        common = {"batch_size": 32, "num_workers": 2}
        if torch.cuda.is_available():
            common.update({"pin_memory": True})
        train_kwargs = dict(common, shuffle=True)
        data = TensorDataset(torch.randn(64, 8))
        train_loader = DataLoader(data, **train_kwargs)
        val_loader = DataLoader(data, drop_last=False, **common)
        for batch in train_loader:
            print(batch)
        """
    )
    train, val = loaders(walked)
    assert (train.constant("shuffle"), train.constant("batch_size"), train.constant("num_workers")) == (True, 32, 2)
    assert (val.constant("batch_size"), val.constant("drop_last"), val.constant("num_workers")) == (32, False, 2)


def test_recursion_ends() -> None:
    walked = walk(
        """
        def freeze(module, depth=0):
            for parameter in module.parameters():
                parameter.requires_grad = False
            for child in module.children():
                freeze(child, depth + 1)

        def fit(rounds):
            if rounds == 0:
                return
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            fit(rounds - 1)

        def countdown(n):
            return countdown(n - 1)

        freeze(model)
        fit(10)
        countdown(torch.randint(5, (1,)))
        """,
        setup=SETUP,
    )
    assert walked.run().complete
    assert walked.events(OptimizerStep)


def test_a_generator_gives_its_batches_where_it_is_iterated() -> None:
    walked = walk(
        """
        def batches(loader, device):
            for x, y in loader:
                yield x.to(device), y.to(device)

        def forever(loader):
            while True:
                yield from loader

        for epoch in range(3):
            for x, y in batches(train_loader, "cuda"):
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                for x, y in batches(val_loader, "cuda"):
                    print(criterion(model(x), y))
            model.train()

        stream = forever(val_loader)
        x, y = next(stream)
        print(criterion(model(x), y))
        """,
        setup=SETUP,
    )
    training = walked.training
    assert {source.split for source in training.sources if source.part} == {"train"}
    assert walked.splits == ["validation"]
    last = walked.events(Forward)[-1]
    assert "validation" in {getattr(token, "split", None) for token in last.tokens}


def test_a_context_manager_of_the_project_frames_what_it_holds() -> None:
    walked = walk(
        """
        from contextlib import contextmanager

        @contextmanager
        def evaluating(network):
            network.eval()
            with torch.no_grad():
                yield network
            network.train()

        class Timer:
            def __enter__(self):
                return self

            def __exit__(self, *details):
                print("took long")

        for epoch in range(3):
            with Timer():
                for x, y in train_loader:
                    optimizer.zero_grad()
                    criterion(model(x), y).backward()
                    optimizer.step()
            with evaluating(model):
                for x, y in val_loader:
                    print(criterion(model(x), y))
        """,
        setup=SETUP,
    )
    evaluation = walked.training.evaluations[0]
    assert evaluation.forward is not None
    assert (evaluation.forward.mode, evaluation.forward.gradients) == ("eval", False)
    for backward in walked.training.backwards:
        assert backward.gradients is True


@pytest.mark.parametrize(
    "start",
    [
        "torch.multiprocessing.spawn(work, args=(1e-3,), nprocs=2)",
        "torch.multiprocessing.spawn(fn=work, args=(1e-3,), nprocs=2)",
        "torch.multiprocessing.Process(target=work, args=(0, 1e-3)).start()",
        "torch.multiprocessing.Process(None, work, None, (0, 1e-3)).start()",
    ],
)
def test_what_runs_in_another_process_is_followed(start: str) -> None:
    walked = walk(
        f"""
        def work(rank, lr):
            adam = torch.optim.Adam(model.parameters(), lr=lr)

        {start}
        """,
        setup=SETUP,
    )
    made = [event.thing for event in walked.events(Made) if event.role == "optimizer"]
    rates = [thing.constant("lr") for thing in made if isinstance(thing, Library) and thing.short == "Adam"]
    assert rates == [1e-3]


@pytest.mark.parametrize("given", ["x", "(x,)"])
def test_a_library_that_applies_a_network_gives_it_the_data(given: str) -> None:
    walked = walk(
        f"""
        for x, y in val_loader:
            torch.func.functional_call(model, dict(model.named_parameters()), {given})
        """,
        setup=SETUP,
    )
    forward = walked.events(Forward)[0]
    assert {token.split for token in forward.tokens if isinstance(token, Source)} == {"validation"}


def test_unknown_code_takes_what_it_is_given() -> None:
    walked = walk(
        """
        from somewhere import train_for_me

        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            train_for_me(model, val_loader, epoch=epoch)
        """,
        setup=SETUP,
    )
    (escaped, *_) = walked.training.escaped()
    assert escaped.callee.endswith("train_for_me")
    assert "epoch" in escaped.keywords
    assert walked.training.may_evaluate


def test_calls_lead_from_the_script_to_the_event() -> None:
    walked = walk(
        """
        def compute(x, y):
            return criterion(model(x), y)

        def update(batch):
            optimizer.zero_grad()
            compute(*batch).backward()
            optimizer.step()

        for epoch in range(3):
            for batch in train_loader:
                update(batch)
        """,
        setup=SETUP,
    )
    forward = walked.events(Forward)[0]
    assert [walked.line(call.place) for call in forward.calls] == ["update(batch)", "compute(*batch).backward()"]
    assert [call.function for call in forward.calls] == ["update", "compute"]
    assert len(walked.events(Backward)[0].calls) == 1


def test_a_function_that_nothing_calls_is_walked_alone() -> None:
    walked = walk(
        {
            "engine.py": """
                import torch

                def fit(model, train_loader, val_loader, criterion, epochs):
                    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                    for epoch in range(epochs):
                        model.train()
                        for x, y in train_loader:
                            optimizer.zero_grad()
                            criterion(model(x), y).backward()
                            optimizer.step()
                        model.eval()
                        with torch.no_grad():
                            print(sum(criterion(model(x), y).item() for x, y in val_loader))
            """
        }
    )
    (run,) = [run for run in walked.trace.runs if run.kind == "function"]
    (training,) = run.trainings
    assert {evaluation.split for evaluation in training.evaluations} == {"validation"}


def test_several_return_values_keep_their_places() -> None:
    walked = walk(
        """
        def make(kind):
            if kind == "adam":
                return torch.optim.Adam(model.parameters()), None
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 10)

        optimizer, scheduler = make(input())
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
            if scheduler is not None:
                scheduler.step()
        """,
        setup=SETUP,
    )
    assert walked.lines(SchedulerStep) == ["scheduler.step()"]
    assert walked.lines(OptimizerStep) == ["optimizer.step()"]


def test_a_default_is_a_constant_that_callers_may_change() -> None:
    walked = walk(
        """
        def log(loss, verbose=True):
            if verbose:
                print(loss)

        for x, y in train_loader:
            log(criterion(model(x), y))
            log(criterion(model(x), y), verbose=False)
        """,
        setup=SETUP,
    )
    reported = [event for event in walked.events(Reported) if event.how == "print"]
    assert reported
    for event in reported:
        assert not event.offered
        (guard,) = event.guards
        assert isinstance(guard.test, Constant)
        assert guard.test.value is True
