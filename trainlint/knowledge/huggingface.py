"""Smaller Hugging Face libraries: datasets 5, evaluate 0.4, safetensors 0.8, huggingface_hub, peft, trl, diffusers."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import WORDS, Entry, entry, same

_LOAD: dict[str, Any] = {"split_param": "split", "splits": WORDS}
_SPLIT_METHOD = entry(
    "random_split",
    "test_size train_size shuffle stratify_by_column seed generator",
    {"shuffle": True, "seed": None},
    data="self",
    seed="seed",
    shuffle="shuffle",
)
_TRL = entry(
    "framework",
    "model",
    kind="hf_trainer",
    methods={
        "train": "fit",
        "evaluate": "evaluate",
        "predict": "predict",
        "save_model": "save",
        "save_state": "save",
        "log_metrics": "report",
        "save_metrics": "report",
    },
    saves=True,
)
_WARMUP = "optimizer num_warmup_steps num_training_steps"

TABLE: dict[str, Entry] = {
    "datasets.load_dataset": entry(
        "dataset_loader", "path name data_dir data_files split", {"split": None, "streaming": False}, **_LOAD
    ),
    "datasets.load_from_disk": entry("dataset_loader", "dataset_path", root="dataset_path"),
    "datasets.concatenate_datasets": entry("concat", "dsets"),
    "datasets.interleave_datasets": entry("concat", "datasets"),
    **same(
        "from_dict from_list from_pandas from_generator",
        entry("dataset"),
        "datasets.Dataset.",
    ),
    **same(
        "from_csv from_json from_parquet from_text",
        entry("dataset", "path_or_paths", root="path_or_paths"),
        "datasets.Dataset.",
    ),
    "datasets.Dataset.train_test_split": _SPLIT_METHOD,
    "datasets.Dataset": entry("dataset", "arrow_table"),
    "datasets.DatasetDict": entry("harmless"),
    **same(
        "Features Value ClassLabel Sequence Audio Image disable_progress_bar disable_caching get_dataset_config_names",
        entry("harmless"),
        "datasets.",
    ),
    "datasets.load_metric": entry("metric", "path", object=True),
    "evaluate.load": entry("metric", "path config_name", object=True),
    "evaluate.combine": entry("metric", "evaluations", object=True),
    "evaluate.evaluator": entry("estimator", "task"),
    "safetensors.torch.save_file": entry("save", "tensors filename metadata", object="tensors", path="filename"),
    "safetensors.torch.save_model": entry("save", "model filename", object="model", path="filename"),
    "safetensors.torch.load_file": entry("load", "filename device", path="filename"),
    "safetensors.torch.load_model": entry("harmless", "model filename"),
    "safetensors.safe_open": entry("load", "filename framework", path="filename"),
    **same(
        "hf_hub_download snapshot_download login create_repo upload_folder upload_file",
        entry("harmless"),
        "huggingface_hub.",
    ),
    "huggingface_hub.PyTorchModelHubMixin": entry("base", kind="plain"),
    "peft.get_peft_model": entry("wrap", "model peft_config", kind="other"),
    "peft.prepare_model_for_kbit_training": entry("wrap", "model", kind="other"),
    "peft.PeftModel.from_pretrained": entry("wrap", "model model_id", kind="other"),
    **same("LoraConfig TaskType PromptTuningConfig PrefixTuningConfig AdaLoraConfig", entry("harmless"), "peft."),
    **same("SFTTrainer DPOTrainer PPOTrainer GRPOTrainer RewardTrainer ORPOTrainer KTOTrainer", _TRL, "trl."),
    **same(
        "SFTConfig DPOConfig GRPOConfig RewardConfig ORPOConfig KTOConfig PPOConfig",
        entry("config", kind="hf_arguments"),
        "trl.",
    ),
    "sentence_transformers.SentenceTransformer": entry("model", "model_name_or_path", pretrained=True),
    "sentence_transformers.SentenceTransformerTrainer": _TRL,
    "sentence_transformers.SentenceTransformerTrainingArguments": entry("config", kind="hf_arguments"),
    "diffusers.optimization.get_scheduler": entry(
        "scheduler",
        "name optimizer step_rules num_warmup_steps num_training_steps",
        cadence="batch",
        horizon="num_training_steps",
    ),
    **same(
        "get_linear_schedule_with_warmup get_cosine_schedule_with_warmup get_polynomial_decay_schedule_with_warmup",
        entry("scheduler", _WARMUP, cadence="batch", horizon="num_training_steps"),
        "diffusers.optimization.",
    ),
    "diffusers.training_utils.EMAModel": entry("harmless", "parameters"),
    "diffusers.training_utils.set_seed": entry("seed", "seed", what="all"),
}
