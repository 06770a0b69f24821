from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from networks import AlwaysDropout, Detached, Lstm, MixedAxes, PlainList, cnn, digits, mlp, transformer
from torch import Tensor, nn

from trainlint.runtime import Verdict, check_model

CRITERION = nn.CrossEntropyLoss()


def batch(count: int = 12) -> tuple[Tensor, Tensor]:
    images, labels = digits()
    return images[:count], labels[:count]


@pytest.mark.parametrize("build", [mlp, cnn, Lstm, transformer, lambda: torch.compile(mlp(), backend="eager")])
@pytest.mark.parametrize("with_loss", [True, False])
def test_healthy_networks_pass(build: Callable[[], nn.Module], with_loss: bool) -> None:
    model = build()
    optimizer = torch.optim.Adam(model.parameters())
    arguments = (*batch(), CRITERION, optimizer) if with_loss else (batch()[0],)
    report = check_model(model, *arguments)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.part("batch independence").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (MixedAxes, "MixedAxes"),
        (partial(transformer, batch_first=False), "1.self_attn (MultiheadAttention)"),
        (lambda: mlp(nn.Softmax(0)), "4 (Softmax)"),
        (
            lambda: nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8, track_running_stats=False), nn.Linear(8, 10)),
            "1 (B",
        ),
    ],
)
def test_samples_that_see_each_other_are_found_and_the_layer_is_named(
    build: Callable[[], nn.Module], where: str
) -> None:
    part = check_model(build(), *batch(), CRITERION).part("batch independence")
    assert (part.verdict, part.cause) == (Verdict.FAIL, "batch-mixing")
    assert part.where is not None
    assert part.where.startswith(where)


def test_a_lost_batch_axis_is_found() -> None:
    model = nn.Sequential(nn.Linear(64, 10), nn.Flatten(0))
    part = check_model(model, batch()[0]).part("batch independence")
    assert (part.verdict, part.cause) == (Verdict.WARN, "batch-axis-lost")
    assert "12 samples give shape (120,)" in part.message


def test_layers_in_plain_containers_are_found() -> None:
    part = check_model(PlainList(), *batch(), CRITERION).part("registered")
    assert (part.verdict, part.code, part.where) == (Verdict.FAIL, "TL514", "layers")
    assert "a Linear" in part.message
    nested = mlp()
    nested[0].adapters = {"de": (nn.Linear(2, 2),)}
    assert check_model(nested, batch()[0]).part("registered").where == "0.adapters"
    bare = mlp()
    bare.scale = torch.ones(3, requires_grad=True)
    assert "trainable tensor of shape (3,)" in check_model(bare, batch()[0]).part("registered").message


def test_registered_layers_in_a_second_list_are_no_finding() -> None:
    model = mlp()
    model.all_layers = [model[0], model[3]]
    model.teacher = (nn.ReLU(),)
    assert check_model(model, batch()[0]).part("registered").verdict is Verdict.PASS


def test_parameters_that_no_optimizer_holds() -> None:
    model = mlp()
    body = torch.optim.SGD(model[0].parameters(), lr=0.1)
    part = check_model(model, *batch(), CRITERION, body).part("optimizer")
    assert (part.verdict, part.code) == (Verdict.WARN, "TL527")
    assert "3.weight, 3.bias" in part.message
    head = torch.optim.SGD(model[3].parameters(), lr=0.1)
    assert check_model(model, *batch(), CRITERION, [body, head]).part("optimizer").verdict is Verdict.PASS
    model[0].requires_grad_(False)
    assert check_model(model, *batch(), CRITERION, head).part("optimizer").verdict is Verdict.PASS


def test_a_layer_replaced_after_the_optimizer_took_it() -> None:
    model = mlp()
    optimizer = torch.optim.Adam(model.parameters())
    model[3] = nn.Linear(32, 10)
    part = check_model(model, *batch(), CRITERION, optimizer).part("optimizer")
    assert (part.verdict, part.code) == (Verdict.FAIL, "TL513")


def test_parameters_that_no_gradient_reaches() -> None:
    part = check_model(Detached(), *batch(), CRITERION).part("gradients")
    assert (part.verdict, part.cause) == (Verdict.WARN, "no-gradient")
    assert "body.weight, body.bias" in part.message
    cut = check_model(mlp(), *batch(), lambda output, labels: CRITERION(output.detach(), labels)).part("gradients")
    assert (cut.verdict, cut.code) == (Verdict.FAIL, "TL509")


def test_gradients_that_are_not_finite_or_zero() -> None:
    def root(output: Tensor, _: Tensor) -> Tensor:
        return (output * 0).abs().sqrt().sum()

    assert check_model(mlp(), *batch(), root).part("gradients").cause == "non-finite-gradient"
    dead = mlp()
    with torch.no_grad():
        dead[0].bias.fill_(-50)
        dead[3].bias.zero_()
    squares = check_model(dead, *batch(), lambda output, _: output.square().sum())
    assert squares.part("gradients").cause == "zero-gradient"


def test_dropout_that_is_always_on() -> None:
    part = check_model(AlwaysDropout(), *batch(), CRITERION).part("eval mode")
    assert (part.verdict, part.code, part.where) == (Verdict.FAIL, "TL508", "AlwaysDropout")


def test_a_momentum_in_the_place_of_eps() -> None:
    model = nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8, 0.8), nn.Linear(8, 10))
    part = check_model(model, *batch(), CRITERION).part("batch norm")
    assert (part.verdict, part.code, part.where) == (Verdict.FAIL, "TL305", "1")


