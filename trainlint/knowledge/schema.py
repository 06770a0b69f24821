"""The form of the knowledge tables: what a dotted name of the ecosystem means to the trace.

A table is a dict from full dotted names to entries. Tables are data; whatever is computed from them is the trace's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})

# What the constants of a split parameter mean, where a library has no words of its own.
WORDS: Mapping[Any, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("train", "training", "trainval", "train+val", "extra", "unlabeled", "train+unlabeled", "train_extra"),
            "train",
        ),
        **dict.fromkeys(("train-standard", "train-challenge"), "train"),
        **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "validation"),
        **dict.fromkeys(("test", "testing", "test-dev"), "test"),
    }
)
# Layers that have no parameters, or of which nothing is known.
_WITHOUT_PARAMETERS = (None, "activation", "pool", "shape")
TRAIN_FLAG: Mapping[Any, str] = MappingProxyType({True: "train", False: "test"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What calling a name gives or does.

    ``role`` is one of the roles below, ``params`` the parameters that take positional arguments, in order (a method's
    without ``self``; what goes beyond them is ``*``), ``defaults`` the constant defaults that a rule or the trace may
    ask for, keyword-only parameters among them, ``traits`` what else is known. Roles and their traits:

    ``optimizer``
        family: sgd, adam, adamw, rmsprop, adadelta, adagrad, rprop, lbfgs, lion, other; schedule_free (bool): averages
        the weights, and is told by its own ``train`` and ``eval`` which ones to put into the network (modes: False where
        it does without);
        adaptive_rate (bool): sets its own rate.
    ``scheduler``
        cadence: epoch, batch, metric (ReduceLROnPlateau), any; horizon: the parameter that says the length, if any;
        pair (bool): the factory gives the scheduler and its number of epochs.
    ``loss``
        An ``nn`` criterion class. kind: cross_entropy, nll, bce, bce_logits, kl, mse, other.
    ``loss_function``
        The functional form, with the traits of ``loss``; input: the parameter that takes the model's output; target:
        that of the target, if any.
    ``module``
        A layer. op as in ``operation``: what its call does to its input; dropout: True, or the parameter that turns
        it on where it is not 0 (whose default is among the defaults); batch_norm: True (absent: it holds none);
        layer: linear, conv, embedding, norm, recurrent, attention, transformer, activation, pool, shape, graph;
        masks: parameter of its call -> position, for those that are added to attention scores where they hold floats.
    ``container``
        Sequential, ModuleList, ModuleDict: registers the modules it is given. sequential (bool): calling it chains
        them.
    ``model``
        A ready-made network. dropout: True, False, a parameter as in ``module``, or absent (unknown); batch_norm:
        True, False or absent; pretrained: the names of the parameters that load weights, or True where the call
        always does; normalised (bool): normalises per instance or group alone; losses (bool): gives losses instead of
        predictions in train mode (detectors); initial_mode: ``eval`` where it comes in eval mode; labels: the
        argument of its call with which it gives its mean loss as well; architecture: the parameter with the name of
        what it is built as.
    ``operation``
        A tensor function. op: softmax, log_softmax, sigmoid, logsigmoid, relu, dropout, tanh, softplus, exp, argmax
        (also argmin, argsort), round (also floor, ceil, trunc), sign, log, clamp, abs, compare, none (nothing that a
        rule asks about); dim: the name of the axis parameter, if any; creates (bool): a new tensor that holds nothing
        of its arguments; cuts (bool): the result has left the autograd graph; random (bool): draws at random; spaced (bool):
        numbers at even distances; gives: number, text, object, where it is not a tensor; masks as in ``module``.
    ``steps``
        Updates parameters with the optimizer that it is given. optimizer: the parameter's name.
    ``init``
        Fills its first argument in place (``nn.init``). constant: True, or the parameter with the value; absent where
        it draws at random.
    ``backward``
        Computes gradients. via: tensor (into ``grad``), grad (returns them).
    ``dataset``
        split_param: the parameter that picks the split; splits: constant -> train, validation, test (``*`` for any
        other); split: where the name alone says it; root: the parameter that names the folder or file (its words
        decide where nothing else does); transform: the parameter with the transform; iterable (bool); augments
        (bool); synthetic (bool): draws its own samples; tensors (bool): all positional arguments are the data.
    ``dataset_loader``
        As ``dataset``, but called without a split it gives a mapping of splits (``datasets.load_dataset``).
    ``loader``
        dataset: the parameter with the data; mask: that with the nodes of one graph to take; shuffle, sampler,
        batch_sampler, batch_size, drop_last: their names; train_param: the parameter that says whether it trains
        (shuffles, drops the last batch); split_param, splits as in ``dataset``.
    ``subset``
        A part of a dataset given by indices. dataset, indices: the parameters' names; split: where the name alone says
        what the part is for.
    ``random_split``
        Parts drawn at random. data: the parameter's name (``*`` for all positional arguments); seed: the parameter
        that fixes the draw; pairs (bool): each argument gives two parts in turn (``train_test_split``); shuffle: the
        parameter that turns the draw off; masks (bool): gives masks over one graph (``RandomNodeSplit``).
    ``splitter``
        An object whose ``split`` method gives index pairs (``KFold``); seed and shuffle as above.
    ``concat``
        One dataset out of several.
    ``sampler``
        random (bool), distributed (bool), subset (bool): draws from given indices.
    ``transform``
        random (bool): augments at random; compose (bool): a pipeline of the transforms it is given; needed (bool): a
        random choice without which there is no input (points from a mesh, clips from a video);
        random_param: it is random where this parameter is true.
    ``seed``
        Seeds a global generator. what: torch, cuda, numpy, python, all.
    ``generator``
        A random generator object.
    ``grad_mode``
        A context manager or decorator. enabled: False, True, or ``argument`` (its first argument decides).
    ``autocast``
        A mixed-precision context.
    ``scaler``
        A gradient scaler.
    ``wrap``
        Gives its first argument back in another dress: same parameters, same mode. kind: data_parallel, ddp, fsdp,
        compile, ema, other; keeps_param: the parameter by which a sharding wrapper keeps the network's own parameters.
    ``copy``
        A deep copy of its first argument.
    ``passthrough``
        Gives its first argument's elements back unchanged (``tqdm``).
    ``clip``
        Clips gradients.
    ``save``
        Writes its ``object`` parameter to disk; object: that parameter's name; path: that with the file's name.
    ``saver``
        An object that keeps a model and writes it when asked. object: the parameter with the model or the mapping of
        what to save; methods as in ``framework``; metric: the keyword of its ``save`` by which it keeps the best.
    ``load``
        Reads a checkpoint. path: the parameter that names the file; unsafe_param: the parameter that allows code.
    ``report``
        Tells a person or a tracker the values it is given.
    ``logger``
        An object whose methods report (``SummaryWriter``).
    ``progress``
        As ``passthrough``, and ``set_postfix``, ``set_description``, ``write`` report.
    ``environment``
        An environment of reinforcement learning: its steps are the data.
    ``metric``
        An object or function that measures; object (bool): an object with ``update``/``compute``; absent: a function.
    ``preprocessor``
        An object whose ``fit`` or ``fit_transform`` learns from data. kind: scaler, encoder, imputer, reducer,
        selector, vectorizer, resampler, vocabulary, pipeline; fits (bool): the call itself learns from its argument.
    ``estimator``
        A model of another library with ``fit`` and ``predict`` (scikit-learn).
    ``search``
        Chooses hyper-parameters.
    ``tokenizer``
        Turns text into numbers; learns nothing from the data.
    ``framework``
        An object that trains or steers training. kind: lightning_trainer, hf_trainer, accelerator, fabric, deepspeed,
        ignite, fastai, composer, skorch, catalyst, other; methods: method name -> what it does (backward, step,
        zero_grad, clip, prepare, save, load, fit, evaluate, report, gather (all that the processes hold, padding of a
        last batch included), gather_for_metrics (without it), reduce, unwrap, no_sync, autocast, accumulate, unscale,
        main_only, seed, predict, harmless, handler (keeps a function that it calls at an event), handlers (gives the
        decorator for that)); gives: the names of what a call returns, in order, where it returns several; fits (bool):
        the call itself trains; saves (bool): done by default while it trains.
    ``config``
        Settings of a framework, by parameters. kind: hf_arguments, deepspeed, accelerate_plugin, lightning_strategy.
    ``callback``
        An object given to a framework. kind: checkpoint, early_stopping, lr_monitor, ema, progress, scheduler,
        finetuning (gives the optimizer further parameters as it goes), other.
    ``base``
        A class that projects derive from. kind: module, lightning_module, lightning_datamodule, dataset,
        iterable_dataset, autograd_function, hf_trainer, callback, optimizer, scheduler, sampler, metric, transform,
        argument_parser, enum, environment, plain (no meaning for training); methods as in ``framework``. Entries of
        other roles (``framework``, ``dataset``, ``container``, ``model``, ...) are derived from as well, and mean the
        same then.
    ``gradcheck``
        A gradient check. function: the parameter with the checked function; inputs: with the inputs.
    ``call``
        Calls its argument ``function``. args: the parameter with the tuple of its arguments (``*`` for all further
        ones); leading: how many arguments of its own it gives first (the rank).
    ``read``
        Reads data from a file. path: the parameter that names it (its words decide the split); cuts as in
        ``operation``.
    ``listing``
        Lists files or directories in no fixed order. path: the parameter that names the folder.
    ``options``
        Makes or reads command-line options. kind: argparse, jsonargparse, click_option, click_command, typer_option, typer_app,
        hydra, absl, tap, omegaconf.
    ``namespace``
        An object whose attributes are its keyword arguments, or the entries of the mapping that it is given.
    ``exit``
        Ends the program.
    ``at_exit``
        Calls its argument ``func`` when the program ends (``atexit.register``).
    ``harmless``
        Does nothing to its arguments that a training rule asks about (``summary(model)``).

    An entry beneath a class (``transformers.AutoModel.from_pretrained``) says what that method gives.
    """

    role: str
    params: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    traits: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    @property
    def learns(self) -> bool:
        """Whether it is a layer that is known to have parameters."""
        return self.role == "module" and self.traits.get("layer") not in _WITHOUT_PARAMETERS


def entry(role: str, params: str = "", defaults: Mapping[str, Any] = EMPTY, **traits: Any) -> Entry:
    """An entry with its positional parameters as words: ``entry("loss", "weight reduce", {"reduction": "mean"})``."""
    return Entry(role, tuple(params.split()), defaults, traits or EMPTY)


def same(names: str, meaning: Entry, prefix: str = "") -> dict[str, Entry]:
    """One meaning for several names, given as words, each beneath ``prefix``."""
    return {prefix + name: meaning for name in names.split()}
