"""Functions of the standard library and numpy with a meaning of their own."""

from __future__ import annotations

from collections.abc import Callable

from trainlint.facts import ir
from trainlint.knowledge.schema import Entry
from trainlint.trace.events import Saved
from trainlint.trace.interpreter import precision
from trainlint.trace.interpreter.iteration import counted, element_of
from trainlint.trace.interpreter.library import records
from trainlint.trace.interpreter.library.builtins import call_builtin
from trainlint.trace.interpreter.library.splits import text_of
from trainlint.trace.interpreter.machine import Arguments, Machine
from trainlint.trace.interpreter.ordering import complemented, parted, permuted, shuffle_in_place
from trainlint.trace.merge import choice, tokens_of
from trainlint.trace.scope import Scope
from trainlint.trace.tokens import PermutedToken, holds, union
from trainlint.trace.values import (
    Class,
    Constant,
    Data,
    DictValue,
    External,
    Function,
    Kind,
    Library,
    ListValue,
    Partial,
    Stream,
    TupleValue,
    Value,
)

Special = Callable[[Machine, Arguments, ir.Node, Scope], Value]


def _join_path(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """A path with ``{}`` for its unknown parts: its words may tell a split."""
    parts = [text_of(value) if text_of(value) is not None else "{}" for value in given.positional]
    text = "/".join(part for part in parts if part)
    if all(isinstance(value, Constant) for value in given.positional):
        return Constant(text)
    return Data(Kind.TEXT, union(*(tokens_of(value) for value in given.all())), origin=text)


def _path(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return _join_path(m, given, node, scope)


def _partial(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if not given.positional:
        return Data()
    return Partial(given.positional[0], tuple(given.positional[1:]), given.keywords)


def _permutation(draws: str) -> Special:
    """``torch.randperm(n)``, ``random.sample(range(n), k)``: a random order, or a random part."""

    def permutation(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
        return permuted(m, given.get(0), m.place(node, scope), draws, seeded="generator" in given.keywords)

    return permutation


def _shuffle(draws: str) -> Special:
    """``random.shuffle(x)`` works in place."""

    def shuffle(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
        shuffle_in_place(m, given.get(0), m.place(node, scope), draws, seeded=False)
        return Constant(None)

    return shuffle


def _complement(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    """``np.setdiff1d(everything, sampled)``: the other part."""
    result = Data(Kind.UNKNOWN, union(*(tokens_of(value) for value in given.all())))
    everything, sampled = given.get(0), given.get(1)
    if sampled is not None and holds(tokens_of(sampled), PermutedToken):
        complemented(m, sampled, result)
    elif everything is not None:
        parted(m, everything, Data(origin="slice"), result, "others")
    return result


def _count(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return counted(None)


def _chain(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    if len(given.positional) == 1:
        return given.positional[0]
    elements = [element_of(m, value, None, node, scope) for value in given.positional]
    return Stream(choice(elements) if elements else Data(), ListValue(given.positional, None, None))


def _cycle(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    value = given.get(0) or Data()
    return Stream(element_of(m, value, None, node, scope), value)


def _product(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    elements = tuple(element_of(m, value, None, node, scope) for value in given.positional)
    return Stream(TupleValue(elements), None)


def _namespace(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return DictValue(given.keywords, m.place(node, scope))


def _copy_file(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    m.emit(Saved(m.place(node, scope), None, frozenset({"data"}), "copy"))
    return Constant(None)


def _config_node(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Library("yacs.config.CfgNode", Entry("namespace"), {}, m.place(node, scope))


def _defaultdict(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    made = DictValue({}, m.place(node, scope))
    factory = given.get(0)
    if isinstance(factory, External | Function | Class):
        # What a missing key is given: `defaultdict(list)`.
        m.shared["factory", id(made)] = factory
        m.kept.append(made)
    return made


def _ordered(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return call_builtin(m, "dict", given, node, scope)


def _exit_stack(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Library("contextlib.ExitStack", Entry("exit_stack"), {}, m.place(node, scope))


def _cpu_count(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    return Data(Kind.NUMBER)


def _default_dtype(m: Machine, given: Arguments, node: ir.Node, scope: Scope) -> Value:
    precision.set_default(m, given.get(0))
    return Constant(None)


SPECIAL: dict[str, Special] = {
    "torch.set_default_dtype": _default_dtype,
    "torch.set_default_tensor_type": _default_dtype,
    "os.path.join": _join_path,
    "posixpath.join": _join_path,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "functools.partial": _partial,
    "numpy.random.permutation": _permutation("numpy"),
    "numpy.random.choice": _permutation("numpy"),
    "torch.randperm": _permutation("torch"),
    "random.sample": _permutation("python"),
    "numpy.setdiff1d": _complement,
    "numpy.delete": _complement,
    "random.shuffle": _shuffle("python"),
    "numpy.random.shuffle": _shuffle("numpy"),
    "itertools.count": _count,
    "itertools.chain": _chain,
    "itertools.cycle": _cycle,
    "itertools.product": _product,
    "types.SimpleNamespace": _namespace,
    "yacs.config.CfgNode": _config_node,
    "fvcore.common.config.CfgNode": _config_node,
    "easydict.EasyDict": _namespace,
    "collections.defaultdict": _defaultdict,
    "collections.OrderedDict": _ordered,
    "collections.namedtuple": records.named_tuple,
    "contextlib.ExitStack": _exit_stack,
    "dataclasses.replace": records.replaced,
    "dataclasses.field": records.field,
    "dataclasses.asdict": records.as_dict,
    "os.cpu_count": _cpu_count,
    "shutil.copy": _copy_file,
    "shutil.copy2": _copy_file,
    "shutil.copyfile": _copy_file,
}
