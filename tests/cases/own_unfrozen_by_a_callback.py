"""A backbone that a callback hands to the optimizer later on."""

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import BackboneFinetuning
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Scans(Dataset):
    def __init__(self, path):
        self.scans, self.labels = torch.load(path)

    def __len__(self):
        return len(self.scans)

    def __getitem__(self, index):
        return self.scans[index], self.labels[index]


class Reader(LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(64, 32), nn.ReLU())
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.backbone(x))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", nn.functional.cross_entropy(self(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.head.parameters(), lr=1e-3)  # clean: the callback adds the backbone
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 4)]


def loaders():
    return DataLoader(Scans("train.pt"), batch_size=32, shuffle=True), DataLoader(Scans("val.pt"), batch_size=64)


if __name__ == "__main__":
    seed_everything(0)
    thawing = BackboneFinetuning(unfreeze_backbone_at_epoch=4)
    Trainer(max_epochs=12, callbacks=[thawing]).fit(Reader(), *loaders())
