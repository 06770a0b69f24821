"""Names are found under whatever path they are imported by, and only the tables that are asked for are loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from trainlint.knowledge import canonical, exports, is_known_library, lookup


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("torch.optim.adam.Adam", "torch.optim.Adam"),
        ("torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.StepLR"),
        ("torch.utils.data.dataloader.DataLoader", "torch.utils.data.DataLoader"),
        ("torch.utils.data.dataset.random_split", "torch.utils.data.random_split"),
        ("torch.utils.data.distributed.DistributedSampler", "torch.utils.data.DistributedSampler"),
        ("torch.utils.data.sampler.SubsetRandomSampler", "torch.utils.data.SubsetRandomSampler"),
        ("torch.nn.modules.batchnorm.BatchNorm2d", "torch.nn.BatchNorm2d"),
        ("torch.nn.modules.loss.CrossEntropyLoss", "torch.nn.CrossEntropyLoss"),
        ("torch.nn.modules.Module", "torch.nn.Module"),
        ("torch.nn.parallel.DataParallel", "torch.nn.DataParallel"),
        ("torch.nn.parameter.Parameter", "torch.nn.Parameter"),
        ("torch.nn.parallel.distributed.DistributedDataParallel", "torch.nn.parallel.DistributedDataParallel"),
        ("torch.cuda.amp.grad_scaler.GradScaler", "torch.cuda.amp.GradScaler"),
        ("torch.nn.utils.clip_grad.clip_grad_norm_", "torch.nn.utils.clip_grad_norm_"),
        ("torch.autograd.gradcheck.gradcheck", "torch.autograd.gradcheck"),
        ("torchvision.transforms.v2.RandomResizedCrop", "torchvision.transforms.RandomResizedCrop"),
        ("torchvision.transforms.transforms.Compose", "torchvision.transforms.Compose"),
        ("torchvision.models.resnet.resnet50", "torchvision.models.resnet50"),
        ("torchvision.datasets.cifar.CIFAR10", "torchvision.datasets.CIFAR10"),
        ("lightning.pytorch.Trainer", "pytorch_lightning.Trainer"),
        ("lightning.LightningModule", "pytorch_lightning.LightningModule"),
        ("pytorch_lightning.trainer.trainer.Trainer", "pytorch_lightning.Trainer"),
        ("lightning.pytorch.callbacks.ModelCheckpoint", "pytorch_lightning.callbacks.ModelCheckpoint"),
        ("lightning.fabric.Fabric", "lightning_fabric.Fabric"),
        ("lightning.Fabric", "lightning_fabric.Fabric"),
        ("transformers.optimization.get_linear_schedule_with_warmup", "transformers.get_linear_schedule_with_warmup"),
        ("transformers.trainer.Trainer", "transformers.Trainer"),
        ("timm.scheduler.cosine_lr.CosineLRScheduler", "timm.scheduler.CosineLRScheduler"),
        ("timm.models.layers.DropPath", "timm.layers.DropPath"),
        ("torch_geometric.data.DataLoader", "torch_geometric.loader.DataLoader"),
        ("torch_geometric.datasets.planetoid.Planetoid", "torch_geometric.datasets.Planetoid"),
        ("tqdm.auto.tqdm", "tqdm.tqdm"),
        ("tqdm.notebook.tqdm", "tqdm.tqdm"),
        ("tqdm.auto.trange", "tqdm.trange"),
        ("gymnasium.make", "gym.make"),
        ("fastai.vision.all.vision_learner", "fastai.vision_learner"),
        ("sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing.StandardScaler"),
        ("print", "builtins.print"),
    ],
)
def test_aliases_are_the_public_name(alias: str, name: str) -> None:
    assert canonical(alias) == name
    assert lookup(alias) is not None
    assert lookup(alias) == lookup(name)


@pytest.mark.parametrize("name", ["torch.fft.fft", "torch.special.softmax", "torch.distributions.Normal.sample"])
def test_functions_keep_their_path(name: str) -> None:
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("torchvision.datasets.SomeNewDataset", "dataset"),
        ("torchvision.transforms.RandomNewThing", "transform"),
        ("torchvision.transforms.functional.hflip", "operation"),
        ("torchvision.models.some_new_net", "model"),
        ("torchvision.models.ResNet50_Weights.DEFAULT", "harmless"),
        ("torchvision.models.detection.FasterRCNN_ResNet50_FPN_Weights.COCO_V1", "harmless"),
        ("torch.optim.lr_scheduler.NewLR", "scheduler"),
        ("torch.nn.NewLoss", "loss"),
        ("torch.nn.NewLayer", "module"),
        ("torch.backends.cudnn.deterministic", "harmless"),
        ("torch.nn.functional.new_loss", "loss_function"),
        ("transformers.BertForSequenceClassification", "model"),
        ("transformers.models.bert.modeling_bert.BertModel", "model"),
        ("transformers.AutoModelForCausalLM", "model"),
        ("transformers.BertTokenizerFast", "tokenizer"),
        ("transformers.BertConfig", "harmless"),
        ("diffusers.DDPMScheduler", "harmless"),
        ("torch_geometric.datasets.SomeNewGraphs", "dataset"),
        ("torch_geometric.nn.NewConv", "module"),
        ("torch_geometric.transforms.RandomNewThing", "transform"),
        ("wandb.something_new", "report"),
        ("sklearn.metrics.new_score", "metric"),
        ("sklearn.linear_model.LogisticRegression", "estimator"),
        ("torchmetrics.NewMetric", "metric"),
        ("torchmetrics.classification.NewMetric", "metric"),
        ("timm.models.vit_small_patch16_224", "model"),
        ("albumentations.NewAugmentation", "transform"),
        ("monai.transforms.RandFlipd", "transform"),
        ("time.time", "harmless"),
        ("os.path.join", "operation"),
    ],
)
def test_families_answer_for_names_that_no_table_lists(name: str, role: str) -> None:
    entry = lookup(name)
    assert entry is not None
    assert entry.role == role


@pytest.mark.parametrize(
    "name",
    [
        "numbers_of_mine.SGD",
        "torchfoo.nn.Linear",
        "torch",
        "torch.optim",
        "torch.optim.SGD.step",
        "torch.nn.Linear.weight",
        "",
    ],
)
def test_what_is_not_known_is_none(name: str) -> None:
    assert lookup(name) is None


def test_star_imports_bring_names_with_what_they_stand_for() -> None:
    assert exports("torch.nn")["Linear"] == "torch.nn.Linear"
    assert exports("torch.optim")["Adam"] == "torch.optim.Adam"
    assert "lr_scheduler.StepLR" not in exports("torch.optim")
    assert exports("torchvision.transforms.v2")["RandomCrop"] == "torchvision.transforms.RandomCrop"
    assert exports("torch.optim")["lr_scheduler"] == "torch.optim.lr_scheduler"
    assert exports("fastai.vision.all")["vision_learner"] == "fastai.vision_learner"
    assert exports("fastai.vision.all")["nn"] == "torch.nn"
    assert exports("fastai.vision.all")["np"] == "numpy"
    assert exports("nobody.knows") == {}


def test_known_libraries() -> None:
    assert is_known_library("torch")
    assert is_known_library("torchvision")
    assert is_known_library("lightning")
    assert is_known_library("sklearn")
    assert is_known_library("wandb")
    assert not is_known_library("print")
    assert not is_known_library("mypackage")


def test_only_the_tables_of_the_library_in_question_are_imported() -> None:
    program = (
        "import sys\n"
        "from trainlint.knowledge import lookup\n"
        "assert not any(name.startswith('trainlint.knowledge.torch') for name in sys.modules), 'loaded too early'\n"
        "assert lookup('torchvision.datasets.MNIST').role == 'dataset'\n"
        "print(*sorted(name for name in sys.modules if 'torch' in name or 'libcst' in name))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["trainlint.knowledge.torchvision"]
