"""What whole families of names have in common: patterns for names that no table lists.

``*`` stands for any text without dots, ``**`` at the end for one or more further parts; the first pattern that fits
decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from trainlint.knowledge.schema import TRAIN_FLAG, WORDS, Entry, entry

_OPERATION = entry("operation", op="none")
_HARMLESS = entry("harmless")
# What a layer or network that no table lists holds is not known.
_MODULE = entry("module", op="none", dropout=True, batch_norm=True)
_MODEL = entry("model")
_LABELLED = entry("model", "config", labels="labels")
_LOSS = entry("loss", kind="other")
_LOSS_FUNCTION = entry("loss_function", kind="other")
_OPTIMIZER = entry("optimizer", "params lr", family="other")
_SCHEDULER = entry("scheduler", "optimizer", cadence="any")
_RANDOM = entry("transform", random=True)
_FIXED = entry("transform", random=False)
_METRIC = entry("metric")
_METRIC_OBJECT = entry("metric", object=True)
_REPORT = entry("report")
_LOGGER = entry("logger")
_CALLBACK = entry("callback", kind="other")
_TOKENIZER = entry("tokenizer")
_ESTIMATOR = entry("estimator")
_ENVIRONMENT = entry("environment")


def _words(text: str) -> list[str]:
    return text.split()


FAMILIES: dict[str, tuple[tuple[str, Entry], ...]] = {
    "torch": (
        ("torch.optim.lr_scheduler.[A-Z]*", _SCHEDULER),
        ("torch.optim.[A-Z]*", _OPTIMIZER),
        ("torch.nn.functional.*_loss", entry("loss_function", "input target", kind="other")),
        ("torch.nn.functional.*", _OPERATION),
        ("torch.nn.init.*", entry("init", "tensor")),
        ("torch.nn.*Loss", _LOSS),
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
        ("torch.mtia.**", _HARMLESS),
        ("torch.npu.**", _HARMLESS),
        ("torch.accelerator.**", _HARMLESS),
        ("torch.serialization.*", _HARMLESS),
        ("torch.multiprocessing.*", _HARMLESS),
        ("torch.distributed.fsdp.[A-Z]*", _HARMLESS),
        ("torch.distributed.fsdp.*.[A-Z]*", _HARMLESS),
        ("torch.distributed.checkpoint.[A-Z]*", _HARMLESS),
        ("torch.distributed.checkpoint.*.[A-Z]*", _HARMLESS),
        ("torch.distributed.tensor.**", _HARMLESS),
        ("torch.distributed.device_mesh.*", _HARMLESS),
        ("torch.distributed.is_*", _HARMLESS),
        ("torch.distributed.get_*", _HARMLESS),
        ("torch.onnx.**", _HARMLESS),
        ("torch.jit.is_*", _HARMLESS),
        ("torch.nn.attention.*", _HARMLESS),
        ("torch.nested.*", _OPERATION),
        ("torch.utils._pytree.*", _OPERATION),
        ("torch.*_tensor", _OPERATION),
        ("torch.is_*", _HARMLESS),
        ("torch.get_*", _HARMLESS),
        ("torch.set_*", _HARMLESS),
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
        ("torchvision.transforms.Random*", _RANDOM),
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
    "torchaudio": (
        ("torchaudio.datasets.[A-Z]*", entry("dataset", "root", root="root")),
        ("torchaudio.functional.**", _OPERATION),
        ("torchaudio.compliance.**", _OPERATION),
        ("torchaudio.transforms.[A-Z]*", entry("transform")),
        ("torchaudio.models.*", _MODEL),
        ("torchaudio.**", _HARMLESS),
    ),
    "torchtext": (
        ("torchtext.datasets.[A-Z]*", entry("dataset_loader", "root split", split_param="split", splits=WORDS)),
        ("torchtext.transforms.[A-Z]*", _FIXED),
        ("torchtext.vocab.**", _HARMLESS),
    ),
    "transformers": (
        ("transformers.*Config", _HARMLESS),
        ("transformers.*Tokenizer*", _TOKENIZER),
        ("transformers.*Processor*", _TOKENIZER),
        ("transformers.*FeatureExtractor*", _TOKENIZER),
        ("transformers.DataCollator*", _HARMLESS),
        ("transformers.*Callback", _CALLBACK),
        ("transformers.*Criteria*", _HARMLESS),
        (
            "transformers.get_*_schedule*",
            entry("scheduler", "optimizer num_warmup_steps num_training_steps", cadence="batch"),
        ),
        ("transformers.*For[A-Z]*", _LABELLED),
        ("transformers.*Model*", _LABELLED),
        ("transformers.*For[A-Z]*.from_config", _LABELLED),
        ("transformers.*Model*.from_config", _LABELLED),
        ("transformers.[A-Z]*Trainer", entry("framework", "model args", kind="hf_trainer", methods={"train": "fit"})),
        ("transformers.utils.**", _HARMLESS),
    ),
    "diffusers": (
        # These schedule noise, not the learning rate.
        ("diffusers.*Scheduler", _HARMLESS),
        ("diffusers.*Pipeline*", _ESTIMATOR),
        ("diffusers.*Model*", _MODEL),
        ("diffusers.AutoencoderKL*", _MODEL),
    ),
    "datasets": (("datasets.[a-z]*", _HARMLESS),),
    "huggingface_hub": (("huggingface_hub.*", _HARMLESS),),
    "peft": (("peft.*Config", _HARMLESS), ("peft.PeftModel*", entry("wrap", "model", kind="other"))),
    "trl": (
        ("trl.*Config", entry("config", kind="hf_arguments")),
        ("trl.*Trainer", entry("framework", "model args", kind="hf_trainer", methods={"train": "fit"}, saves=True)),
    ),
    "sentence_transformers": (
        ("sentence_transformers.losses.[A-Z]*", _LOSS),
        ("sentence_transformers.**", _HARMLESS),
    ),
    "accelerate": (
        ("accelerate.utils.*Kwargs", entry("config", kind="accelerate_plugin")),
        ("accelerate.utils.*", _HARMLESS),
    ),
    "timm": (
        ("timm.models.*", entry("model", pretrained=("pretrained",))),
        ("timm.layers.[A-Z]*", _MODULE),
        ("timm.layers.*", _OPERATION),
        ("timm.loss.[A-Z]*", _LOSS),
        ("timm.optim.[A-Z]*", _OPTIMIZER),
        ("timm.scheduler.[A-Z]*", entry("scheduler", "optimizer", cadence="epoch")),
        ("timm.utils.**", _HARMLESS),
        ("timm.data.**", _HARMLESS),
    ),
    "torch_geometric": (
        (
            "torch_geometric.datasets.[A-Z]*",
            entry("dataset", "root split", split_param="split", splits=WORDS, root="root", transform="transform"),
        ),
        ("torch_geometric.loader.[A-Z]*", entry("loader", "data", dataset="data")),
        ("torch_geometric.nn.[A-Z]*", entry("module", op="none", layer="graph")),
        ("torch_geometric.nn.*.[A-Z]*", entry("module", op="none", layer="graph")),
        ("torch_geometric.nn.**", _OPERATION),
        ("torch_geometric.transforms.Random*", _RANDOM),
        ("torch_geometric.transforms.[A-Z]*", _FIXED),
        ("torch_geometric.utils.**", _OPERATION),
        ("torch_geometric.data.[A-Z]*", _OPERATION),
        ("torch_geometric.profile.**", _HARMLESS),
    ),
    "torch_scatter": (("torch_scatter.*", _OPERATION),),
    "torch_sparse": (("torch_sparse.*", _OPERATION),),
    "torch_cluster": (("torch_cluster.*", _OPERATION),),
    "dgl": (
        ("dgl.nn.**", entry("module", op="none", layer="graph")),
        ("dgl.data.[A-Z]*", entry("dataset")),
        ("dgl.*", _OPERATION),
    ),
    "pytorch_lightning": (
        ("pytorch_lightning.callbacks.[A-Z]*", _CALLBACK),
        ("pytorch_lightning.loggers.[A-Z]*", _LOGGER),
        ("pytorch_lightning.strategies.[A-Z]*", entry("config", kind="lightning_strategy")),
        ("pytorch_lightning.plugins.**", entry("config", kind="lightning_strategy")),
        ("pytorch_lightning.profilers.[A-Z]*", _HARMLESS),
        ("pytorch_lightning.utilities.**", _HARMLESS),
    ),
    "lightning_fabric": (
        ("lightning_fabric.loggers.[A-Z]*", _LOGGER),
        ("lightning_fabric.strategies.[A-Z]*", entry("config", kind="lightning_strategy")),
        ("lightning_fabric.plugins.**", entry("config", kind="lightning_strategy")),
        ("lightning_fabric.utilities.**", _HARMLESS),
    ),
    "sklearn": (
        ("sklearn.metrics.[a-z]*", _METRIC),
        ("sklearn.preprocessing.[A-Z]*", entry("preprocessor", kind="scaler")),
        ("sklearn.impute.[A-Z]*", entry("preprocessor", kind="imputer")),
        ("sklearn.decomposition.[A-Z]*", entry("preprocessor", kind="reducer")),
        ("sklearn.feature_selection.[A-Z]*", entry("preprocessor", kind="selector")),
        ("sklearn.model_selection.*Fold*", entry("splitter")),
        ("sklearn.datasets.make_*", entry("dataset", synthetic=True)),
        ("sklearn.datasets.*", entry("dataset")),
        ("sklearn.utils.**", _OPERATION),
        ("sklearn.*.[A-Z]*", _ESTIMATOR),
        ("sklearn.*.[a-z]*", _OPERATION),
    ),
    "torchmetrics": (
        ("torchmetrics.functional.**", _METRIC),
        ("torchmetrics.[A-Z]*", _METRIC_OBJECT),
        ("torchmetrics.*.[A-Z]*", _METRIC_OBJECT),
        ("torchmetrics.*.*.[A-Z]*", _METRIC_OBJECT),
    ),
    "torcheval": (("torcheval.metrics.functional.*", _METRIC), ("torcheval.metrics.[A-Z]*", _METRIC_OBJECT)),
    "albumentations": (("albumentations.[A-Z]*", _RANDOM),),
    "kornia": (
        ("kornia.augmentation.[A-Z]*", _RANDOM),
        ("kornia.losses.[A-Z]*", _LOSS),
        ("kornia.losses.*", _LOSS_FUNCTION),
        ("kornia.metrics.*", _METRIC),
        ("kornia.*.*", _OPERATION),
    ),
    "monai": (
        ("monai.transforms.Rand*", _RANDOM),
        ("monai.transforms.[A-Z]*", _FIXED),
        ("monai.networks.nets.*", _MODEL),
        ("monai.networks.*.[A-Z]*", _MODULE),
        ("monai.losses.[A-Z]*", _LOSS),
        ("monai.metrics.[A-Z]*", _METRIC_OBJECT),
        ("monai.metrics.*", _METRIC),
        ("monai.handlers.[A-Z]*", _CALLBACK),
        ("monai.optimizers.[A-Z]*LR*", _SCHEDULER),
        ("monai.config.**", _HARMLESS),
        ("monai.utils.**", _HARMLESS),
    ),
    "imgaug": (("imgaug.augmenters.[A-Z]*", _RANDOM),),
    "torchio": (("torchio.Random*", _RANDOM), ("torchio.transforms.Random*", _RANDOM), ("torchio.[A-Z]*", _FIXED)),
    "audiomentations": (("audiomentations.[A-Z]*", _RANDOM),),
    "volumentations": (("volumentations.[A-Z]*", _RANDOM),),
    "segmentation_models_pytorch": (
        ("segmentation_models_pytorch.losses.[A-Z]*", _LOSS),
        ("segmentation_models_pytorch.[A-Z]*", entry("model", pretrained=("encoder_weights",))),
    ),
    "pytorch_metric_learning": (
        ("pytorch_metric_learning.losses.[A-Z]*", _LOSS),
        ("pytorch_metric_learning.miners.[A-Z]*", _HARMLESS),
        ("pytorch_metric_learning.distances.[A-Z]*", _HARMLESS),
        ("pytorch_metric_learning.samplers.[A-Z]*", entry("sampler", random=True)),
    ),
    "einops": (("einops.*", _OPERATION),),
    "ignite": (
        ("ignite.metrics.[A-Z]*", _METRIC_OBJECT),
        ("ignite.handlers.**", _CALLBACK),
        ("ignite.distributed.*", _HARMLESS),
        ("ignite.utils.*", _HARMLESS),
    ),
    "skorch": (("skorch.callbacks.[A-Z]*", _CALLBACK), ("skorch.helper.*", _HARMLESS)),
    "composer": (
        ("composer.algorithms.[A-Z]*", _CALLBACK),
        ("composer.callbacks.[A-Z]*", _CALLBACK),
        ("composer.loggers.[A-Z]*", _LOGGER),
        ("composer.optim.*Scheduler", entry("callback", kind="scheduler")),
        ("composer.utils.**", _HARMLESS),
    ),
    "schedulefree": (("schedulefree.[A-Z]*", entry("optimizer", "params lr", family="other", schedule_free=True)),),
    "bitsandbytes": (("bitsandbytes.optim.[A-Z]*", _OPTIMIZER), ("bitsandbytes.nn.[A-Z]*", entry("module", op="none"))),
    "torch_optimizer": (("torch_optimizer.[A-Z]*", _OPTIMIZER),),
    "pytorch_optimizer": (
        ("pytorch_optimizer.ScheduleFree*", entry("optimizer", "params lr", family="other", schedule_free=True)),
        ("pytorch_optimizer.[A-Z]*", _OPTIMIZER),
    ),
    "apex": (
        ("apex.optimizers.[A-Z]*", _OPTIMIZER),
        ("apex.normalization.[A-Z]*", entry("module", op="none", layer="norm")),
    ),
    "torch_xla": (("torch_xla.core.xla_model.*", _HARMLESS), ("torch_xla.debug.**", _HARMLESS)),
    "wandb": (("wandb.**", _REPORT),),
    "mlflow": (("mlflow.log_*", _REPORT), ("mlflow.*", _HARMLESS)),
    "neptune": (("neptune.*", _HARMLESS),),
    "rich": (("rich.**", _HARMLESS),),
    "matplotlib": (("matplotlib.**", _HARMLESS),),
    "seaborn": (("seaborn.*", _REPORT),),
    "plotly": (("plotly.**", _REPORT),),
    "optuna": (("optuna.**", _HARMLESS),),
    "ray": (("ray.tune.**", _HARMLESS),),
    "gym": (("gym.wrappers.**", entry("environment", "env")), ("gym.*", _HARMLESS), ("gym.spaces.*", _HARMLESS)),
    "stable_baselines3": (
        ("stable_baselines3.common.vec_env.[A-Z]*", _ENVIRONMENT),
        ("stable_baselines3.common.*.[A-Z]*", _ENVIRONMENT),
        (
            "stable_baselines3.[A-Z]*",
            entry(
                "framework", "policy env", kind="other", methods={"learn": "fit", "save": "save", "predict": "predict"}
            ),
        ),
    ),
    "torchrl": (("torchrl.envs.**", _ENVIRONMENT),),
    "webdataset": (
        ("webdataset.WebDataset", entry("dataset", "urls", root="urls", iterable=True)),
        ("webdataset.WebLoader", entry("loader", "dataset", dataset="dataset", batch_size="batch_size")),
        ("webdataset.**", _HARMLESS),
    ),
    "skimage": (("skimage.**", _OPERATION),),
    **{
        top: ((f"{top}.**", _HARMLESS),)
        for top in _words(
            "time datetime shutil gc platform socket subprocess uuid tempfile traceback signal warnings psutil"
            " getpass inspect importlib ctypes resource requests urllib packaging pytest unittest setuptools asyncio"
            " queue zipfile tarfile hashlib fsspec boto3 lightning_utilities onnx onnxruntime fvcore thop ptflops"
            " pynvml GPUtil torchsummary torchinfo torchviz"
        )
    },
    "os": (("os.path.*", _OPERATION), ("os.**", _HARMLESS)),
    "sys": (("sys.**", _HARMLESS),),
    "logging": (("logging.**", _HARMLESS),),
    "multiprocessing": (("multiprocessing.**", _HARMLESS),),
    "threading": (("threading.**", _HARMLESS),),
    **{top: ((f"{top}.**", _OPERATION),) for top in _words("pathlib re regex io string textwrap ast")},
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
