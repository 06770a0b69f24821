"""Zeroing, backward, step and modes, each spoilt in a loop that is otherwise right."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.runtime.monitor.conftest import Problem, names


def test_a_right_loop_is_fine(problem: Problem) -> None:
    assert names(problem.watched(epochs=8)) == []


def test_gradients_that_are_never_zeroed(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        problem.optimizer.step()
        return loss

    problem.optimizer = torch.optim.Adam(problem.model.parameters(), lr=1e-3)
    findings = problem.watched(step=step).findings()
    assert (findings[0].name, findings[0].code) == ("missing-zero-grad", "TL501")


def test_zeroing_in_place_by_data_is_zeroing(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        for parameter in problem.model.parameters():
            if parameter.grad is not None:
                parameter.grad.data.zero_()
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        problem.optimizer.step()
        return loss

    assert names(problem.watched(step=step)) == []


def test_zeroing_between_forward_and_backward_is_zeroing(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        problem.optimizer.zero_grad(set_to_none=False)
        loss.backward()  # type: ignore[no-untyped-call]
        problem.optimizer.step()
        return loss

    assert names(problem.watched(step=step)) == []


def test_gradients_zeroed_before_the_step(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        problem.optimizer.zero_grad(set_to_none=False)
        problem.optimizer.step()
        return loss

    assert names(problem.watched(step=step))[0] == "gradients-discarded"


def accumulating(problem: Problem, divide: float, zero_each: bool) -> list[str]:
    count = 0

    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal count
        if zero_each:
            problem.optimizer.zero_grad()
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        (loss / divide).backward()  # type: ignore[no-untyped-call]
        count += 1
        if count % 4 == 0:
            problem.optimizer.step()
            problem.optimizer.zero_grad()
        return loss

    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.2)
    return names(problem.watched(epochs=12, step=step))


def test_accumulation_that_averages(problem: Problem) -> None:
    assert accumulating(problem, divide=4.0, zero_each=False) == []


def test_accumulation_that_adds_up(problem: Problem) -> None:
    assert accumulating(problem, divide=1.0, zero_each=False) == ["accumulation-unscaled"]


def test_accumulation_that_zeroes_each_micro_batch(problem: Problem) -> None:
    assert accumulating(problem, divide=4.0, zero_each=True)[0] == "gradients-discarded"


def test_two_losses_with_a_backward_each_are_no_accumulation(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        problem.optimizer.zero_grad()
        first: Tensor = problem.criterion(problem.model(inputs[:16]), targets[:16])
        second: Tensor = problem.criterion(problem.model(inputs[16:]), targets[16:])
        first.backward()  # type: ignore[no-untyped-call]
        second.backward()  # type: ignore[no-untyped-call]
        problem.optimizer.step()
        return first.detach() + second.detach()

    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.05)
    assert names(problem.watched(step=step)) == []


def test_a_backward_without_steps(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        problem.optimizer.zero_grad()
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    found = problem.watched(epochs=12, step=step).findings()
    assert (found[0].name, found[0].code) == ("incomplete-step", "TL503")


def test_an_optimizer_made_anew_in_each_step(problem: Problem) -> None:
    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1)
        optimizer.zero_grad()
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss

    assert names(problem.watched(step=step)) == ["optimizer-recreated"]


def with_dropout(problem: Problem) -> Problem:
    problem.model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 5))
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    return problem


def test_evaluating_in_train_mode(problem: Problem) -> None:
    model = with_dropout(problem).model
    model.eval = lambda: model  # type: ignore[method-assign]
    assert names(problem.watched()) == ["evaluation-in-train-mode"]


def test_evaluating_in_train_mode_matters_to_no_plain_network(problem: Problem) -> None:
    model = problem.model
    model.eval = lambda: model  # type: ignore[method-assign]
    assert names(problem.watched()) == []


def test_training_goes_on_in_eval_mode(problem: Problem) -> None:
    model = with_dropout(problem).model
    model.train = lambda mode=True: model if mode else nn.Module.train(model, False)  # type: ignore[method-assign]
    (finding,) = problem.watched().findings()
    assert (finding.name, finding.step) == ("train-mode-not-restored", 10)
    assert "an evaluation switched it" in finding.message


def test_the_last_incomplete_group_of_an_accumulation_is_no_evaluation(problem: Problem) -> None:
    count = 0

    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        nonlocal count
        loss: Tensor = problem.criterion(problem.model(inputs), targets)
        (loss / 4).backward()  # type: ignore[no-untyped-call]
        count += 1
        if count % 4 == 0:
            problem.optimizer.step()
            problem.optimizer.zero_grad()
        return loss

    with_dropout(problem)
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.2)
    assert names(problem.watched(epochs=9, step=step)) == []


def test_gradients_in_an_evaluation_are_advice(problem: Problem) -> None:
    from trainlint.runtime import TrainingMonitor

    with TrainingMonitor(problem.model, problem.optimizer) as monitor:
        for inputs, targets in problem.batches():
            monitor.step(problem.step(inputs, targets))
        problem.model.eval()
        monitor.validate(problem.criterion(problem.model(problem.inputs), problem.targets))
    assert names(monitor) == ["evaluation-tracks-gradients"]
