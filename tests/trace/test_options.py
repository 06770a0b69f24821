"""Options: their defaults decide the program's way, and what another choice would do is offered beside it."""

from __future__ import annotations

import textwrap

import pytest
from tracing import SETUP, walk

from trainlint.trace.events import Clip, LossComputed, Made, Reported, SchedulerStep, Seeded
from trainlint.trace.values import Constant, Library

LOOP = """\
optimizer = torch.optim.SGD(model.parameters(), lr={lr})
loader = DataLoader(train_set, batch_size=8, shuffle={shuffle})
for epoch in range({epochs}):
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
"""
OF_ARGS = LOOP.format(lr="args.lr", shuffle="args.shuffle", epochs="args.epochs")
OF_KEYS = LOOP.format(lr='args["lr"]', shuffle='args["shuffle"]', epochs='args["epochs"]')
OF_NAMES = LOOP.format(lr="lr", shuffle="shuffle", epochs="epochs")


def script(preamble: str, loop: str = OF_ARGS) -> str:
    """Options read at the top of a script."""
    return textwrap.dedent(preamble) + loop


def main(preamble: str, parameters: str, call: str, loop: str = OF_NAMES) -> str:
    """Options that reach the parameters of a function. The preamble ends with its decorators."""
    return f"{textwrap.dedent(preamble)}def main({parameters}):\n{textwrap.indent(loop, '    ')}\n{call}\n"


