"""A Lightning module that logs no loss itself: a callback of the project's own is told of it after each step."""

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import nn
from torch.utils.data import DataLoader


class Curve(Callback):
    def __init__(self):
        self.losses = []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.write(loss=float(outputs["loss"]), step=trainer.global_step)

    def write(self, loss, step):
        self.losses.append((step, loss))


class Timer(Callback):
    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        print(trainer.global_step, len(batch))


class Regressor(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(16, 1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return {"loss": nn.functional.mse_loss(self.net(x), y)}

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", nn.functional.mse_loss(self.net(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)]


class Unwatched(Regressor):
    def training_step(self, batch, batch_idx):
        x, y = batch
        return {"loss": nn.functional.l1_loss(self.net(x), y)}


def train_with_curve(loader, val_loader, watch=True):
    callbacks = []
    if watch:
        callbacks.append(Curve())
    trainer = L.Trainer(max_epochs=20, callbacks=callbacks)
    trainer.fit(Regressor(), loader, val_loader)


def train_with_timer(loader, val_loader):
    trainer = L.Trainer(max_epochs=20, callbacks=[Timer()])
    trainer.fit(Unwatched(), loader, val_loader)  # expect: TL801


L.seed_everything(0)
pairs = DataLoader(torch.load("train.pt"), batch_size=32, shuffle=True)
val_pairs = DataLoader(torch.load("val.pt"), batch_size=64)
train_with_curve(pairs, val_pairs)
train_with_timer(DataLoader(torch.load("other.pt"), batch_size=32, shuffle=True), val_pairs)
