"""Picks the command and sees to it that no exception reaches the user as a traceback."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, Protocol

from trainlint import __version__
from trainlint.cli.commands import COMMANDS
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.internal import one_line

INTERRUPTED = 130  # what shells give for a program ended by Ctrl-C


class Command(Protocol):
    """What a command's module has."""

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.FAILURE, f"trainlint: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # something else stands in for the stream
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code: int = _run(arguments)
        if not sys.stdout.closed:  # as the language server leaves it
            sys.stdout.flush()
    except CommandError as error:
        print(f"trainlint: {error}", file=sys.stderr)  # noqa: T201
        return ExitCode.FAILURE
    except KeyboardInterrupt:
        print("trainlint: interrupted", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python's own flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FINDINGS
    except Exception as error:
        print(f"trainlint: internal error: {one_line(error)}", file=sys.stderr)  # noqa: T201
        return ExitCode.FAILURE
    return code


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # told without importing the linter's stages
        sys.stdout.write(f"trainlint {__version__}\n")
        return ExitCode.CLEAN
    if arguments and arguments[0] in COMMANDS:
        name, arguments = arguments[0], arguments[1:]
        parser = Parser(prog=f"trainlint {name}", description=_sentence(COMMANDS[name]), allow_abbrev=False)
    else:
        name = "check"
        parser = Parser(
            prog="trainlint",
            usage="%(prog)s [OPTIONS] PATH...\n       %(prog)s COMMAND ...",
            description="Finds mistakes in PyTorch training code.",
            epilog="commands:\n" + "".join(f"  {name:8}  {words}\n" for name, words in COMMANDS.items()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("--version", action="version", version=f"trainlint {__version__}", help="print the version")
    command: Command = importlib.import_module(f"trainlint.cli.{name.replace('-', '_')}")
    command.configure(parser)
    return command.run(parser.parse_args(arguments))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."
