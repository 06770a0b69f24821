"""The trace as a tree that a person can read: runs, loops, what happens in them, on which line, under which condition."""

from __future__ import annotations

from dataclasses import dataclass, field

from trainlint.facts.locations import locate
from trainlint.findings import Place
from trainlint.trace.describe import describe
from trainlint.trace.events import Event, Guard, Loop, LoopKind
from trainlint.trace.runs import Trace
from trainlint.trace.tokens import Source, Tokens
from trainlint.trace.values import Constant
from trainlint.trace.view import Run

BOLD, DIM, CYAN, GREEN, YELLOW, MAGENTA = "1", "2", "36", "32", "33", "35"
SPLIT_COLORS = {"train": GREEN, "validation": CYAN, "test": YELLOW}


@dataclass
class Node:
    """A loop, or the run itself, with what happens in it: lines of text and further loops."""

    loop: Loop | None
    items: list[str | Node] = field(default_factory=list)
    known: set[object] = field(default_factory=set)
    loops: dict[Place, Node] = field(default_factory=dict)


def render(trace: Trace, *, color: bool) -> str:
    """The tree of every run that trains or measures; others have nothing to show."""
    painter = Painter(trace, color)
    shown = [text for run in trace.runs if (text := painter.run(run))]
    if not shown:
        return "no training, evaluation or model found\n"
    return "\n".join(shown)


class Painter:
    """Writes the lines of one trace."""

    def __init__(self, trace: Trace, color: bool) -> None:
        self.trace = trace
        self.color = color

    def paint(self, text: str, *codes: str) -> str:
        return f"\033[{';'.join(codes)}m{text}\033[0m" if self.color else text

    def run(self, run: Run) -> str:
        root = self._tree(run)
        if not root.items:
            return ""
        if run.kind == "function" and not run.partial_trainings:
            return ""
        title = self.paint(run.path, BOLD)
        if run.start is not None:
            title += self.paint(f"  function at {self.where(run.start, run.path)}, which nothing calls", DIM)
        lines = [title]
        if not run.complete:
            lines.append(
                "  " + self.paint("too large to be walked to its end: nothing is said of what may come later", YELLOW)
            )
        self._lines(root, run, lines, "  ", {training.loop.place for training in run.trainings})
        return "\n".join(lines) + "\n"

    def where(self, place: Place, path: str) -> str:
        """``line 12``, ``cell 3 line 1``, with the file where it is another."""
        location = locate(self.trace.project.modules[place.path], place.start, place.end)
        line = f"line {location.row}"
        if location.cell is not None:
            line = f"cell {location.cell} {line}"
        return line if place.path == path else f"{place.path} {line}"

    def _tree(self, run: Run) -> Node:
        root = Node(None)
        told = [(event, text) for event in run.events if (text := describe(event)) is not None]
        by_default = {(event.place, text) for event, text in told if not event.offered}
        # The default way first, then what options offer beside it.
        for event, text in sorted(told, key=lambda item: item[0].offered):
            # What happens anyway need not be shown once more for an option that leads there too.
            if event.offered and (event.place, text) in by_default:
                continue
            node = root
            for frame in event.frames:
                if frame.loop.kind is LoopKind.COMPREHENSION:
                    continue
                below = node.loops.get(frame.loop.place)
                if below is None:
                    below = node.loops[frame.loop.place] = Node(frame.loop)
                    node.items.append(below)
                node = below
            key = (event.place, text, tuple((guard.text, guard.side) for guard in event.guards))
            if key not in node.known:
                node.known.add(key)
                node.items.append(self._line(event, text, run))
        return root

    def _line(self, event: Event, text: str, run: Run) -> str:
        # A condition that an option's default decides is no condition of the default way.
        conditions = [self._condition(guard) for guard in event.guards if guard.text and not _settled(guard)]
        line = f"{text}{self._splits(event)}  {self.paint(self.where(event.place, run.path), DIM)}"
        if conditions:
            line += "  " + self.paint("if " + " and ".join(dict.fromkeys(conditions)), MAGENTA)
        return line

    def _condition(self, guard: Guard) -> str:
        if guard.kind == "try":
            return "an exception was raised"
        text = guard.text if guard.side else f"not ({guard.text})"
        return f"{text} [not by default]" if guard.offered else text

    def _splits(self, event: Event) -> str:
        tokens: Tokens = getattr(event, "tokens", frozenset())
        found = sorted({(token.split, token.label) for token in tokens if isinstance(token, Source)})
        if not found:
            return ""
        return " on " + ", ".join(
            self.paint(f"{split} data {label}", SPLIT_COLORS.get(split, DIM)) for split, label in found[:3]
        )

    def _lines(self, node: Node, run: Run, lines: list[str], indent: str, epochs: set[Place]) -> None:
        for item in node.items:
            if isinstance(item, str):
                lines.append(indent + item)
                continue
            assert item.loop is not None
            lines.append(indent + self._loop(item.loop, run, item.loop.place in epochs))
            self._lines(item, run, lines, indent + "  ", epochs)

    def _loop(self, loop: Loop, run: Run, training: bool) -> str:
        words = {LoopKind.FOR: "for", LoopKind.WHILE: "while", LoopKind.FRAMEWORK: "framework loop over"}
        title = self.paint(f"{words.get(loop.kind, 'loop')} {loop.label}", BOLD)
        if loop.rounds is not None:
            title += f", {loop.rounds} rounds"
        over = sorted({(token.split, token.label) for token in loop.over if isinstance(token, Source)})
        for split, label in over[:3]:
            title += " · " + self.paint(f"{split} data {label}", SPLIT_COLORS.get(split, DIM))
        if training:
            title += " · " + self.paint("training: the epoch loop", GREEN)
        return f"{title}  {self.paint(self.where(loop.place, run.path), DIM)}"


def _settled(guard: Guard) -> bool:
    return isinstance(guard.test, Constant) and not guard.offered
