"""Optimizers, schedules and mixed precision from elsewhere: schedulefree, apex, torch_xla, Lion, 8-bit, ..."""

from __future__ import annotations

from dataclasses import replace

from trainlint.knowledge.schema import Entry, entry, same

_FREE = {"weight_decay": 0, "warmup_steps": 0}
_ADAMW_FREE = entry(
    "optimizer", "params lr betas eps weight_decay", {"lr": 2.5e-3, **_FREE}, family="adamw", schedule_free=True
)
_SGD_FREE = entry("optimizer", "params lr", {"lr": 1.0, "momentum": 0.9, **_FREE}, family="sgd", schedule_free=True)
_RADAM_FREE = entry(
    "optimizer",
    "params lr betas eps weight_decay",
    {"lr": 2.5e-3, "weight_decay": 0},
    family="adam",
    schedule_free=True,
)


def _modeless(optimizer: Entry) -> Entry:
    """The same optimizer, but for its closure: outside of it the averaged weights stand in the network."""
    return replace(optimizer, traits={**optimizer.traits, "modes": False})


_PLAIN = entry("optimizer", "params lr", family="other")
_ADAM = entry("optimizer", "params lr", {"lr": 1e-3}, family="adam")
_ADAMW = entry("optimizer", "params lr", {"lr": 1e-3}, family="adamw")
# Sets its own rate: lr is a factor, 1 unless there is a reason.
_ADAPTIVE = entry("optimizer", "params lr", {"lr": 1.0}, family="other", adaptive_rate=True)

