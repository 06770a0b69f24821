"""Names and where they are bound: modules, functions and class bodies of the linted project."""

from __future__ import annotations

from trainlint.trace.values import Value


class Scope:
    """One namespace. ``kind`` is ``module``, ``function`` or ``class``; ``path`` is the file that the code stands in."""

    __slots__ = ("declared", "kind", "names", "parent", "path", "stars")

    def __init__(self, kind: str, path: str, parent: Scope | None = None) -> None:
        self.kind = kind
        self.path = path
        self.parent = parent
        self.names: dict[str, Value] = {}
        # `global` and `nonlocal` names, and the scope that they mean.
        self.declared: dict[str, Scope] = {}
        # Libraries imported by `from x import *`: any unknown name may be theirs.
        self.stars: list[str] = []

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def find(self, name: str) -> Value | None:
        """The value of a name as code in this scope sees it, or None."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if name in scope.declared:
                return scope.declared[name].names.get(name)
            # A class body's names are not seen from the functions inside it.
            if first or scope.kind != "class":
                value = scope.names.get(name)
                if value is not None:
                    return value
            first = False
            scope = scope.parent
        return None

    def home(self, name: str) -> Scope:
        """The scope in which an assignment to the name, made here, binds it."""
        return self.declared.get(name, self)

    def declare(self, name: str, *, nonlocal_: bool) -> None:
        if not nonlocal_:
            self.declared[name] = self.module
            return
        scope = self.parent
        while scope is not None and scope.parent is not None:
            if scope.kind == "function" and name in scope.names:
                self.declared[name] = scope
                return
            scope = scope.parent
