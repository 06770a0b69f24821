"""Every table keeps to the schema, and says of torch what torch says of itself."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from signatures import disagreements, resolve

from trainlint.knowledge import canonical, families, libraries, lookup
from trainlint.knowledge.schema import Entry
from trainlint.knowledge.watching import WATCHES

MODULES = sorted({module for modules in libraries.TABLES.values() for module in modules})
# Importing these needs a package that is no dependency of torch: their source is read instead.
READ_FROM_SOURCE = {"torch.utils.tensorboard.SummaryWriter": "class SummaryWriter"}

# Packages that the tests do without, and what not every release of the installed ones has.
NOT_INSTALLED = (
    "imblearn.",
    "sklearn.datasets.load_boston",
    "sklearn.model_selection.HalvingGridSearchCV",
    "sklearn.impute.IterativeImputer",
    "enum.StrEnum",
)


def table(module: str) -> dict[str, Entry]:
    loaded: dict[str, Entry] = importlib.import_module("trainlint.knowledge." + module).TABLE
    return loaded


def sections() -> dict[str, str]:
    """The schema's documentation, one text a role."""
    text = re.sub(r"\s+", " ", inspect.cleandoc(Entry.__doc__ or "").replace("\n``", "\n@``"))
    return {match[1]: match[2] for match in re.finditer(r"@``(\w+)`` ([^@]*)", text)}


SECTIONS = sections()


def described(role: str) -> str:
    """What the schema says of a role, with the sections that it refers to."""
    own = SECTIONS[role]
    return own + " ".join(SECTIONS[other] for other in re.findall(r"``(\w+)``", own) if other in SECTIONS)


def documented_values(role: str, trait: str) -> set[str] | None:
    """The words that the schema lists for a trait; None where it lists none."""
    lists = re.findall(rf"\b{trait}: ([^;.]*)", described(role))
    return set(re.findall(r"\w+", " ".join(lists))) if lists else None


def complaints_about(name: str, meaning: Entry) -> list[str]:
    if meaning.role not in SECTIONS:
        return [f"{name}: unknown role {meaning.role}"]
    known = set(re.findall(r"\w+", described(meaning.role)))
    found = [f"{name}: undocumented trait {trait}" for trait in meaning.traits if trait not in known]
    for trait in ("op", "kind", "cadence", "family", "layer", "via", "what"):
        value = meaning.traits.get(trait)
        values = documented_values(meaning.role, trait)
        if value is not None and (values is None or value not in values):
            found.append(f"{name}: undocumented {trait} {value}")
    for trait in ("split_param", "input", "horizon", "dataset", "dropout", "object"):
        parameter = meaning.traits.get(trait)
        if isinstance(parameter, str) and meaning.params and parameter not in (*meaning.params, *meaning.defaults):
            found.append(f"{name}: {trait} names no parameter: {parameter}")
    if set(meaning.traits.get("splits", {}).values()) - {"train", "validation", "test"}:
        found.append(f"{name}: a split that is none")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_entries_keep_to_the_schema(module: str) -> None:
    assert [line for name, meaning in table(module).items() for line in complaints_about(name, meaning)] == []


def test_families_keep_to_the_schema() -> None:
    patterns = [pair for pairs in families.FAMILIES.values() for pair in pairs]
    assert [line for pattern, meaning in patterns for line in complaints_about(pattern, meaning)] == []


def test_every_trait_is_asked_for() -> None:
    """What the tables tell, code that reads them names: in the trace, or in a rule."""
    root = Path(__file__).parents[2]
    code = [*(root / "trainlint" / "trace").rglob("*.py"), *(root / "rules").glob("*.py")]
    words = {word for path in code for word in re.findall(r'"(\w+)"', path.read_text(encoding="utf-8"))}
    entries = [meaning for module in MODULES for meaning in table(module).values()]
    entries += [meaning for pairs in families.FAMILIES.values() for _, meaning in pairs]
    assert {trait for meaning in entries for trait in meaning.traits} - words == set()


