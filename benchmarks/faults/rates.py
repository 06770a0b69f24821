"""Faults in the optimizer, the rate and its schedule."""

from __future__ import annotations

import torch

from .recipe import Setup, digits, setup_mlp, sgd
from .registry import fault


@fault("learning-rate-out-of-range")
def rate_a_thousand_times_too_large(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model, 50.0)
    return setup


@fault("learning-rate-out-of-range")
def adam_rate_a_thousand_times_too_large(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1.0)
    return setup


@fault("learning-rate-out-of-range")
def rate_a_thousand_times_too_small(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model, 5e-5 / 10, momentum=0.0)
    return setup


@fault("learning-rate-out-of-range")
def adam_rate_a_thousand_times_too_small(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1e-6)
    return setup


@fault("learning-rate-out-of-range")
def rate_of_zero(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model, 0.0)
    return setup


@fault("weight-decay-too-strong")
def decay_too_strong(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model, 0.05, momentum=0.0, decay=1.0)
    return setup


@fault("weight-decay-too-strong")
def decoupled_decay_too_strong(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = torch.optim.AdamW(setup.model.parameters(), lr=1e-3, weight_decay=100.0)
    return setup


@fault("scheduler-cadence")
def exponential_decay_every_batch(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.scheduler = torch.optim.lr_scheduler.ExponentialLR(setup.optimizer, 0.9)
    setup.scheduler_cadence = "batch"
    return setup


@fault("scheduler-cadence")
def one_cycle_every_epoch(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    total = setup.epochs * len(setup.train)
    setup.scheduler = torch.optim.lr_scheduler.OneCycleLR(setup.optimizer, 0.1, total_steps=total)
    return setup


@fault("scheduler-never-stepped")
def scheduler_never_stepped(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.scheduler = torch.optim.lr_scheduler.StepLR(setup.optimizer, 2)
    setup.scheduler_cadence = "never"
    return setup


@fault("cooldown-too-fast")
def cooled_down_too_fast(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.scheduler = torch.optim.lr_scheduler.StepLR(setup.optimizer, 1, gamma=0.05)
    return setup


@fault("weights-unchanged")
def updates_lost_in_rounding(seed: int, width: int) -> Setup:
    setup, data = setup_mlp(seed, width), digits(seed)
    setup.model.bfloat16()
    data.inputs, data.held_inputs = data.inputs.bfloat16(), data.held_inputs.bfloat16()
    setup.train, setup.validation = data.loaders()
    setup.objective = lambda scores, y: setup.criterion(scores.float(), y)
    setup.optimizer = torch.optim.AdamW(setup.model.parameters(), lr=1e-6, weight_decay=0.0)
    return setup
