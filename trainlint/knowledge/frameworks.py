"""Frameworks that run or steer the training: Ignite 0.5, DeepSpeed 0.19, Composer 0.32, skorch 1.4, Catalyst."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_IGNITE_ENGINE = {
    "run": "fit",
    "on": "handlers",
    "add_event_handler": "handler",
    "register_events": "harmless",
    "fire_event": "harmless",
    "terminate": "harmless",
    "set_data": "harmless",
    "state_dict": "harmless",
    "load_state_dict": "load",
}

_IGNITE: dict[str, Entry] = {
    "engine.Engine": entry(
        "framework",
        "process_function",
        kind="ignite",
        methods=_IGNITE_ENGINE,
    ),
    # Its step zeroes, differentiates and steps by itself.
    "engine.create_supervised_trainer": entry(
        "framework",
        "model optimizer loss_fn device",
        kind="ignite",
        methods=_IGNITE_ENGINE,
    ),
    "engine.create_supervised_evaluator": entry(
        "framework",
        "model metrics device",
        kind="ignite",
        methods={**_IGNITE_ENGINE, "run": "evaluate"},
    ),
    **same("engine.Events handlers.TerminateOnNan handlers.TimeLimit handlers.Timer", entry("harmless")),
    "handlers.Checkpoint": entry(
        "callback", "to_save save_handler filename_prefix score_function", {"score_function": None}, kind="checkpoint"
    ),
    "handlers.ModelCheckpoint": entry(
        "callback", "dirname filename_prefix score_function", {"score_function": None}, kind="checkpoint"
    ),
    "handlers.DiskSaver": entry("harmless", "dirname"),
    "handlers.EarlyStopping": entry("callback", "patience score_function trainer", kind="early_stopping"),
    "handlers.EMAHandler": entry("callback", "model momentum", kind="ema"),
    "handlers.LRScheduler": entry("callback", "lr_scheduler", kind="scheduler"),
    **same(
        "handlers.PiecewiseLinear handlers.CosineAnnealingScheduler handlers.LinearCyclicalScheduler"
        " handlers.create_lr_scheduler_with_warmup",
        entry("callback", kind="scheduler"),
    ),
    **same(
        "handlers.ProgressBar handlers.tqdm_logger.ProgressBar",
        entry("callback", kind="progress"),
    ),
    **same(
        "handlers.TensorboardLogger handlers.WandBLogger handlers.MLflowLogger"
        " handlers.tensorboard_logger.TensorboardLogger",
        entry("logger"),
    ),
    **same(
        "metrics.Accuracy metrics.TopKCategoricalAccuracy metrics.Loss metrics.MeanSquaredError"
        " metrics.MeanAbsoluteError metrics.Precision metrics.Recall metrics.Fbeta metrics.ROC_AUC"
        " metrics.AveragePrecision metrics.CohenKappa metrics.IoU metrics.mIoU metrics.DiceCoefficient"
        " metrics.RunningAverage",
        entry("metric", object=True),
    ),
    "utils.manual_seed": entry("seed", "seed", what="all"),
    **same("utils.setup_logger", entry("logger", "name")),
    **same("utils.convert_tensor utils.to_onehot", entry("operation", op="none")),
    "distributed.auto_model": entry("wrap", "model", kind="ddp"),
    "distributed.auto_optim": entry("passthrough", "optimizer"),
    "distributed.auto_dataloader": entry(
        "loader", "dataset", dataset="dataset", batch_size="batch_size", shuffle="shuffle"
    ),
}

_ENGINE = {
    "backward": "backward",
    "step": "step",
    "zero_grad": "zero_grad",
    "save_checkpoint": "save",
    "save_16bit_model": "save",
    "save_fp16_model": "save",
    "load_checkpoint": "load",
    "module_state_dict": "unwrap",
    "no_sync": "no_sync",
    "allreduce_gradients": "harmless",
    "is_gradient_accumulation_boundary": "harmless",
    "get_lr": "harmless",
    "get_global_grad_norm": "harmless",
    "set_gradient_accumulation_boundary": "harmless",
    "train_batch": "fit",
    "eval_batch": "evaluate",
}

_DEEPSPEED: dict[str, Entry] = {
    "initialize": entry(
        "framework",
        "args model optimizer model_parameters training_data lr_scheduler",
        kind="deepspeed",
        methods=_ENGINE,
        gives=("engine", "optimizer", "training_data", "lr_scheduler"),
    ),
    "init_inference": entry("wrap", "model", kind="other"),
    **same("add_config_arguments init_distributed", entry("harmless")),
    **same("ops.adam.FusedAdam", entry("optimizer", "params lr", {"lr": 1e-3}, family="adamw")),
    "ops.adam.DeepSpeedCPUAdam": entry("optimizer", "model_params lr", {"lr": 1e-3}, family="adamw"),
    "ops.lamb.FusedLamb": entry("optimizer", "params lr", {"lr": 1e-3}, family="other"),
    **same("runtime.lr_schedules.WarmupLR", entry("scheduler", "optimizer", cadence="batch")),
    "runtime.lr_schedules.WarmupDecayLR": entry(
        "scheduler", "optimizer total_num_steps", cadence="batch", horizon="total_num_steps"
    ),
    "checkpointing.checkpoint": entry("call", "function", function="function", args="*"),
}

_SKORCH_NET = entry(
    "framework",
    "module criterion",
    {"lr": 0.01, "max_epochs": 10, "batch_size": 128},
    kind="skorch",
    methods={
        "fit": "fit",
        "partial_fit": "fit",
        "predict": "predict",
        "predict_proba": "predict",
        "save_params": "save",
        "load_params": "load",
        "set_params": "harmless",
        "initialize": "harmless",
    },
    saves=False,
)
_SKORCH_TRAITS = {
    **_SKORCH_NET.traits,
    "methods": {**_SKORCH_NET.traits["methods"], "score": "evaluate"},
}
_SKORCH_CLASS = Entry("framework", ("module",), _SKORCH_NET.defaults, _SKORCH_TRAITS)

_SKORCH: dict[str, Entry] = {
    "NeuralNet": _SKORCH_NET,
    **same("NeuralNetClassifier NeuralNetBinaryClassifier NeuralNetRegressor", _SKORCH_CLASS),
    "dataset.ValidSplit": entry("splitter", "cv stratified random_state", {"random_state": None}, seed="random_state"),
    "helper.predefined_split": entry("harmless", "dataset"),
    "callbacks.EarlyStopping": entry("callback", "monitor patience", {"monitor": "valid_loss"}, kind="early_stopping"),
    **same("callbacks.Checkpoint callbacks.TrainEndCheckpoint", entry("callback", kind="checkpoint")),
    "callbacks.LRScheduler": entry("callback", "policy monitor", kind="scheduler"),
    **same(
        "callbacks.EpochScoring callbacks.BatchScoring callbacks.GradientNormClipping callbacks.Freezer",
        entry("callback", kind="other"),
    ),
    **same("callbacks.ProgressBar callbacks.PrintLog", entry("callback", kind="progress")),
    "callbacks.Callback": entry("base", kind="callback"),
}

_COMPOSER: dict[str, Entry] = {
    "trainer.Trainer": entry(
        "framework",
        "",
        {"eval_dataloader": None, "schedulers": None, "save_folder": None, "save_interval": "1ep", "eval_interval": 1},
        kind="composer",
        methods={
            "fit": "fit",
            "eval": "evaluate",
            "predict": "predict",
            "save_checkpoint": "save",
            "export_for_inference": "save",
            "close": "harmless",
        },
        # Without save_folder nothing is written.
        saves=False,
    ),
    "models.ComposerModel": entry("base", kind="module"),
    "models.ComposerClassifier": entry("wrap", "module", kind="other"),
    "core.Callback": entry("base", kind="callback"),
    "callbacks.CheckpointSaver": entry("callback", "folder", kind="checkpoint"),
    "callbacks.EarlyStopper": entry("callback", "monitor", kind="early_stopping"),
    "optim.DecoupledAdamW": entry("optimizer", "params lr", {"lr": 1e-3}, family="adamw"),
    "optim.DecoupledSGDW": entry("optimizer", "params lr momentum", {"momentum": 0}, family="sgd"),
    **same(
        "optim.CosineAnnealingScheduler optim.CosineAnnealingWithWarmupScheduler optim.LinearWithWarmupScheduler"
        " optim.LinearScheduler optim.StepScheduler optim.MultiStepScheduler optim.ExponentialScheduler"
        " optim.PolynomialScheduler optim.ConstantWithWarmupScheduler",
        entry("callback", kind="scheduler"),
    ),
    "utils.reproducibility.seed_all": entry("seed", "seed", what="all"),
}

_CATALYST: dict[str, Entry] = {
    **same(
        "dl.SupervisedRunner dl.Runner dl.ISupervisedRunner",
        entry(
            "framework",
            kind="catalyst",
            methods={"train": "fit", "evaluate_loader": "evaluate", "predict_loader": "predict"},
            saves=True,
        ),
    ),
    "dl.Callback": entry("base", kind="callback"),
    "dl.CheckpointCallback": entry("callback", kind="checkpoint"),
    "dl.EarlyStoppingCallback": entry("callback", kind="early_stopping"),
    "utils.set_global_seed": entry("seed", "seed", what="all"),
}

TABLE: dict[str, Entry] = {
    **{"ignite." + name: meaning for name, meaning in _IGNITE.items()},
    **{"deepspeed." + name: meaning for name, meaning in _DEEPSPEED.items()},
    **{"skorch." + name: meaning for name, meaning in _SKORCH.items()},
    **{"composer." + name: meaning for name, meaning in _COMPOSER.items()},
    **{"catalyst." + name: meaning for name, meaning in _CATALYST.items()},
    "composer.Trainer": _COMPOSER["trainer.Trainer"],
}
