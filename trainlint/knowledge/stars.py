"""What star imports bring besides the names that the tables list."""

from __future__ import annotations

_TORCH = {
    "torch": "torch",
    "nn": "torch.nn",
    "F": "torch.nn.functional",
    "optim": "torch.optim",
    "tensor": "torch.tensor",
    "Tensor": "torch.Tensor",
}
_PYTHON = {
    "np": "numpy",
    "pd": "pandas",
    "plt": "matplotlib.pyplot",
    "os": "os",
    "random": "random",
    "math": "math",
    "json": "json",
    "pickle": "pickle",
    "shutil": "shutil",
    "Path": "pathlib.Path",
    "partial": "functools.partial",
    "deepcopy": "copy.deepcopy",
    "OrderedDict": "collections.OrderedDict",
    "defaultdict": "collections.defaultdict",
}

_MATH = (
    "sqrt exp log log2 log10 sin cos tan tanh pi e inf nan floor ceil pow fabs isnan isinf isfinite prod hypot atan2"
)

# Module -> name -> full dotted name.
EXTRA: dict[str, dict[str, str]] = {
    "torch": {
        name: "torch." + name
        for name in ("nn", "optim", "utils", "cuda", "autograd", "jit", "distributed", "Tensor", "float32", "long")
    },
    "torch.nn": {name: "torch.nn." + name for name in ("functional", "init", "utils", "parallel", "modules")},
    "torch.optim": {"lr_scheduler": "torch.optim.lr_scheduler"},
    "torch.nn.functional": {"torch": "torch", "Tensor": "torch.Tensor"},
    "torchvision": {name: "torchvision." + name for name in ("datasets", "models", "transforms", "ops", "utils", "io")},
    "torchvision.transforms": {"functional": "torchvision.transforms.functional"},
    "torchvision.models": {
        name: "torchvision.models." + name for name in ("detection", "segmentation", "video", "optical_flow")
    },
    "fastai": {**_TORCH, **_PYTHON},
    "math": {name: "math." + name for name in _MATH.split()},
}
