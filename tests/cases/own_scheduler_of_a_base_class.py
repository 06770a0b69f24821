"""A base class makes the schedule for its automatic heirs; the one that steps by hand leaves it standing."""

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import SVHN


class Base(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(3072, 128), nn.ReLU(), nn.Linear(128, 10))

    def training_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", nn.functional.cross_entropy(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.05, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=4)
        return [optimizer], [scheduler]


class ByHand(Base):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch, batch_idx):
        optimizer = self.optimizers()
        loss = nn.functional.cross_entropy(self.layers(batch[0]), batch[1])
        self.log("train_loss", loss)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()


def loaders():
    data = SVHN("data", split="train", download=True, transform=transforms.ToTensor())
    parts = torch.utils.data.random_split(data, [0.9, 0.1], generator=torch.Generator().manual_seed(4))
    return DataLoader(parts[0], batch_size=64, shuffle=True), DataLoader(parts[1], batch_size=256)


def automatic():
    trainer = L.Trainer(max_epochs=12, callbacks=[ModelCheckpoint(monitor="val_loss")])
    trainer.fit(Base(), *loaders())


def manual():
    trainer = L.Trainer(max_epochs=12, callbacks=[ModelCheckpoint(monitor="val_loss")])
    trainer.fit(ByHand(), *loaders())
