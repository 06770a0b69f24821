"""How programs take their options: argparse, click, typer, fire, hydra, absl, tap, OmegaConf."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_FLAG = entry("options", "name default help", kind="absl")
_MAIN = entry("options", kind="hydra")

TABLE: dict[str, Entry] = {
    "argparse.ArgumentParser": entry("options", "prog usage description", kind="argparse"),
    **same("argparse.Namespace types.SimpleNamespace", entry("namespace")),
    **same(
        "easydict.EasyDict addict.Dict ml_collections.ConfigDict ml_collections.config_dict.ConfigDict",
        entry("namespace"),
    ),
    **same("argparse.ArgumentDefaultsHelpFormatter argparse.RawTextHelpFormatter argparse.FileType", entry("harmless")),
    **same(
        "configargparse.ArgumentParser configargparse.ArgParser configargparse.get_argument_parser",
        entry("options", kind="argparse"),
    ),
    "jsonargparse.ArgumentParser": entry("options", kind="jsonargparse"),
    **same("click.option click.argument", entry("options", kind="click_option")),
    **same("click.command click.group", entry("options", "name", kind="click_command")),
    **same("click.pass_context click.version_option click.pass_obj", entry("wrap", kind="other")),
    **same("click.echo click.secho", entry("report", "message")),
    **same("click.Path click.Choice click.IntRange click.FloatRange click.File", entry("harmless")),
    **same("typer.Option typer.Argument", entry("options", "default", kind="typer_option")),
    "typer.Typer": entry("options", kind="typer_app"),
    "typer.run": entry("call", "function", function="function"),
    **same("typer.echo typer.secho", entry("report", "message")),
    "typer.Exit": entry("exit"),
    "jsonargparse.CLI": entry("call", "components", function="components"),
    "fire.Fire": entry("call", "component", function="component"),
    **same("hydra.main hydra.initialize hydra.compose", _MAIN),
    **same("hydra.utils.to_absolute_path hydra.utils.get_original_cwd", entry("harmless")),
    "hydra.core.config_store.ConfigStore.instance": entry("harmless"),
    **same(
        "OmegaConf.create OmegaConf.load OmegaConf.merge OmegaConf.structured OmegaConf.from_cli",
        entry("options", kind="omegaconf"),
        "omegaconf.",
    ),
    **same(
        "OmegaConf.to_yaml OmegaConf.to_container OmegaConf.save OmegaConf.set_struct", entry("harmless"), "omegaconf."
    ),
    "absl.app.run": entry("call", "main", function="main", leading=1),
    **same(
        "DEFINE_integer DEFINE_float DEFINE_bool DEFINE_boolean DEFINE_string DEFINE_list DEFINE_spaceseplist",
        _FLAG,
        "absl.flags.",
    ),
    "absl.flags.DEFINE_enum": entry("options", "name default enum_values help", kind="absl"),
    **same("mark_flag_as_required mark_flags_as_required register_validator", entry("harmless"), "absl.flags."),
    **same("info warning error debug", entry("report"), "absl.logging."),
    **same("tap.Tap tap.tapify", entry("options", kind="tap")),
    "simple_parsing.ArgumentParser": entry("options", kind="argparse"),
    **same("simple_parsing.parse tyro.cli", entry("call", "function", function="function")),
}
