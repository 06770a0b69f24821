"""LibCST's parser, with its failures said in one line."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

import libcst as cst

# LibCST's native parser overflows the stack (a crash, no exception) where some thousands of brackets or operators are
# nested. Texts with so many brackets, or lines so long, are first shown to CPython's parser, which notices that.
_MANY_BRACKETS = 500
_LONG_LINE = re.compile(r"[^\r\n]{5000}")

_EXPECTATION = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_TOKEN_BEFORE = re.compile(r"""(\w+|"[^"]*"|'[^']*'|[^\s\w])\s*$""")
_FEW = 4

_PYTHON_2 = (
    (re.compile(r"(?:^|[;:])\s*print\s+(?:>>|[\w'\"({\[`-])"), "print statement"),
    (re.compile(r"^\s*except\s+[\w.()\s,]+,\s*\w+\s*:"), "`except X, e`"),
    (re.compile(r"^\s*exec\s+[\w'\"]"), "exec statement"),
    (re.compile(r"^\s*raise\s+[\w.]+\s*,"), "`raise X, message`"),
    (re.compile(r"<>"), "`<>`"),
    (re.compile(r"`[^`]+`"), "backquotes"),
    (re.compile(r"\b0[0-7]+\b"), "octal number"),
    (re.compile(r"\b\d+[lL]\b|\b0[xX][0-9a-fA-F]+[lL]\b"), "long integer"),
    (re.compile(r"\b[uU][rR]['\"]"), "ur string"),
    (re.compile(r"(?:def\s+\w+\s*\(|lambda)[^)]*\("), "tuple parameter"),
)


@dataclass(frozen=True, slots=True)
class Refused(Exception):  # noqa: N818  # it is not an error of the program
    """Why a text can't be parsed: the message, and where it lies (line and column from 1)."""

    message: str
    line: int
    column: int


def parse(text: str) -> cst.Module:
    """Parse a program text. Raises `Refused`."""
    _guard(text)
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        raise _refusal(error, text) from error
    except RecursionError as error:
        raise Refused("nested too deeply", 1, 1) from error


def _guard(text: str) -> None:
    if text.count("(") + text.count("[") + text.count("{") < _MANY_BRACKETS and not _LONG_LINE.search(text):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (MemoryError, RecursionError) as error:
        raise Refused("nested too deeply", 1, 1) from error
    except SyntaxError as error:
        if "too many nested" in error.msg:
            raise Refused(error.msg, error.lineno or 1, error.offset or 1) from error
    except ValueError:
        pass  # null bytes, of which LibCST will speak


def _refusal(error: cst.ParserSyntaxError, text: str) -> Refused:
    lines = re.split(r"\r\n?|\n", text)
    line, column, cause = _cause(error, lines)
    hint = _python_2(lines[line - 1])
    message = f"can't be parsed: {cause}"
    return Refused(f"{message} (this looks like Python 2: {hint})" if hint else message, line, column)


def _cause(error: cst.ParserSyntaxError, lines: list[str]) -> tuple[int, int, str]:
    """Line, column (from 1) and cause; the parser names the end of the offending token."""
    line = min(max(error.raw_line, 1), len(lines))
    _, _, message = error.message.rpartition("tokenizer error: ")
    expectation = _EXPECTATION.search(error.message)
    if expectation is None:
        return line, len(lines[line - 1]) - len(lines[line - 1].lstrip()) + 1, message
    at_line, at_column, expected = int(expectation[1]), int(expectation[2]), expectation[3]
    names = [name for name in expected.split(", ") if name]
    wanted = f", expected {' or '.join(names)}" if len(names) <= _FEW else ""
    if at_line != line or at_column == 0:
        return line, len(lines[line - 1].rstrip()) + 1, f"unexpected end of the statement{wanted}"
    token = _TOKEN_BEFORE.search(lines[line - 1][:at_column])
    if token is None:
        return line, at_column, f"unexpected indentation{wanted}"
    return line, token.start() + 1, f"unexpected {token[1]}{wanted}"


def _python_2(line: str) -> str | None:
    return next((name for pattern, name in _PYTHON_2 if pattern.search(line)), None)
