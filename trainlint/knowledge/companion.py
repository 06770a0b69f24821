"""trainlint's own companion: ``trainlint.runtime``, and its callbacks for Lightning and Hugging Face."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_R = "trainlint.runtime."
_CALLBACK = entry("callback", kind="other")

TABLE: dict[str, Entry] = {
    # Keeps the model with the optimizer, the schedule and the random generators, and puts all of them back.
    _R + "Checkpointer": entry(
        "saver",
        "folder",
        {"model": None},
        object="model",
        metric="metric",
        methods={"save": "save", "restore_best": "load", "resume": "load"},
    ),
    # Always seeded.
    _R + "split_dataset": entry(
        "random_split", "dataset sizes", {"stratify": True, "groups": None}, data="dataset", seed="seed"
    ),
    _R + "subset": entry("passthrough", "dataset size"),
    # Sealed until it is opened on purpose: what it holds is test data, whatever its name.
    _R + "TestVault": entry("subset", "dataset ledger", {"name": None}, dataset="dataset", split="test"),
    _R + "EarlyStopping": entry("callback", "patience", {"min_delta": 0.0, "mode": "min"}, kind="early_stopping"),
    **same("lightning.TrainlintCallback huggingface.TrainlintCallback", _CALLBACK, _R + "integrations."),
    _R + "check_gradients": entry("harmless"),
    **same("check_initial_loss check_overfit check_model check_schedule", entry("harmless"), _R),
    **same("check_splits find_learning_rate plot_schedule gradient_noise_scale", entry("harmless"), _R),
    **same(
        "TrainingMonitor LossMonitor GradientMonitor UpdateMonitor ActivationMonitor FilterMonitor ValidationMonitor"
        " OscillationMonitor LearningRateMonitor ModeMonitor",
        entry("logger"),
        _R,
    ),
    **same("TensorBoardSink WandbSink MlflowSink", entry("logger"), _R),
    # Each gives one of torch's own schedulers; what its steps are, epochs or updates, is the caller's choice.
    _R + "schedules.step": entry("scheduler", "optimizer every", cadence="any"),
    _R + "schedules.plateau": entry("scheduler", "optimizer", {"mode": "min"}, cadence="metric"),
    _R + "schedules.exponential": entry("scheduler", "optimizer gamma", {"gamma": None}, cadence="any"),
    _R + "schedules.inverse_time": entry("scheduler", "optimizer k", cadence="any"),
    _R + "schedules.warmup": entry("scheduler", "optimizer steps then", {"then": None}, cadence="any"),
}