TABLE: dict[str, Entry] = {
    **same("AdamWScheduleFree AdamWScheduleFreeReference", _ADAMW_FREE, "schedulefree."),
    **same("SGDScheduleFree SGDScheduleFreeReference", _SGD_FREE, "schedulefree."),
    "schedulefree.RAdamScheduleFree": _RADAM_FREE,
    "schedulefree.AdamWScheduleFreeClosure": _modeless(_ADAMW_FREE),
    "schedulefree.SGDScheduleFreeClosure": _modeless(_SGD_FREE),
    "schedulefree.RAdamScheduleFreeClosure": _modeless(_RADAM_FREE),
    **same(
        "ScheduleFreeWrapper ScheduleFreeWrapperReference",
        entry("optimizer", "base", family="other", schedule_free=True),
        "schedulefree.",
    ),
    **same("optimizers.FusedAdam", entry("optimizer", "params lr", {"lr": 1e-3}, family="adamw"), "apex."),
    "apex.optimizers.FusedSGD": entry("optimizer", "params lr momentum", {"momentum": 0.0}, family="sgd"),
    **same("apex.optimizers.FusedLAMB apex.optimizers.FusedNovoGrad", _PLAIN),
    "apex.parallel.DistributedDataParallel": entry("wrap", "module", kind="ddp"),
    "apex.parallel.convert_syncbn_model": entry("wrap", "module", kind="other"),
    "apex.amp.initialize": entry("passthrough", "models optimizers opt_level"),
    "apex.amp.scale_loss": entry("passthrough", "loss optimizers"),
    "apex.amp.master_params": entry("passthrough", "optimizer"),
    "torch_xla.core.xla_model.optimizer_step": entry("steps", "optimizer barrier", optimizer="optimizer"),
    **same(
        "mark_step rendezvous xla_device is_master_ordinal get_ordinal xrt_world_size master_print add_step_closure",
        entry("harmless"),
        "torch_xla.core.xla_model.",
    ),
    "torch_xla.core.xla_model.save": entry("save", "data file_or_path", object="data", path="file_or_path"),
    "torch_xla.core.xla_model.mesh_reduce": entry("passthrough", "data"),
    "torch_xla.distributed.parallel_loader.MpDeviceLoader": entry("passthrough", "loader device"),
    "torch_xla.distributed.parallel_loader.ParallelLoader": entry("passthrough", "loader devices"),
    "torch_xla.distributed.xla_multiprocessing.spawn": entry(
        "call", "fn args nprocs", function="fn", args="args", leading=1
    ),
    "torch_xla.launch": entry("call", "fn args", function="fn", args="args", leading=1),
    "lion_pytorch.Lion": entry("optimizer", "params lr betas weight_decay", {"lr": 1e-4}, family="lion"),
    **same("Adam Adam8bit PagedAdam PagedAdam8bit", _ADAM, "bitsandbytes.optim."),
    **same("AdamW AdamW8bit PagedAdamW PagedAdamW8bit PagedAdamW32bit", _ADAMW, "bitsandbytes.optim."),
    **same(
        "SGD SGD8bit", entry("optimizer", "params lr momentum", {"momentum": 0}, family="sgd"), "bitsandbytes.optim."
    ),
    **same(
        "Lion Lion8bit PagedLion8bit",
        entry("optimizer", "params lr", {"lr": 1e-4}, family="lion"),
        "bitsandbytes.optim.",
    ),
    **same(
        "RMSprop RMSprop8bit", entry("optimizer", "params lr", {"lr": 1e-2}, family="rmsprop"), "bitsandbytes.optim."
    ),
    "prodigyopt.Prodigy": _ADAPTIVE,
    **same("DAdaptAdam DAdaptSGD DAdaptAdaGrad DAdaptLion", _ADAPTIVE, "dadaptation."),
    **same("RAdam AdaBound AdaMod AdamP DiffGrad NovoGrad SWATS QHAdam AdaBelief", _ADAM, "torch_optimizer."),
    **same("Lamb Ranger RangerQH RangerVA Shampoo MADGRAD Apollo A2GradUni PID", _PLAIN, "torch_optimizer."),
    **same("SGDP SGDW AccSGD AggMo QHM", entry("optimizer", "params lr", family="sgd"), "torch_optimizer."),
    "torch_optimizer.Yogi": entry("optimizer", "params lr", {"lr": 1e-2}, family="adam"),
    "torch_optimizer.Lookahead": entry("optimizer", "optimizer k alpha", family="other"),
    "adabelief_pytorch.AdaBelief": _ADAM,
    "adamp.AdamP": _ADAM,
    "adamp.SGDP": entry("optimizer", "params lr momentum", {"momentum": 0}, family="sgd"),
    "madgrad.MADGRAD": _PLAIN,
    "ranger.Ranger": _PLAIN,
    "pytorch_optimizer.SAM": entry("optimizer", "params base_optimizer", family="other"),
    "warmup_scheduler.GradualWarmupScheduler": entry(
        "scheduler", "optimizer multiplier total_epoch after_scheduler", cadence="epoch"
    ),
    **same(
        "LinearWarmup UntunedLinearWarmup ExponentialWarmup UntunedExponentialWarmup RAdamWarmup",
        entry("scheduler", "optimizer", cadence="batch"),
        "pytorch_warmup.",
    ),
    "cosine_annealing_warmup.CosineAnnealingWarmupRestarts": entry(
        "scheduler", "optimizer first_cycle_steps", cadence="any", horizon="first_cycle_steps"
    ),
    "torch_ema.ExponentialMovingAverage": entry("harmless", "parameters decay"),
    "ema_pytorch.EMA": entry("wrap", "model", kind="ema"),
    "fairscale.nn.data_parallel.ShardedDataParallel": entry("wrap", "module", kind="ddp"),
    "fairscale.nn.data_parallel.FullyShardedDataParallel": entry("wrap", "module", kind="fsdp"),
    "fairscale.optim.oss.OSS": entry("optimizer", "params optim", family="other"),
    "fairscale.optim.grad_scaler.ShardedGradScaler": entry("scaler"),
    "horovod.torch.DistributedOptimizer": entry("passthrough", "optimizer"),
    **same(
        "init rank size local_rank broadcast_parameters broadcast_optimizer_state allreduce allgather",
        entry("harmless"),
        "horovod.torch.",
    ),
}
