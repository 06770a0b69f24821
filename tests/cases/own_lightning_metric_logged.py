"""A metric object that is logged as it is, and one callback instead of a list: the test data decides what is kept."""

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn, optim
from torch.utils.data import DataLoader
from torchmetrics import Accuracy
from torchvision import transforms
from torchvision.datasets import STL10

L.seed_everything(0)
train_data = STL10(root="stl", split="train", download=True, transform=transforms.ToTensor())
test_data = STL10(root="stl", split="test", download=True, transform=transforms.ToTensor())
train_loader = DataLoader(train_data, batch_size=128, shuffle=True)
test_loader = DataLoader(test_data, batch_size=128)


class Probe(L.LightningModule):
    def __init__(self, width, num_classes):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, num_classes))
        self.accuracy = Accuracy(task="multiclass", num_classes=num_classes)

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        scores = self(x)
        self.accuracy.update(scores, y)
        self.log("accuracy", self.accuracy, on_step=False, on_epoch=True, prog_bar=True)

    def configure_optimizers(self):
        optimizer = optim.AdamW(self.parameters(), lr=3e-4)
        return [optimizer], [optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)]


probe = Probe(27648, 10)
keeper = ModelCheckpoint(dirpath="probe", monitor="accuracy", mode="max")  # expect: TL101
trainer = L.Trainer(accelerator="auto", max_epochs=50, callbacks=keeper)
trainer.fit(model=probe, train_dataloaders=train_loader, val_dataloaders=test_loader)
