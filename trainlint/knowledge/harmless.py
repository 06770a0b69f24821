"""Summaries, profilers and counters: they look at a model and leave it as it is."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_LOOKS = entry("harmless")

TABLE: dict[str, Entry] = {
    **same("torchsummary.summary torchsummaryX.summary torchinfo.summary pytorch_model_summary.summary", _LOOKS),
    **same("thop.profile thop.clever_format ptflops.get_model_complexity_info", _LOOKS),
    **same(
        "nn.FlopCountAnalysis nn.flop_count_table nn.flop_count_str nn.parameter_count nn.parameter_count_table"
        " nn.ActivationCountAnalysis nn.flop_count",
        _LOOKS,
        "fvcore.",
    ),
    "fvcore.checkpoint.Checkpointer": entry(
        "saver", "model save_dir", object="model", methods={"save": "save", "load": "load", "resume_or_load": "load"}
    ),
    **same("torchviz.make_dot hiddenlayer.build_graph torchview.draw_graph netron.start", _LOOKS),
    **same("calflops.calculate_flops torchstat.stat", _LOOKS),
    **same("psutil.virtual_memory psutil.cpu_percent psutil.Process GPUtil.getGPUs pynvml.nvmlInit", entry("harmless")),
    **same("dotenv.load_dotenv nltk.download gdown.download wget.download", entry("harmless")),
}
