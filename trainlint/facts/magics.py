"""IPython's additions to Python in a notebook cell, replaced by Python of the same length."""

from __future__ import annotations

import re

# Cell magics whose body is Python that runs in the notebook's own namespace. All others hold another language, or
# Python for another process.
_PYTHON_CELLS = frozenset(
    (
        "capture",
        "debug",
        "heat",
        "lprun",
        "memit",
        "mprun",
        "prun",
        "pyinstrument",
        "snakeviz",
        "time",
        "timeit",
        "wandb",
    )
)

# Line magics that Databricks and Zeppelin use for whole cells in other languages.
_FOREIGN_CELLS = re.compile(r"\s*%(?:md|sql|sh|scala|r|fs)\b")

_CELL_MAGIC = re.compile(r"\s*%%([\w.!]*)")
_CHARACTER = re.compile(r"[^\r\n]")
_NEWLINE = re.compile(r"\r\n?|\n|")
_INDENT = re.compile(r"[ \t\f]*")
_REST = re.compile(r"(?:[^\\\r\n]|\\(?:\r\n?|\n|))*")  # of a line, with the lines that continue it
_HELP = re.compile(r"[ \t]*[\w.*]+\?{1,2}[ \t]*;?[ \t]*(?:#.*)?")
_TIMED = re.compile(r"%time[ \t]+(?=[^\s-])")  # without options
_TOKEN = re.compile(
    r"""
    (?P<string> (?P<quote>'''|\"\"\") (?:\\.|(?!(?P=quote)).)* (?:(?P=quote))?
      | '(?:\\.|[^'\\\r\n])*'? | "(?:\\.|[^"\\\r\n])*"? )
  | (?P<comment> \#[^\r\n]* )
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?P<assign> (?<![=!<>])=[ \t]*(?=[!%]) )
  | (?P<continuation> \\(?:\r\n?|\n) )
  | (?P<newline> \r\n?|\n )
    """,
    re.VERBOSE | re.DOTALL,
)


def plain(cell: str) -> str:
    """Replace magics, shell commands and help requests; offsets, lines and indentation stay as they are."""
    magic = _CELL_MAGIC.match(cell)
    if _FOREIGN_CELLS.match(cell) or (magic and magic[1] not in _PYTHON_CELLS):
        return _blank(cell)
    if not any(mark in cell for mark in "%!?"):
        return cell
    pieces: list[str] = []
    position = 0
    while position < len(cell):
        indent = _INDENT.match(cell, position).end()  # type: ignore[union-attr]  # it matches anything
        read = _command if cell[indent : indent + 1] in ("%", "!", "?") else _logical_line
        end, piece = read(cell, indent)
        pieces.append(cell[position:indent] + piece)
        position = end
    return "".join(pieces)


def _blank(text: str) -> str:
    return _CHARACTER.sub(" ", text)


def _rest(cell: str, start: int) -> int:
    return _REST.match(cell, start).end()  # type: ignore[union-attr]


def _command(cell: str, start: int) -> tuple[int, str]:
    """The end of a line that is a magic, and what stands for it: the timed statement of ``%time``, else nothing."""
    timed = _TIMED.match(cell, start)
    if timed:
        end, statement = _logical_line(cell, timed.end())
        return end, "0;".ljust(timed.end() - start) + statement
    end = _rest(cell, start)
    return _newline(cell, end, _stand_in(cell[start:end], "pass", "0"))


def _logical_line(cell: str, start: int) -> tuple[int, str]:
    """The end of a logical line of Python, and the line with what IPython adds to it replaced."""
    depth = 0
    position = start
    while token := _TOKEN.search(cell, position):
        position = token.end()
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth = max(depth - 1, 0)
        elif token["assign"] and not depth:
            return _assignment(cell, start, position)
        elif token["newline"] and not depth:
            line = cell[start : token.start()]
            return position, (_stand_in(line, "pass", "0") if _HELP.fullmatch(line) else line) + token[0]
    return len(cell), cell[start:]


def _assignment(cell: str, start: int, value: int) -> tuple[int, str]:
    """``name = !command`` or ``name = %magic``: the value is unknown, but for what ``%time`` runs."""
    timed = _TIMED.match(cell, value)
    if timed:
        end, line = _logical_line(cell, timed.end())
        return end, cell[start:value] + _blank(timed[0]) + line
    end = _rest(cell, value)
    return _newline(cell, end, cell[start:value] + _stand_in(cell[value:end], "...", "_"))


def _stand_in(text: str, word: str, short: str) -> str:
    blank = _blank(text)
    fits = blank[: len(word)] == " " * len(word)
    return word + blank[len(word) :] if fits else short + blank[1:]


def _newline(cell: str, end: int, piece: str) -> tuple[int, str]:
    newline = _NEWLINE.match(cell, end)
    assert newline is not None
    return newline.end(), piece + newline[0]
