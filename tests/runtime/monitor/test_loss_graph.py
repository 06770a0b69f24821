from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.runtime.monitor.conftest import Problem, names
from trainlint.runtime.monitor.graph import GraphFacts, read_graph

BATCH = 8


def facts(loss: Tensor) -> GraphFacts:
    return read_graph(loss, float(loss.detach()), BATCH)


@pytest.fixture
def scores() -> Tensor:
    return nn.Linear(6, 5)(torch.randn(BATCH, 6))


@pytest.fixture
def classes() -> Tensor:
    return torch.randint(0, 5, (BATCH,))


def test_a_plain_cross_entropy(scores: Tensor, classes: Tensor) -> None:
    seen = facts(F.cross_entropy(scores, classes))
    assert (seen.double_softmax, seen.rectified, seen.raw_probability_loss) == (None, None, None)
    assert not (seen.batch_softmax or seen.summed or seen.negative or seen.broadcast or seen.detached)
    assert seen.classes == 5
    assert len(seen.leaves) == 2


def test_softmax_twice_also_behind_a_view(scores: Tensor, classes: Tensor) -> None:
    assert facts(F.cross_entropy(scores.softmax(1).view(BATCH, 5), classes)).double_softmax == "LogSoftmaxBackward0"


def test_log_softmax_before_cross_entropy_changes_nothing(scores: Tensor, classes: Tensor) -> None:
    assert facts(F.cross_entropy(scores.log_softmax(1), classes)).double_softmax is None


def test_attention_has_its_softmax(classes: Tensor) -> None:
    attention = nn.MultiheadAttention(6, 2, batch_first=True)
    inputs = torch.randn(BATCH, 3, 6)
    seen = facts(F.cross_entropy(nn.Linear(6, 5)(attention(inputs, inputs, inputs)[0].mean(1)), classes))
    assert seen.double_softmax is None
    assert not seen.batch_softmax


def test_sigmoid_before_logits(scores: Tensor) -> None:
    targets = torch.rand(BATCH, 5).round()
    seen = facts(F.binary_cross_entropy_with_logits(scores.sigmoid(), targets))
    assert seen.double_softmax == "BinaryCrossEntropyWithLogitsBackward0"


def test_rectified_scores(scores: Tensor, classes: Tensor) -> None:
    assert facts(F.cross_entropy(scores.relu(), classes)).rectified == "ReluBackward0"


@pytest.mark.parametrize("kind", ["raw", "probabilities"])
def test_likelihood_of_something_else(scores: Tensor, classes: Tensor, kind: str) -> None:
    given = scores if kind == "raw" else scores.softmax(1)
    seen = facts(F.nll_loss(given, classes))
    assert seen.raw_probability_loss is not None
    assert not seen.negative


def test_softmax_over_the_batch(scores: Tensor, classes: Tensor) -> None:
    assert facts(F.nll_loss(scores.log_softmax(0), classes)).batch_softmax
    assert facts(F.nll_loss(scores.log_softmax(-2), classes)).batch_softmax
    assert not facts(F.nll_loss(scores.log_softmax(-1), classes)).batch_softmax


@pytest.mark.parametrize("flip", [lambda loss: -loss, lambda loss: -0.5 * loss, lambda loss: loss * -1 / 4])
def test_flipped_signs(scores: Tensor, classes: Tensor, flip: object) -> None:
    assert callable(flip)
    assert facts(flip(F.cross_entropy(scores, classes))).negative


def test_a_likelihood_written_by_hand_has_its_minus(scores: Tensor, classes: Tensor) -> None:
    picked = scores.log_softmax(1)[torch.arange(BATCH), classes]
    assert not facts(-picked.mean()).negative


def test_sums_and_means(scores: Tensor, classes: Tensor) -> None:
    summed = F.cross_entropy(scores, classes, reduction="sum")
    assert facts(summed).summed
    assert not facts(summed / BATCH).summed
    assert not facts(F.cross_entropy(scores, classes)).summed


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "smooth l1": F.smooth_l1_loss,
    "squares": lambda a, b: (a - b).square().mean(),
    "absolute": lambda a, b: (b - a).abs().sum() / BATCH,
    "root": lambda a, b: torch.sqrt(((a - b) ** 2).mean()),
}


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("name", LOSSES)
def test_outputs_and_targets_of_different_shapes(name: str) -> None:
    loss = LOSSES[name]
    outputs, targets = nn.Linear(6, 1)(torch.randn(BATCH, 6)), torch.randn(BATCH)
    assert facts(loss(outputs, targets)).broadcast == (BATCH, BATCH)
    assert facts(loss(outputs, targets.unsqueeze(1))).broadcast is None
    assert facts(loss(outputs.squeeze(1), targets)).broadcast is None


def test_rankings_compare_all_pairs_on_purpose() -> None:
    scores = nn.Linear(6, 1)(torch.randn(BATCH, 6)).squeeze(1)
    assert facts((scores[:, None] - scores[None, :]).sigmoid().mean()).broadcast is None
    assert facts((scores[:, None] - scores[None, :]).square().mean()).broadcast is None


def test_similarities_of_all_pairs_are_meant() -> None:
    embedded = nn.Linear(6, 4)(torch.randn(BATCH, 6))
    logits = embedded @ embedded.T
    assert facts(F.cross_entropy(logits, torch.arange(BATCH))).broadcast is None


def test_a_loss_made_anew() -> None:
    assert facts(torch.tensor(2.3, requires_grad=True)).detached


def test_layers_in_a_plain_list_are_named(problem: Problem) -> None:
    class Plain(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = {"first": nn.Linear(20, 16)}
            self.head = nn.Linear(16, 5)

        def forward(self, inputs: Tensor) -> Tensor:
            output: Tensor = self.head(self.blocks["first"](inputs).relu())
            return output

    problem.model = Plain()
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    finding = problem.watched().findings()[0]
    assert (finding.name, finding.code, finding.where) == ("unregistered-modules", "TL514", "blocks")


def test_features_cut_off_are_told_from_layers_not_used(problem: Problem) -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features, self.extra, self.head = nn.Linear(20, 16), nn.Linear(3, 3), nn.Linear(16, 5)

        def forward(self, inputs: Tensor) -> Tensor:
            output: Tensor = self.head(self.features(inputs).relu().detach())
            return output

    problem.model = Cut()
    problem.optimizer = torch.optim.SGD(problem.model.parameters(), lr=0.1, momentum=0.9)
    found = {finding.name: finding.where for finding in problem.watched().findings()}
    assert found["loss-detached"] == "features.weight"
    assert found["unused-parameters"] == "extra.weight"


def test_a_head_replaced_after_the_optimizer_was_made(problem: Problem) -> None:
    assert isinstance(problem.model, nn.Sequential)
    problem.model[2] = nn.Linear(32, 5)
    assert names(problem.watched())[0] == "optimizer-holds-stale-parameters"


def test_a_new_head_alone_in_the_optimizer_is_meant(problem: Problem) -> None:
    assert isinstance(problem.model, nn.Sequential)
    problem.optimizer = torch.optim.SGD(problem.model[2].parameters(), lr=0.1, momentum=0.9)
    assert names(problem.watched()) == []


def test_a_layer_left_out_in_the_middle(problem: Problem) -> None:
    assert isinstance(problem.model, nn.Sequential)
    problem.optimizer = torch.optim.SGD(problem.model[0].parameters(), lr=0.1, momentum=0.9)
    assert names(problem.watched()) == ["parameters-left-out"]
