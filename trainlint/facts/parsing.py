"""LibCST's parser, with its failures said in one line."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass

from trainlint.facts.nodes import ParserError, cst, parse_module

# LibCST's native parser overflows the stack (a crash, no exception) where some thousands of brackets or operators are
# nested, and takes minutes for chains as long. Texts that might hold such are first shown to CPython's parser, which is
# ten times faster, refuses more than 200 nested brackets, and notices when it runs out of stack.
_DEEPEST = 200
_LONGEST_LINE = 5000
_MANY = 1000
_UNBOUNDED = sys.version_info < (3, 11)  # CPython's own tree may then be of any depth
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))

_EXPECTATION = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)
_TOKEN_BEFORE = re.compile(r"""(\w+|"[^"]*"|'[^']*'|[^\s\w])\s*$""")
_FEW = 4
_LONGEST_TOKEN = 40

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
class Refused(Exception):
    """Why a text can't be parsed: the message, and where it lies (line and column from 1)."""

    message: str
    line: int
    column: int


def parse(text: str) -> cst.Module:
    """Parse a program text. Raises `Refused`."""
    _guard(text)
    try:
        tree: cst.Module = parse_module(text)
    except ParserError as error:
        raise _refusal(error, text) from error
    except RecursionError as error:
        raise Refused("nested too deeply", 1, 1) from error
    except SyntaxError as error:  # a node of LibCST's own that refuses its fields
        raise invalid(error, text) from error
    return tree


def invalid(error: SyntaxError, text: str) -> Refused:
    """What LibCST's grammar allows and Python does not (``u"a" b"b"``, a bare ``except:`` before others). The nodes don't say
    where they stand, so the place is CPython's, where it refuses the text too."""
    try:
        # Some of it only the compiler refuses, not yet the parser. Nothing is run.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as found:
        return Refused(found.msg, found.lineno or 1, found.offset or 1)
    except (MemoryError, RecursionError, ValueError):
        pass
    return Refused(" ".join(str(error).split()), 1, 1)


def _guard(text: str) -> None:
    """Refuse what is nested so deeply that LibCST would crash."""
    if not _may_be_deep(text):
        return
    try:
        tree = _parse_quietly(text)
    except (MemoryError, RecursionError) as error:
        raise Refused("nested too deeply", 1, 1) from error
    except SyntaxError as error:
        if "too many nested" in error.msg:
            raise Refused(error.msg, error.lineno or 1, error.offset or 1) from error
        return  # LibCST will say what is wrong
    except ValueError:
        return  # null bytes, of which LibCST will speak
    if (_UNBOUNDED or text.count("and") + text.count("or") > 2 * _MANY) and _is_deep(tree):
        raise Refused("nested too deeply", 1, 1)


def _is_deep(tree: ast.Module) -> bool:
    """Whether LibCST's tree would be nested deeply, for which chains of ``and`` or ``or``, flat for CPython, count too."""
    level: list[ast.AST] = [tree]
    for _ in range(_MANY):
        if not level:
            return False
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if any(isinstance(node, ast.BoolOp) and len(node.values) > 2 * _MANY for node in level):
            return True
    return True


def _may_be_deep(text: str) -> bool:
    lines = text.split("\n")
    if len(lines) > 2 * _MANY or max(map(len, lines)) > _LONGEST_LINE:
        return True
    if text.count("lambda") + text.count("not") + text.count("elif") > _MANY:
        return True
    brackets = text.encode(errors="replace").translate(None, _NO_BRACKETS)
    for _ in range(_DEEPEST):  # each round takes the innermost pairs away
        outer = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        pairs = (len(brackets) - len(outer)) // 2
        if pairs == 0:
            break
        if pairs > 2 * _MANY:
            return True
        brackets = outer
    return len(brackets) > _DEEPEST


def _refusal(error: ParserError, text: str) -> Refused:
    lines = re.split(r"\r\n?|\n", text)
    line, column, cause = _cause(error, text, lines)
    hint = _python_2(lines[line - 1])
    message = f"can't be parsed: {cause}"
    return Refused(f"{message} (this looks like Python 2: {hint})" if hint else message, line, column)


def _cause(error: ParserError, text: str, lines: list[str]) -> tuple[int, int, str]:
    """Line and column (from 1), and cause."""
    expectation = _EXPECTATION.search(error.message)
    if expectation is None:
        _, _, message = error.message.rpartition("tokenizer error: ")
        return *_tokenizer_position(text, len(lines)), message
    line, column, expected = int(expectation[1]), int(expectation[2]), expectation[3]
    names = ["an indented block" if name == "INDENT" else name for name in expected.split(", ") if name]
    wanted = f", expected {' or '.join(names)}" if len(names) <= _FEW else ""
    if column == 0 or line > len(lines):  # the offending token is the end of a line before this one
        line = _last_line_before(line, lines)
        return line, len(lines[line - 1].rstrip()) + 1, f"unexpected end of the statement{wanted}"
    token = _TOKEN_BEFORE.search(lines[line - 1][:column])  # the parser names the end of the offending token
    if token is None:
        return line, column + 1, f"unexpected indentation{wanted}"
    return line, token.start() + 1, f"unexpected {_shortened(token[1])}{wanted}"


def _shortened(token: str) -> str:
    return token if len(token) <= _LONGEST_TOKEN else f"{token[: _LONGEST_TOKEN - 3]}..."


def _last_line_before(line: int, lines: list[str]) -> int:
    line = min(line - 1, len(lines))
    while line > 1 and not lines[line - 1].strip():
        line -= 1
    return max(line, 1)


def _tokenizer_position(text: str, lines: int) -> tuple[int, int]:
    """Line and column of what can't be a token, which LibCST does not tell."""
    try:
        _parse_quietly(text)
    except SyntaxError as error:
        return min(error.lineno or 1, lines), max(error.offset or 1, 1)
    except (MemoryError, RecursionError, ValueError):
        pass
    return 1, 1


def _parse_quietly(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _python_2(line: str) -> str | None:
    return next((name for pattern, name in _PYTHON_2 if pattern.search(line)), None)
