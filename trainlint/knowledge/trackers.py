"""Where results go: Weights & Biases, MLflow, TensorBoard and other trackers, progress bars, loggers."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_REPORT = entry("report")
_HARMLESS = entry("harmless")
_LOGGER = entry("logger")
_BAR = entry("progress", "iterable desc total")

TABLE: dict[str, Entry] = {
    **same("log log_artifact", _REPORT, "wandb."),
    # The run it gives logs as well; its config holds the options of a sweep.
    "wandb.init": entry("logger", "entity project"),
    **same(
        "watch finish login save define_metric Settings Image Table Histogram Video Audio Html Artifact sweep plot.line"
        " plot.confusion_matrix plot.pr_curve plot.roc_curve",
        _HARMLESS,
        "wandb.",
    ),
    "wandb.agent": entry("call", "sweep_id function", function="function"),
    **same(
        "log_metric log_metrics log_param log_params log_artifact log_artifacts log_figure log_dict set_tag",
        _REPORT,
        "mlflow.",
    ),
    **same("start_run set_experiment set_tracking_uri autolog end_run active_run", _HARMLESS, "mlflow."),
    **same("autolog", _HARMLESS, "mlflow.pytorch."),
    **same("log_model", entry("save", "pytorch_model artifact_path", object="pytorch_model"), "mlflow.pytorch."),
    "mlflow.pytorch.save_model": entry("save", "pytorch_model path", object="pytorch_model", path="path"),
    "mlflow.pytorch.load_model": entry("load", "model_uri", path="model_uri"),
    "tensorboardX.SummaryWriter": entry("logger", "logdir comment"),
    "tensorboard_logger.log_value": _REPORT,
    "tensorboard_logger.configure": _HARMLESS,
    **same("comet_ml.Experiment comet_ml.OfflineExperiment comet_ml.ExistingExperiment comet_ml.start", _LOGGER),
    **same("neptune.init_run neptune.init neptune.new.init neptune.Run", _LOGGER),
    **same("neptune.log_metric neptune.send_metric neptune.log_text", _REPORT),
    "aim.Run": _LOGGER,
    "visdom.Visdom": _LOGGER,
    **same("clearml.Task.init clearml.Logger.current_logger", _LOGGER),
    **same("swanlab.log trackio.log", _REPORT),
    **same("swanlab.init trackio.init", _LOGGER),
    "dvclive.Live": _LOGGER,
    "loguru.logger": _LOGGER,
    **same("info debug warning error success log trace", _REPORT, "loguru.logger."),
    "loguru.logger.add": _HARMLESS,
    **same("tqdm.tqdm tqdm.tqdm_notebook", _BAR),
    **same("tqdm.trange tqdm.tnrange tqdm.contrib.tenumerate tqdm.contrib.tzip", entry("progress")),
    "tqdm.tqdm.write": _REPORT,
    **same("rich.print rich.pretty.pprint", _REPORT),
    "rich.progress.track": entry("progress", "sequence description total"),
    **same("rich.progress.Progress rich.console.Console rich.table.Table rich.live.Live", _LOGGER),
    **same("progressbar.progressbar progressbar.ProgressBar alive_progress.alive_it", _BAR),
    **same(
        "fastprogress.progress_bar fastprogress.fastprogress.progress_bar fastprogress.master_bar"
        " fastprogress.fastprogress.master_bar",
        entry("progress", "gen total"),
    ),
    **same(
        "plot scatter show figure savefig bar barh hist legend xlabel ylabel title suptitle text figtext annotate"
        " semilogx semilogy loglog step stem errorbar fill_between imshow matshow",
        _REPORT,
        "matplotlib.pyplot.",
    ),
    "prettytable.PrettyTable": _LOGGER,
    "tabulate.tabulate": entry("operation", "tabular_data", op="none", cuts=True, gives="text"),
    "pprint.pprint": _REPORT,
    "termcolor.cprint": _REPORT,
    "termcolor.colored": entry("operation", "text", op="none", cuts=True, gives="text"),
}
