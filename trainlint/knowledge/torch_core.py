"""What else of torch a training program uses: seeds, modes, precision, files, wrappers, clipping (torch 2.13)."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_HARMLESS = entry("harmless")
_NONE = entry("operation", op="none")

_SEEDS: dict[str, Entry] = {
    "torch.manual_seed": entry("seed", "seed", what="torch"),
    "torch.random.manual_seed": entry("seed", "seed", what="torch"),
    "torch.cuda.manual_seed": entry("seed", "seed", what="cuda"),
    "torch.cuda.manual_seed_all": entry("seed", "seed", what="cuda"),
    "torch.mps.manual_seed": entry("seed", "seed", what="cuda"),
    "torch.xpu.manual_seed_all": entry("seed", "seed", what="cuda"),
    "torch.set_rng_state": entry("seed", "new_state", what="torch"),
    "torch.Generator": entry("generator", "device"),
    "torch.default_generator": entry("generator"),
    **same("get_rng_state initial_seed seed", _HARMLESS, "torch."),
    **same("get_rng_state set_rng_state get_rng_state_all set_rng_state_all seed seed_all", _HARMLESS, "torch.cuda."),
    "torch.random.fork_rng": _HARMLESS,
}

_AUTOCAST_DEVICE = entry("autocast", "enabled dtype cache_enabled", {"enabled": True})
_SCALER: dict[str, Any] = {"init_scale": 65536.0, "growth_interval": 2000, "enabled": True}
_OLD_SCALER = entry("scaler", "init_scale growth_factor backoff_factor growth_interval enabled", _SCALER)

_MODES: dict[str, Entry] = {
    "torch.no_grad": entry("grad_mode", enabled=False),
    "torch.inference_mode": entry("grad_mode", "mode", {"mode": True}, enabled=False),
    "torch.enable_grad": entry("grad_mode", enabled=True),
    "torch.set_grad_enabled": entry("grad_mode", "mode", enabled="argument"),
    "torch.autograd.no_grad": entry("grad_mode", enabled=False),
    "torch.autograd.enable_grad": entry("grad_mode", enabled=True),
    "torch.autograd.inference_mode": entry("grad_mode", "mode", {"mode": True}, enabled=False),
    "torch.autograd.set_grad_enabled": entry("grad_mode", "mode", enabled="argument"),
    "torch.is_grad_enabled": _HARMLESS,
    "torch.autocast": entry("autocast", "device_type dtype enabled cache_enabled", {"enabled": True}),
    "torch.amp.autocast": entry("autocast", "device_type dtype enabled cache_enabled", {"enabled": True}),
    "torch.cuda.amp.autocast": _AUTOCAST_DEVICE,
    "torch.cpu.amp.autocast": _AUTOCAST_DEVICE,
    "torch.amp.GradScaler": entry(
        "scaler", "device init_scale growth_factor backoff_factor growth_interval enabled", _SCALER
    ),
    "torch.GradScaler": entry(
        "scaler", "device init_scale growth_factor backoff_factor growth_interval enabled", _SCALER
    ),
    "torch.cuda.amp.GradScaler": _OLD_SCALER,
    "torch.cpu.amp.GradScaler": _OLD_SCALER,
    "torch.distributed.fsdp.sharded_grad_scaler.ShardedGradScaler": entry("scaler", "device init_scale", _SCALER),
    "torch.autograd.set_detect_anomaly": entry("harmless", "mode check_nan", {"check_nan": True}),
    "torch.autograd.detect_anomaly": entry("harmless", "check_nan", {"check_nan": True}),
    **same(
        "use_deterministic_algorithms set_default_dtype set_default_device set_default_tensor_type set_num_threads"
        " set_num_interop_threads set_float32_matmul_precision set_printoptions get_default_dtype get_num_threads"
        " device is_tensor is_autocast_enabled get_autocast_dtype typename finfo iinfo set_flush_denormal",
        _HARMLESS,
        "torch.",
    ),
}

_FILES: dict[str, Entry] = {
    "torch.save": entry("save", "obj f pickle_module pickle_protocol", object="obj", path="f"),
    "torch.load": entry(
        "load", "f map_location pickle_module", {"weights_only": None}, path="f", unsafe_param="weights_only"
    ),
    "torch.jit.save": entry("save", "m f", object="m", path="f"),
    "torch.jit.load": entry("load", "f map_location", path="f"),
    "torch.distributed.checkpoint.save": entry("save", "state_dict", object="state_dict", path="checkpoint_id"),
    "torch.distributed.checkpoint.async_save": entry("save", "state_dict", object="state_dict", path="checkpoint_id"),
    # Loads in place: the state dict given is filled.
    "torch.distributed.checkpoint.load": entry("load", "state_dict", path="checkpoint_id"),
    "torch.hub.load": entry("model", "repo_or_dir model", pretrained=("pretrained", "weights"), architecture="model"),
    "torch.hub.load_state_dict_from_url": entry("load", "url model_dir map_location", path="url"),
    "torch.hub.download_url_to_file": _HARMLESS,
    "torch.hub.set_dir": _HARMLESS,
    "torch.onnx.export": entry("save", "model args f", object="model", path="f"),
}

_DDP = (
    "module device_ids output_device dim broadcast_buffers init_sync process_group bucket_cap_mb find_unused_parameters"
)
_FSDP = "module process_group sharding_strategy cpu_offload auto_wrap_policy backward_prefetch mixed_precision"

_WRAPPERS: dict[str, Entry] = {
    # DataParallel itself stands with the modules.
    "torch.nn.parallel.DistributedDataParallel": entry("wrap", _DDP, kind="ddp"),
    "torch.nn.parallel.data_parallel": entry("call", "module inputs", function="module", args="inputs"),
    # With `use_orig_params` the network's own parameters are kept, as views of the shards.
    "torch.distributed.fsdp.FullyShardedDataParallel": entry("wrap", _FSDP, kind="fsdp", keeps_param="use_orig_params"),
    "torch.distributed.fsdp.fully_shard": entry("wrap", "module", kind="fsdp"),
    "torch.distributed.tensor.parallel.parallelize_module": entry("wrap", "module", kind="other"),
    "torch.compile": entry("wrap", "model", kind="compile"),
    "torch.jit.script": entry("wrap", "obj", kind="compile"),
    **same("freeze optimize_for_inference", entry("wrap", "mod", kind="compile"), "torch.jit."),
    "torch.jit.trace": entry("wrap", "func example_inputs", kind="compile"),
    **same("unused export", entry("wrap", "fn", kind="other"), "torch.jit."),
    **same(
        "weight_norm spectral_norm remove_weight_norm remove_spectral_norm",
        entry("wrap", "module name", {"name": "weight"}, kind="other"),
        "torch.nn.utils.",
    ),
    **same(
        "weight_norm spectral_norm orthogonal",
        entry("wrap", "module name", {"name": "weight"}, kind="other"),
        "torch.nn.utils.parametrizations.",
    ),
    "torch.nn.utils.parametrize.register_parametrization": entry("wrap", "module", kind="other"),
    "torch.fx.symbolic_trace": entry("wrap", "root", kind="other"),
    "torch.compiler.disable": entry("wrap", "fn", kind="other"),
    "torch.distributed.algorithms._checkpoint.checkpoint_wrapper.checkpoint_wrapper": entry(
        "wrap", "module", kind="other"
    ),
}

_GRADIENTS: dict[str, Entry] = {
    "torch.nn.utils.clip_grad_norm_": entry(
        "clip", "parameters max_norm norm_type error_if_nonfinite foreach", {"norm_type": 2.0}
    ),
    "torch.nn.utils.clip_grad_norm": entry(
        "clip", "parameters max_norm norm_type error_if_nonfinite foreach", {"norm_type": 2.0}
    ),
    "torch.nn.utils.clip_grad_value_": entry("clip", "parameters clip_value foreach"),
    "torch.nn.utils.clip_grads_with_norm_": entry("clip", "parameters max_norm total_norm foreach"),
    "torch.nn.utils.get_total_norm": entry("operation", "tensors norm_type", op="none", cuts=True),
    "torch.autograd.Function": entry("base", kind="autograd_function"),
    "torch.autograd.backward": entry(
        "backward", "tensors grad_tensors retain_graph create_graph", {"create_graph": False}, via="tensor"
    ),
    "torch.autograd.grad": entry(
        "backward", "outputs inputs grad_outputs retain_graph create_graph", {"create_graph": False}, via="grad"
    ),
    "torch.autograd.gradcheck": entry(
        "gradcheck", "func inputs", {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3}, function="func", inputs="inputs"
    ),
    "torch.autograd.gradgradcheck": entry(
        "gradcheck",
        "func inputs grad_outputs",
        {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3},
        function="func",
        inputs="inputs",
    ),
    **same("jacobian hessian", entry("backward", "func inputs create_graph", via="grad"), "torch.autograd.functional."),
    **same(
        "grad grad_and_value jacrev jacfwd hessian",
        entry("backward", "func argnums", via="grad"),
        "torch.func.",
    ),
    **same("vjp jvp", entry("backward", "func", via="grad"), "torch.func."),
    "torch.func.functional_call": entry(
        "call", "module parameter_and_buffer_dicts args kwargs", function="module", args="args"
    ),
    "torch.vmap": entry("wrap", "func in_dims out_dims", kind="other"),
    "torch.func.vmap": entry("wrap", "func in_dims out_dims", kind="other"),
    "torch.utils.checkpoint.checkpoint": entry("call", "function", function="function", args="*"),
    "torch.utils.checkpoint.checkpoint_sequential": entry("call", "functions segments input", function="functions"),
    "torch.nn.utils.parameters_to_vector": entry("operation", "parameters", op="none"),
    "torch.nn.utils.vector_to_parameters": entry("harmless", "vec parameters"),
    **same(
        "pack_padded_sequence pad_packed_sequence pad_sequence pack_sequence unpad_sequence unpack_sequence",
        _NONE,
        "torch.nn.utils.rnn.",
    ),
    "torch.nn.utils.rnn.PackedSequence": _NONE,
}

_INIT: dict[str, Entry] = {
    "constant_": entry("init", "tensor val", constant="val"),
    "zeros_": entry("init", "tensor", constant=True),
    "ones_": entry("init", "tensor", constant=True),
    "eye_": entry("init", "tensor"),
    "dirac_": entry("init", "tensor groups"),
    "normal_": entry("init", "tensor mean std", {"mean": 0.0, "std": 1.0}),
    "uniform_": entry("init", "tensor a b", {"a": 0.0, "b": 1.0}),
    "trunc_normal_": entry("init", "tensor mean std a b", {"mean": 0.0, "std": 1.0}),
    **same("xavier_normal_ xavier_uniform_ orthogonal_", entry("init", "tensor gain")),
    **same("kaiming_normal_ kaiming_uniform_", entry("init", "tensor a mode nonlinearity", {"mode": "fan_in"})),
    "sparse_": entry("init", "tensor sparsity std"),
    # The names without underscore are deprecated and do the same, also in place.
    "constant": entry("init", constant="val"),
    **same("normal uniform xavier_normal xavier_uniform orthogonal kaiming_normal kaiming_uniform", entry("init")),
    "calculate_gain": _HARMLESS,
}

_PROCESSES: dict[str, Entry] = {
    **same(
        "init_process_group destroy_process_group barrier get_rank get_world_size is_initialized is_available"
        " is_nccl_available new_group get_backend monitored_barrier send recv isend irecv",
        _HARMLESS,
        "torch.distributed.",
    ),
    # Collectives change their first argument in place: the values stay what they were measured on.
    **same(
        "all_reduce broadcast reduce all_gather all_gather_object all_gather_into_tensor gather gather_object scatter"
        " reduce_scatter broadcast_object_list all_to_all",
        _HARMLESS,
        "torch.distributed.",
    ),
    "torch.distributed.init_device_mesh": _HARMLESS,
    "torch.distributed.nn.all_gather": entry("operation", "tensor", op="none"),
    "torch.multiprocessing.spawn": entry(
        "call", "fn args nprocs join daemon start_method", function="fn", args="args", leading=1
    ),
    "torch.multiprocessing.Process": entry("call", "group target name args kwargs", function="target", args="args"),
    "torch.distributed.elastic.multiprocessing.errors.record": entry("wrap", "fn", kind="other"),
    **same(
        "set_start_method set_sharing_strategy get_context Queue Lock Value Event", _HARMLESS, "torch.multiprocessing."
    ),
    **same(
        "is_available device_count current_device set_device get_device_name get_device_properties empty_cache"
        " synchronize memory_allocated max_memory_allocated memory_reserved max_memory_reserved"
        " reset_peak_memory_stats ipc_collect memory_summary mem_get_info get_device_capability is_bf16_supported"
        " device stream Stream Event current_stream is_initialized init memory_stats",
        _HARMLESS,
        "torch.cuda.",
    ),
    **same("amp.custom_fwd cuda.amp.custom_fwd", entry("wrap", "fwd", kind="other"), "torch."),
    **same("amp.custom_bwd cuda.amp.custom_bwd", entry("wrap", "bwd", kind="other"), "torch."),
    "torch.utils.tensorboard.SummaryWriter": entry("logger", "log_dir comment"),
    **same("profile schedule record_function tensorboard_trace_handler", _HARMLESS, "torch.profiler."),
    **same("profile record_function", _HARMLESS, "torch.autograd.profiler."),
}

TABLE: dict[str, Entry] = {
    **_SEEDS,
    **_MODES,
    **_FILES,
    **_WRAPPERS,
    **_GRADIENTS,
    **{"torch.nn.init." + name: meaning for name, meaning in _INIT.items()},
    **_PROCESSES,
}
