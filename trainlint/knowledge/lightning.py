"""Lightning: ``pytorch_lightning`` (also as ``lightning`` and ``lightning.pytorch``) and ``lightning_fabric``, 2.6."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_PL = "pytorch_lightning."

_TRAINER: dict[str, Any] = {
    "kind": "lightning_trainer",
    "methods": {
        "fit": "fit",
        "validate": "evaluate",
        "test": "evaluate",
        "predict": "predict",
        "save_checkpoint": "save",
        "print": "report",
    },
    # A checkpoint of the last epoch is kept unless enable_checkpointing=False.
    "saves": True,
}

_MODULE_METHODS = {
    "log": "report",
    "log_dict": "report",
    "print": "report",
    "manual_backward": "backward",
    "clip_gradients": "clip",
    "all_gather": "gather",
    "save_hyperparameters": "harmless",
    "toggle_optimizer": "harmless",
    "untoggle_optimizer": "harmless",
}

_FABRIC_METHODS = {
    "setup": "prepare",
    "setup_module": "prepare",
    "setup_optimizers": "prepare",
    "setup_dataloaders": "prepare",
    "backward": "backward",
    "clip_gradients": "clip",
    "autocast": "autocast",
    "no_backward_sync": "no_sync",
    "save": "save",
    "load": "load",
    "load_raw": "load",
    "print": "report",
    "log": "report",
    "log_dict": "report",
    "all_gather": "gather",
    "all_reduce": "reduce",
    "seed_everything": "seed",
    "launch": "launch",
    "barrier": "harmless",
    "to_device": "harmless",
}

_SEED = entry("seed", "seed workers", {"workers": False}, what="all")

TABLE: dict[str, Entry] = {
    _PL + "Trainer": entry(
        "framework",
        "",
        {
            "max_epochs": None,
            "fast_dev_run": False,
            "overfit_batches": 0.0,
            "enable_checkpointing": None,
            "accumulate_grad_batches": 1,
            "gradient_clip_val": None,
            "limit_val_batches": None,
            "detect_anomaly": False,
            "use_distributed_sampler": True,
            "deterministic": None,
        },
        **_TRAINER,
    ),
    _PL + "LightningModule": entry("base", kind="lightning_module", methods=_MODULE_METHODS),
    _PL + "LightningModule.load_from_checkpoint": entry("model", "checkpoint_path", pretrained=True),
    _PL + "LightningDataModule": entry("base", kind="lightning_datamodule"),
    _PL + "Callback": entry("base", kind="callback"),
    _PL + "cli.LightningCLI": entry(
        "framework", "model_class datamodule_class", {"run": True}, kind="lightning_trainer", fits=True, saves=True
    ),
    _PL + "seed_everything": _SEED,
    _PL + "callbacks.ModelCheckpoint": entry(
        "callback",
        "dirpath filename monitor verbose save_last save_top_k",
        {"monitor": None, "save_top_k": 1, "mode": "min", "save_weights_only": False},
        kind="checkpoint",
    ),
    _PL + "callbacks.EarlyStopping": entry(
        "callback",
        "monitor min_delta patience verbose mode",
        {"min_delta": 0.0, "patience": 3, "mode": "min"},
        kind="early_stopping",
    ),
    _PL + "callbacks.LearningRateMonitor": entry("callback", kind="lr_monitor"),
    **same(
        "StochasticWeightAveraging WeightAveraging EMAWeightAveraging",
        entry("callback", kind="ema"),
        _PL + "callbacks.",
    ),
    **same("ProgressBar TQDMProgressBar RichProgressBar", entry("callback", kind="progress"), _PL + "callbacks."),
    **same("BaseFinetuning BackboneFinetuning", entry("callback", kind="finetuning"), _PL + "callbacks."),
    _PL + "callbacks.GradientAccumulationScheduler": entry("callback", "scheduling", kind="other"),
    **same("TensorBoardLogger CSVLogger", entry("logger", "save_dir name"), _PL + "loggers."),
    **same("WandbLogger MLFlowLogger CometLogger NeptuneLogger LitLogger", entry("logger"), _PL + "loggers."),
    _PL + "utilities.rank_zero.rank_zero_only": entry("wrap", "fn", kind="other"),
    _PL + "utilities.rank_zero_only": entry("wrap", "fn", kind="other"),
    **same("rank_zero_info rank_zero_warn", entry("report"), _PL + "utilities.rank_zero."),
    _PL + "utilities.combined_loader.CombinedLoader": entry("passthrough", "iterables mode"),
    _PL + "utilities.model_summary.summarize": entry("harmless", "lightning_module"),
    "lightning_fabric.Fabric": entry("framework", kind="fabric", methods=_FABRIC_METHODS),
    "lightning_fabric.seed_everything": _SEED,
    "lightning_fabric.utilities.seed.seed_everything": _SEED,
    _PL + "utilities.seed.seed_everything": _SEED,
}
