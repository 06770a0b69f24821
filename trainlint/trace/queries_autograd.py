"""Backward passes written by hand, and whether a test of the linted files checks them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from trainlint.facts import ir
from trainlint.facts.children import CHILDREN
from trainlint.findings import Place
from trainlint.knowledge.watching import FIXTURES
from trainlint.trace.callables import names_in
from trainlint.trace.purpose import is_test
from trainlint.trace.runs import Trace

CHECKS = frozenset({"gradcheck", "gradgradcheck", "check_gradients", "check_grads", "check_grad", "opcheck"})
# A fixture and its method that check: `preflight.gradients(...)`.
FIXTURE_CHECKS = [
    frozenset((fixture, method))
    for fixture, methods in FIXTURES.items()
    for method, target in methods.items()
    if target.rpartition(".")[2] in CHECKS
]
# A test that goes back through something compares its gradients.
COMPARES = CHECKS | {"backward", "grad"}
CLOSE = frozenset("allclose isclose assert_close assert_allclose assert_almost_equal".split())
SAVED = frozenset({"saved_tensors", "saved_variables", "saved_values"})
RECOMPUTED = frozenset({"enable_grad", "autograd", "checkpoint"})
RANDOM = frozenset(
    "rand randn rand_like randn_like randint bernoulli uniform_ normal_ random_ random bernoulli_".split()
)
STEPS = frozenset(
    "sign round floor ceil trunc argmax argmin heaviside one_hot topk round_ sign_ floor_ argsort".split()
)
CASTS = frozenset("float to type type_as double half int".split())
COLLECTIVE = re.compile(
    r"^(?:all_(?:reduce|gather|to_all)|reduce_scatter|neighbou?r_exchange|i?send|i?recv|get_rank|xm$|dist$)"
)
# What is not meant to be the gradient of its forward pass.
ON_PURPOSE = re.compile(
    r"straight|STE(?![a-z])|[qQ]uant|[bB]inar|[tT]ernar|Sign|[rR]ound|[sS]pik|[sS]urrogate|[rR]evers|RevGrad|GradRev|GRL"
    r"|Shake|[cC]heckpoint|[iI]nvert|[nN]oise|[sS]tochastic|Gumbel|Guided|Fake|Straight|AllReduce|AllGather|Gather|Reduce"
)
# How many definitions may lie between a test and the function that it checks.
HOPS = 3


class Unchecked(msgspec.Struct, frozen=True):
    """A backward pass that nothing checks: the class's name, or the operator's registration."""

    place: Place
    name: str


def unchecked(trace: Trace) -> Iterator[Unchecked]:
    """The first backward pass of each file that no linted test checks."""
    modules = trace.project.modules
    found = {path: list(_written(module)) for path, module in modules.items() if not is_test(path)}
    found = {path: classes for path, classes in found.items() if classes}
    if not found or trace.tests_left_out:
        return
    names = {path: names_in(module.body) for path, module in modules.items()}
    checking = [used for used in names.values() if _checks(used)]
    definitions = [pair for module in modules.values() for pair in _definitions(module)] if checking else []
    for path, written in found.items():
        if _is_tested(path, names, modules):
            continue
        for node, name in written:
            if not _is_checked(name, checking, definitions):
                yield Unchecked(Place(path, node.start, node.end), name)
                break


def _written(module: ir.Module) -> Iterator[tuple[ir.Node, str]]:
    """The backward passes of a file, by the class or the operator that they belong to."""
    yield from ((node, node.name) for node in _functions(module))
    yield from _registrations(module)


def _registrations(module: ir.Module) -> Iterator[tuple[ir.Node, str]]:
    """The calls that give an operator its backward: ``torch.library.register_autograd("lab::op", backward)`` and, of a
    custom operator itself, ``op.register_autograd(backward)``."""
    functions = {item.name: item for item in module.body if isinstance(item, ir.FunctionDef)}
    for statement in module.body:
        call = statement.value if isinstance(statement, ir.ExprStatement) else None
        if not isinstance(call, ir.Call) or not isinstance(call.func, ir.Attribute):
            continue
        if call.func.attr != "register_autograd":
            continue
        given = [argument.value for argument in call.args if argument.keyword is None]
        owner = given[0] if len(given) > 1 else call.func.value
        backward = functions.get(given[-1].id) if given and isinstance(given[-1], ir.Name) else None
        name = _operator(owner)
        if name is not None and backward is not None and not _is_no_gradient(name, backward):
            yield call, name


def _operator(owner: ir.Expr) -> str | None:
    if isinstance(owner, ir.Constant) and isinstance(owner.value, str):
        return owner.value.rpartition("::")[2]
    return owner.id if isinstance(owner, ir.Name) else None


def _is_no_gradient(name: str, backward: ir.FunctionDef) -> bool:
    back = names_in(backward.body)
    if ON_PURPOSE.search(name) or not back & (SAVED | {"ctx"}) or back & (RECOMPUTED | RANDOM):
        return True
    return any(COLLECTIVE.search(word) for word in back)


def _functions(module: ir.Module) -> Iterator[ir.ClassDef]:
    """The autograd functions of a file whose backward is meant to be the gradient."""
    imported = any(
        isinstance(statement, ir.ImportFrom)
        and (statement.module or "").startswith("torch.autograd")
        and any(alias.name == "Function" for alias in statement.names)
        for statement in module.body
    )
    for statement in module.body:
        if isinstance(statement, ir.ClassDef) and any(_is_function(base.value, imported) for base in statement.bases):
            if not _is_on_purpose(statement):
                yield statement


def _is_function(base: ir.Expr, imported: bool) -> bool:
    if isinstance(base, ir.Name):
        return base.id == "Function" and imported
    names = names_in(base)
    return isinstance(base, ir.Attribute) and base.attr == "Function" and "autograd" in names


def _is_on_purpose(node: ir.ClassDef) -> bool:
    """Whether a backward pass is none that a check can confirm: straight-through, reversed, random, collective, recomputed."""
    methods = {item.name: item for item in node.body if isinstance(item, ir.FunctionDef)}
    forward, backward = methods.get("forward"), methods.get("backward")
    if forward is None or backward is None or ON_PURPOSE.search(node.name):
        return True
    ahead, back = names_in(forward.body), names_in(backward.body)
    if not back & SAVED or back & RECOMPUTED or (ahead | back) & RANDOM or ahead & STEPS:
        return True
    if any(COLLECTIVE.search(name) for name in ahead | back):
        return True
    return bool(ahead & CASTS) and _compares(forward.body)


def _compares(item: object) -> bool:
    """Whether a comparison stands somewhere: cast to numbers, it is a step."""
    if isinstance(item, list):
        return any(_compares(inner) for inner in item)
    if isinstance(item, ir.If):
        return _compares(item.body) or _compares(item.orelse)
    if isinstance(item, ir.Comparison):
        return True
    return any(map(_compares, CHILDREN[type(item)](item)))


def _is_tested(path: str, names: Mapping[str, frozenset[str]], modules: Mapping[str, ir.Module]) -> bool:
    """Whether a test that looks at gradients imports from the package: what it goes through need not stand there by name."""
    for test, used in names.items():
        if not is_test(test) or not used & COMPARES:
            continue
        for statement in modules[test].body:
            imported = [statement.module or ""] if isinstance(statement, ir.ImportFrom) else []
            if isinstance(statement, ir.Import):
                imported = [alias.name for alias in statement.names]
            if any(module and module.split(".")[0] in path.split("/")[:-1] for module in imported):
                return True
    return False


def _is_checked(name: str, checking: list[frozenset[str]], definitions: list[tuple[str, frozenset[str]]]) -> bool:
    """Whether a file that checks gradients uses the function, by its name or that of something that uses it."""
    known = {name}
    for _ in range(HOPS):
        if any(used & known for used in checking):
            return True
        known |= {defined for defined, used in definitions if used & known}
    return any(used & known for used in checking)


def _checks(used: frozenset[str]) -> bool:
    """Whether a file checks gradients, or compares them with those of an operation that torch has."""
    if used & CHECKS or any(check <= used for check in FIXTURE_CHECKS):
        return True
    return "grad" in used and bool(used & CLOSE)


def _definitions(module: ir.Module) -> Iterator[tuple[str, frozenset[str]]]:
    """The names that a file defines, and those that each is defined by."""
    for statement in module.body:
        if isinstance(statement, ir.FunctionDef | ir.ClassDef):
            yield statement.name, names_in(statement.body)
        elif isinstance(statement, ir.Assign):
            used = names_in(statement.value)
            yield from ((target.id, used) for target in statement.targets if isinstance(target, ir.Name))
