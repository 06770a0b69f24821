"""timm 1.0: factories for models, optimizers, schedules, loaders; losses, gradient scalers, averaged models, Mixup."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import WORDS, Entry, entry, same

_T = "timm."

# timm's schedulers take the epoch in step() and the update in step_update(), and count as t_in_epochs says.
_SCHED: dict[str, Any] = {"cadence": "epoch"}
_EMA = entry("wrap", "model decay", {"decay": 0.9999}, kind="ema")
_SPLIT: dict[str, Any] = {"split_param": "split", "splits": WORDS, "root": "root"}


def _optimizer(family: str, lr: float | None = None) -> Entry:
    return entry("optimizer", "params lr", {} if lr is None else {"lr": lr}, family=family)


TABLE: dict[str, Entry] = {
    **same(
        "create_model models.create_model",
        entry(
            "model",
            "model_name pretrained",
            {"pretrained": False},
            pretrained=("pretrained", "checkpoint_path"),
            architecture="model_name",
        ),
        _T,
    ),
    **same("list_models is_model list_pretrained list_modules model_entrypoint", entry("harmless"), _T),
    **same("list_models is_model list_pretrained safe_model_name", entry("harmless"), "timm.models."),
    **same("resume_checkpoint load_checkpoint", entry("harmless", "model checkpoint_path"), "timm.models."),
    **same("layers.convert_splitbn_model layers.convert_sync_batchnorm", entry("wrap", "module", kind="other"), _T),
    "timm.layers.DropPath": entry("module", "drop_prob", {"drop_prob": 0.0}, op="dropout", dropout=True),
    "timm.layers.drop_path": entry(
        "operation", "x drop_prob training", {"drop_prob": 0.0, "training": False}, op="dropout", random=True
    ),
    "timm.layers.trunc_normal_": entry("init", "tensor mean std"),
    # Built from options (opt=..., lr=..., sched=...): the family is the option's.
    "timm.optim.create_optimizer": entry("optimizer", "args model", family="other"),
    "timm.optim.create_optimizer_v2": entry(
        "optimizer",
        "model_or_params opt lr weight_decay momentum",
        {"opt": "sgd", "lr": None, "weight_decay": 0.0, "momentum": 0.9},
        family="other",
    ),
    "timm.optim.optimizer_kwargs": entry("harmless", "cfg"),
    "timm.optim.param_groups_weight_decay": entry("passthrough", "model"),
    "timm.optim.param_groups_layer_decay": entry("passthrough", "model"),
    **same("AdamP Adan Adopt AdaBelief NAdamW", _optimizer("adam", 1e-3), "timm.optim."),
    **same(
        "Adafactor AdafactorBigVision Adahessian MADGRAD Mars Lamb Lars NvNovoGrad Muon",
        _optimizer("other"),
        "timm.optim.",
    ),
    "timm.optim.Lion": _optimizer("lion", 1e-4),
    "timm.optim.LaProp": _optimizer("adam", 4e-4),
    **same("SGDP SGDW", entry("optimizer", "params lr momentum", {"momentum": 0}, family="sgd"), "timm.optim."),
    "timm.optim.RMSpropTF": _optimizer("rmsprop", 1e-2),
    "timm.optim.AdamWLegacy": _optimizer("adamw", 1e-3),
    "timm.optim.Lookahead": entry("optimizer", "base_optimizer alpha k", family="other"),
    "timm.scheduler.create_scheduler": entry("scheduler", "args optimizer updates_per_epoch", pair=True, **_SCHED),
    "timm.scheduler.create_scheduler_v2": entry(
        "scheduler",
        "optimizer sched num_epochs",
        {"sched": "cosine", "num_epochs": 300, "step_on_epochs": True},
        horizon="num_epochs",
        pair=True,
        **_SCHED,
    ),
    "timm.scheduler.scheduler_kwargs": entry("harmless", "cfg"),
    **same(
        "CosineLRScheduler PolyLRScheduler TanhLRScheduler",
        entry("scheduler", "optimizer t_initial", {"t_in_epochs": True}, horizon="t_initial", **_SCHED),
        "timm.scheduler.",
    ),
    **same(
        "StepLRScheduler MultiStepLRScheduler",
        entry("scheduler", "optimizer decay_t decay_rate", {"decay_rate": 1.0, "t_in_epochs": True}, **_SCHED),
        "timm.scheduler.",
    ),
    "timm.scheduler.PlateauLRScheduler": entry(
        "scheduler",
        "optimizer decay_rate patience_t",
        {"decay_rate": 0.1, "mode": "max"},
        cadence="metric",
    ),
    "timm.scheduler.scheduler.Scheduler": entry("base", "optimizer param_group_field", kind="scheduler"),
    "timm.loss.LabelSmoothingCrossEntropy": entry("loss", "smoothing", {"smoothing": 0.1}, kind="cross_entropy"),
    "timm.loss.SoftTargetCrossEntropy": entry("loss", kind="cross_entropy"),
    "timm.loss.JsdCrossEntropy": entry("loss", "num_splits alpha smoothing", kind="cross_entropy"),
    "timm.loss.PolyCrossEntropy": entry(
        "loss", "epsilon smoothing reduction", {"reduction": "mean"}, kind="cross_entropy"
    ),
    **same(
        "BinaryCrossEntropy PolyBinaryCrossEntropy",
        entry("loss", "", {"reduction": "mean"}, kind="bce_logits"),
        "timm.loss.",
    ),
    **same(
        "AsymmetricLossMultiLabel AsymmetricLossSingleLabel",
        entry("loss", kind="other"),
        "timm.loss.",
    ),
    "timm.data.create_dataset": entry("dataset", "name root split", {"split": "validation"}, **_SPLIT),
    "timm.data.ImageDataset": entry("dataset", "root reader split", {"split": "train"}, **_SPLIT),
    "timm.data.create_loader": entry(
        "loader",
        "dataset input_size batch_size is_training",
        {"is_training": False},
        dataset="dataset",
        batch_size="batch_size",
        train_param="is_training",
    ),
    "timm.data.create_transform": entry(
        "transform", "input_size is_training", {"is_training": False}, random_param="is_training"
    ),
    "timm.data.transforms_factory.transforms_imagenet_train": entry("transform", random=True),
    **same(
        "transforms_imagenet_eval transforms_noaug_train",
        entry("transform", random=False),
        "timm.data.transforms_factory.",
    ),
    **same("resolve_data_config resolve_model_data_config", entry("harmless"), "timm.data."),
    **same(
        "Mixup FastCollateMixup",
        entry(
            "transform", "mixup_alpha cutmix_alpha cutmix_minmax prob", {"mixup_alpha": 1.0, "prob": 1.0}, random=True
        ),
        "timm.data.",
    ),
    "timm.data.AugMixDataset": entry("dataset", "dataset", augments=True),
    "timm.data.random_erasing.RandomErasing": entry("transform", "probability", random=True),
    **same("NativeScaler ApexScaler", entry("scaler"), "timm.utils."),
    **same("ModelEma ModelEmaV2 ModelEmaV3", _EMA, "timm.utils."),
    "timm.utils.dispatch_clip_grad": entry(
        "clip", "parameters value mode norm_type", {"mode": "norm", "norm_type": 2.0}
    ),
    "timm.utils.adaptive_clip_grad": entry("clip", "parameters clip_factor"),
    "timm.utils.random_seed": entry("seed", "seed rank", {"seed": 42, "rank": 0}, what="all"),
    "timm.utils.accuracy": entry("metric", "output target topk"),
    "timm.utils.AverageMeter": entry("harmless"),
    "timm.utils.CheckpointSaver": entry(
        "saver", "model optimizer args", object="model", methods={"save_checkpoint": "save", "save_recovery": "save"}
    ),
    "timm.utils.update_summary": entry("report"),
    **same(
        "setup_default_logging get_outdir distribute_bn reduce_tensor set_jit_fuser get_state_dict unwrap_model",
        entry("harmless"),
        "timm.utils.",
    ),
}
