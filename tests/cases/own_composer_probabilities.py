"""Composer: a model of one's own, whose loss takes probabilities for scores."""
import torch
from composer import Trainer
from composer.models import ComposerModel
from composer.optim import DecoupledAdamW, LinearWithWarmupScheduler
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import CIFAR10


class Classifier(ComposerModel):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))

    def forward(self, batch):
        images, _ = batch
        return torch.softmax(self.network(images), dim=1)

    def loss(self, outputs, batch):
        _, labels = batch
        return nn.functional.cross_entropy(outputs, labels)  # expect: TL601


def main():
    data = CIFAR10("data", train=True, transform=transforms.ToTensor())
    train_set, val_set = random_split(data, [45000, 5000], generator=torch.Generator().manual_seed(3))
    model = Classifier()
    trainer = Trainer(
        model=model,
        train_dataloader=DataLoader(train_set, batch_size=256, shuffle=True),
        eval_dataloader=DataLoader(val_set, batch_size=512),
        optimizers=DecoupledAdamW(model.parameters(), lr=1e-3),
        schedulers=LinearWithWarmupScheduler(t_warmup="100ba"),
        max_duration="30ep",
        save_folder="checkpoints",
    )
    trainer.fit()


main()