def test_the_schema_check_notices_what_is_undocumented() -> None:
    assert complaints_about("a", Entry("optimiser")) == ["a: unknown role optimiser"]
    assert complaints_about("a", Entry("optimizer", traits={"flavour": 1})) == ["a: undocumented trait flavour"]
    assert complaints_about("a", Entry("module", traits={"op": "softmaxx"})) == ["a: undocumented op softmaxx"]
    wrong = Entry("dataset", ("root",), traits={"split_param": "train"})
    assert complaints_about("a", wrong) == ["a: split_param names no parameter: train"]


@pytest.mark.parametrize("module", MODULES)
def test_names_are_under_the_library_that_loads_them(module: str) -> None:
    tops = {top for top, modules in libraries.TABLES.items() if module in modules}
    assert {name.partition(".")[0] for name in table(module)} <= tops
    assert [name for name in table(module) if canonical(name) != name] == []
    assert [name for name, meaning in table(module).items() if lookup(name) != meaning] == []


@pytest.mark.parametrize("module", [*libraries.TABLES["torch"], "sklearn", "python"])
def test_the_library_has_these_names_parameters_and_defaults(module: str) -> None:
    entries = [(name, meaning) for name, meaning in table(module).items() if not name.startswith(NOT_INSTALLED)]
    assert [
        line for name, meaning in entries if name not in READ_FROM_SOURCE for line in disagreements(name, meaning)
    ] == []


@pytest.mark.parametrize("top", ["numpy", "scipy", "joblib"])
def test_what_comes_with_scikit_learn_is_as_its_table_says(top: str) -> None:
    entries = [(name, meaning) for name, meaning in libraries.table(top).items() if name.startswith(f"{top}.")]
    assert entries
    assert [line for name, meaning in entries for line in disagreements(name, meaning)] == []


@pytest.mark.parametrize("name", READ_FROM_SOURCE)
def test_torch_has_the_names_that_cannot_be_imported_here(name: str) -> None:
    package = Path(torch.__file__).parent.joinpath(*name.split(".")[1:-1])
    assert any(READ_FROM_SOURCE[name] in source.read_text(encoding="utf-8") for source in package.glob("*.py"))


def test_what_watches_is_called_as_it_is_asked_for() -> None:
    assert [name for name in WATCHES if canonical(name) != name] == []
    assert canonical("fastai.callback.hook.ActivationStats") in WATCHES


@pytest.mark.parametrize("name", [name for name in WATCHES if name.startswith(("torch.", "numpy.", "math."))])
def test_the_library_has_what_watches(name: str) -> None:
    assert callable(resolve(name))


def test_recurrent_layers_take_the_parameters_of_their_base() -> None:
    # nn.LSTM(*args, **kwargs) hides its signature; the base's begins with the mode.
    base = list(inspect.signature(torch.nn.RNNBase).parameters)[1:]
    for name in ("torch.nn.LSTM", "torch.nn.GRU"):
        entry = lookup(name)
        assert entry is not None
        assert list(entry.params) == base[: len(entry.params)]


def test_every_optimizer_and_scheduler_of_torch_is_listed() -> None:
    def subclasses(module: Any, base: type) -> set[str]:
        members = inspect.getmembers(module, inspect.isclass)
        return {name for name, cls in members if issubclass(cls, base) and cls is not base and name[0] != "_"}

    listed = {name.rpartition(".")[2] for name in (*table("torch_optim"), *table("torch_schedulers"))}
    assert subclasses(torch.optim, torch.optim.Optimizer) - listed == set()
    assert subclasses(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler) - listed == set()


def test_every_layer_and_loss_of_torch_is_listed() -> None:
    layers = {name for name, cls in inspect.getmembers(torch.nn, inspect.isclass) if issubclass(cls, torch.nn.Module)}
    listed = {name.rpartition(".")[2] for module in ("torch_modules", "torch_losses") for name in table(module)}
    assert layers - listed == set()


def test_batch_norm_and_dropout_are_what_torch_says() -> None:
    for name, entry in table("torch_modules").items():
        cls = resolve(name)
        if inspect.isclass(cls) and entry.role == "module":
            is_norm = issubclass(cls, torch.nn.modules.batchnorm._BatchNorm)
            assert bool(entry.traits.get("batch_norm")) == is_norm, name
            assert (entry.traits.get("dropout") is True) == issubclass(cls, torch.nn.modules.dropout._DropoutNd), name
