"""A Lightning module around a network of unknown make, whose epoch ends sum up what the steps returned."""

import pytorch_lightning as pl
import torch
from hub_of_networks import PretrainedNet
from sklearn.metrics import f1_score
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Leaves(Dataset):
    def __init__(self, paths, labels):
        self.paths = paths
        self.labels = labels

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return torch.load(self.paths[index]), self.labels[index]


class LitLeaves(pl.LightningModule):
    def __init__(self, name, classes):
        super().__init__()
        self.save_hyperparameters()
        self.model = PretrainedNet(name=self.hparams.name, num_classes=self.hparams.classes)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.model(x)

    def training_step(self, batch, batch_idx):
        return self.shared_step(batch)

    def validation_step(self, batch, batch_idx):  # clean: the Trainer switches all parts
        return self.shared_step(batch)

    def test_step(self, batch, batch_idx):
        return self.shared_step(batch)

    def training_epoch_end(self, outputs):
        self.summarise(outputs, "train")

    def validation_epoch_end(self, outputs):
        self.summarise(outputs, "val")

    def test_epoch_end(self, outputs):
        self.summarise(outputs, "test")

    def summarise(self, outputs, stage):
        total, count = 0, 0
        for row in outputs:
            total += row["loss"]
            count += row["count"]
        self.log(f"{stage}_loss", (total / count).item())

    def shared_step(self, batch):
        images, labels = batch
        logits = self.model(images)
        loss = self.criterion(logits, labels) * images.size(0)
        return {"loss": loss, "count": images.size(0)}

    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min")
        return {"optimizer": optimizer, "lr_scheduler": scheduler, "monitor": "val_loss"}


def main():
    torch.manual_seed(0)
    train_paths, train_labels, val_paths, val_labels, test_paths, test_labels = torch.load("lists.pt")
    train_loader = DataLoader(Leaves(train_paths, train_labels), batch_size=32, shuffle=True)
    val_loader = DataLoader(Leaves(val_paths, val_labels), batch_size=32)
    test_loader = DataLoader(Leaves(test_paths, test_labels), batch_size=32)
    best = pl.callbacks.ModelCheckpoint(monitor="val_loss", filename="best")
    trainer = pl.Trainer(max_epochs=5, callbacks=[best])
    module = LitLeaves("squeezenet", 5)
    trainer.fit(model=module, train_dataloaders=train_loader, val_dataloaders=val_loader)  # clean: logged at the epoch end
    trainer.test(module, ckpt_path="best", dataloaders=test_loader)


if __name__ == "__main__":
    main()
