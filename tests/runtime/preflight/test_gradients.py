"""check_gradients: right networks pass, wrong ones are caught by name, kinks are no failures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import (
    AlwaysDropout,
    Detached,
    Lstm,
    ScaleFunction,
    WrongBackward,
    cnn,
    digits,
    mlp,
    regressor,
    resnet18,
    transformer,
)
from torch import Tensor, nn
from torch.autograd.gradcheck import GradcheckError
from torch.nn import functional

from trainlint.runtime import Verdict, check_gradients

CRITERION = nn.CrossEntropyLoss(weight=torch.linspace(0.5, 2, 10), label_smoothing=0.1)


def batch(count: int = 6) -> tuple[Tensor, Tensor]:
    images, labels = digits()
    return images[:count], labels[:count]


@pytest.mark.parametrize("build", [mlp, cnn, Lstm, transformer])
@pytest.mark.parametrize("batch_statistics", [False, True])
def test_healthy_networks_pass(build: Callable[[], nn.Module], batch_statistics: bool) -> None:
    images, labels = batch()
    report = check_gradients(build(), images, labels, CRITERION, batch_statistics=batch_statistics)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.worst < 1e-4
    assert report.part("gradients").evidence["compared"] > 20


def test_a_cnn_with_batch_norm_at_its_initialisation_passes_where_gradcheck_fails() -> None:
    """Black pixels and a convolution without bias put ReLUs exactly at their kink."""
    images, labels = batch()
    model = cnn()
    double = cnn().double().eval()
    double.load_state_dict(model.state_dict())
    norm = double[2]

    def of_bias(bias: Tensor) -> Tensor:
        parts = dict(norm.named_parameters()) | dict(norm.named_buffers()) | {"bias": bias}
        hidden = torch.func.functional_call(norm, parts, double[1](double[0](images.double())))
        return functional.cross_entropy(double[3:](hidden), labels)

    bias = norm.bias.detach().clone().requires_grad_()
    with pytest.raises(GradcheckError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(of_bias, bias)
    report = check_gradients(model, images, labels, nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)
    kinks = report.part("kinks")
    assert "2.bias" in kinks.message
    assert "3 (ReLU)" in kinks.message
    assert kinks.evidence["kinks"] > 0


def test_resnet18_takes_few_forwards() -> None:
    report = check_gradients(resnet18(), torch.randn(1, 3, 32, 32), torch.tensor([3]), nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)
    assert report.forwards <= 120  # 62 tensors with six entries and a direction each would take 900 one by one
    checked = report.part("gradients").evidence
    assert checked["compared"] > 300


def test_a_wrong_backward_is_caught_and_its_tensor_and_function_are_named() -> None:
    images, labels = batch()
    report = check_gradients(WrongBackward(), images, labels, nn.CrossEntropyLoss())
    assert [part.where for part in report.failures] == ["scale"]
    (part,) = report.failures
    assert (part.cause, part.code) == ("wrong-backward", "TL203")
    assert "ScaleFunction" in part.advice
    assert part.evidence["analytic"] == pytest.approx(2 * part.evidence["numeric"], rel=1e-4)


def test_a_wrong_backward_of_a_function_is_caught() -> None:
    report = check_gradients(ScaleFunction.apply, (torch.randn(4, 3), torch.randn(3)))
    assert [part.where for part in report.failures] == ["inputs[1]"]


class ForgottenTerm(torch.autograd.Function):
    """x * sigmoid(x), whose backward forgets the inner derivative: wrong by a little only near zero."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values * torch.sigmoid(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        return gradients[0] * torch.sigmoid(values)


def test_every_gradient_below_a_wrong_layer_is_wrong_and_none_above() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.below = nn.Linear(64, 16)
            self.above = nn.Linear(16, 10)

        def forward(self, rows: Tensor) -> Tensor:
            return self.above(ForgottenTerm.apply(self.below(rows)))

    images, labels = batch()
    report = check_gradients(Net(), images, labels, nn.CrossEntropyLoss())
    assert {part.where for part in report.failures} == {"below.weight", "below.bias", "input"}


