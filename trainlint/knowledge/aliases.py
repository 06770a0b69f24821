"""Second names of the same things: moved packages, and the private modules behind public names."""

from __future__ import annotations

from collections.abc import Iterator

# Prefix -> prefix, longest first where one begins with another.
MOVED: tuple[tuple[str, str], ...] = (
    ("lightning.pytorch.", "pytorch_lightning."),
    ("lightning.fabric.", "lightning_fabric."),
    ("lightning.", "pytorch_lightning."),
    ("torchvision.transforms.v2.", "torchvision.transforms."),
    ("torchvision.transforms._transforms_video.", "torchvision.transforms."),
    ("torch.distributed._composable.fsdp.", "torch.distributed.fsdp."),
    ("torch.nn.parameter.", "torch.nn."),
    ("torch.utils.data.distributed.", "torch.utils.data."),
    ("torch.utils.tensorboard.writer.", "torch.utils.tensorboard."),
    ("tensorboardX.writer.", "tensorboardX."),
    ("tqdm.auto.", "tqdm."),
    ("tqdm.autonotebook.", "tqdm."),
    ("tqdm.notebook.", "tqdm."),
    ("tqdm.rich.", "tqdm."),
    ("tqdm.std.", "tqdm."),
    ("tqdm.asyncio.", "tqdm."),
    ("numpy.core.", "numpy."),
    ("gymnasium.", "gym."),
    ("fvcore.common.", "fvcore."),
    ("fastai.vision.all.", "fastai."),
    ("fastai.text.all.", "fastai."),
    ("fastai.tabular.all.", "fastai."),
    ("fastai.collab.", "fastai."),
    ("fastai.basics.", "fastai."),
    ("fastai.data.all.", "fastai."),
    ("fastai.callback.all.", "fastai."),
    ("fastai.vision.learner.", "fastai."),
    ("fastai.learner.", "fastai."),
    ("fastai.metrics.", "fastai."),
    ("matplotlib.pylab.", "matplotlib.pyplot."),
    ("imblearn.pipeline.", "sklearn.pipeline."),
    ("sklearn.externals.joblib.", "joblib."),
    ("sklearn.cross_validation.", "sklearn.model_selection."),
    ("cPickle.", "pickle."),
    ("torch.multiprocessing.spawn.", "torch.multiprocessing."),
    ("torch_geometric.data.DataLoader", "torch_geometric.loader.DataLoader"),
    ("torch_geometric.data.NeighborSampler", "torch_geometric.loader.NeighborSampler"),
    ("torch_geometric.data.DataListLoader", "torch_geometric.loader.DataListLoader"),
    ("transformers.optimization.get_", "transformers.get_"),
    ("transformers.trainer_utils.set_seed", "transformers.set_seed"),
    ("timm.models.factory.", "timm.models."),
    ("timm.models.layers.", "timm.layers."),
    ("timm.optim.optim_factory.", "timm.optim."),
    ("timm.scheduler.scheduler_factory.", "timm.scheduler."),
    ("ignite.contrib.", "ignite."),
    ("segmentation_models_pytorch.utils.losses.", "segmentation_models_pytorch.losses."),
)

# Name -> name, where only one is spelt otherwise.
RENAMED: dict[str, str] = {
    "torch.nn.utils.clip_grad.clip_grad_norm_": "torch.nn.utils.clip_grad_norm_",
    "torch.nn.utils.clip_grad.clip_grad_norm": "torch.nn.utils.clip_grad_norm",
    "torch.nn.utils.clip_grad.clip_grad_value_": "torch.nn.utils.clip_grad_value_",
    "torch.autograd.gradcheck.gradcheck": "torch.autograd.gradcheck",
    "torch.autograd.gradcheck.gradgradcheck": "torch.autograd.gradgradcheck",
    "torch.autograd.grad_mode.no_grad": "torch.no_grad",
    "torch.autograd.grad_mode.enable_grad": "torch.enable_grad",
    "torch.autograd.grad_mode.inference_mode": "torch.inference_mode",
    "torch.autograd.grad_mode.set_grad_enabled": "torch.set_grad_enabled",
    "torch.autograd.function.Function": "torch.autograd.Function",
    "torch.autograd.variable.Variable": "torch.autograd.Variable",
    "torch.amp.autocast_mode.autocast": "torch.amp.autocast",
    "torch.cuda.amp.autocast_mode.autocast": "torch.cuda.amp.autocast",
    "torch.random.seed": "torch.seed",
    "torch.serialization.save": "torch.save",
    "torch.serialization.load": "torch.load",
    "torch.cuda.random.manual_seed": "torch.cuda.manual_seed",
    "torch.cuda.random.manual_seed_all": "torch.cuda.manual_seed_all",
    "torch.utils.data.dataset.random_split": "torch.utils.data.random_split",
    "torch.utils.data.dataloader.default_collate": "torch.utils.data.default_collate",
    "torch.utils.data._utils.collate.default_collate": "torch.utils.data.default_collate",
    "torch.utils.model_zoo.load_url": "torch.hub.load_state_dict_from_url",
    "lightning.Fabric": "lightning_fabric.Fabric",
    "lightning.pytorch.cli.LightningCLI": "pytorch_lightning.cli.LightningCLI",
    "pytorch_lightning.utilities.cli.LightningCLI": "pytorch_lightning.cli.LightningCLI",
    "wandb.run.log": "wandb.log",
    "numpy.random.mtrand.RandomState": "numpy.random.RandomState",
}


def rename(dotted: str) -> str:
    """The name with moved packages put back; a bare name is a built-in's."""
    if dotted in RENAMED:
        return RENAMED[dotted]
    if "." not in dotted:
        return "builtins." + dotted if dotted else dotted
    for old, new in MOVED:
        if dotted.startswith(old):
            return new + dotted[len(old) :]
    return dotted


def public_names(dotted: str) -> Iterator[str]:
    """A class's possible public names, longest first: without some of the modules between package and class.

    Functions keep their path (``torch.fft.fft`` is not ``torch.fft``), but for those that stand in a module beneath
    ``models`` (``torchvision.models.resnet.resnet50``).
    """
    parts = dotted.split(".")
    last = parts[-1]
    if not (last[:1].isupper() or "models" in parts[:-1]):
        return
    for end in range(len(parts) - 2, 0, -1):
        yield ".".join([*parts[:end], last])
