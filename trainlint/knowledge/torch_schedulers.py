"""Learning-rate schedules of ``torch.optim`` (torch 2.13).

``any`` cadence: the class is used both ways (``LambdaLR`` over epochs or updates), and its constants decide.
"""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_LRS = "torch.optim.lr_scheduler."

TABLE: dict[str, Entry] = {
    _LRS + "StepLR": entry("scheduler", "optimizer step_size gamma last_epoch", {"gamma": 0.1}, cadence="epoch"),
    _LRS + "MultiStepLR": entry("scheduler", "optimizer milestones gamma last_epoch", {"gamma": 0.1}, cadence="epoch"),
    _LRS + "ExponentialLR": entry("scheduler", "optimizer gamma last_epoch", cadence="epoch"),
    _LRS + "ConstantLR": entry(
        "scheduler",
        "optimizer factor total_iters last_epoch",
        {"factor": 1 / 3, "total_iters": 5},
        cadence="any",
    ),
    _LRS + "LinearLR": entry(
        "scheduler",
        "optimizer start_factor end_factor total_iters last_epoch",
        {"start_factor": 1 / 3, "end_factor": 1.0, "total_iters": 5},
        cadence="any",
        horizon="total_iters",
    ),
    _LRS + "PolynomialLR": entry(
        "scheduler",
        "optimizer total_iters power last_epoch",
        {"total_iters": 5, "power": 1.0},
        cadence="any",
        horizon="total_iters",
    ),
    _LRS + "CosineAnnealingLR": entry(
        "scheduler", "optimizer T_max eta_min last_epoch", {"eta_min": 0.0}, cadence="any", horizon="T_max"
    ),
    _LRS + "CosineAnnealingWarmRestarts": entry(
        "scheduler",
        "optimizer T_0 T_mult eta_min last_epoch",
        {"T_mult": 1, "eta_min": 0.0},
        cadence="any",
    ),
    _LRS + "LambdaLR": entry("scheduler", "optimizer lr_lambda last_epoch", cadence="any"),
    _LRS + "MultiplicativeLR": entry("scheduler", "optimizer lr_lambda last_epoch", cadence="any"),
    _LRS + "SequentialLR": entry("scheduler", "optimizer schedulers milestones last_epoch", cadence="any"),
    _LRS + "ChainedScheduler": entry("scheduler", "schedulers optimizer", cadence="any"),
    _LRS + "CyclicLR": entry(
        "scheduler",
        "optimizer base_lr max_lr step_size_up step_size_down mode gamma scale_fn scale_mode cycle_momentum",
        {"step_size_up": 2000, "mode": "triangular", "gamma": 1.0, "cycle_momentum": True},
        cadence="batch",
    ),
    _LRS + "OneCycleLR": entry(
        "scheduler",
        "optimizer max_lr total_steps epochs steps_per_epoch pct_start anneal_strategy cycle_momentum base_momentum"
        " max_momentum div_factor final_div_factor three_phase last_epoch",
        {"total_steps": None, "epochs": None, "steps_per_epoch": None, "pct_start": 0.3, "div_factor": 25.0},
        cadence="batch",
        horizon="total_steps",
    ),
    _LRS + "ReduceLROnPlateau": entry(
        "scheduler",
        "optimizer mode factor patience threshold threshold_mode cooldown min_lr eps",
        {"mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "min_lr": 0},
        cadence="metric",
    ),
    **same("LRScheduler _LRScheduler", entry("base", "optimizer last_epoch", kind="scheduler"), _LRS),
    "torch.optim.swa_utils.SWALR": entry(
        "scheduler",
        "optimizer swa_lr anneal_epochs anneal_strategy last_epoch",
        {"anneal_epochs": 10, "anneal_strategy": "cos"},
        cadence="epoch",
    ),
}
