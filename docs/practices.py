"""The practices behind trainlint, from "Lecture Notes in Deep Learning: Common Practices - Part 1" (Pattern Recognition
Lab, FAU; CC BY 4.0) in our words, with the rules and the runtime checks that serve each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Practice:
    """One piece of advice; ``rules`` are codes, ``checks`` names in ``trainlint.runtime`` with the arguments that matter
    (``check_gradients(step=)``), both parted by spaces. What no rule can see, or no run can check, is left empty."""

    number: int
    advice: str
    rules: str = ""
    checks: str = ""


PRACTICES = (
    Practice(1, "Lock the test data away until the analysis is over.", "TL101 TL102 TL103", "TestVault"),
    Practice(
        2,
        "Choose architecture and hyper-parameters without the test data: the error measured on it is too low otherwise.",
        "TL101 TL105 TL106 TL108 TL109 TL111",
        "split_dataset check_splits",
    ),
    Practice(3, "Try things on a small part of the training data, not on the test data.", "TL101 TL103", "subset"),
    Practice(4, "Compare analytic with numeric gradients before the training.", "TL203", "check_gradients"),
    Practice(5, "Take central differences.", "TL204", "check_gradients"),
    Practice(6, "Judge by relative errors.", "TL205", "check_gradients"),
    Practice(
        7,
        "Check in double precision, with a fitting step, and a scaled loss.",
        "TL202 TL207",
        "check_gradients(loss_scale=,step=)",
    ),
    Practice(8, "Check on few samples: they meet fewer kinks.", "TL208", "check_gradients"),
    Practice(9, "Train a little before the check.", "", "check_gradients(warmup_steps=)"),
    Practice(10, "Check without regularisation first, then with it.", "TL209", "check_gradients(regularization=)"),
    Practice(11, "Turn dropout and augmentation off for the check.", "TL201 TL206", "check_gradients"),
    Practice(
        12,
        "Start from the loss of guessing, class by class, with several seeds and without regularisation.",
        "TL301 TL302 TL304",
        "check_initial_loss",
    ),
    Practice(13, "Bring 5 to 20 samples to zero loss before the full training.", "TL401", "check_overfit"),
    Practice(14, "Get an idea of data, loss and network early.", "TL801", "TrainingMonitor.report"),
    Practice(
        15,
        "Read the learning rate off the loss curve.",
        "TL801 TL803 TL709",
        "LossMonitor GradientMonitor find_learning_rate",
    ),
    Practice(16, "Answer a noisy loss with larger batches.", "TL707", "LossMonitor gradient_noise_scale"),
    Practice(17, "Watch the loss on validation data.", "TL104 TL107 TL110", "ValidationMonitor"),
    Practice(
        18,
        "Regularise or stop early when training and validation part.",
        "TL802 TL505",
        "ValidationMonitor EarlyStopping",
    ),
    Practice(19, "Take a larger network or regularise less when both stay high.", "TL802", "ValidationMonitor"),
    Practice(20, "Save models on the way.", "TL901 TL902 TL903 TL905 TL907", "Checkpointer"),
    Practice(21, "Keep weight updates near a thousandth of the weights.", "TL804", "UpdateMonitor"),
    Practice(22, "Expect smooth first filters.", "TL806", "FilterMonitor"),
    Practice(23, "Watch for saturated units.", "TL601 TL602 TL805", "ActivationMonitor"),
    Practice(24, "Watch for dead ReLUs.", "TL805", "ActivationMonitor"),
    Practice(25, "Do not descend on the full batch.", "TL706 TL711"),
    Practice(26, "Take mini-batches, and fit their size.", "TL520 TL707", "gradient_noise_scale"),
    Practice(27, "Begin with momentum, then try adaptive methods.", "TL708 TL709", "OscillationMonitor"),
    Practice(28, "Lower the learning rate on the way.", "TL701 TL703", "schedules"),
    Practice(29, "Neither oscillate nor cool down too fast.", "TL705 TL710 TL714", "plot_schedule check_schedule"),
    Practice(
        30,
        "Decay in steps, on a plateau, exponentially or as 1/(1+kt).",
        "TL702 TL704",
        "schedules.step schedules.plateau schedules.exponential schedules.inverse_time",
    ),
    Practice(31, "Leave second-order methods to small problems.", "TL711"),
)