def test_always_on_dropout_is_named_and_the_gradients_are_still_compared() -> None:
    images, labels = batch()
    report = check_gradients(AlwaysDropout(), images, labels, nn.CrossEntropyLoss())
    part = report.part("deterministic forward")
    assert (part.verdict, part.code, part.cause) == (Verdict.FAIL, "TL201", "random-forward")
    assert part.where == "AlwaysDropout"
    assert report.part("gradients").verdict is Verdict.PASS


def test_the_innermost_random_module_is_named() -> None:
    class Noise(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            return rows + torch.randn_like(rows)

    images, labels = batch()
    model = nn.Sequential(nn.Linear(64, 16), nn.Sequential(nn.Tanh(), Noise()), nn.Linear(16, 10))
    assert check_gradients(model, images, labels, CRITERION).failures[0].where == "1.1 (Noise)"


def test_a_forward_that_changes_with_each_call_is_named_and_not_compared() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, rows: Tensor) -> Tensor:
            self.calls += 1
            return rows * self.calls

    images, labels = batch()
    counter = Counter()
    report = check_gradients(nn.Sequential(nn.Linear(64, 10), counter), images, labels, CRITERION)
    assert report.failures[0].cause == "stateful-forward"
    assert report.failures[0].where == "1 (Counter)"
    assert report.part("gradients").verdict is Verdict.SKIP
    assert counter.calls == 0


def test_dropout_layers_are_turned_off_and_mentioned() -> None:
    images, labels = batch()
    model = mlp(dropout=0.5)
    report = check_gradients(model, images, labels, CRITERION)
    assert report.ok
    assert "dropout was turned off in 2" in report.notes
    assert model.training


def test_a_layer_that_leaves_double_precision_is_named() -> None:
    class Single(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            return rows.float().tanh()

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.squash, self.head = nn.Linear(64, 16), Single(), nn.Linear(16, 10)

        def forward(self, rows: Tensor) -> Tensor:
            return self.head(self.squash(self.body(rows)).to(self.head.weight.dtype))

    images, labels = batch()
    part = check_gradients(Net(), images, labels, nn.CrossEntropyLoss()).part("precision")
    assert (part.verdict, part.code, part.where) == (Verdict.FAIL, "TL202", "squash (Single)")


def test_a_function_that_holds_single_precision_is_told_how_to_be_checked() -> None:
    images, labels = batch()
    model = mlp(dropout=0.0)
    report = check_gradients(lambda rows: functional.cross_entropy(model(rows), labels), images)
    assert report.failures[0].code == "TL202"
    assert "pass the module itself" in report.failures[0].advice


def test_single_precision_is_compared_with_a_warning() -> None:
    images, labels = batch()
    model = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))
    report = check_gradients(model, images, labels, nn.CrossEntropyLoss(), dtype=torch.float32)
    assert report.verdict is Verdict.WARN, str(report)
    assert report.codes == ("TL202",)
    wrong = check_gradients(WrongBackward(), images, labels, nn.CrossEntropyLoss(), dtype=torch.float32)
    assert "scale" in {part.where for part in wrong.failures}


def test_a_detached_part_is_named() -> None:
    images, labels = batch()
    report = check_gradients(Detached(), images, labels, nn.CrossEntropyLoss())
    assert {part.where for part in report.failures} == {"body.weight", "body.bias", "input"}
    assert {part.cause for part in report.failures} == {"detached"}


def test_a_loss_without_gradient_is_named() -> None:
    images, labels = batch()
    report = check_gradients(
        mlp(), images, labels, lambda output, targets: functional.cross_entropy(output.detach(), targets)
    )
    assert (report.failures[0].cause, report.failures[0].code) == ("loss-detached", "TL509")


def test_a_straight_through_estimate_is_told_from_a_typo() -> None:
    report = check_gradients(lambda x: (x + (x.round() - x).detach()).sum(), torch.tensor([0.3, 1.2, -0.7]))
    assert report.failures[0].evidence["numeric"] == 0
    assert "straight-through" in report.failures[0].advice


