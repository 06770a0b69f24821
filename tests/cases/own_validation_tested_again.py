"""Lightning modules that test on what they validate on, and one that does not."""

import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Spectra(pl.LightningDataModule):
    def setup(self, stage=None):
        everything = TensorDataset(torch.randn(300, 12), torch.randn(300, 1))
        self.train_part, self.val_part, self.test_part = random_split(
            everything, [200, 50, 50], generator=torch.Generator().manual_seed(0)
        )

    def train_dataloader(self):
        return DataLoader(self.train_part, batch_size=20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val_part, batch_size=50)

    def test_dataloader(self):
        return DataLoader(self.test_part, batch_size=50)  # clean: a part of its own


class HastySpectra(Spectra):
    def test_dataloader(self):
        return DataLoader(self.val_part, batch_size=25)  # expect: TL113


class Calibration(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(12, 1)

    def training_step(self, batch, index):
        x, y = batch
        loss = nn.functional.mse_loss(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        self.log("val_loss", nn.functional.mse_loss(self.net(x), y))

    def test_step(self, batch, index):
        x, y = batch
        self.log("test_loss", nn.functional.mse_loss(self.net(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2)]


if __name__ == "__main__":
    pl.seed_everything(0)
    trainer = pl.Trainer(max_epochs=5)
    data = Spectra()
    trainer.fit(Calibration(), datamodule=data)
    trainer.test(datamodule=data)

    by_hand = Spectra()
    by_hand.setup()
    val_loader = by_hand.val_dataloader()
    model = Calibration()
    other = pl.Trainer(max_epochs=5)
    other.fit(model, by_hand.train_dataloader(), val_loader)
    other.test(model, dataloaders=val_loader)  # expect: TL113
