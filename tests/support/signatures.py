"""What installed libraries say of the names in the knowledge tables, to compare with what the tables say."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from trainlint.knowledge import lookup
from trainlint.knowledge.schema import Entry

# Traits that name a parameter of the call.
PARAMETER_TRAITS = (
    *("split_param", "input", "target", "horizon", "dataset", "object", "path", "data"),
    *("indices", "seed", "sampler", "batch_sampler", "batch_size", "drop_last", "transform", "root", "architecture"),
    *("train_param", "random_param", "unsafe_param", "dim", "optimizer", "function", "inputs"),
)
SPECIAL = {"*", "self"}

# Libraries whose names are imported by star from several places, and known as if they stood in the package.
STARS = {"fastai": ("fastai.vision.all", "fastai.text.all", "fastai.tabular.all", "fastai.collab")}


def resolve(dotted: str) -> Any:
    """The object of that name; packages on the way are imported. Raises AttributeError where there is none."""
    parts = dotted.split(".")
    found: Any = importlib.import_module(parts[0])
    for end, part in enumerate(parts[1:], 2):
        if not hasattr(found, part):
            try:
                importlib.import_module(".".join(parts[:end]))
            except ModuleNotFoundError as error:
                raise AttributeError(f"there is no {dotted}") from error
        found = getattr(found, part)
    return found


def find(name: str) -> Any:
    """As `resolve`, or what stands under a longer name that the tables know as this one. Raises AttributeError."""
    try:
        return resolve(name)
    except AttributeError:
        for longer in _longer_names(name):
            try:
                return resolve(longer)
            except (AttributeError, ImportError):
                continue
        raise


def _longer_names(name: str) -> Iterator[str]:
    """With one module more between package and name: ``torchmetrics.image.fid.FrechetInceptionDistance``."""
    top, _, rest = name.partition(".")
    yield from (f"{module}.{rest}" for module in STARS.get(top, ()))
    folder, _, last = name.rpartition(".")
    try:
        package = resolve(folder)
    except AttributeError:
        return
    for module in pkgutil.iter_modules(getattr(package, "__path__", ())):
        longer = f"{folder}.{module.name}.{last}"
        if lookup(longer) == lookup(name):
            yield longer


def disagreements(
    name: str,
    meaning: Entry,
    *,
    effective: Mapping[str, object] | None = None,
    gone: frozenset[str] = frozenset(),
    product: str | None = None,
) -> list[str]:
    """Where an entry's parameters, defaults, methods and traits differ from what the library has.

    ``effective`` are defaults that the call has without having such a parameter, ``gone`` are parameters and methods that
    older releases had. ``product`` is the class of what a factory gives.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names warn as they are read
        try:
            found = find(name)
        except AttributeError:
            return [f"{name}: the library has no such name"]
        owner = found if product is None else find(product)
        wrong = [f"{name}: no method {method}" for method in _missing_methods(owner, meaning) if method not in gone]
        try:
            signature = inspect.signature(found)
        except (TypeError, ValueError):  # built-ins have none
            return wrong
    positional = _positional(signature, meaning)
    if positional is not None and tuple(positional[: len(meaning.params)]) != meaning.params:
        wrong.append(f"{name}: {meaning.params} is not the beginning of {positional}")
    known = dict(_parameters(found, signature))
    is_open = _is_open(signature)
    for parameter, default in meaning.defaults.items():
        if parameter in gone or (effective or {}).get(parameter, inspect) == default:
            continue
        actual = known.get(parameter)
        if (actual is None and not is_open) or (actual is not None and actual.default != default):
            wrong.append(f"{name}: {parameter}={default!r}, but {actual}")
    if not is_open:
        traits = {value for trait in PARAMETER_TRAITS if isinstance(value := meaning.traits.get(trait), str)}
        wrong += [f"{name}: no parameter {value}" for value in sorted(traits - set(known) - SPECIAL - gone)]
    return wrong


def _missing_methods(found: Any, meaning: Entry) -> list[str]:
    """What an entry tells of methods that the class has not."""
    return [
        method for method in meaning.traits.get("methods", {}) if inspect.isclass(found) and not _has(found, method)
    ]


def _has(cls: type, method: str) -> bool:
    """Whether a class has a method, or binds it in its ``__init__``."""
    if hasattr(cls, method):
        return True
    made = (getattr(vars(base).get("__init__"), "__code__", None) for base in cls.__mro__)
    return any(code is not None and method in code.co_names for code in made)


def _positional(signature: inspect.Signature, meaning: Entry) -> list[str] | None:
    """The positional parameters without the receiver; None where the signature hides them."""
    parameters = signature.parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if names[:1] in (["self"], ["cls"]) and names[:1] != list(meaning.params[:1]):
        names = names[1:]
    hidden = not names and any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
    return None if hidden else names


def _is_open(signature: inspect.Signature) -> bool:
    """Whether it takes parameters that it does not name."""
    return any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())


def _parameters(found: Any, signature: inspect.Signature) -> Iterator[tuple[str, inspect.Parameter]]:
    """The parameters by name; those of the bases too where a class hands on what it does not name. The first counts."""
    seen: set[str] = set()
    signatures = [signature]
    if inspect.isclass(found) and _is_open(signature):
        for base in found.__mro__[1:-1]:
            try:
                signatures.append(inspect.signature(base))
            except (TypeError, ValueError):
                continue
    for one in signatures:
        for name, parameter in one.parameters.items():
            if name not in seen and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                seen.add(name)
                yield name, parameter
