"""Loss functions of ``torch.nn`` and ``torch.nn.functional`` (torch 2.13)."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry

_MEAN: dict[str, Any] = {"reduction": "mean"}
_CE: dict[str, Any] = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0}
_NLL: dict[str, Any] = {"ignore_index": -100, "reduction": "mean"}
_KL: dict[str, Any] = {"reduction": "mean", "log_target": False}
_OLD = "size_average reduce reduction"

_CLASSES: dict[str, Entry] = {
    "CrossEntropyLoss": entry(
        "loss", "weight size_average ignore_index reduce reduction label_smoothing", _CE, kind="cross_entropy"
    ),
    # Holds the last linear layer itself: its input are features, not scores.
    "LinearCrossEntropyLoss": entry(
        "loss", "in_features num_classes", {"reduction": "mean", "label_smoothing": 0.0}, kind="other"
    ),
    "AdaptiveLogSoftmaxWithLoss": entry("loss", "in_features n_classes cutoffs div_value head_bias", kind="other"),
    "NLLLoss": entry("loss", "weight size_average ignore_index reduce reduction", _NLL, kind="nll"),
    "NLLLoss2d": entry("loss", "weight size_average ignore_index reduce reduction", _NLL, kind="nll"),
    "BCELoss": entry("loss", "weight " + _OLD, _MEAN, kind="bce"),
    "BCEWithLogitsLoss": entry("loss", "weight " + _OLD + " pos_weight", _MEAN, kind="bce_logits"),
    "KLDivLoss": entry("loss", _OLD + " log_target", _KL, kind="kl"),
    "CTCLoss": entry(
        "loss",
        "blank reduction zero_infinity",
        {"blank": 0, "reduction": "mean", "zero_infinity": False},
        kind="other",
    ),
    "MSELoss": entry("loss", _OLD, _MEAN, kind="mse"),
    "L1Loss": entry("loss", _OLD, _MEAN, kind="other"),
    "SmoothL1Loss": entry("loss", _OLD + " beta", {"reduction": "mean", "beta": 1.0}, kind="other"),
    "HuberLoss": entry("loss", "reduction delta", {"reduction": "mean", "delta": 1.0}, kind="other"),
    "PoissonNLLLoss": entry(
        "loss",
        "log_input full size_average eps reduce reduction",
        {"log_input": True, "reduction": "mean"},
        kind="other",
    ),
    "GaussianNLLLoss": entry("loss", "", {"full": False, "eps": 1e-6, "reduction": "mean"}, kind="other"),
    "MultiLabelSoftMarginLoss": entry("loss", "weight " + _OLD, _MEAN, kind="other"),
    "SoftMarginLoss": entry("loss", _OLD, _MEAN, kind="other"),
    "MultiMarginLoss": entry(
        "loss", "p margin weight " + _OLD, {"p": 1, "margin": 1.0, "reduction": "mean"}, kind="other"
    ),
    "MultiLabelMarginLoss": entry("loss", _OLD, _MEAN, kind="other"),
    "MarginRankingLoss": entry("loss", "margin " + _OLD, {"margin": 0.0, "reduction": "mean"}, kind="other"),
    "HingeEmbeddingLoss": entry("loss", "margin " + _OLD, {"margin": 1.0, "reduction": "mean"}, kind="other"),
    "CosineEmbeddingLoss": entry("loss", "margin " + _OLD, {"margin": 0.0, "reduction": "mean"}, kind="other"),
    "TripletMarginLoss": entry(
        "loss", "margin p eps swap " + _OLD, {"margin": 1.0, "p": 2.0, "swap": False, "reduction": "mean"}, kind="other"
    ),
    "TripletMarginWithDistanceLoss": entry(
        "loss", "", {"margin": 1.0, "swap": False, "reduction": "mean"}, kind="other"
    ),
}

_IT: dict[str, Any] = {"input": "input", "target": "target"}

_FUNCTIONS: dict[str, Entry] = {
    "cross_entropy": entry(
        "loss_function",
        "input target weight size_average ignore_index reduce reduction label_smoothing",
        _CE,
        kind="cross_entropy",
        **_IT,
    ),
    "linear_cross_entropy": entry(
        "loss_function",
        "input linear_weight target",
        {"reduction": "mean", "label_smoothing": 0.0},
        kind="other",
        **_IT,
    ),
    "nll_loss": entry(
        "loss_function", "input target weight size_average ignore_index reduce reduction", _NLL, kind="nll", **_IT
    ),
    "binary_cross_entropy": entry("loss_function", "input target weight " + _OLD, _MEAN, kind="bce", **_IT),
    "binary_cross_entropy_with_logits": entry(
        "loss_function", "input target weight " + _OLD + " pos_weight", _MEAN, kind="bce_logits", **_IT
    ),
    "kl_div": entry("loss_function", "input target " + _OLD + " log_target", _KL, kind="kl", **_IT),
    "ctc_loss": entry(
        "loss_function",
        "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
        {"blank": 0, "reduction": "mean", "zero_infinity": False},
        kind="other",
        input="log_probs",
        target="targets",
    ),
    "mse_loss": entry("loss_function", "input target " + _OLD, _MEAN, kind="mse", **_IT),
    "l1_loss": entry("loss_function", "input target " + _OLD, _MEAN, kind="other", **_IT),
    "smooth_l1_loss": entry(
        "loss_function", "input target " + _OLD + " beta", {"reduction": "mean", "beta": 1.0}, kind="other", **_IT
    ),
    "huber_loss": entry(
        "loss_function", "input target reduction delta", {"reduction": "mean", "delta": 1.0}, kind="other", **_IT
    ),
    "poisson_nll_loss": entry(
        "loss_function",
        "input target log_input full size_average eps reduce reduction",
        {"log_input": True, "reduction": "mean"},
        kind="other",
        **_IT,
    ),
    "gaussian_nll_loss": entry(
        "loss_function",
        "input target var full eps reduction",
        {"full": False, "reduction": "mean"},
        kind="other",
        **_IT,
    ),
    "multilabel_soft_margin_loss": entry("loss_function", "input target weight " + _OLD, _MEAN, kind="other", **_IT),
    "soft_margin_loss": entry("loss_function", "input target " + _OLD, _MEAN, kind="other", **_IT),
    "multi_margin_loss": entry(
        "loss_function",
        "input target p margin weight " + _OLD,
        {"p": 1, "margin": 1.0, "reduction": "mean"},
        kind="other",
        **_IT,
    ),
    "multilabel_margin_loss": entry("loss_function", "input target " + _OLD, _MEAN, kind="other", **_IT),
    "hinge_embedding_loss": entry(
        "loss_function", "input target margin " + _OLD, {"margin": 1.0, "reduction": "mean"}, kind="other", **_IT
    ),
    "margin_ranking_loss": entry(
        "loss_function",
        "input1 input2 target margin " + _OLD,
        {"margin": 0, "reduction": "mean"},
        kind="other",
        input="input1",
        target="target",
    ),
    "cosine_embedding_loss": entry(
        "loss_function",
        "input1 input2 target margin " + _OLD,
        {"margin": 0, "reduction": "mean"},
        kind="other",
        input="input1",
        target="target",
    ),
    "triplet_margin_loss": entry(
        "loss_function",
        "anchor positive negative margin p eps swap " + _OLD,
        {"margin": 1.0, "p": 2, "swap": False, "reduction": "mean"},
        kind="other",
        input="anchor",
    ),
    "triplet_margin_with_distance_loss": entry(
        "loss_function",
        "anchor positive negative",
        {"margin": 1.0, "swap": False, "reduction": "mean"},
        kind="other",
        input="anchor",
    ),
}

TABLE: dict[str, Entry] = {
    **{"torch.nn." + name: meaning for name, meaning in _CLASSES.items()},
    **{"torch.nn.functional." + name: meaning for name, meaning in _FUNCTIONS.items()},
    "torch.nn.modules.loss._Loss": entry("base", _OLD, _MEAN, kind="module"),
    "torch.nn.modules.loss._WeightedLoss": entry("base", "weight " + _OLD, _MEAN, kind="module"),
    # The bare C++ functions: reduction is a number there.
    "torch.binary_cross_entropy_with_logits": entry(
        "loss_function", "input target weight pos_weight reduction", kind="bce_logits", **_IT
    ),
    "torch.kl_div": entry("loss_function", "input target reduction", kind="kl", **_IT),
}
