"""Metrics of a whole set: the mean of the batches' values is another number."""

from __future__ import annotations

import re

# Functions of libraries, by the last part of their names.
FUNCTIONS = frozenset(
    "roc_auc_score average_precision_score f1_score fbeta_score precision_score recall_score r2_score auc"
    " auroc average_precision precision recall perplexity multiclass_f1_score binary_f1_score multilabel_f1_score"
    " binary_auroc multiclass_auroc multilabel_auroc binary_precision binary_recall binary_average_precision"
    " multiclass_average_precision binary_auprc multiclass_auprc".split()
)
# Functions of the project: names that leave no doubt. Precision and recall are also computed sample by sample, as in retrieval.
OWN = re.compile(
    r"(?:^|_)(?:auc|auroc|roc_?auc|auprc|pr_?auc|f1|f1_?score|f_?beta|f_?score|perplexity|ppl|r2|r2_?score"
    r"|average_?precision)(?:_|$)",
    re.I,
)
# Of a ranking for each query, or of single samples, the mean is what is meant.
BY_SAMPLE = re.compile(r"(?:^|_)(?:at|topk|k|per|each|samples?|map|mean|avg|update|log|print|plot)(?:_|$)", re.I)
# Averages by which a score is that of single samples, or a plain accuracy.
AVERAGES = frozenset({"samples", "micro"})


def is_own_whole_metric(name: str) -> bool:
    return OWN.search(name) is not None and BY_SAMPLE.search(name) is None
