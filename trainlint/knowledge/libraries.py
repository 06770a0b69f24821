"""Which tables hold which library, imported when the first name of the library is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from trainlint.knowledge.schema import EMPTY, Entry

_TORCH = (
    "torch_core",
    "torch_data",
    "torch_functions",
    "torch_losses",
    "torch_modules",
    "torch_optim",
    "torch_schedulers",
)

# Table -> the top-level packages that it holds, where it is not one of the same name.
_SHARED: dict[str, str] = {
    "lightning": "pytorch_lightning lightning_fabric",
    "huggingface": "datasets evaluate safetensors huggingface_hub peft trl sentence_transformers diffusers",
    "pyg": "torch_geometric",
    "python": "builtins random copy pickle json csv logging os sys glob itertools functools contextlib threading"
    " multiprocessing atexit warnings abc typing enum dataclasses",
    "numpy": "numpy pandas PIL cv2 h5py lmdb zarr nibabel soundfile librosa imageio skimage scipy joblib dill"
    " cloudpickle yaml",
    "sklearn": "sklearn imblearn",
    "options": "argparse configargparse jsonargparse click typer fire hydra omegaconf absl tap simple_parsing tyro"
    " types easydict addict ml_collections",
    "augmentations": "albumentations kornia monai imgaug torchio audiomentations volumentations",
    "frameworks": "ignite deepspeed skorch composer catalyst",
    "optimizers": "schedulefree apex torch_xla lion_pytorch bitsandbytes prodigyopt dadaptation torch_optimizer"
    " adabelief_pytorch adamp madgrad ranger pytorch_optimizer warmup_scheduler pytorch_warmup cosine_annealing_warmup"
    " torch_ema ema_pytorch fairscale horovod",
    "trackers": "wandb mlflow tensorboardX tensorboard_logger comet_ml neptune aim visdom clearml swanlab trackio"
    " dvclive loguru tqdm rich progressbar alive_progress fastprogress matplotlib prettytable tabulate pprint"
    " termcolor",
    "harmless": "torchsummary torchsummaryX torchinfo pytorch_model_summary thop ptflops fvcore torchviz hiddenlayer"
    " torchview netron calflops torchstat psutil GPUtil pynvml dotenv nltk gdown wget",
    "networks": "segmentation_models_pytorch efficientnet_pytorch open_clip clip pytorchcv pretrainedmodels ultralytics"
    " torchcrf TorchCRF lpips pytorch_msssim pytorch_metric_learning einops dgl",
    "tuning": "optuna ray hyperopt nni skopt bayes_opt ax gym stable_baselines3 envpool procgen mujoco_py pybullet gym3"
    " pettingzoo supersuit torchrl",
}

# Top-level package -> the modules with its tables.
TABLES: dict[str, tuple[str, ...]] = {
    "torch": _TORCH,
    **{
        name: (name,)
        for name in ("torchvision", "torchaudio", "torchtext", "torchmetrics", "accelerate", "transformers")
    },
    **{name: (name,) for name in ("timm", "ogb", "fastai")},
    "trainlint": ("companion",),
    **{top: (module,) for module, tops in _SHARED.items() for top in tops.split()},
}


@cache
def table(top: str) -> Mapping[str, Entry]:
    """All entries of a top-level package; empty where there is no table for it."""
    modules = TABLES.get(top)
    if modules is None:
        return EMPTY
    entries: dict[str, Entry] = {}
    for module in modules:
        entries.update(import_module("trainlint.knowledge." + module).TABLE)
    return entries


def knows(top: str) -> bool:
    return top in TABLES
