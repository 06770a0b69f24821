"""torchmetrics 1.9: what gathers over batches, and whether the mean of the batches' values would do as well."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_T = "torchmetrics."
_MEAN_UP = entry("metric", object=True, averages=True, rises=True)
_MEAN_DOWN = entry("metric", object=True, averages=True, rises=False)
_WHOLE_UP = entry("metric", object=True, averages=False, rises=True)
_WHOLE_DOWN = entry("metric", object=True, averages=False, rises=False)
_WHOLE = entry("metric", object=True, averages=False)

_UP = (
    "F1Score FBetaScore Precision Recall Specificity AUROC AveragePrecision CohenKappa MatthewsCorrCoef JaccardIndex"
    " R2Score ExplainedVariance PearsonCorrCoef SpearmanCorrCoef KendallRankCorrCoef ConcordanceCorrCoef"
)

TABLE: dict[str, Entry] = {
    "torchmetrics.Accuracy": _MEAN_UP,
    **same(
        "MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError HammingDistance MeanSquaredLogError"
        " KLDivergence LogCoshError",
        _MEAN_DOWN,
        _T,
    ),
    **same(_UP, _WHOLE_UP, _T),
    **same("CalibrationError", _WHOLE_DOWN, _T),
    **same("ConfusionMatrix ROC PrecisionRecallCurve StatScores", _WHOLE, _T),
    **{
        f"torchmetrics.classification.{task}{name}": _WHOLE_UP
        for task in ("Binary", "Multiclass", "Multilabel")
        for name in (
            "F1Score",
            "FBetaScore",
            "Precision",
            "Recall",
            "Specificity",
            "AUROC",
            "AveragePrecision",
            "MatthewsCorrCoef",
            "JaccardIndex",
        )
    },
    **same("BinaryAccuracy MultilabelAccuracy", _MEAN_UP, _T + "classification."),
    # Averages over classes by default (macro), which batches do not share evenly.
    "torchmetrics.classification.MulticlassAccuracy": _WHOLE_UP,
    **same("Perplexity WordErrorRate CharErrorRate MatchErrorRate", _WHOLE_DOWN, _T + "text."),
    **same("BLEUScore SacreBLEUScore ROUGEScore CHRFScore", _WHOLE_UP, _T + "text."),
    "torchmetrics.image.fid.FrechetInceptionDistance": _WHOLE_DOWN,
    "torchmetrics.image.FrechetInceptionDistance": _WHOLE_DOWN,
    **same(
        "PeakSignalNoiseRatio StructuralSimilarityIndexMeasure", entry("metric", object=True, rises=True), _T + "image."
    ),
    "torchmetrics.detection.MeanAveragePrecision": _WHOLE_UP,
    "torchmetrics.detection.mean_ap.MeanAveragePrecision": _WHOLE_UP,
    **same("MeanMetric SumMetric MaxMetric MinMetric", entry("metric", object=True), _T),
    "torchmetrics.MetricCollection": entry("metric", "metrics", object=True),
    "torchmetrics.Metric": entry("base", kind="metric"),
    **same("accuracy", entry("metric", "preds target", averages=True, rises=True), _T + "functional."),
    **same(
        "f1_score fbeta_score precision recall auroc average_precision cohen_kappa jaccard_index r2_score",
        entry("metric", "preds target", averages=False, rises=True),
        _T + "functional.",
    ),
    **same(
        "mean_squared_error mean_absolute_error",
        entry("metric", "preds target", averages=True, rises=False),
        _T + "functional.",
    ),
}
