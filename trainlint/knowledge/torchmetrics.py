"""torchmetrics 1.9: objects that gather over batches, and functions."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_T = "torchmetrics."
_METRIC = entry("metric", object=True)

TABLE: dict[str, Entry] = {
    **same(
        "Accuracy MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError HammingDistance MeanSquaredLogError"
        " KLDivergence LogCoshError F1Score FBetaScore Precision Recall Specificity AUROC AveragePrecision CohenKappa"
        " MatthewsCorrCoef JaccardIndex R2Score ExplainedVariance PearsonCorrCoef SpearmanCorrCoef KendallRankCorrCoef"
        " ConcordanceCorrCoef CalibrationError ConfusionMatrix ROC PrecisionRecallCurve StatScores",
        _METRIC,
        _T,
    ),
    **{
        f"torchmetrics.classification.{task}{name}": _METRIC
        for task in ("Binary", "Multiclass", "Multilabel")
        for name in (
            *("Accuracy", "F1Score", "FBetaScore", "Precision", "Recall", "Specificity", "AUROC", "AveragePrecision"),
            *("MatthewsCorrCoef", "JaccardIndex"),
        )
    },
    **same(
        "Perplexity WordErrorRate CharErrorRate MatchErrorRate BLEUScore SacreBLEUScore ROUGEScore CHRFScore",
        _METRIC,
        _T + "text.",
    ),
    **same(
        "fid.FrechetInceptionDistance FrechetInceptionDistance PeakSignalNoiseRatio StructuralSimilarityIndexMeasure",
        _METRIC,
        _T + "image.",
    ),
    **same("MeanAveragePrecision mean_ap.MeanAveragePrecision", _METRIC, _T + "detection."),
    **same("MeanMetric SumMetric MaxMetric MinMetric", _METRIC, _T),
    "torchmetrics.MetricCollection": entry("metric", "metrics", object=True),
    "torchmetrics.Metric": entry("base", kind="metric"),
    **same(
        "accuracy f1_score fbeta_score precision recall auroc average_precision cohen_kappa jaccard_index r2_score"
        " mean_squared_error mean_absolute_error",
        entry("metric", "preds target"),
        _T + "functional.",
    ),
}
