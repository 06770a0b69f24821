"""A Lightning module that keeps its losses with their graphs: told at the line that keeps them."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
        self.losses = []

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        scores = self(x)
        loss = F.cross_entropy(scores, y)
        self.log_dict({"train_loss": loss}, on_epoch=True)
        self.losses.append(loss)  # expect: TL507
        return {"loss": loss, "scores": scores}


    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", F.cross_entropy(self(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)]


L.seed_everything(0)
train_set, val_set = random_split(TensorDataset(torch.randn(256, 8), torch.randint(2, (256,))), [192, 64])
trainer = L.Trainer(max_epochs=20)
trainer.fit(Net(), DataLoader(train_set, batch_size=32, shuffle=True), DataLoader(val_set, batch_size=64))
