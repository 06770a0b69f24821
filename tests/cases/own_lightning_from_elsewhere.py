"""Trainers of Lightning that a configuration makes: what fits a Lightning module is Lightning's Trainer."""

import hydra
import lightning as L
import torch
from lightning.pytorch import Trainer
from torch import nn


class Tagger(L.LightningModule):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate
        self.embed = nn.Embedding(5000, 64)
        self.head = nn.Linear(64, 12)

    def training_step(self, batch, batch_idx):
        words, tags = batch
        loss = nn.functional.cross_entropy(self.head(self.embed(words)).transpose(1, 2), tags)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        words, tags = batch
        self.log("val_loss", nn.functional.cross_entropy(self.head(self.embed(words)).transpose(1, 2), tags))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.rate)  # expect: TL701


class Silent(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 12)

    def training_step(self, batch, batch_idx):
        features, tags = batch
        return nn.functional.cross_entropy(self.head(features), tags)

    def validation_step(self, batch, batch_idx):
        features, tags = batch
        self.log("val_acc", (self.head(features).argmax(-1) == tags).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)]


def from_arguments(args, train_loader, val_loader):
    trainer = Trainer.from_argparse_args(args)
    trainer.fit(Tagger(args.rate), train_loader, val_loader)


@hydra.main(config_path="conf", config_name="config")
def from_configuration(config):
    trainer = hydra.utils.instantiate(config.trainer)
    trainer.fit(Silent(), datamodule=hydra.utils.instantiate(config.data))  # expect: TL801
