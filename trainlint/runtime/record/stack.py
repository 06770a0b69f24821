"""The way of calls that leads to a moment of the run, and the rounds of the loops around it."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from trainlint.findings import Place
from trainlint.trace.events import Call, Frame, Guard, Loop, LoopKind
from trainlint.trace.values import Data, Stream

from .geography import Condition, Geography, Spot
from .geography import Loop as LoopNode


class Activation:
    """The mark that one call of a project function carries, as long as it lasts: Python gives it back with the frame, and
    lets go of it with the frame. It traces nothing."""

    __slots__ = ("child", "last", "rounds", "visits")

    def __init__(self) -> None:
        self.last = -1
        self.child: Activation | None = None
        self.rounds: dict[LoopNode, int] = {}
        self.visits: dict[Condition, tuple[tuple[int, ...], Guard]] = {}

    def __call__(self, *_: Any) -> Any:
        return None


@dataclass
class Moment:
    """Where and in which rounds something happens."""

    place: Place
    frames: tuple[Frame, ...]
    guards: tuple[Guard, ...]
    calls: tuple[Call, ...]
    spot: Spot
    loop_nodes: tuple[LoopNode, ...] = ()


@dataclass
class Stack:
    """Reads the calls and counts the rounds."""

    geography: Geography
    _loops: dict[tuple[Any, ...], Loop] = field(default_factory=dict)
    _visit: int = 0
    within_step: int = 0
    in_check: bool = False
    periodic: Data = field(default_factory=lambda: Data(origin="periodic"))

    def now(self) -> Moment | None:
        """The present moment; None where no project code leads here, or within a check (then ``in_check`` is set)."""
        found: list[tuple[FrameType, Spot]] = []
        self.in_check = False
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            spot = self.geography.spot(frame)
            if spot is not None:
                found.append((frame, spot))
            elif self.geography.is_check(frame.f_code):
                self.in_check = True
                return None
            frame = frame.f_back
        if not found:
            return None
        found.reverse()
        marks = [_mark(frame) for frame, _ in found]
        for number, ((frame, spot), mark) in enumerate(zip(found, marks, strict=True)):
            child = marks[number + 1] if number + 1 < len(marks) else None
            self._count(mark, frame, spot, child)
        return self._moment(found, marks)

    def heads(self) -> tuple[LoopNode, ...]:
        """The loops whose next round begins now, in the nearest project function."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            spot = self.geography.spot(frame)
            if spot is not None:
                return spot.heads
            frame = frame.f_back
        return ()

    def _count(self, mark: Activation, frame: FrameType, spot: Spot, child: Activation | None) -> None:
        here = [node for node, _ in spot.loops]
        same_call = frame.f_lasti == mark.last and (self.within_step > 0 or (child is not None and child is mark.child))
        if not same_call and frame.f_lasti <= mark.last:
            # Back to an earlier position: the innermost loop that was in force goes round.
            inner = next((node for node in reversed(here) if node in mark.rounds), None)
            if inner is not None:
                mark.rounds[inner] += 1
                for node in here[here.index(inner) + 1 :]:
                    mark.rounds.pop(node, None)
        mark.rounds = {node: mark.rounds.get(node, 0) for node in here}
        mark.last, mark.child = frame.f_lasti, child

    def _moment(self, found: list[tuple[FrameType, Spot]], marks: list[Activation]) -> Moment:
        frames: list[Frame] = []
        guards: list[Guard] = []
        calls: list[Call] = []
        nodes: list[LoopNode] = []
        way: tuple[Any, ...] = ()
        for number, ((_, spot), mark) in enumerate(zip(found, marks, strict=True)):
            for node, place in spot.loops:
                key = (way, node)
                if key not in self._loops:
                    self._loops[key] = _loop(node, place, len(calls))
                frames.append(Frame(self._loops[key], mark.rounds[node]))
                nodes.append(node)
            guards += [self._guard(mark, condition, len(calls), frames) for condition in spot.conditions]
            if number + 1 < len(found):
                called, there = found[number + 1]
                definition = there.place if called.f_code.co_firstlineno == 0 else _definition(self.geography, called)
                calls.append(Call(spot.place, called.f_code.co_name, definition))
                way = (*way, spot.place)
        return Moment(found[-1][1].place, tuple(frames), tuple(guards), tuple(calls), found[-1][1], tuple(nodes))

    def _guard(self, mark: Activation, condition: Condition, calls: int, frames: list[Frame]) -> Guard:
        rounds = tuple(frame.round for frame in frames)
        there, known = mark.visits.get(condition, ((), None))
        if known is None or there != rounds:
            self._visit += 1
            test = self.periodic if _is_periodic(condition.node.test) else None
            known = Guard(
                condition.place,
                condition.text,
                condition.side,
                self._visit,
                test=test,
                calls=calls,
                loops=len(frames),
            )
            mark.visits[condition] = rounds, known
        return known


def _mark(frame: FrameType) -> Activation:
    mark = frame.f_trace
    if isinstance(mark, Activation):
        return mark
    fresh = Activation()
    if mark is None and sys.gettrace() is None:
        frame.f_trace = fresh
    return fresh


def _definition(geography: Geography, frame: FrameType) -> Place:
    text = geography.text(frame.f_code.co_filename)
    assert text is not None
    return Place(text.key, *text.line(frame.f_code.co_firstlineno))


def _loop(node: LoopNode, place: Place, depth: int) -> Loop:
    if isinstance(node, ast.While):
        return Loop(LoopKind.WHILE, place, ast.unparse(node.test), depth=depth)
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return Loop(LoopKind.COMPREHENSION, place, ast.unparse(node.generators[0].target), depth=depth)
    over = node.iter
    while isinstance(over, ast.Call) and over.args and _called(over) in {"tqdm", "trange", "enumerate", "track"}:
        over = over.args[0]
    counts = isinstance(over, ast.Call) and _called(over) in {"range", "trange"}
    value = Stream(Data(origin="index"), None) if counts else None
    literal = isinstance(node.iter, (ast.List, ast.Tuple, ast.Set))
    return Loop(LoopKind.FOR, place, ast.unparse(node.target), unrolled=literal, over_value=value, depth=depth)


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _is_periodic(test: ast.expr) -> bool:
    return any(isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) for node in ast.walk(test))
