"""Hugging Face Accelerate 1.15."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_METHODS = {
    "prepare": "prepare",
    "prepare_model": "prepare",
    "prepare_data_loader": "prepare",
    "prepare_optimizer": "prepare",
    "prepare_scheduler": "prepare",
    "backward": "backward",
    "clip_grad_norm_": "clip",
    "clip_grad_value_": "clip",
    "unscale_gradients": "unscale",
    "accumulate": "accumulate",
    "no_sync": "no_sync",
    "autocast": "autocast",
    "gather": "gather",
    "gather_for_metrics": "gather_for_metrics",
    "reduce": "reduce",
    "pad_across_processes": "reduce",
    "unwrap_model": "unwrap",
    "get_state_dict": "state",
    "save": "save",
    "save_model": "save",
    "save_state": "save",
    "load_state": "load",
    "print": "report",
    "log": "report",
    "init_trackers": "harmless",
    "end_training": "harmless",
    "wait_for_everyone": "harmless",
    "register_for_checkpointing": "harmless",
    "free_memory": "harmless",
    "skip_first_batches": "prepare",
    "on_main_process": "main_only",
    "on_local_main_process": "main_only",
    "main_process_first": "harmless",
    "local_main_process_first": "harmless",
}

_PLUGINS = (
    "DeepSpeedPlugin FullyShardedDataParallelPlugin GradientAccumulationPlugin DistributedDataParallelKwargs"
    " GradScalerKwargs InitProcessGroupKwargs ProjectConfiguration DataLoaderConfiguration AutocastKwargs ProfileKwargs"
)

TABLE: dict[str, Entry] = {
    "accelerate.Accelerator": entry(
        "framework",
        "device_placement split_batches mixed_precision gradient_accumulation_steps",
        {"gradient_accumulation_steps": 1, "mixed_precision": None, "even_batches": True, "dataloader_config": None},
        kind="accelerator",
        methods=_METHODS,
    ),
    "accelerate.utils.set_seed": entry("seed", "seed device_specific", {"device_specific": False}, what="all"),
    **same(_PLUGINS, entry("config", kind="accelerate_plugin"), "accelerate."),
    **same(_PLUGINS, entry("config", kind="accelerate_plugin"), "accelerate.utils."),
    "accelerate.notebook_launcher": entry("call", "function args num_processes", function="function", args="args"),
    "accelerate.skip_first_batches": entry("passthrough", "dataloader num_batches"),
    "accelerate.PartialState": entry("harmless"),
    "accelerate.logging.get_logger": entry("logger", "name"),
    "accelerate.init_empty_weights": entry("harmless"),
    "accelerate.load_checkpoint_and_dispatch": entry("wrap", "model checkpoint", kind="other"),
    "accelerate.dispatch_model": entry("wrap", "model", kind="other"),
    "accelerate.utils.gather_object": entry("operation", "object", op="none"),
    "accelerate.utils.find_executable_batch_size": entry("wrap", "function", kind="other"),
}
