from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from networks import Lstm, cnn, digits, mlp, regressor, transformer
from torch import Tensor, nn
from torch.nn import functional

from trainlint.runtime import Verdict, check_initial_loss
from trainlint.runtime.redraw import redraw


def batch(count: int = 300) -> tuple[Tensor, Tensor]:
    images, labels = digits()
    return images[:count], labels[:count]


def multiply(model: nn.Module, factor: float) -> nn.Module:
    for parameter in model.parameters():
        parameter.data.mul_(factor)
    return model


@pytest.mark.parametrize("build", [mlp, cnn, Lstm, transformer])
@pytest.mark.parametrize("from_factory", [False, True])
def test_healthy_classifiers_start_at_log_c(build: Callable[[], nn.Module], from_factory: bool) -> None:
    report = check_initial_loss(build if from_factory else build(), *batch(), nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)
    assert report.expected == pytest.approx(math.log(10))
    assert len(report.losses) == len(set(report.losses)) == 5
    assert sorted(report.by_class) == list(range(10))


@pytest.mark.parametrize(
    ("model", "loss", "expected"),
    [
        (lambda: mlp(), nn.CrossEntropyLoss(label_smoothing=0.2), math.log(10)),
        (lambda: mlp(), nn.CrossEntropyLoss(weight=torch.linspace(1, 3, 10)), math.log(10)),
        (lambda: mlp(), nn.CrossEntropyLoss(reduction="sum"), 300 * math.log(10)),
        (lambda: mlp(nn.LogSoftmax(1)), nn.NLLLoss(), math.log(10)),
        (lambda: mlp(), lambda o, t: functional.cross_entropy(o, t) * 0.5, math.log(10) / 2),
    ],
)
def test_guessing_is_what_the_loss_itself_says_of_it(
    model: Callable[[], nn.Module], loss: Callable[..., Tensor], expected: float
) -> None:
    report = check_initial_loss(model(), *batch(), loss)
    assert report.expected == pytest.approx(expected, rel=1e-5)
    assert report.verdict is Verdict.PASS, str(report)


@pytest.mark.parametrize(
    ("last", "loss"), [((), nn.BCEWithLogitsLoss()), ((nn.Sigmoid(),), nn.BCELoss())], ids=["logits", "probabilities"]
)
def test_binary_classifiers_start_at_log_2(last: tuple[nn.Module, ...], loss: nn.Module) -> None:
    images, labels = batch()
    report = check_initial_loss(regressor(*last), images, (labels > 4).float()[:, None], loss)
    assert report.expected == pytest.approx(math.log(2))
    assert report.verdict is Verdict.PASS, str(report)
    assert sorted(report.by_class) == [0, 1]


def test_regression_starts_at_the_variance() -> None:
    images, _ = batch()
    targets = images[:, 10:20].sum(1, keepdim=True)
    standard = (targets - targets.mean()) / targets.std(unbiased=False)
    report = check_initial_loss(regressor(), images, standard, nn.MSELoss())
    assert report.expected == pytest.approx(1.0, rel=1e-4)
    assert report.verdict is Verdict.PASS, str(report)
    shifted = check_initial_loss(regressor(), images, standard + 100, nn.MSELoss())
    assert shifted.causes == ("targets-not-centred",)


def test_the_expected_value_can_be_given() -> None:
    def contrastive(output: Tensor, _: Tensor) -> Tensor:
        return output.square().mean() + 5

    assert check_initial_loss(mlp(), *batch(), contrastive, expected=5.0).verdict is Verdict.PASS
    assert check_initial_loss(mlp(), *batch(), contrastive, expected=2.0).verdict is Verdict.WARN


def test_confident_weights_and_unscaled_inputs_are_found() -> None:
    images, labels = batch()
    huge = check_initial_loss(multiply(mlp(), 10), images, labels, nn.CrossEntropyLoss())
    assert "confident-initialisation" in huge.causes
    assert not huge.ok
    unscaled = check_initial_loss(mlp(), images * 255, labels, nn.CrossEntropyLoss())
    assert {"unscaled-input", "confident-initialisation"} <= set(unscaled.causes)


def test_a_favoured_class_is_found_although_the_mean_is_nearly_right() -> None:
    model = mlp()
    with torch.no_grad():
        model[3].bias[7] = 2.5
    report = check_initial_loss(model, *batch(), nn.CrossEntropyLoss())
    assert "favoured-class" in report.causes
    assert min(report.by_class, key=lambda label: report.by_class[label]) == 7


