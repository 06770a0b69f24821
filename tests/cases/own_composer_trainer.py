"""Composer: a classifier with a schedule, an evaluation loader and a folder for checkpoints."""
import torch
from composer import Trainer
from composer.models import ComposerClassifier
from composer.optim import CosineAnnealingWithWarmupScheduler, DecoupledSGDW
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import CIFAR10

data = CIFAR10("data", train=True, transform=transforms.ToTensor())
train_set, eval_set = random_split(data, [45000, 5000], generator=torch.Generator().manual_seed(3))
network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, 10))
model = ComposerClassifier(module=network, num_classes=10)
optimizer = DecoupledSGDW(model.parameters(), lr=0.05, momentum=0.9)
trainer = Trainer(
    model=model,
    train_dataloader=DataLoader(train_set, batch_size=256, shuffle=True),
    eval_dataloader=DataLoader(eval_set, batch_size=512),
    optimizers=optimizer,
    schedulers=CosineAnnealingWithWarmupScheduler(t_warmup="1ep"),
    max_duration="30ep",
    save_folder="checkpoints",
    seed=3,
)
trainer.fit()