WAYS = {
    "argparse": script("""
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=0.5)
        parser.add_argument("--epochs", "-e", type=int, default=12)
        parser.add_argument("--shuffle", action="store_true", default=True)
        args = parser.parse_args()
    """),
    "argparse in functions": script("""
        import argparse

        def get_parser():
            parser = argparse.ArgumentParser(add_help=False)
            group = parser.add_argument_group("optimization")
            group.add_argument("--lr", type=float, default=0.1)
            group.add_argument("--num-epochs", dest="epochs", type=int, default=12)
            parser.add_argument("--no-shuffle", dest="shuffle", action="store_false")
            parser.set_defaults(lr=0.5)
            return parser

        def parse():
            parser = argparse.ArgumentParser(parents=[get_parser()])
            args, _ = parser.parse_known_args()
            return args

        args = parse()
    """),
    "argparse as a dict": script(
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default=0.5)
        parser.add_argument("--epochs", type=int, default=12)
        parser.add_argument("--shuffle", type=bool, default=True)
        args = vars(parser.parse_args())
        """,
        OF_KEYS,
    ),
    "a data class": script("""
        from dataclasses import dataclass

        @dataclass
        class Arguments:
            lr: float = 0.5
            epochs: int = 12
            shuffle: bool = True

        args = Arguments()
    """),
    "a data class by transformers": script("""
        from dataclasses import dataclass, field
        from transformers import HfArgumentParser

        @dataclass
        class Arguments:
            lr: float = field(default=0.5, metadata={"help": "learning rate"})
            epochs: int = 12
            shuffle: bool = True

        (args,) = HfArgumentParser(Arguments).parse_args_into_dataclasses()
    """),
    "a data class by tyro": script("""
        from dataclasses import dataclass
        import tyro

        @dataclass
        class Arguments:
            lr: float = 0.5
            epochs: int = 12
            shuffle: bool = True

        args = tyro.cli(Arguments)
    """),
    "click": main(
        """
        import click

        @click.command()
        @click.option("--lr", default=0.5, help="Learning rate.")
        @click.option("--num-epochs", "epochs", default=12)
        @click.option("--shuffle/--no-shuffle", default=True)
        """,
        "lr, epochs, shuffle",
        "if __name__ == '__main__':\n    main()",
    ),
    "click in a group": main(
        """
        import click

        @click.group()
        def cli():
            pass

        @cli.command("train")
        @click.option("-l", "--lr", type=float, default=0.5, show_default=True)
        @click.option("--epochs", "-e", type=int, default=12)
        @click.option("--shuffle", is_flag=True, default=True)
        """,
        "lr, epochs, shuffle",
        "if __name__ == '__main__':\n    cli()",
    ),
    "typer": main(
        "import typer\n",
        "lr: float = typer.Option(0.5, help='Rate.'), epochs: int = 12, shuffle: bool = typer.Option(True, '--shuffle')",
        "typer.run(main)",
    ),
    "typer, annotated": main(
        """
        from typing import Annotated

        import typer

        app = typer.Typer()

        @app.command()
        """,
        "lr: Annotated[float, typer.Option(help='Rate.')] = 0.5, epochs: int = typer.Argument(12), shuffle: bool = True",
        "if __name__ == '__main__':\n    app()",
    ),
    "fire": main("import fire\n", "lr=0.5, epochs=12, shuffle=True", "fire.Fire(main)"),
    "fire with a table": main("import fire\n", "lr=0.5, epochs=12, shuffle=True", 'fire.Fire({"train": main})'),
    "absl": main(
        """
        from absl import app, flags

        args = flags.FLAGS
        flags.DEFINE_float("lr", 0.5, "Learning rate.")
        flags.DEFINE_integer("epochs", 12, "Epochs.")
        flags.DEFINE_bool("shuffle", True, "Shuffle.")

        """,
        "argv",
        "app.run(main)",
        OF_ARGS,
    ),
    "a configuration": script("""
        from omegaconf import OmegaConf
        args = OmegaConf.create({"lr": 0.5, "epochs": 12, "shuffle": True})
    """),
    "hydra": main(
        """
        from dataclasses import dataclass

        import hydra
        from hydra.core.config_store import ConfigStore

        @dataclass
        class Config:
            lr: float = 0.5
            epochs: int = 12
            shuffle: bool = True

        ConfigStore.instance().store(name="config", node=Config)

        @hydra.main(version_base=None, config_name="config")
        """,
        "args: Config",
        "if __name__ == '__main__':\n    main()",
        OF_ARGS,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_defaults_are_constants_that_a_person_may_change(way: str) -> None:
    walked = walk(WAYS[way], setup=SETUP)
    training = walked.training
    (step, *_) = training.steps
    assert not step.offered
    assert training.loop.rounds == 12
    assert isinstance(step.optimizer, Library)
    rate = step.optimizer.arguments["lr"]
    assert isinstance(rate, Constant)
    assert (rate.value, rate.optional) == (0.5, True)
    loader = [event.thing for event in training.run.of(Made) if event.role == "loader"][-1]
    assert isinstance(loader, Library)
    assert loader.constant("shuffle") is True


OPTIONS = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--clip", type=float, default=None)
parser.add_argument("--seed", type=int)
parser.add_argument("--loss", default="ce", choices=["ce", "mse"])
parser.add_argument("--schedule", action="store_true")
parser.add_argument("--quiet", action="store_true")
parser.add_argument("--data", required=True)
args = parser.parse_args()
"""


def test_what_only_an_option_does_is_offered() -> None:
    walked = walk(
        OPTIONS
        + textwrap.dedent("""
        if args.seed is not None:
            torch.manual_seed(args.seed)
        if args.loss == "mse":
            criterion = nn.MSELoss()
        else:
            criterion = nn.CrossEntropyLoss()
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10) if args.schedule else None
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                loss = criterion(model(x), y)
                loss.backward()
                if args.clip:
                    nn.utils.clip_grad_norm_(model.parameters(), args.clip)
                optimizer.step()
            if scheduler:
                scheduler.step()
            if not args.quiet:
                print(loss.item())
        """),
        setup=SETUP,
    )
    assert {event.offered for event in walked.events(Seeded)} == {True}
    assert {event.offered for event in walked.training.of(Clip)} == {True}
    assert not any(event.offered for event in walked.training.of(Reported))
    # What the default way trains with is known, not a choice of two.
    assert {event.kind for event in walked.events(LossComputed)} == {"cross_entropy"}
    assert not [event for event in walked.training.of(SchedulerStep) if not event.offered]


def test_the_sides_of_an_option_exclude_each_other() -> None:
    walked = walk(
        OPTIONS
        + textwrap.dedent("""
        if args.schedule:
            print("scheduled")
        else:
            print("constant")
        """),
        setup=SETUP,
    )
    offered, default = walked.events(Reported)
    assert (walked.line(offered.place), offered.offered) == ('print("scheduled")', True)
    assert (walked.line(default.place), default.offered) == ('print("constant")', False)
    assert not offered.compatible(default)


def test_a_fallback_stands_in_for_an_option_without_default() -> None:
    walked = walk(
        OPTIONS
        + textwrap.dedent("""
        clip = args.clip or 1.0
        seed = 7 if args.seed is None else args.seed
        torch.manual_seed(seed)
        optimizer = torch.optim.SGD(model.parameters(), lr=clip)
        """),
        setup=SETUP,
    )
    optimizer = [event.thing for event in walked.events(Made) if event.role == "optimizer"][-1]
    assert isinstance(optimizer, Library)
    rate = optimizer.arguments["lr"]
    assert isinstance(rate, Constant)
    assert (rate.value, rate.optional) == (1.0, True)
    assert [event.offered for event in walked.events(Seeded)] == [False]


@pytest.mark.parametrize(
    "refusal",
    [
        'raise SystemExit("--seed is needed")',
        'parser.error("--seed is needed")',
        'print("--seed is needed")\n    sys.exit(1)',
    ],
)
def test_a_default_that_is_refused_is_not_the_default_way(refusal: str) -> None:
    walked = walk(
        OPTIONS
        + f"import sys\nif args.seed is None:\n    {refusal}\n"
        + textwrap.dedent("""
        for epoch in range(3):
            for x, y in train_loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()
        """),
        setup=SETUP,
    )
    (step, *_) = walked.training.steps
    assert not step.offered


def test_a_required_option_decides_nothing() -> None:
    walked = walk(
        OPTIONS
        + textwrap.dedent("""
        if args.data == "mnist":
            print("small")
        else:
            print("large")
        """),
        setup=SETUP,
    )
    small, large = walked.events(Reported)
    assert not small.offered
    assert not large.offered
    assert not small.compatible(large)


def test_numbers_in_text_become_numbers() -> None:
    walked = walk(
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--lr", type=float, default="1e-1")
        args = parser.parse_args()
        optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
        """,
        setup=SETUP,
    )
    optimizer = [event.thing for event in walked.events(Made) if event.role == "optimizer"][-1]
    assert isinstance(optimizer, Library)
    assert optimizer.constant("lr") == 0.1
