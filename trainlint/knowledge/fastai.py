"""fastai 2.8; whatever module a name is imported from, the tables know it directly beneath ``fastai``."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_F = "fastai."

# fit_one_cycle, fine_tune and the others train, evaluate after each epoch, and know their own schedule.
_LEARNER = {
    "fit": "fit",
    "fit_one_cycle": "fit",
    "fit_flat_cos": "fit",
    "fit_sgdr": "fit",
    "fine_tune": "fit",
    "validate": "evaluate",
    "get_preds": "predict",
    "predict": "predict",
    "save": "save",
    "export": "save",
    "load": "load",
    "lr_find": "harmless",
    "freeze": "harmless",
    "unfreeze": "harmless",
    "freeze_to": "harmless",
    "show_results": "harmless",
    "summary": "harmless",
    "to_fp16": "harmless",
    "no_bar": "harmless",
    "recorder": "report",
}


def _learner(params: str) -> Entry:
    return entry("framework", params, kind="fastai", methods=_LEARNER, saves=False)


def _splitter(params: str, **traits: Any) -> Entry:
    return entry("splitter", params, **traits)


_LOADERS = entry("loader")
_CALLBACK = entry("callback", kind="other")

TABLE: dict[str, Entry] = {
    _F + "Learner": _learner("dls model loss_func opt_func lr splitter cbs metrics"),
    **same("vision_learner cnn_learner unet_learner", _learner("dls arch"), _F),
    **same("text_classifier_learner language_model_learner", _learner("dls arch"), _F),
    **same("tabular_learner collab_learner", _learner("dls"), _F),
    _F + "load_learner": entry("estimator", "fname"),
    _F + "DataBlock": entry("dataset", "blocks"),
    _F + "DataLoaders": _LOADERS,
    **same(
        "ImageDataLoaders.from_folder ImageDataLoaders.from_name_func ImageDataLoaders.from_path_func"
        " ImageDataLoaders.from_df ImageDataLoaders.from_csv ImageDataLoaders.from_name_re ImageDataLoaders.from_lists"
        " TextDataLoaders.from_folder TextDataLoaders.from_df TextDataLoaders.from_csv TabularDataLoaders.from_df"
        " TabularDataLoaders.from_csv CollabDataLoaders.from_df SegmentationDataLoaders.from_label_func"
        " DataLoaders.from_dsets",
        entry("loader", "", {"seed": None}),
        _F,
    ),
    _F + "RandomSplitter": entry("splitter", "valid_pct seed", {"valid_pct": 0.2, "seed": None}, seed="seed"),
    _F + "RandomSubsetSplitter": entry("splitter", "train_sz valid_sz seed", {"seed": None}, seed="seed"),
    _F + "TrainTestSplitter": entry(
        "splitter",
        "test_size random_state",
        {"random_state": None, "shuffle": True},
        seed="random_state",
        shuffle="shuffle",
    ),
    _F + "GrandparentSplitter": _splitter("train_name valid_name"),
    **same("IndexSplitter EndSplitter FuncSplitter MaskSplitter FileSplitter ColSplitter", _splitter(""), _F),
    **same(
        "ImageBlock MaskBlock CategoryBlock MultiCategoryBlock RegressionBlock TextBlock PointBlock BBoxBlock"
        " BBoxLblBlock TransformBlock",
        entry("harmless"),
        _F,
    ),
    **same("get_image_files get_text_files get_files", entry("listing", "path", path="path"), _F),
    _F + "untar_data": entry("harmless", "url"),
    **same("parent_label RegexLabeller ColReader", entry("harmless"), _F),
    **same(
        "aug_transforms RandomResizedCrop RandomResizedCropGPU RandomCrop Flip Dihedral Rotate Zoom Warp Brightness"
        " Contrast Saturation Hue RandomErasing FlipItem DihedralItem",
        entry("transform", random=True),
        _F,
    ),
    # Crops at random in training and in the middle in validation by itself.
    **same(
        "Resize CropPad RatioResize Normalize Normalize.from_stats ToTensor IntToFloatTensor",
        entry("transform", random=False),
        _F,
    ),
    _F + "SaveModelCallback": entry("callback", "monitor", {"monitor": "valid_loss"}, kind="checkpoint"),
    _F + "EarlyStoppingCallback": entry(
        "callback", "monitor comp min_delta patience", {"monitor": "valid_loss", "patience": 1}, kind="early_stopping"
    ),
    _F + "ReduceLROnPlateau": entry("callback", "monitor", {"monitor": "valid_loss"}, kind="scheduler"),
    **same("GradientClip GradientAccumulation MixUp CutMix MixedPrecision", _CALLBACK, _F),
    **same("TerminateOnNaNCallback ActivationStats", _CALLBACK, _F),
    **same("CSVLogger ShowGraphCallback ProgressCallback", entry("callback", kind="progress"), _F),
    _F + "Callback": entry("base", kind="callback"),
    _F + "Module": entry("base", kind="module"),
    **same(
        "CrossEntropyLossFlat LabelSmoothingCrossEntropyFlat LabelSmoothingCrossEntropy",
        entry("loss", kind="cross_entropy"),
        _F,
    ),
    _F + "BCEWithLogitsLossFlat": entry("loss", kind="bce_logits"),
    _F + "MSELossFlat": entry("loss", kind="mse"),
    **same("accuracy accuracy_multi top_k_accuracy error_rate rmse mae mse", entry("metric"), _F),
    **same("F1Score Precision Recall RocAuc Dice JaccardCoeff R2Score", entry("metric", object=True), _F),
    **same("Interpretation Interpretation.from_learner", entry("harmless"), _F),
    _F + "set_seed": entry("seed", "s", what="all"),
}
