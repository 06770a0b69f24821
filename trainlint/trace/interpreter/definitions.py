"""Functions and classes: what their decorators and bases make of them."""

from __future__ import annotations

from trainlint.facts import ir
from trainlint.knowledge import lookup
from trainlint.trace.interpreter.enums import make_members
from trainlint.trace.interpreter.flow import Flow
from trainlint.trace.interpreter.library import commands
from trainlint.trace.interpreter.machine import Activation, Arguments, Machine
from trainlint.trace.interpreter.networks import NETWORK_ROLES, promote
from trainlint.trace.merge import options_of
from trainlint.trace.scope import Scope
from trainlint.trace.values import Class, Data, External, Function, Kind, Library, LibraryMethod, Value

# Annotations of these base kinds tell what an unknown parameter is.
BASE_ROLES = {"module": "model", "lightning_module": "model", "optimizer": "optimizer", "scheduler": "scheduler"}
# What other decorators made of a function is so of what stands in its place.
SURVIVING = frozenset({"staticmethod", "classmethod", "property", "setter", "abstractmethod", "entry_point"})


def make_function(m: Machine, node: ir.FunctionDef, scope: Scope) -> Value:
    owner = m.shared.get(("class", id(scope)))
    traits = set()
    for decorator in node.decorators:
        traits |= _decorator_traits(m, decorator, scope)
    if node.is_generator:
        traits.add("generator")
    if node.is_async:
        traits.add("async")
    declared = _declared(m, node, traits, scope)
    defaults = tuple(declared.get(parameter.name) or _default(m, parameter, scope) for parameter in node.params)
    function = Function(node, scope, defaults, owner if isinstance(owner, Class) else None, frozenset(traits))
    if "decorated" in traits and "contextmanager" not in traits:
        m.shared["undecorated", id(node)] = function
        return _decorated(m, function, node.decorators, scope)
    return function


def _decorated(m: Machine, function: Function, decorators: list[ir.Expr], scope: Scope) -> Function:
    """What decorators of the project make of a function: most put another one in its place, which calls it."""
    outer = function
    for decorator in reversed(decorators):
        callee = decorator.func if isinstance(decorator, ir.Call) else decorator
        if not isinstance(callee, ir.Name | ir.Attribute) or not _is_followed(m.evaluate(m, callee, scope)):
            continue
        made = m.call(m, m.evaluate(m, decorator, scope), Arguments([outer]), decorator, scope)
        replacement = next((option for option in options_of(made) if isinstance(option, Function)), None)
        if replacement is not None and replacement is not outer:
            outer = replacement.marked(function.traits & SURVIVING)
            if outer.node is not function.node:
                outer.name, outer.wraps = function.name, function.node
    return outer


def _is_followed(decorator: Value) -> bool:
    """Whether it is the project's own, or hands the function to a framework that calls it (``@trainer.on(event)``)."""
    if isinstance(decorator, LibraryMethod) and isinstance(decorator.receiver, Library):
        methods = decorator.receiver.trait("methods") or {}
        return methods.get(decorator.method) == "handlers"
    return isinstance(decorator, Function)


def _default(m: Machine, parameter: ir.Parameter, scope: Scope) -> Value | None:
    if parameter.default is None:
        return None
    # Callers may choose another value: a parameter's default is an option.
    return commands.of_parameter(m.evaluate(m, parameter.default, scope))


def _declared(m: Machine, node: ir.FunctionDef, traits: set[str], scope: Scope) -> dict[str, Value]:
    """Defaults that decorators give to parameters: ``@click.option("--lr", default=0.1)``, ``@hydra.main()``."""
    found: dict[str, Value] = {}
    if not any(trait.startswith("options:") for trait in traits):
        return found
    for decorator in node.decorators:
        value = m.evaluate(m, decorator, scope) if isinstance(decorator, ir.Call) else None
        option = commands.of_decorator(value)
        if option is not None:
            found[option[0]] = option[1]
        elif node.params and node.params[0].annotation is not None and commands.is_stored_configuration(value):
            cls = m.evaluate(m, node.params[0].annotation, scope)
            if isinstance(cls, Class):
                found[node.params[0].name] = m.call(m, cls, Arguments(), decorator, scope)
    return found


def _decorator_traits(m: Machine, decorator: ir.Expr, scope: Scope) -> set[str]:
    """What a decorator does to a function, by its name. Unknown decorators are taken to give the function back."""
    callee = decorator.func if isinstance(decorator, ir.Call) else decorator
    name = callee.id if isinstance(callee, ir.Name) else callee.attr if isinstance(callee, ir.Attribute) else ""
    if isinstance(callee, ir.Attribute) and name in ("setter", "deleter"):
        return {"setter"}
    value = m.evaluate(m, callee, scope)
    dotted = value.dotted if isinstance(value, External) else ""
    if dotted.startswith(("builtins.", "functools.", "contextlib.")):
        known = {"cached_property": "property", "asynccontextmanager": "contextmanager"}
        return {known.get(name, name)}
    entry = lookup(dotted) if dotted else None
    if entry is not None and entry.role == "grad_mode":
        if entry.traits.get("enabled") is False:
            return {"no_grad"}
        if entry.traits.get("enabled") is True:
            return {"enable_grad"}
    if name in ("hookimpl", "overload", "abstractmethod"):
        return {name}
    if entry is not None and entry.role == "options":
        return {"entry_point", f"options:{entry.traits.get('kind')}"}
    if isinstance(value, Class) or _is_followed(value):
        return {"decorated"}
    # `@app.command()`, `@click.option(...)`, `@hydra.main(...)`: started from the command line.
    if name in ("command", "main", "entrypoint", "record", "option", "argument", "call"):
        return {"entry_point"}
    return set()