def test_kinks_are_named_with_both_slopes() -> None:
    report = check_gradients(lambda x: x.abs().sum(), torch.tensor([0.0, 1.0, -2.0]))
    assert report.ok
    kinks = report.part("kinks")
    assert "input[0] (in the function)" in kinks.message
    assert "-1 to the left and 1 to the right" in kinks.message


def test_a_wrong_gradient_does_not_hide_behind_a_kink() -> None:
    class WrongAbs(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: Tensor) -> Tensor:
            ctx.save_for_backward(values)
            return values.abs()

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> Tensor:
            return 3 * gradients[0] * ctx.saved_tensors[0].sign()

    report = check_gradients(WrongAbs.apply, torch.tensor([0.0, 0.0, 0.0]))
    assert report.failures[0].cause == "wrong-backward"


@given(st.floats(-6, 6), st.integers(0, 3))
@settings(max_examples=40)
def test_smooth_functions_of_any_scale_pass(exponent: float, which: int) -> None:
    functions: list[Callable[[Tensor], Tensor]] = [torch.log, torch.sqrt, torch.sin, lambda x: 1 / x]
    values = torch.tensor([1.0, 2.0, 3.5], dtype=torch.float64) * 10**exponent
    report = check_gradients(functions[which], values)
    assert report.ok, str(report)


@given(st.floats(1.001, 3.0), st.floats(-2, 2))
@settings(max_examples=25)
def test_a_gradient_off_by_a_thousandth_is_caught(factor: float, exponent: float) -> None:
    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: Tensor) -> Tensor:
            ctx.save_for_backward(values)
            return values.sin()

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> Tensor:
            return factor * gradients[0] * ctx.saved_tensors[0].cos()

    values = torch.tensor([0.3, 1.0, 2.2], dtype=torch.float64) * 10**exponent
    assert not check_gradients(Scaled.apply, values).ok


def test_regularization_is_checked_after_the_loss_without_it() -> None:
    images, labels = batch()

    def decay(module: nn.Module) -> Tensor:
        return 0.1 * sum(parameter.square().sum() for parameter in module.parameters())

    def wrong(module: nn.Module) -> Tensor:
        return sum((parameter * parameter.detach()).sum() for parameter in module.parameters())

    model = mlp()
    right = check_gradients(model, images, labels, CRITERION, regularization=decay)
    assert [part.name for part in right.parts][-1] == "gradients with regularization"
    assert right.verdict is Verdict.PASS
    broken = check_gradients(model, images, labels, CRITERION, regularization=wrong)
    assert [part.cause for part in broken.failures] == ["wrong-regularization"]
    assert broken.part("gradients").verdict is Verdict.PASS


def test_warm_up_trains_the_copy_alone() -> None:
    images, labels = batch()
    model = mlp()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    cold = check_gradients(model, images, labels, nn.CrossEntropyLoss())
    warm = check_gradients(model, images, labels, nn.CrossEntropyLoss(), warmup_steps=15)
    assert warm.part("gradients").evidence["loss"] < cold.part("gradients").evidence["loss"]
    assert all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_a_layer_that_starts_at_zero_is_reached_by_warming_up() -> None:
    images, labels = batch()
    model = nn.Sequential(nn.Linear(64, 16), nn.Tanh(), nn.Linear(16, 10))
    nn.init.zeros_(model[2].weight)
    cold = check_gradients(model, images, labels, nn.CrossEntropyLoss()).part("gradients").evidence
    warm = check_gradients(model, images, labels, nn.CrossEntropyLoss(), warmup_steps=5).part("gradients").evidence
    assert warm["skipped as tiny"] < cold["skipped as tiny"]


def test_tiny_gradients_are_counted_and_a_scale_brings_them_out() -> None:
    values = torch.linspace(0.5, 2, 5, dtype=torch.float64)
    report = check_gradients(lambda x: 1e-13 * x.sin().sum(), values)
    assert report.part("gradients").cause == "no-gradient"
    scaled = check_gradients(lambda x: 1e-13 * x.sin().sum(), values, loss_scale=1e13)
    assert scaled.part("gradients").evidence["skipped as tiny"] == 0
    assert scaled.verdict is Verdict.PASS


