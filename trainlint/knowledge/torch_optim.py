"""Optimizers of ``torch.optim`` (torch 2.13)."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_EMA = entry("wrap", "model device avg_fn multi_avg_fn use_buffers", {"use_buffers": False}, kind="ema")

TABLE: dict[str, Entry] = {
    "torch.optim.SGD": entry(
        "optimizer",
        "params lr momentum dampening weight_decay nesterov",
        {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False},
        family="sgd",
    ),
    "torch.optim.ASGD": entry(
        "optimizer",
        "params lr lambd alpha t0 weight_decay foreach maximize",
        {"lr": 1e-2, "weight_decay": 0, "maximize": False},
        family="other",
    ),
    "torch.optim.Adam": entry(
        "optimizer",
        "params lr betas eps weight_decay amsgrad",
        {"lr": 1e-3, "eps": 1e-8, "weight_decay": 0, "maximize": False, "decoupled_weight_decay": False},
        family="adam",
    ),
    "torch.optim.AdamW": entry(
        "optimizer",
        "params lr betas eps weight_decay amsgrad",
        {"lr": 1e-3, "eps": 1e-8, "weight_decay": 1e-2, "maximize": False},
        family="adamw",
    ),
    "torch.optim.Adamax": entry(
        "optimizer",
        "params lr betas eps weight_decay foreach",
        {"lr": 2e-3, "eps": 1e-8, "weight_decay": 0, "maximize": False},
        family="adam",
    ),
    "torch.optim.NAdam": entry(
        "optimizer",
        "params lr betas eps weight_decay momentum_decay decoupled_weight_decay",
        {"lr": 2e-3, "eps": 1e-8, "weight_decay": 0, "maximize": False, "decoupled_weight_decay": False},
        family="adam",
    ),
    "torch.optim.RAdam": entry(
        "optimizer",
        "params lr betas eps weight_decay decoupled_weight_decay",
        {"lr": 1e-3, "eps": 1e-8, "weight_decay": 0, "maximize": False, "decoupled_weight_decay": False},
        family="adam",
    ),
    "torch.optim.SparseAdam": entry(
        "optimizer", "params lr betas eps maximize", {"lr": 1e-3, "eps": 1e-8, "maximize": False}, family="adam"
    ),
    "torch.optim.Adafactor": entry(
        "optimizer",
        "params lr beta2_decay eps d weight_decay",
        {"lr": 1e-2, "weight_decay": 0.0, "maximize": False},
        family="other",
    ),
    "torch.optim.Adadelta": entry(
        "optimizer",
        "params lr rho eps weight_decay foreach",
        {"lr": 1.0, "eps": 1e-6, "weight_decay": 0, "maximize": False},
        family="adadelta",
    ),
    "torch.optim.Adagrad": entry(
        "optimizer",
        "params lr lr_decay weight_decay initial_accumulator_value eps foreach",
        {"lr": 1e-2, "lr_decay": 0, "weight_decay": 0, "eps": 1e-10, "maximize": False},
        family="adagrad",
    ),
    "torch.optim.RMSprop": entry(
        "optimizer",
        "params lr alpha eps weight_decay momentum centered",
        {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "maximize": False},
        family="rmsprop",
    ),
    "torch.optim.Rprop": entry("optimizer", "params lr etas step_sizes", {"lr": 1e-2}, family="rprop"),
    "torch.optim.LBFGS": entry(
        "optimizer",
        "params lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn",
        {"lr": 1, "max_iter": 20, "history_size": 100},
        family="lbfgs",
    ),
    "torch.optim.Muon": entry(
        "optimizer",
        "params lr weight_decay momentum nesterov",
        {"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True},
        family="other",
    ),
    "torch.optim.Optimizer": entry("base", "params defaults", kind="optimizer"),
    "torch.optim.swa_utils.AveragedModel": _EMA,
    "torch.optim.swa_utils.update_bn": entry("harmless", "loader model device"),
    **same(
        "get_ema_avg_fn get_ema_multi_avg_fn get_swa_avg_fn get_swa_multi_avg_fn",
        entry("harmless"),
        "torch.optim.swa_utils.",
    ),
    # Sharded and partitioned optimizers of torch.distributed take the class and its settings.
    "torch.distributed.optim.ZeroRedundancyOptimizer": entry(
        "optimizer", "params optimizer_class process_group", family="other"
    ),
}
