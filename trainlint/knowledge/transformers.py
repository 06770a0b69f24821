"""Hugging Face Transformers 5: the Trainer, schedules, optimizers; the models are a family."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_T = "transformers."
_WARMUP = "optimizer num_warmup_steps num_training_steps"


def _schedule(params: str, **traits: Any) -> Entry:
    return entry("scheduler", params, cadence="batch", **traits)


# Trainer has a linear schedule and saves every 500 steps by default, and evaluates only if its arguments ask for it.
_TRAINER = entry(
    "framework",
    "model args data_collator train_dataset eval_dataset",
    {"eval_dataset": None, "compute_metrics": None, "callbacks": None},
    kind="hf_trainer",
    methods={
        "train": "fit",
        "evaluate": "evaluate",
        "predict": "predict",
        "save_model": "save",
        "save_state": "save",
        "log": "report",
        "log_metrics": "report",
        "save_metrics": "report",
        "push_to_hub": "save",
        "hyperparameter_search": "fit",
        "add_callback": "harmless",
        "create_model_card": "harmless",
    },
    saves=True,
)

_ARGUMENTS = entry(
    "config",
    "output_dir",
    {
        "learning_rate": 5e-5,
        "num_train_epochs": 3.0,
        "max_steps": -1,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 1,
        "lr_scheduler_type": "linear",
        "warmup_steps": 0,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "eval_strategy": "no",
        "save_strategy": "steps",
        "save_steps": 500,
        "logging_steps": 500,
        "load_best_model_at_end": False,
        "metric_for_best_model": None,
        "greater_is_better": None,
        "dataloader_drop_last": False,
        "seed": 42,
    },
    kind="hf_arguments",
)

# What from_pretrained gives is in eval mode, what is built from a configuration in train mode.
_MODEL = entry("model", "config", labels="labels")

TABLE: dict[str, Entry] = {
    **same("Trainer Seq2SeqTrainer", _TRAINER, _T),
    **same("TrainingArguments Seq2SeqTrainingArguments", _ARGUMENTS, _T),
    _T + "TrainerCallback": entry("base", kind="callback"),
    _T + "EarlyStoppingCallback": entry(
        "callback", "early_stopping_patience", {"early_stopping_patience": 1}, kind="early_stopping"
    ),
    **same("ProgressCallback PrinterCallback", entry("callback", kind="progress"), _T),
    _T + "get_scheduler": entry(
        "scheduler",
        "name optimizer num_warmup_steps num_training_steps",
        cadence="batch",
        horizon="num_training_steps",
    ),
    _T + "get_constant_schedule": _schedule("optimizer last_epoch"),
    _T + "get_constant_schedule_with_warmup": entry("scheduler", "optimizer num_warmup_steps", cadence="batch"),
    **same(
        "get_linear_schedule_with_warmup get_cosine_schedule_with_warmup"
        " get_cosine_with_hard_restarts_schedule_with_warmup get_polynomial_decay_schedule_with_warmup"
        " get_cosine_with_min_lr_schedule_with_warmup",
        _schedule(_WARMUP, horizon="num_training_steps"),
        _T,
    ),
    _T + "get_inverse_sqrt_schedule": _schedule("optimizer num_warmup_steps timescale"),
    _T + "get_wsd_schedule": _schedule(
        "optimizer num_warmup_steps num_decay_steps num_training_steps", horizon="num_training_steps"
    ),
    _T + "get_reduce_on_plateau_schedule": entry("scheduler", "optimizer", cadence="metric"),
    # Until version 3 the classes and functions had these names.
    **same(
        "WarmupLinearSchedule WarmupCosineSchedule",
        _schedule("optimizer warmup_steps t_total", horizon="t_total"),
        _T,
    ),
    # Gone since version 5; its rate and decay were not torch's.
    _T + "AdamW": entry(
        "optimizer",
        "params lr betas eps weight_decay correct_bias",
        {"lr": 1e-3, "eps": 1e-6, "weight_decay": 0.0},
        family="adamw",
    ),
    # Adafactor with lr=None and relative_step sets its own rate.
    _T + "Adafactor": entry(
        "optimizer",
        "params lr eps clip_threshold decay_rate beta1 weight_decay scale_parameter relative_step",
        {"lr": None, "weight_decay": 0.0, "relative_step": True},
        family="other",
        adaptive_rate=True,
    ),
    **same("optimization.AdafactorSchedule get_adafactor_schedule", _schedule("optimizer initial_lr"), _T),
    _T + "set_seed": entry("seed", "seed deterministic", what="all"),
    _T + "enable_full_determinism": entry("seed", "seed", what="all"),
    _T + "HfArgumentParser": entry("options", "dataclass_types", kind="argparse"),
    _T + "pipeline": entry("estimator", "task model"),
    **same(
        "DataCollatorWithPadding DataCollatorForLanguageModeling DataCollatorForSeq2Seq"
        " DataCollatorForTokenClassification DefaultDataCollator DataCollatorForWholeWordMask",
        entry("harmless"),
        _T,
    ),
    **same("default_data_collator", entry("operation", "features", op="none"), _T),
    _T + "PreTrainedModel": entry("base", "config", kind="module"),
    _T + "trainer_utils.get_last_checkpoint": entry("harmless", "folder"),
    **same("AutoConfig GenerationConfig PretrainedConfig PreTrainedConfig", entry("harmless"), _T),
    **same("AutoTokenizer AutoProcessor AutoImageProcessor AutoFeatureExtractor", entry("tokenizer"), _T),
    _T + "AutoModel": _MODEL,
    _T + "AutoModel.from_config": _MODEL,
    **same("logging.set_verbosity_error logging.set_verbosity_info logging.set_verbosity", entry("harmless"), _T),
    _T + "logging.get_logger": entry("logger", "name"),
}