def test_inputs_come_as_tuples_and_mappings() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.join = nn.Embedding(7, 4), nn.Bilinear(4, 3, 2)

        def forward(self, ids: Tensor, features: Tensor) -> dict[str, Tensor]:
            scores = self.join(self.words(ids), features)
            return {"logits": scores, "loss": scores.logsumexp(1).mean()}

    ids, features = torch.tensor([1, 2, 5]), torch.randn(3, 3)
    for inputs, name in (((ids, features), "inputs[1]"), ({"ids": ids, "features": features}, "inputs['features']")):
        report = check_gradients(Two(), inputs)
        assert report.verdict is Verdict.PASS, str(report)
        assert report.comparisons is not None
        leaves = {entry.probe.where.rpartition("[")[0] for entry in report.comparisons.entries}
        assert {name, "words.weight", "join.weight"} <= leaves


def test_outputs_without_a_loss_are_projected() -> None:
    report = check_gradients(nn.Sequential(nn.Conv1d(2, 3, 3), nn.GELU()), torch.randn(2, 2, 7))
    assert report.verdict is Verdict.PASS


def test_complex_parameters_are_checked_by_parts() -> None:
    class Spectral(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.filter = nn.Parameter(torch.randn(5, dtype=torch.complex64))

        def forward(self, signal: Tensor) -> Tensor:
            return torch.fft.irfft(torch.fft.rfft(signal) * self.filter, n=8).tanh()

    report = check_gradients(Spectral(), torch.randn(2, 8))
    assert report.verdict is Verdict.PASS, str(report)


def test_learnable_losses_are_checked_too() -> None:
    class Weighted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))

        def forward(self, output: Tensor, targets: Tensor) -> Tensor:
            return ((output - targets) ** 2 * torch.exp(-self.scale)).mean() + self.scale.detach().sum()

    report = check_gradients(regressor(), batch()[0], torch.randn(6, 1), Weighted())
    assert [part.where for part in report.failures] == ["loss.scale"]


def test_models_under_amp_and_compile_are_checked_in_double() -> None:
    images, labels = batch()
    model = torch.compile(mlp(), backend="eager")
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        report = check_gradients(model, images, labels, nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)


def test_the_same_seed_gives_the_same_check() -> None:
    images, labels = batch()
    model = cnn()
    first, second = (check_gradients(model, images, labels, nn.CrossEntropyLoss(), seed=3) for _ in range(2))
    assert first.to_json() == second.to_json()


def test_many_samples_are_advised_against() -> None:
    images, labels = batch(64)
    model = nn.Linear(64, 10)
    assert any("TL208" in note for note in check_gradients(model, images, labels, nn.CrossEntropyLoss()).notes)


def test_a_loss_that_is_not_finite_beside_the_point_is_named() -> None:
    report = check_gradients(lambda x: x.log().sum(), torch.tensor([0.0, 1.0]))
    assert not report.ok or math.isnan(report.worst)
    assert "non-finite-loss" in report.causes


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        ((nn.ReLU(), torch.tensor([1, 2])), {}, ValueError, "nothing to check"),
        (
            (mlp(), torch.ones(2, 64), torch.tensor([1, 2]), nn.CrossEntropyLoss(reduction="none")),
            {},
            TypeError,
            "reduce",
        ),
        ((torch.sin, torch.ones(2)), {"regularization": lambda module: 0}, ValueError, "needs a module"),
        ((torch.sin, torch.ones(2)), {"dtype": torch.float16}, ValueError, "float64 or float32"),
        ((lambda x: "text", torch.ones(2)), {}, TypeError, "no floating-point tensor"),
    ],
)
def test_bad_input_gets_one_clear_line(
    arguments: tuple[Any, ...], settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        check_gradients(*arguments, **settings)
    assert "\n" not in str(caught.value)