def test_what_the_modes_change_is_told() -> None:
    evidence = check_model(cnn(), *batch(), CRITERION).part("train and eval mode").evidence
    assert (evidence["dropout layers"], evidence["batch norms"]) == (1, 2)
    assert evidence["mean difference"] > 0

    class Reads(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            return rows * 2 if self.training else rows

    message = check_model(nn.Sequential(nn.Linear(64, 10), Reads()), *batch()).part("train and eval mode").message
    assert "something else reads self.training" in message


def test_running_statistics_that_do_not_fit() -> None:
    model = cnn()
    model[2].num_batches_tracked.fill_(5000)
    model[2].running_var.zero_()
    model[6].running_var.zero_()
    part = check_model(model, *batch(), CRITERION).part("train and eval mode")
    assert (part.verdict, part.cause) == (Verdict.WARN, "running-statistics")


@pytest.mark.parametrize(
    ("change", "cause", "verdict"),
    [
        (lambda x: x * 255, "unscaled-input", Verdict.WARN),
        (lambda x: x * 1e-4, "unscaled-input", Verdict.WARN),
        (lambda x: x * 0, "constant-input", Verdict.FAIL),
        (lambda x: x.masked_fill(x > 0.9, math.nan), "non-finite-input", Verdict.FAIL),
    ],
)
def test_the_scale_of_inputs(change: Callable[[Tensor], Tensor], cause: str, verdict: Verdict) -> None:
    part = check_model(mlp(), change(batch()[0])).part("input scale")
    assert (part.cause, part.verdict) == (cause, verdict)


def test_index_inputs_have_no_scale_and_mappings_are_taken() -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.head = nn.Embedding(50, 8), nn.Linear(8, 3)

        def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Any]:
            return {"logits": self.head((self.words(ids) * mask[..., None]).mean(1))}

    ids = torch.randint(50, (6, 7))
    report = check_model(Words(), {"ids": ids, "mask": (ids > 10).long()})
    assert report.verdict is Verdict.PASS, str(report)
    assert report.part("input scale").verdict is Verdict.SKIP


def test_a_single_sample_is_checked_as_far_as_it_goes() -> None:
    report = check_model(cnn(), *batch(1), CRITERION)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.part("batch independence").verdict is Verdict.SKIP


class Pretrained(nn.Module):
    """A body and a head, in the order of registration that torchvision's networks have."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.fc = nn.Linear(32, 10)

    def forward(self, rows: Tensor) -> Tensor:
        return self.fc(self.body(rows))


@pytest.mark.parametrize("build", [Pretrained, lambda: nn.Sequential(Pretrained())])
def test_a_new_head_alone_in_the_optimizer_is_no_finding(build: Callable[[], nn.Module]) -> None:
    model = build()
    head = torch.optim.SGD([p for name, p in model.named_parameters() if "fc." in name], lr=0.1)
    part = check_model(model, *batch(), CRITERION, head).part("optimizer")
    assert part.verdict is Verdict.PASS
    assert "fc" in part.message
    assert "requires_grad_(False)" in part.advice


@pytest.mark.parametrize("held", ["body.", "body.0.", "fc.weight"])
def test_what_is_no_whole_head_is_left_out(held: str) -> None:
    model = Pretrained()
    optimizer = torch.optim.SGD([p for name, p in model.named_parameters() if name.startswith(held)], lr=0.1)
    part = check_model(model, *batch(), CRITERION, optimizer).part("optimizer")
    assert (part.verdict, part.cause, part.code) == (Verdict.WARN, "parameters-left-out", "TL527")


def test_the_larger_end_of_a_network_is_no_head() -> None:
    model = nn.Sequential(nn.Linear(64, 4), nn.ReLU(), nn.Linear(4, 200), nn.ReLU(), nn.Linear(200, 10))
    optimizer = torch.optim.SGD([*model[2].parameters(), *model[4].parameters()], lr=0.1)
    assert check_model(model, *batch(), CRITERION, optimizer).part("optimizer").cause == "parameters-left-out"


class Latent(nn.Module):
    """The bottleneck of a variational autoencoder."""

    def __init__(self, draw: Callable[[Tensor], Tensor], always: bool = True) -> None:
        super().__init__()
        self.mean, self.spread, self.draw, self.always = nn.Linear(64, 8), nn.Linear(64, 8), draw, always

    def forward(self, rows: Tensor) -> Tensor:
        mean, spread = self.mean(rows), self.spread(rows).exp()
        return mean + spread * self.draw(spread) if self.always or self.training else mean


@pytest.mark.parametrize(
    ("draw", "operation"),
    [(torch.randn_like, "randn_like"), (lambda spread: torch.zeros_like(spread).normal_(), "normal")],
)
def test_a_variational_autoencoder_that_samples_in_eval_mode_is_named_not_failed(
    draw: Callable[[Tensor], Tensor], operation: str
) -> None:
    part = check_model(nn.Sequential(Latent(draw), nn.Linear(8, 64)), batch()[0]).part("eval mode")
    assert (part.verdict, part.cause, part.code, part.where) == (Verdict.WARN, "samples-in-eval", None, "0 (Latent)")
    assert operation in part.message
    assert "unless self.training" in part.advice
    at_the_mean = nn.Sequential(Latent(draw, always=False), nn.Linear(8, 64))
    assert check_model(at_the_mean, batch()[0]).part("eval mode").verdict is Verdict.PASS


def test_a_mask_drawn_by_hand_is_dropout_that_is_always_on() -> None:
    class Mask(nn.Module):
        def forward(self, rows: Tensor) -> Tensor:
            return rows * torch.bernoulli(torch.full_like(rows, 0.5))

    part = check_model(nn.Sequential(nn.Linear(64, 10), Mask()), *batch(), CRITERION).part("eval mode")
    assert (part.verdict, part.cause, part.code) == (Verdict.FAIL, "random-in-eval", "TL508")