def make_class(m: Machine, node: ir.ClassDef, scope: Scope) -> Value:
    bases = tuple(
        base for argument in node.bases if argument.keyword is None for base in _bases(m, argument.value, scope)
    )
    traits = {_name_of(decorator) for decorator in node.decorators}
    body = Scope("class", scope.path, scope)
    made = Class(node, body, bases, frozenset(traits))
    m.shared["class", id(body)] = made
    m.kept.append(made)
    m.activations.append(Activation(None, body))
    try:
        flow = m.execute(m, node.body, body)
        assert isinstance(flow, Flow)
    finally:
        m.activations.pop()
    made.attributes = body.names
    make_members(made)
    m.shared.setdefault("classes", []).append(made)
    return made


def _bases(m: Machine, node: ir.Expr, scope: Scope) -> list[Value]:
    # `Generic[T]` and the like are their own first part.
    if isinstance(node, ir.Subscript):
        node = node.value
    return list(options_of(m.evaluate(m, node, scope)))[:1]


def _name_of(decorator: ir.Expr) -> str:
    callee = decorator.func if isinstance(decorator, ir.Call) else decorator
    if isinstance(callee, ir.Name):
        return callee.id
    return callee.attr if isinstance(callee, ir.Attribute) else ""


def kinds_of(cls: Class) -> frozenset[str]:
    """The base kinds (``module``, ``dataset``, ``lightning_module``, ...) of a project class."""
    kinds: set[str] = set()
    for dotted in cls.external_bases():
        entry = lookup(dotted)
        if entry is None:
            continue
        if entry.role == "base":
            kind = str(entry.traits.get("kind"))
            kinds.add(kind)
            if kind == "lightning_module":
                kinds.add("module")
            if kind == "iterable_dataset":
                kinds.add("dataset")
        elif entry.role in NETWORK_ROLES:
            kinds.add("module")
        elif entry.role == "framework":
            kinds.add("framework")
        elif entry.role in ("dataset", "sampler", "scheduler", "optimizer", "loader", "transform"):
            kinds.add(entry.role)
    if not kinds and _is_forwarding(cls) and (cls.has_unknown_base() or any(True for _ in cls.external_bases())):
        # `timm.models...VisionTransformer`: a base that no table knows.
        kinds.add("module")
    return frozenset(kinds)


def _is_forwarding(cls: Class) -> bool:
    return any(name.startswith("forward") for ancestor in cls.lineage() for name in ancestor.attributes)


def hinted(m: Machine, value: Value, annotation: ir.Expr | None, scope: Scope) -> Value:
    """An unknown value with an annotation is what the annotation says."""
    if (
        annotation is None
        or not isinstance(value, Data)
        or value.promoted is not None
        or value.kind is not Kind.UNKNOWN
    ):
        return value
    for dotted in annotated(m, annotation, scope):
        role = _annotated_role(dotted)
        if role is not None:
            promote(value, role, dotted)
            return value
        if dotted in ("torch.Tensor", "torch.FloatTensor"):
            value.kind = Kind.TENSOR
            return value
    return value


def _annotated_role(dotted: str) -> str | None:
    entry = lookup(dotted)
    if entry is None:
        return None
    if entry.role == "base":
        return BASE_ROLES.get(str(entry.traits.get("kind")))
    if entry.role in ("optimizer", "scheduler", "loader", "scaler", "framework", "logger", "loss", "model", "module"):
        return entry.role
    return None


def annotated(m: Machine, annotation: ir.Expr, scope: Scope) -> list[str]:
    """The dotted names in an annotation: ``Optional[nn.Module]`` and ``nn.Module | None`` hold one."""
    if isinstance(annotation, ir.Subscript):
        outer = annotated(m, annotation.value, scope)
        inner = annotated(m, annotation.index, scope)
        wrapping = ("typing.Optional", "typing.Union", "typing.Annotated")
        return inner if any(name in wrapping for name in outer) else outer
    if isinstance(annotation, ir.BinaryOp):
        return annotated(m, annotation.left, scope) + annotated(m, annotation.right, scope)
    if isinstance(annotation, ir.Sequence):
        return [name for element in annotation.elements for name in annotated(m, element, scope)]
    if isinstance(annotation, ir.Name | ir.Attribute):
        value = m.evaluate(m, annotation, scope)
        return [value.dotted] if isinstance(value, External) else []
    return []


def statement_effect(m: Machine, node: ir.ExprStatement, value: Value) -> None:
    """What a call does that only matters where its result is thrown away."""
    if isinstance(value, Library) and value.role == "grad_mode":
        enabled = value.state.get("enabled")
        if value.short in ("set_grad_enabled", "_set_grad_enabled"):
            m.store.set(m.flags, "gradients", enabled)
