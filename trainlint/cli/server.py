"""``trainlint server``: the language server, which an editor starts and talks to."""

from __future__ import annotations

import argparse

from trainlint.cli import trust
from trainlint.cli.exit import CommandError, ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    # vscode-languageclient and others append it, as the protocol advises; there is no other way to talk.
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output, as it always does")


def run(options: argparse.Namespace) -> ExitCode:
    try:
        from trainlint.server.app import make_server
    except ImportError as error:
        raise CommandError(
            f"the language server needs pygls 2 ({error}): install trainlint with its extra, trainlint[lsp]"
        ) from error

    make_server(trust.registry_of).start_io()
    return ExitCode.CLEAN
