"""Loss functions of ``torch.nn`` and ``torch.nn.functional`` (torch 2.13): what each expects of the model's output."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry

_MEAN: dict[str, Any] = {"reduction": "mean"}
_CE: dict[str, Any] = {"ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0}
_NLL: dict[str, Any] = {"ignore_index": -100, "reduction": "mean"}
_KL: dict[str, Any] = {"reduction": "mean", "log_target": False}
_OLD = "size_average reduce reduction"
_CE_TRAITS: dict[str, Any] = {"kind": "cross_entropy", "expects": "logits"}
_BCE_TRAITS: dict[str, Any] = {"kind": "bce", "expects": "probabilities"}
_LOGITS_TRAITS: dict[str, Any] = {"kind": "bce_logits", "expects": "logits"}
_NLL_TRAITS: dict[str, Any] = {"kind": "nll", "expects": "log_probabilities"}
_KL_TRAITS: dict[str, Any] = {"kind": "kl", "expects": "log_probabilities"}
_MSE_TRAITS: dict[str, Any] = {"kind": "mse", "expects": "any"}
_OTHER: dict[str, Any] = {"kind": "other", "expects": "any"}

_CLASSES: dict[str, Entry] = {
    "CrossEntropyLoss": entry(
        "loss", "weight size_average ignore_index reduce reduction label_smoothing", _CE, **_CE_TRAITS
    ),
    # Holds the last linear layer itself: its input are features, not scores.
    "LinearCrossEntropyLoss": entry(
        "loss", "in_features num_classes", {"reduction": "mean", "label_smoothing": 0.0}, **_OTHER
    ),
    "AdaptiveLogSoftmaxWithLoss": entry("loss", "in_features n_classes cutoffs div_value head_bias", **_OTHER),
    "NLLLoss": entry("loss", "weight size_average ignore_index reduce reduction", _NLL, **_NLL_TRAITS),
    "NLLLoss2d": entry("loss", "weight size_average ignore_index reduce reduction", _NLL, **_NLL_TRAITS),
    "BCELoss": entry("loss", "weight " + _OLD, _MEAN, **_BCE_TRAITS),
    "BCEWithLogitsLoss": entry("loss", "weight " + _OLD + " pos_weight", _MEAN, **_LOGITS_TRAITS),
    "KLDivLoss": entry("loss", _OLD + " log_target", _KL, **_KL_TRAITS),
    "CTCLoss": entry(
        "loss",
        "blank reduction zero_infinity",
        {"blank": 0, "reduction": "mean", "zero_infinity": False},
        kind="other",
        expects="log_probabilities",
    ),
    "MSELoss": entry("loss", _OLD, _MEAN, **_MSE_TRAITS),
    "L1Loss": entry("loss", _OLD, _MEAN, **_OTHER),
    "SmoothL1Loss": entry("loss", _OLD + " beta", {"reduction": "mean", "beta": 1.0}, **_OTHER),
    "HuberLoss": entry("loss", "reduction delta", {"reduction": "mean", "delta": 1.0}, **_OTHER),
    "PoissonNLLLoss": entry(
        "loss", "log_input full size_average eps reduce reduction", {"log_input": True, "reduction": "mean"}, **_OTHER
    ),
    "GaussianNLLLoss": entry("loss", "", {"full": False, "eps": 1e-6, "reduction": "mean"}, **_OTHER),
    "MultiLabelSoftMarginLoss": entry("loss", "weight " + _OLD, _MEAN, kind="other", expects="logits"),
    "SoftMarginLoss": entry("loss", _OLD, _MEAN, kind="other", expects="logits"),
    "MultiMarginLoss": entry("loss", "p margin weight " + _OLD, {"p": 1, "margin": 1.0, "reduction": "mean"}, **_OTHER),
    "MultiLabelMarginLoss": entry("loss", _OLD, _MEAN, **_OTHER),
    "MarginRankingLoss": entry("loss", "margin " + _OLD, {"margin": 0.0, "reduction": "mean"}, **_OTHER),
    "HingeEmbeddingLoss": entry("loss", "margin " + _OLD, {"margin": 1.0, "reduction": "mean"}, **_OTHER),
    "CosineEmbeddingLoss": entry("loss", "margin " + _OLD, {"margin": 0.0, "reduction": "mean"}, **_OTHER),
    "TripletMarginLoss": entry(
        "loss", "margin p eps swap " + _OLD, {"margin": 1.0, "p": 2.0, "swap": False, "reduction": "mean"}, **_OTHER
    ),
    "TripletMarginWithDistanceLoss": entry("loss", "", {"margin": 1.0, "swap": False, "reduction": "mean"}, **_OTHER),
}

_IT: dict[str, Any] = {"input": "input", "target": "target"}

_FUNCTIONS: dict[str, Entry] = {
    "cross_entropy": entry(
        "loss_function",
        "input target weight size_average ignore_index reduce reduction label_smoothing",
        _CE,
        **_CE_TRAITS,
        **_IT,
    ),
    "linear_cross_entropy": entry(
        "loss_function",
        "input linear_weight target",
        {"reduction": "mean", "label_smoothing": 0.0},
        **_OTHER,
        **_IT,
    ),
    "nll_loss": entry(
        "loss_function", "input target weight size_average ignore_index reduce reduction", _NLL, **_NLL_TRAITS, **_IT
    ),
    "binary_cross_entropy": entry("loss_function", "input target weight " + _OLD, _MEAN, **_BCE_TRAITS, **_IT),
    "binary_cross_entropy_with_logits": entry(
        "loss_function", "input target weight " + _OLD + " pos_weight", _MEAN, **_LOGITS_TRAITS, **_IT
    ),
    "kl_div": entry("loss_function", "input target " + _OLD + " log_target", _KL, **_KL_TRAITS, **_IT),
    "ctc_loss": entry(
        "loss_function",
        "log_probs targets input_lengths target_lengths blank reduction zero_infinity",
        {"blank": 0, "reduction": "mean", "zero_infinity": False},
        kind="other",
        expects="log_probabilities",
        input="log_probs",
        target="targets",
    ),
    "mse_loss": entry("loss_function", "input target " + _OLD, _MEAN, **_MSE_TRAITS, **_IT),
    "l1_loss": entry("loss_function", "input target " + _OLD, _MEAN, **_OTHER, **_IT),
    "smooth_l1_loss": entry(
        "loss_function", "input target " + _OLD + " beta", {"reduction": "mean", "beta": 1.0}, **_OTHER, **_IT
    ),
    "huber_loss": entry(
        "loss_function", "input target reduction delta", {"reduction": "mean", "delta": 1.0}, **_OTHER, **_IT
    ),
    "poisson_nll_loss": entry(
        "loss_function",
        "input target log_input full size_average eps reduce reduction",
        {"log_input": True, "reduction": "mean"},
        **_OTHER,
        **_IT,
    ),
    "gaussian_nll_loss": entry(
        "loss_function", "input target var full eps reduction", {"full": False, "reduction": "mean"}, **_OTHER, **_IT
    ),
    "multilabel_soft_margin_loss": entry(
        "loss_function", "input target weight " + _OLD, _MEAN, kind="other", expects="logits", **_IT
    ),
    "soft_margin_loss": entry("loss_function", "input target " + _OLD, _MEAN, kind="other", expects="logits", **_IT),
    "multi_margin_loss": entry(
        "loss_function",
        "input target p margin weight " + _OLD,
        {"p": 1, "margin": 1.0, "reduction": "mean"},
        **_OTHER,
        **_IT,
    ),
    "multilabel_margin_loss": entry("loss_function", "input target " + _OLD, _MEAN, **_OTHER, **_IT),
    "hinge_embedding_loss": entry(
        "loss_function", "input target margin " + _OLD, {"margin": 1.0, "reduction": "mean"}, **_OTHER, **_IT
    ),
    "margin_ranking_loss": entry(
        "loss_function",
        "input1 input2 target margin " + _OLD,
        {"margin": 0, "reduction": "mean"},
        **_OTHER,
        input="input1",
        target="target",
    ),
    "cosine_embedding_loss": entry(
        "loss_function",
        "input1 input2 target margin " + _OLD,
        {"margin": 0, "reduction": "mean"},
        **_OTHER,
        input="input1",
        target="target",
    ),
    "triplet_margin_loss": entry(
        "loss_function",
        "anchor positive negative margin p eps swap " + _OLD,
        {"margin": 1.0, "p": 2, "swap": False, "reduction": "mean"},
        **_OTHER,
        input="anchor",
    ),
    "triplet_margin_with_distance_loss": entry(
        "loss_function",
        "anchor positive negative",
        {"margin": 1.0, "swap": False, "reduction": "mean"},
        **_OTHER,
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
        "loss_function", "input target weight pos_weight reduction", **_LOGITS_TRAITS, **_IT
    ),
    "torch.kl_div": entry("loss_function", "input target reduction", **_KL_TRAITS, **_IT),
}
