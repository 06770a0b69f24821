"""Lightning is given the test set as validation data, and keeps the best weights by it."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import LearningRateMonitor, ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import FashionMNIST


class Classifier(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, batch_idx):
        images, labels = batch
        loss = nn.functional.cross_entropy(self.net(images), labels)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        images, labels = batch
        self.log("val_loss", nn.functional.cross_entropy(self.net(images), labels))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)]


pl.seed_everything(1)
train_loader = DataLoader(FashionMNIST(".", train=True, transform=transforms.ToTensor()), batch_size=64, shuffle=True)
val_loader = DataLoader(FashionMNIST(".", train=False, transform=transforms.ToTensor()), batch_size=256)
keep_best = ModelCheckpoint(monitor="val_loss")  # expect: TL101
trainer = pl.Trainer(max_epochs=10, callbacks=[keep_best, LearningRateMonitor()])
trainer.fit(Classifier(), train_loader, val_loader)