def test_a_bias_at_the_class_frequencies_is_right() -> None:
    images, labels = digits()
    few = torch.cat([(labels == 0).nonzero()[:90, 0], (labels == 1).nonzero()[:10, 0]])
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 2))
    with torch.no_grad():
        model[2].weight.mul_(0.1)
        model[2].bias.copy_(torch.tensor([0.9, 0.1]).log())
    report = check_initial_loss(model, images[few], labels[few], nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)
    assert "frequencies" in report.part("initial loss by class").message


def test_constant_weights_are_found_and_one_zero_layer_is_not() -> None:
    model = mlp()
    nn.init.zeros_(model[3].weight)
    assert check_initial_loss(model, *batch(), nn.CrossEntropyLoss()).ok
    nn.init.constant_(model[0].weight, 0.5)
    part = check_initial_loss(model, *batch(), nn.CrossEntropyLoss()).part("weights")
    assert (part.verdict, part.code) == (Verdict.FAIL, "TL301")


@pytest.mark.parametrize(
    ("last", "loss", "cause", "code"),
    [
        (nn.Softmax(1), nn.CrossEntropyLoss(), "softmax-twice", "TL601"),
        (nn.Softmax(0), nn.CrossEntropyLoss(), "softmax-over-batch", "TL604"),
        (nn.ReLU(), nn.CrossEntropyLoss(), "rectified-logits", "TL607"),
        (nn.Identity(), nn.NLLLoss(), "raw-scores-into-nll", "TL603"),
    ],
)
def test_outputs_that_the_loss_does_not_expect_are_named(
    last: nn.Module, loss: nn.Module, cause: str, code: str
) -> None:
    part = check_initial_loss(mlp(last), *batch(), loss).part("output and loss")
    assert (part.verdict, part.cause, part.code) == (Verdict.FAIL, cause, code)


def test_a_negated_loss_is_found() -> None:
    report = check_initial_loss(mlp(), *batch(), lambda output, targets: -functional.cross_entropy(output, targets))
    assert report.causes == ("negated-loss",)


def test_broadcast_targets_are_found() -> None:
    images, labels = batch()
    report = check_initial_loss(regressor(), images, labels.float(), nn.MSELoss())
    assert "broadcast-targets" in report.causes


def test_a_trained_network_is_no_untrained_one() -> None:
    model = mlp(dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(50):
        optimizer.zero_grad()
        functional.cross_entropy(model(batch()[0]), batch()[1]).backward()
        optimizer.step()
    assert check_initial_loss(model, *batch(), nn.CrossEntropyLoss()).part("initial loss").cause == "knows-targets"


def test_a_nan_is_found() -> None:
    images, labels = batch()
    report = check_initial_loss(mlp(), images.masked_fill(images > 0.99, math.nan), labels, nn.CrossEntropyLoss())
    assert {"non-finite-input", "non-finite-loss"} <= set(report.causes)


def test_regularization_is_left_out_and_its_share_is_told() -> None:
    def decay(module: nn.Module) -> Tensor:
        return sum(parameter.square().sum() for parameter in module.parameters())

    report = check_initial_loss(mlp(), *batch(), nn.CrossEntropyLoss(), regularization=decay)
    assert report.part("initial loss").verdict is Verdict.PASS
    assert report.part("regularization").cause == "strong-regularization"


def test_a_redraw_keeps_the_authors_own_rule() -> None:
    model = mlp()
    nn.init.orthogonal_(model[0].weight, gain=3)
    nn.init.constant_(model[3].bias, -2)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    redraw(model, 1)
    for name, parameter in model.named_parameters():
        assert float(parameter.detach().std()) == pytest.approx(float(before[name].std()), rel=0.4), name
    assert not torch.equal(model[0].weight, before["0.weight"])
    assert torch.equal(model[3].bias, before["3.bias"])


def test_spectrally_normed_weights_keep_the_vectors_that_were_iterated_for_them() -> None:
    normed = nn.utils.parametrizations.spectral_norm(nn.Linear(64, 16))
    model = nn.Sequential(normed, nn.ReLU(), nn.Linear(16, 10))
    report = check_initial_loss(model, *batch(), nn.CrossEntropyLoss())
    assert report.verdict is Verdict.PASS, str(report)
    assert len(set(report.losses)) == 5


def test_bad_input_gets_one_clear_line() -> None:
    with pytest.raises(ValueError, match="seeds must be positive, not 0"):
        check_initial_loss(mlp(), *batch(), nn.CrossEntropyLoss(), seeds=0)
    with pytest.raises(TypeError, match="must build a module, not int"):
        check_initial_loss(lambda: 3, *batch(), nn.CrossEntropyLoss())  # type: ignore[arg-type, return-value]
