"""Options that are declared otherwise than by a parser: on the parameters of a command, in fields, in flags of a module."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.merge import options_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Class, Constant, Data, DictValue, Library, ListValue, TupleValue, Value

FLAGS = "absl.flags.FLAGS"


def optional(value: Value) -> Value:
    """A default that a person may change."""
    return Constant(value.value, optional=True) if isinstance(value, Constant) else value


def declare(m: Machine, made: Library, given: Arguments) -> None:
    """Keep what ``click.option``, ``typer.Option`` or ``flags.DEFINE_float`` declares: a name and a default."""
    kind = made.entry.traits.get("kind")
    if kind == "click_option":
        made.state["name"], made.state["default"] = _click(made.short, given)
    elif kind == "typer_option":
        default = made.arguments.get("default")
        made.state["default"] = optional(default) if isinstance(default, Constant) else Data(origin="option")
    elif kind == "absl":
        default = optional(made.arguments.get("default", Data(origin="option")))
        made.state["attributes"] = {"value": default, "default": default}
        name = made.arguments.get("name")
        if isinstance(name, Constant):
            m.store.set(m.shared.setdefault(FLAGS, {}), name.value, default)


def _click(kind: str, given: Arguments) -> tuple[str | None, Value]:
    """Name and default of a ``@click.option("--lr", default=0.1)``."""
    declared = [value.value for value in given.positional if isinstance(value, Constant)]
    flags = [text for text in declared if isinstance(text, str)]
    plain = [flag for flag in flags if not flag.startswith("-")]
    long = [flag for flag in flags if flag.startswith("--")] or flags
    name = plain[0] if plain else long[0].split("/")[0].lstrip("-") if long else None
    if name is not None:
        name = name.replace("-", "_").lower()
    default = given.keywords.get("default")
    if default is not None:
        return name, optional(default)
    flag = given.keywords.get("is_flag")
    if isinstance(flag, Constant) and flag.value:
        return name, Constant(False, optional=True)
    required = given.keywords.get("required")
    if kind == "argument" or (isinstance(required, Constant) and required.value):
        return name, Data(origin="option")
    return name, Constant(None, optional=True)


def flag(m: Machine, dotted: str) -> Value | None:
    """``FLAGS.lr`` of absl, by its dotted name."""
    holder, _, name = dotted.rpartition(".")
    if holder != FLAGS:
        return None
    found: Value | None = m.shared.get(FLAGS, {}).get(name)
    return found or Data(name=name, origin="option")


def configuration(m: Machine, dotted: str, given: Arguments, node: ir.Node, scope: Scope) -> Value | None:
    """``OmegaConf.create({...})`` and relatives, where what they hold is known."""
    name = dotted.rpartition(".")[2]
    first = given.get(0, "obj")
    if name == "create" and isinstance(first, DictValue):
        return _tree(first)
    if name == "structured" and isinstance(first, Class):
        return m.call(m, first, Arguments(), node, scope)
    if name == "merge":
        merged: dict[object, Value] = {}
        for part in given.positional:
            if isinstance(part, DictValue):
                merged.update(part.entries)
            elif not (isinstance(part, Library) and part.short == "from_cli"):
                return None
        return DictValue(merged, m.place(node, scope))
    return None


def _tree(value: DictValue) -> DictValue:
    entries = {
        key: _tree(entry) if isinstance(entry, DictValue) else optional(entry) for key, entry in value.entries.items()
    }
    return DictValue(entries, value.place)


def from_classes(m: Machine, classes: Value | None, node: ir.Node, scope: Scope) -> Value:
    """``HfArgumentParser((A, B)).parse_args_into_dataclasses()``: an instance of each class, with its defaults."""
    if isinstance(classes, TupleValue):
        named: tuple[Value, ...] = classes.elements
    else:
        named = classes.items if isinstance(classes, ListValue) else options_of(classes)
    made = [m.call(m, cls, Arguments(), node, scope) if isinstance(cls, Class) else Data() for cls in named]
    return TupleValue(tuple(made)) if made else Data()


def of_parameter(value: Value) -> Value:
    """The default of a parameter: what ``typer.Option(0.1)`` says, else the value itself as an option."""
    if isinstance(value, Library) and value.entry.traits.get("kind") == "typer_option":
        declared: Value = value.state.get("default", Data(origin="option"))
        return declared
    return optional(value)


def of_decorator(value: Value | None) -> tuple[str, Value] | None:
    """Parameter and default that a ``@click.option(...)`` decorator gives."""
    if isinstance(value, Library) and value.state.get("name") is not None and "default" in value.state:
        return str(value.state["name"]), value.state["default"]
    return None


def is_stored_configuration(value: Value | None) -> bool:
    """Whether ``@hydra.main(...)`` names no folder of configuration files: what the classes say is all there is."""
    if not isinstance(value, Library) or not value.dotted.startswith("hydra."):
        return False
    path = value.arguments.get("config_path", Constant(None))
    return isinstance(path, Constant) and path.value is None
