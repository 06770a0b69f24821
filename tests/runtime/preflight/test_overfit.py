"""check_overfit: healthy networks learn by heart, broken ones are told apart by what they looked like."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from networks import Detached, Lstm, cnn, digits, mlp, regressor, transformer
from torch import Tensor, nn
from torch.nn import functional

from trainlint.runtime import Verdict, check_overfit

ADAM = partial(torch.optim.Adam, lr=1e-2)
CRITERION = nn.CrossEntropyLoss()


def targets() -> Tensor:
    """Something to regress on: how dark the upper half of each image is."""
    return digits()[0][:, :32].sum(1, keepdim=True)


@pytest.mark.parametrize(
    ("build", "optimizer"),
    [
        (mlp, ADAM),
        (mlp, None),
        (mlp, partial(torch.optim.SGD, lr=0.1, momentum=0.9)),
        (mlp, torch.optim.LBFGS),
        (cnn, ADAM),
        (Lstm, ADAM),
        (transformer, ADAM),
    ],
)
def test_healthy_networks_learn_ten_samples_by_heart(build: Callable[[], nn.Module], optimizer: Any) -> None:
    report = check_overfit(build(), *digits(), CRITERION, optimizer)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.losses[-1] <= report.goal < report.losses[0]


@pytest.mark.parametrize(
    ("model", "answers", "loss"),
    [
        (mlp, lambda: digits()[1], nn.CrossEntropyLoss(label_smoothing=0.1)),
        (lambda: mlp(nn.LogSoftmax(1)), lambda: digits()[1], nn.NLLLoss()),
        (regressor, targets, nn.MSELoss()),
        (regressor, lambda: (digits()[1] > 4).float()[:, None], nn.BCEWithLogitsLoss()),
        (lambda: regressor(nn.Sigmoid()), lambda: (digits()[1] > 4).float()[:, None], nn.BCELoss()),
    ],
    ids=["smoothed", "nll", "mse", "bce", "probabilities"],
)
def test_near_zero_is_counted_from_what_a_perfect_answer_costs(
    model: Callable[[], nn.Module], answers: Callable[[], Tensor], loss: nn.Module
) -> None:
    report = check_overfit(model(), digits()[0], answers(), loss, ADAM)
    assert report.verdict is Verdict.PASS, str(report)


def test_the_trainings_own_optimizer_is_copied_with_its_groups() -> None:
    model = mlp()
    optimizer = torch.optim.AdamW(
        [{"params": model[0].parameters(), "lr": 1e-2}, {"params": model[3].parameters(), "lr": 3e-2}]
    )
    model(digits()[0][:4]).sum().backward()
    optimizer.step()
    report = check_overfit(model, *digits(), CRITERION, optimizer)
    assert report.verdict is Verdict.PASS, str(report)
    assert optimizer.state_dict()["state"][0]["step"] == 1


def dead() -> nn.Module:
    model = mlp()
    with torch.no_grad():
        model[0].bias.fill_(-100)
    return model


def zeroed() -> nn.Module:
    return mlp().apply(lambda layer: [nn.init.zeros_(parameter) for parameter in layer.parameters(False)] and None)


def frozen() -> nn.Module:
    return mlp().requires_grad_(False)


def detached_loss(output: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(output.detach(), labels)


def counted_errors(output: Tensor, labels: Tensor) -> Tensor:
    return (output.argmax(1) != labels).float().mean()


def negated(output: Tensor, labels: Tensor) -> Tensor:
    return -functional.cross_entropy(output, labels)


BOTTLENECK = (nn.Linear(64, 1), nn.Tanh(), nn.Linear(1, 10))
HEAVY = (nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.97), nn.Linear(32, 10))


@pytest.mark.parametrize(
    ("model", "loss", "optimizer", "cause", "code"),
    [
        (lambda: mlp(nn.Softmax(1)), CRITERION, ADAM, "softmax-twice", "TL601"),
        (lambda: mlp(nn.Softmax(0)), CRITERION, ADAM, "softmax-over-batch", "TL604"),
        (lambda: mlp(nn.ReLU()), CRITERION, ADAM, "rectified-logits", "TL607"),
        (mlp, negated, ADAM, "negated-loss", None),
        (mlp, detached_loss, ADAM, "loss-detached", "TL509"),
        (mlp, counted_errors, ADAM, "loss-detached", "TL509"),
        (frozen, CRITERION, ADAM, "frozen", None),
        (mlp, CRITERION, partial(torch.optim.SGD, lr=0.0), "frozen", "TL709"),
        (dead, CRITERION, ADAM, "constant-output", None),
        (zeroed, CRITERION, ADAM, "constant-output", None),
        (mlp, CRITERION, partial(torch.optim.SGD, lr=1e-6), "rate-too-small", "TL709"),
        (mlp, CRITERION, partial(torch.optim.Adam, lr=10.0), "rate-too-large", "TL709"),
        (mlp, CRITERION, partial(torch.optim.SGD, lr=1e4), "diverged", "TL709"),
        (lambda: nn.Sequential(*HEAVY), CRITERION, ADAM, "regularization-too-strong", None),
        (mlp, CRITERION, partial(torch.optim.Adam, lr=1e-2, weight_decay=3.0), "regularization-too-strong", None),
        (lambda: nn.Sequential(*BOTTLENECK), CRITERION, ADAM, "too-small", None),
    ],
)
def test_a_failure_says_what_it_looked_like(
    model: Callable[[], nn.Module], loss: Any, optimizer: Any, cause: str, code: str | None
) -> None:
    report = check_overfit(model(), *digits(), loss, optimizer, steps=200)
    assert not report.ok
    (part,) = [part for part in report.failures if part.cause is not None]
    assert (part.cause, part.code) == (cause, code), str(report)
    assert part.advice


def test_a_term_that_is_too_strong_is_regularization() -> None:
    def decay(module: nn.Module) -> Tensor:
        return 30 * sum(parameter.square().sum() for parameter in module.parameters())

    report = check_overfit(mlp(), *digits(), CRITERION, ADAM, regularization=decay, steps=100)
    assert report.causes == ("regularization-too-strong",)


@pytest.mark.parametrize(
    ("last", "answers", "loss", "cause", "code"),
    [
        ((), lambda: targets()[:, 0], nn.MSELoss(), "broadcast-targets", None),
        ((nn.Sigmoid(),), targets, nn.MSELoss(), "bounded-output", None),
        (
            (nn.Sigmoid(),),
            lambda: (digits()[1] > 4).float()[:, None],
            nn.BCEWithLogitsLoss(),
            "sigmoid-before-bce-with-logits",
            "TL602",
        ),
    ],
)
def test_regressions_and_binary_outputs_that_cannot_fit(
    last: tuple[nn.Module, ...], answers: Callable[[], Tensor], loss: nn.Module, cause: str, code: str | None
) -> None:
    report = check_overfit(regressor(*last), digits()[0], answers(), loss, ADAM, steps=100)
    assert (report.causes, report.codes) == ((cause,), () if code is None else (code,))


def test_equal_inputs_with_different_targets_are_no_fault_of_the_network() -> None:
    images, labels = digits()
    report = check_overfit(mlp(), torch.zeros_like(images), labels, CRITERION, ADAM, steps=50)
    assert report.causes == ("contradictory-targets",)


def test_a_head_that_the_optimizer_does_not_hold_is_found_although_the_rest_fits() -> None:
    model = mlp(dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    model[3] = nn.Linear(32, 10)
    report = check_overfit(model, *digits(), CRITERION, optimizer)
    assert report.part("overfitting").verdict is Verdict.PASS
    assert (report.part("parameters").cause, report.codes) == ("stale-parameters", ("TL513",))


def test_an_optimizer_of_the_new_head_alone_is_meant_so() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    report = check_overfit(model, *digits(), CRITERION, torch.optim.Adam(model[3].parameters(), lr=1e-2), steps=400)
    assert report.part("parameters").verdict is Verdict.PASS


def test_a_body_alone_in_the_optimizer_is_found() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    report = check_overfit(model, *digits(), CRITERION, torch.optim.Adam(model[1].parameters(), lr=1e-2), steps=400)
    assert (report.part("parameters").cause, report.codes) == ("parameters-left-out", ("TL527",))


def test_a_body_without_gradient_is_found_although_the_head_fits() -> None:
    report = check_overfit(Detached(), *digits(), CRITERION, ADAM)
    part = report.part("parameters")
    assert (part.verdict, part.cause, part.code) == (Verdict.WARN, "detached", "TL509")


def test_a_training_that_still_falls_is_slow_and_no_failure() -> None:
    report = check_overfit(mlp(dropout=0.0), *digits(), CRITERION, partial(torch.optim.SGD, lr=0.02))
    assert (report.verdict, report.causes) == (Verdict.WARN, ("slow",))


def test_samples_are_taken_from_the_classes_in_turn() -> None:
    images, labels = digits()
    order = labels.argsort()
    seen: list[Tensor] = []

    def spy(output: Tensor, answers: Tensor) -> Tensor:
        seen.append(answers)
        return functional.cross_entropy(output, answers)

    check_overfit(mlp(), images[order], labels[order], spy, ADAM, samples=20, steps=10)
    assert torch.equal(seen[0].bincount(), torch.full((10,), 2))


def test_models_with_their_own_loss_and_mappings() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp(dropout=0.0)

        def forward(self, rows: Tensor, labels: Tensor) -> dict[str, Tensor]:
            scores = self.net(rows)
            return {"loss": functional.cross_entropy(scores, labels), "logits": scores}

    images, labels = digits()
    report = check_overfit(Own(), {"rows": images, "labels": labels}, optimizer=ADAM)
    assert report.verdict is Verdict.PASS, str(report)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"samples": 50}, ValueError, "samples must be 5 to 20, not 50"),
        ({"steps": 0}, ValueError, "steps must be positive"),
        ({"optimizer": 3}, TypeError, "not int"),
        ({"optimizer": lambda parameters: None}, TypeError, "returned NoneType, not an optimizer"),
    ],
)
def test_bad_input_gets_one_clear_line(settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_overfit(mlp(), *digits(), CRITERION, **settings)


def test_few_samples_are_used_and_mentioned() -> None:
    images, labels = digits()
    report = check_overfit(mlp(), images[:3], labels[:3], CRITERION, ADAM)
    assert report.notes == ("only 3 samples were given: 5 to 20 tell more",)
    assert math.isfinite(report.losses[-1])


class KeepsHidden(nn.Module):
    """A recurrent network that carries its state from one batch to the next."""

    def __init__(self, detach: bool) -> None:
        super().__init__()
        self.cell, self.head, self.detach = nn.GRUCell(64, 32), nn.Linear(32, 10), detach
        self.hidden: Tensor | None = None

    def forward(self, rows: Tensor) -> Tensor:
        hidden = self.cell(rows, self.hidden)
        if self.training:
            self.hidden = hidden.detach() if self.detach else hidden
        return self.head(hidden)


@pytest.mark.parametrize("optimizer", [ADAM, torch.optim.LBFGS])
def test_a_hidden_state_that_keeps_its_graph_is_a_part_of_the_report(optimizer: Any) -> None:
    model = KeepsHidden(detach=False)
    report = check_overfit(model, *digits(), CRITERION, optimizer)
    (part,) = [part for part in report.failures if part.cause is not None]
    assert (part.cause, part.code) == ("graph-retained", "TL519"), str(report)
    assert "hidden.detach()" in part.advice
    assert model.hidden is None
    assert check_overfit(KeepsHidden(detach=True), *digits(), CRITERION, ADAM).ok


def test_another_error_of_the_model_is_let_through() -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.calls = mlp(dropout=0.0), 0

        def forward(self, rows: Tensor) -> Tensor:
            self.calls += self.training
            if self.calls > 3:
                raise RuntimeError("out of luck")
            return self.net(rows)

    with pytest.raises(RuntimeError, match="out of luck"):
        check_overfit(Broken(), *digits(), CRITERION, ADAM)
