"""The form of the knowledge tables: what a dotted name of the ecosystem means to the trace.

A table is a dict from full dotted names to entries. Tables are data; whatever is computed from them is the trace's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """What calling a name gives or does.

    ``role`` is one of the roles below, ``params`` the parameters' names in positional order, ``defaults`` the constant
    defaults that a rule or the trace may ask for, ``traits`` what else is known. Roles and their traits:

    ``optimizer``
        family: sgd, adam, adamw, rmsprop, adadelta, adagrad, rprop, lbfgs, lion, other; schedule_free (bool).
    ``scheduler``
        cadence: epoch, batch, metric (ReduceLROnPlateau), any; horizon: the parameter that says the length, if any.
    ``loss``
        An ``nn`` criterion class. kind: cross_entropy, nll, bce, bce_logits, kl, mse, other; expects: logits,
        probabilities, log_probabilities, any.
    ``loss_function``
        The functional form; the same traits; input: the name of the parameter that takes the model's output.
    ``module``
        A layer. op: what its call does to its input, see ``operation``; dropout, batch_norm (bool): whether it may
        hold any (absent: it holds none).
    ``container``
        Sequential, ModuleList, ModuleDict: registers the modules it is given. sequential (bool): calling it chains them.
    ``model``
        A ready-made network. dropout, batch_norm: True, False or absent (unknown); pretrained: the parameter that
        loads weights, if any.
    ``operation``
        A tensor function. op: softmax, log_softmax, sigmoid, logsigmoid, relu, dropout, argmax, round, sign, log,
        clamp, abs, none (nothing that a rule asks about); dim: the name of the axis parameter, if any.
    ``dataset``
        split_param: the parameter that picks the split; splits: constant -> train, validation, test (``*`` for any
        other); split: where the name alone says it; root: the parameter that names the folder or file (its words decide
        where nothing else does); transform: the parameter with the transform; iterable (bool); augments (bool).
    ``dataset_loader``
        As ``dataset``, but called without a split it gives a mapping of splits (``datasets.load_dataset``).
    ``loader``
        dataset: the parameter with the data; shuffle, sampler, batch_sampler, batch_size, drop_last: their names.
    ``subset``
        A part of a dataset given by indices. dataset, indices: the parameters' names.
    ``random_split``
        Parts drawn at random. data: the parameter's name (``*`` for all positional arguments); seed: the parameter
        that fixes the draw; pairs (bool): each argument gives two parts in turn (``train_test_split``); shuffle: the
        parameter that turns the draw off.
    ``splitter``
        An object whose ``split`` method gives index pairs (``KFold``); seed and shuffle as above.
    ``concat``
        One dataset out of several.
    ``sampler``
        random (bool), distributed (bool), subset (bool): draws from given indices.
    ``transform``
        random (bool): augments at random; compose (bool): a pipeline of the transforms it is given.
    ``seed``
        Seeds a global generator. What: torch, numpy, python, all.
    ``generator``
        A random generator object.
    ``grad_mode``
        A context manager or decorator. enabled: False, True, or ``argument`` (its first argument decides).
    ``autocast``
        A mixed-precision context.
    ``scaler``
        A gradient scaler. combined (bool): calling it does backward and step (timm's NativeScaler).
    ``wrap``
        Gives its first argument back in another dress: same parameters, same mode. kind: data_parallel, ddp, fsdp,
        compile, ema, other.
    ``copy``
        A deep copy of its first argument.
    ``passthrough``
        Gives its first argument's elements back unchanged (``tqdm``).
    ``clip``
        Clips gradients. in_place (bool).
    ``save``
        Writes its ``object`` parameter to disk; object: that parameter's name.
    ``load``
        Reads a file. unsafe_param: the parameter that allows code.
    ``report``
        Tells a person or a tracker the values it is given.
    ``logger``
        An object whose methods report (``SummaryWriter``).
    ``metric``
        An object or function that measures; averages (bool): whether batch results may be averaged.
    ``framework``
        An object that trains or steers training. kind: lightning_trainer, hf_trainer, accelerator, fabric, deepspeed,
        ignite, fastai, composer, skorch, catalyst; methods: method name -> what it does (backward, step, zero_grad,
        clip, prepare, save, load, fit, evaluate, report, gather, unwrap, no_sync, autocast).
    ``base``
        A class that projects derive from. kind: module, lightning_module, lightning_datamodule, dataset,
        iterable_dataset, autograd_function, hf_trainer, callback, optimizer, scheduler, argument_parser, enum.
    ``gradcheck``
        A gradient check. function: the parameter with the checked function; inputs: with the inputs.
    ``options``
        Makes or reads command-line options. kind: argparse, click_option, typer_option, fire, hydra, absl.
    ``harmless``
        Does nothing to its arguments that a training rule asks about (``summary(model)``).
    """

    role: str
    params: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default=EMPTY)
    traits: Mapping[str, Any] = field(default=EMPTY)
