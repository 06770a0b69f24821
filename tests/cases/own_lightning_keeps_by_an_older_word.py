"""Older releases of Lightning took what keeps the best weights by a word of its own; the test set is what it watches."""

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import KMNIST


class Reader(pl.LightningModule):
    def __init__(self, width=128):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.GELU(), nn.Linear(width, 10))

    def training_step(self, batch, batch_idx):
        loss = nn.functional.cross_entropy(self.net(batch[0]), batch[1])
        self.log("loss/train", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        hits = (self.net(batch[0]).argmax(dim=1) == batch[1]).float().mean()
        self.log("acc/val", hits)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)]

    def train_dataloader(self):
        characters = KMNIST("data", train=True, transform=transforms.ToTensor())
        return DataLoader(characters, batch_size=128, shuffle=True)

    def val_dataloader(self):
        characters = KMNIST("data", train=False, transform=transforms.ToTensor())
        return DataLoader(characters, batch_size=512)


if __name__ == "__main__":
    pl.seed_everything(0)
    best = ModelCheckpoint(monitor="acc/val", mode="max")  # expect: TL101
    pl.Trainer(gpus=1, max_epochs=15, checkpoint_callback=best).fit(Reader())
