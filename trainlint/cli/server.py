"""``trainlint server``: the language server, which an editor starts and talks to."""

from __future__ import annotations

import argparse

from trainlint.cli import trust
from trainlint.cli.exit import CommandError, ExitCode
from trainlint.config import ConfigError
from trainlint.packs import Registry


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output; so it does anyway")


def run(options: argparse.Namespace) -> ExitCode:
    try:
        from trainlint.server.app import make_server
    except ImportError as error:
        raise CommandError(
            f"the language server needs pygls 2 ({error}): install trainlint with its extra, trainlint[lsp]"
        ) from error

    def registry_for(folder: str) -> Registry:
        try:
            return trust.registry(argparse.Namespace(config=None, isolated=False, trust_rule_paths=False), [folder])
        except CommandError as error:
            raise ConfigError(str(error)) from error

    make_server(registry_for).start_io()
    return ExitCode.CLEAN
