"""scikit-learn 1.9 (and imbalanced-learn): splits, what learns from data, measures, toy data."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_MS = "sklearn.model_selection."
_M = "sklearn.metrics."

_SEEDED: dict[str, Any] = {"seed": "random_state", "shuffle": "shuffle"}


def _preprocessor(kind: str) -> Entry:
    return entry("preprocessor", kind=kind)


_SPLITS: dict[str, Entry] = {
    _MS + "train_test_split": entry(
        "random_split",
        "",
        {"random_state": None, "shuffle": True, "stratify": None, "test_size": None, "train_size": None},
        data="*",
        pairs=True,
        **_SEEDED,
    ),
    **same(
        "KFold StratifiedKFold",
        entry(
            "splitter",
            "n_splits",
            {"n_splits": 5, "shuffle": False, "random_state": None},
            **_SEEDED,
        ),
        _MS,
    ),
    _MS + "StratifiedGroupKFold": entry(
        "splitter", "n_splits shuffle random_state", {"n_splits": 5, "shuffle": False, "random_state": None}, **_SEEDED
    ),
    **same(
        "RepeatedKFold RepeatedStratifiedKFold", entry("splitter", "", {"random_state": None}, seed="random_state"), _MS
    ),
    **same(
        "ShuffleSplit StratifiedShuffleSplit",
        entry("splitter", "n_splits", {"n_splits": 10, "random_state": None}, seed="random_state"),
        _MS,
    ),
    _MS + "GroupShuffleSplit": entry(
        "splitter", "n_splits", {"n_splits": 5, "random_state": None}, seed="random_state"
    ),
    **same("GroupKFold TimeSeriesSplit", entry("splitter", "n_splits", {"n_splits": 5}), _MS),
    **same("LeaveOneOut LeaveOneGroupOut LeavePGroupsOut PredefinedSplit", entry("splitter"), _MS),
    **same("GridSearchCV RandomizedSearchCV HalvingGridSearchCV", entry("search", "estimator"), _MS),
    **same("cross_val_score cross_validate cross_val_predict", entry("metric", "estimator X y"), _MS),
    "sklearn.utils.shuffle": entry("operation", op="none", random=True),
    "sklearn.utils.resample": entry("operation", op="none", random=True),
    "sklearn.utils.class_weight.compute_class_weight": entry("operation", op="none", cuts=True),
}

_LEARNS: dict[str, Entry] = {
    **same(
        "StandardScaler MinMaxScaler MaxAbsScaler RobustScaler QuantileTransformer PowerTransformer KBinsDiscretizer"
        " SplineTransformer",
        _preprocessor("scaler"),
        "sklearn.preprocessing.",
    ),
    # Per sample: nothing is learnt, but they are fitted as well.
    **same("Normalizer Binarizer PolynomialFeatures FunctionTransformer", entry("harmless"), "sklearn.preprocessing."),
    **same(
        "LabelEncoder OneHotEncoder OrdinalEncoder LabelBinarizer MultiLabelBinarizer TargetEncoder",
        _preprocessor("encoder"),
        "sklearn.preprocessing.",
    ),
    **same(
        "scale minmax_scale robust_scale maxabs_scale quantile_transform power_transform",
        entry("operation", "X", op="none", cuts=True),
        "sklearn.preprocessing.",
    ),
    **same("normalize binarize label_binarize", entry("operation", op="none", cuts=True), "sklearn.preprocessing."),
    **same("impute.SimpleImputer impute.KNNImputer impute.IterativeImputer", _preprocessor("imputer"), "sklearn."),
    **same(
        "PCA IncrementalPCA KernelPCA TruncatedSVD FastICA NMF SparsePCA FactorAnalysis DictionaryLearning",
        _preprocessor("reducer"),
        "sklearn.decomposition.",
    ),
    **same("TSNE Isomap LocallyLinearEmbedding MDS SpectralEmbedding", _preprocessor("reducer"), "sklearn.manifold."),
    **same(
        "SelectKBest SelectPercentile SelectFromModel RFE RFECV VarianceThreshold SequentialFeatureSelector SelectFpr"
        " SelectFdr",
        _preprocessor("selector"),
        "sklearn.feature_selection.",
    ),
    **same(
        "CountVectorizer TfidfVectorizer TfidfTransformer",
        _preprocessor("vectorizer"),
        "sklearn.feature_extraction.text.",
    ),
    "sklearn.feature_extraction.text.HashingVectorizer": entry("harmless"),
    "sklearn.feature_extraction.DictVectorizer": _preprocessor("vectorizer"),
    **same(
        "pipeline.Pipeline pipeline.make_pipeline compose.ColumnTransformer compose.make_column_transformer"
        " pipeline.FeatureUnion",
        _preprocessor("pipeline"),
        "sklearn.",
    ),
    **same(
        "over_sampling.SMOTE over_sampling.RandomOverSampler over_sampling.ADASYN over_sampling.BorderlineSMOTE"
        " over_sampling.SMOTENC under_sampling.RandomUnderSampler under_sampling.TomekLinks under_sampling.NearMiss"
        " combine.SMOTETomek combine.SMOTEENN",
        _preprocessor("resampler"),
        "imblearn.",
    ),
}

_METRICS: dict[str, Entry] = {
    **same(
        "accuracy_score mean_squared_error mean_absolute_error hamming_loss zero_one_loss mean_absolute_percentage_error"
        " mean_squared_log_error mean_pinball_loss f1_score fbeta_score precision_score recall_score"
        " balanced_accuracy_score jaccard_score matthews_corrcoef r2_score explained_variance_score"
        " d2_absolute_error_score root_mean_squared_error median_absolute_error max_error confusion_matrix"
        " classification_report precision_recall_fscore_support multilabel_confusion_matrix",
        entry("metric", "y_true y_pred"),
        _M,
    ),
    **same(
        "top_k_accuracy_score roc_auc_score average_precision_score ndcg_score label_ranking_average_precision_score",
        entry("metric", "y_true y_score"),
        _M,
    ),
    # The second parameter was renamed.
    **same("log_loss brier_score_loss roc_curve precision_recall_curve det_curve", entry("metric", "y_true"), _M),
    "sklearn.metrics.cohen_kappa_score": entry("metric", "y1 y2"),
    "sklearn.metrics.hinge_loss": entry("metric", "y_true pred_decision"),
    "sklearn.metrics.auc": entry("metric", "x y"),
    **same(
        "normalized_mutual_info_score adjusted_rand_score adjusted_mutual_info_score silhouette_score",
        entry("metric"),
        _M,
    ),
    **same("ConfusionMatrixDisplay RocCurveDisplay PrecisionRecallDisplay", entry("report"), _M),
    **same(
        "cosine_similarity euclidean_distances pairwise_distances",
        entry("operation", op="none", cuts=True),
        _M + "pairwise.",
    ),
}

_DATA: dict[str, Entry] = {
    **same(
        "load_iris load_digits load_wine load_breast_cancer load_diabetes fetch_california_housing fetch_openml"
        " fetch_covtype fetch_olivetti_faces fetch_lfw_people load_boston fetch_kddcup99",
        entry("dataset"),
        "sklearn.datasets.",
    ),
    "sklearn.datasets.fetch_20newsgroups": entry(
        "dataset", "", {"subset": "train"}, split_param="subset", splits={"train": "train", "test": "test"}
    ),
    **same(
        "make_classification make_regression make_moons make_circles make_blobs make_swiss_roll make_s_curve"
        " make_multilabel_classification make_gaussian_quantiles",
        entry("dataset", synthetic=True),
        "sklearn.datasets.",
    ),
    "sklearn.datasets.load_svmlight_file": entry("read", "f", path="f"),
}

TABLE: dict[str, Entry] = {**_SPLITS, **_LEARNS, **_METRICS, **_DATA}
