"""What keeps an eye on a training, or checks a network before it: names of functions and classes, and the aspects that each sees.

The aspects are ``finite`` (notices NaN and infinity), ``loss``, ``updates`` (gradient norms, or updates relative to the
weights), ``activations``, ``filters`` (pictures of the first convolution's), ``gradients`` (analytic against numeric ones),
``initial_loss`` (the untrained network's loss against that of guessing) and ``overfit`` (a few samples to zero loss).
"""

from __future__ import annotations

_ALL = frozenset({"finite", "loss", "updates", "activations", "filters"})


def _named(prefix: str, names: str, *aspects: str) -> dict[str, frozenset[str]]:
    return {prefix + name: frozenset(aspects) for name in names.split()}


_COMPANION = {
    **_named("trainlint.runtime.", "check_gradients", "gradients"),
    **_named("trainlint.runtime.", "check_initial_loss", "initial_loss"),
    **_named("trainlint.runtime.", "check_overfit", "overfit"),
    **_named("trainlint.runtime.", "LossMonitor", "finite", "loss"),
    **_named("trainlint.runtime.", "GradientMonitor", "finite", "updates"),
    **_named("trainlint.runtime.", "UpdateMonitor OscillationMonitor", "updates"),
    **_named("trainlint.runtime.", "ActivationMonitor", "activations"),
    **_named("trainlint.runtime.", "FilterMonitor", "filters"),
    "trainlint.runtime.TrainingMonitor": _ALL,
    "trainlint.runtime.integrations.lightning.TrainlintCallback": _ALL,
    "trainlint.runtime.integrations.huggingface.TrainlintCallback": _ALL,
}

WATCHES: dict[str, frozenset[str]] = {
    **_COMPANION,
    **_named("torch.", "isnan isinf isfinite nan_to_num", "finite"),
    **_named("torch.autograd.", "detect_anomaly", "finite"),
    # For all that follows, at a multiple of the time: for a hunt, not for a training.
    **_named("torch.autograd.", "set_detect_anomaly", "finite", "anomaly_mode"),
    **_named("torch.nn.utils.", "get_total_norm", "updates"),
    **_named("math.", "isnan isinf isfinite", "finite"),
    **_named("numpy.", "isnan isinf isfinite nan_to_num", "finite"),
    **_named("torch.nn.modules.module.", "register_module_forward_hook", "activations"),
    **_named("torchvision.models.feature_extraction.", "create_feature_extractor", "activations"),
    **_named("torchvision.models.", "_utils.IntermediateLayerGetter", "activations"),
    **_named("wandb.", "watch", "updates"),
    **_named("pytorch_lightning.utilities.", "grad_norm grads.grad_norm", "updates"),
    **_named("ignite.handlers.", "TerminateOnNan", "finite"),
    **_named("fastai.", "TerminateOnNaNCallback", "finite"),
    **_named("fastai.", "ActivationStats", "activations"),
    **_named("composer.callbacks.", "NaNMonitor", "finite"),
    **_named("composer.callbacks.", "OptimizerMonitor", "updates"),
    **_named("composer.callbacks.", "ActivationMonitor", "activations"),
}

# Methods that watch, whatever they are called on: tensors, modules, DeepSpeed's engine.
METHODS: dict[str, frozenset[str]] = {
    **_named("", "isnan isinf isfinite nan_to_num nan_to_num_", "finite"),
    **_named("", "register_forward_hook register_forward_pre_hook", "activations"),
    **_named("", "register_full_backward_hook register_backward_hook register_hook", "updates"),
    **_named("", "get_global_grad_norm", "updates"),
}

# Arguments of trainers that turn a watch on.
SETTINGS: dict[str, frozenset[str]] = {
    **_named("", "detect_anomaly terminate_on_nan", "finite"),
    **_named("", "track_grad_norm", "updates"),
    **_named("", "overfit_batches overfit_pct", "overfit"),
}

# Fixtures of pytest plugins: a parameter of a test with this name, and what its methods call.
FIXTURES: dict[str, dict[str, str]] = {
    "preflight": {
        "gradients": "trainlint.runtime.check_gradients",
        "initial_loss": "trainlint.runtime.check_initial_loss",
        "overfit": "trainlint.runtime.check_overfit",
        "model": "trainlint.runtime.check_model",
        "splits": "trainlint.runtime.check_splits",
        "schedule": "trainlint.runtime.check_schedule",
        "learning_rate": "trainlint.runtime.find_learning_rate",
    }
}
