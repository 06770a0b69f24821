"""What whole families of names have in common: patterns for names that no table lists.

``*`` stands for any text without dots, ``**`` at the end for one or more further parts; the first pattern that fits
decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from trainlint.knowledge.schema import TRAIN_FLAG, WORDS, Entry, entry

_OPERATION = entry("operation", op="none")
_HARMLESS = entry("harmless")
_MODULE = entry("module", op="none", dropout=True, batch_norm=True)
_MODEL = entry("model")

FAMILIES: dict[str, tuple[tuple[str, Entry], ...]] = {
    "torch": (
        ("torch.optim.lr_scheduler.[A-Z]*", entry("scheduler", "optimizer", cadence="any")),
        ("torch.optim.[A-Z]*", entry("optimizer", "params lr", family="other")),
        ("torch.nn.functional.*_loss", entry("loss_function", "input target", kind="other", expects="any")),
        ("torch.nn.functional.*", _OPERATION),
        ("torch.nn.init.*", entry("init", "tensor")),
        ("torch.nn.*Loss", entry("loss", kind="other", expects="any")),
        ("torch.nn.utils.rnn.**", _OPERATION),
        ("torch.nn.quantized.**", _MODULE),
        ("torch.nn.[A-Z]*", entry("module", op="none")),
        ("torch.Tensor.**", _OPERATION),
        ("torch.special.**", _OPERATION),
        ("torch.linalg.**", _OPERATION),
        ("torch.fft.**", _OPERATION),
        ("torch.sparse.**", _OPERATION),
        ("torch.distributions.**", _OPERATION),
        ("torch.cuda.**", _HARMLESS),
        ("torch.mps.**", _HARMLESS),
        ("torch.xpu.**", _HARMLESS),
        ("torch.backends.**", _HARMLESS),
        ("torch.profiler.**", _HARMLESS),
        ("torch.autograd.profiler.**", _HARMLESS),
        ("torch.version.**", _HARMLESS),
        ("torch.distributed.is_*", _HARMLESS),
        ("torch.distributed.get_*", _HARMLESS),
        ("torch.onnx.**", _HARMLESS),
    ),
    "torchvision": (
        ("torchvision.datasets.utils.**", _HARMLESS),
        (
            "torchvision.datasets.[A-Z]*",
            entry(
                "dataset",
                "root split",
                split_param="split",
                splits={**WORDS, **TRAIN_FLAG},
                root="root",
                transform="transform",
            ),
        ),
        ("torchvision.transforms.functional.**", _OPERATION),
        ("torchvision.transforms.Random*", entry("transform", random=True)),
        ("torchvision.transforms.[A-Z]*", entry("transform")),
        ("torchvision.models.*_Weights.**", _HARMLESS),
        ("torchvision.models.*.*_Weights.**", _HARMLESS),
        ("torchvision.models.**", entry("model", pretrained=("weights", "pretrained"))),
        ("torchvision.ops.[A-Z]*", _MODULE),
        ("torchvision.ops.*", _OPERATION),
        ("torchvision.utils.**", _HARMLESS),
        ("torchvision.io.**", _OPERATION),
        ("torchvision.tv_tensors.**", _OPERATION),
    ),
}


def match(dotted: str) -> Entry | None:
    """What the first fitting family says of a name."""
    parts = dotted.split(".")
    return next((meaning for pattern, meaning in FAMILIES.get(parts[0], ()) if _fits(parts, pattern.split("."))), None)


def _fits(parts: list[str], pattern: list[str]) -> bool:
    if pattern[-1] == "**":
        parts, pattern = parts[: len(pattern) - 1], pattern[:-1] if len(parts) >= len(pattern) else [""]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


def knows(top: str) -> bool:
    return top in FAMILIES
