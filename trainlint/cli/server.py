"""``trainlint server``: the language server, which an editor starts and talks to."""

from __future__ import annotations

import argparse

from trainlint.cli import trust
from trainlint.cli.exit import CommandError, ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """It has no options: editors configure it by what they send."""


def run(options: argparse.Namespace) -> ExitCode:
    try:
        from trainlint.server.app import make_server
    except ImportError as error:
        raise CommandError(
            f"the language server needs pygls 2 ({error}): install trainlint with its extra, trainlint[lsp]"
        ) from error

    make_server(trust.registry_of).start_io()
    return ExitCode.CLEAN
