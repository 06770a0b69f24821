"""A Lightning training with a debugging switch left on; its tests and benchmarks turn the same one on, on purpose."""

import lightning as L
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Curves(Dataset):
    def __init__(self, path):
        self.x, self.y = torch.load(path)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Fitter(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 1))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.mse_loss(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", nn.functional.mse_loss(self.net(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)]


def main():
    L.seed_everything(3)
    train_loader = DataLoader(Curves("train.pt"), batch_size=32, shuffle=True)
    val_loader = DataLoader(Curves("val.pt"), batch_size=64)
    trainer = L.Trainer(max_epochs=20, overfit_batches=4)  # expect: TL402
    trainer.fit(Fitter(), train_loader, val_loader)


if __name__ == "__main__":
    main()
