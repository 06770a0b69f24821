"""Runs a script in this process as ``python SCRIPT`` does, and catches how it ends."""

from __future__ import annotations

import io
import os
import runpy
import sys
import traceback
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

INTERRUPTED = 130
_HERE = os.path.dirname(os.path.abspath(__file__))


class ScriptError(Exception):
    """The script cannot be started; the text is one line for the user."""


@dataclass(frozen=True)
class Script:
    """What is to be run: a file, or a module by its dotted name (``-m``), with its arguments."""

    target: str
    arguments: tuple[str, ...] = ()
    is_module: bool = False

    def locate(self) -> str:
        """The file that is run, absolute. Raises ScriptError."""
        if self.is_module:
            return _module_file(self.target)
        path = os.path.abspath(self.target)
        if os.path.isdir(path):
            raise ScriptError(f"{self.target}: is a directory; name the script in it")
        if not os.path.exists(path):
            raise ScriptError(f"{self.target}: no such file")
        if path.endswith(".ipynb"):
            raise ScriptError(f"{self.target}: is a notebook; make a script of it: jupyter nbconvert --to script")
        try:
            with io.open_code(path):
                pass
        except OSError as error:
            raise ScriptError(f"{self.target}: {error.strerror or error}") from error
        return path


@dataclass(frozen=True)
class Ending:
    """How a script ended: its exit status, and whether it came to its end by itself.

    ``left`` are the files and lines that ``sys.exit`` left on its way out, outermost first.
    """

    status: int
    complete: bool
    left: tuple[tuple[str, int], ...] = ()


def _module_file(name: str) -> str:
    sys.path.insert(0, os.getcwd())
    try:
        _, spec, _ = runpy._get_module_details(name)  # type: ignore[attr-defined]
    except ImportError as error:
        raise ScriptError(f"-m {name}: {error}") from error
    finally:
        sys.path.remove(os.getcwd())
    if spec.origin is None or not os.path.isfile(spec.origin):
        raise ScriptError(f"-m {name}: has no source file")
    return os.path.abspath(str(spec.origin))


def execute(script: Script, path: str) -> Ending:
    """Run to the end, whatever that is. An uncaught exception's traceback is printed as Python prints it."""
    try:
        (_run_module if script.is_module else _run_file)(script, path)
    except SystemExit as error:
        left = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
        return Ending(_status(error.code), True, tuple(left))
    except KeyboardInterrupt:
        _show(sys.exc_info())
        return Ending(INTERRUPTED, False)
    except BaseException:
        _show(sys.exc_info())
        return Ending(1, False)
    return Ending(0, True)


def _run_file(script: Script, path: str) -> None:
    with io.open_code(path) as file:
        source = file.read()
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=__builtins__, __spec__=None, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv = [script.target, *script.arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102


def _run_module(script: Script, path: str) -> None:
    sys.argv = [path, *script.arguments]
    sys.path[0] = os.getcwd()
    runpy.run_module(script.target, run_name="__main__", alter_sys=True)


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    _write(f"{code}\n")
    return 1


Shown = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def _show(raised: Sequence[object]) -> None:
    kind, error, trace = raised
    assert isinstance(kind, type)
    assert isinstance(error, BaseException)
    assert trace is None or isinstance(trace, TracebackType)
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    try:
        sys.excepthook(kind, error.with_traceback(trace), trace)
    except BaseException:  # the script's own hook may fail, or stderr be closed
        sys.__excepthook__(kind, error, trace) if sys.stderr is not None else None


def _is_ours(filename: str) -> bool:
    return os.path.dirname(os.path.abspath(filename)) == _HERE or "runpy" in filename


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return
