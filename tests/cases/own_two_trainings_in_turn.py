"""What one training of a file holds out, a later one learns from: they are two trainings."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import STL10

L.seed_everything(0)
pairs = transforms.Compose([transforms.RandomResizedCrop(96), transforms.RandomHorizontalFlip(), transforms.ToTensor()])
unlabeled_data = STL10(root="stl", split="unlabeled", download=True, transform=pairs)
train_data = STL10(root="stl", split="train", download=True, transform=pairs)
first_loader = DataLoader(unlabeled_data, batch_size=128, shuffle=True)
val_dataloader = DataLoader(train_data, batch_size=128)  # clean: the first training learns from the unlabelled images


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(27648, 10))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self.layers(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", F.cross_entropy(self.layers(x), y))

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)]


trainer = L.Trainer(max_epochs=100)
trainer.fit(Net(), train_dataloaders=first_loader, val_dataloaders=val_dataloader)

train_data = STL10(root="stl", split="train", download=True, transform=transforms.ToTensor())
test_data = STL10(root="stl", split="test", download=True, transform=transforms.ToTensor())
kept, third = random_split(train_data, [4500, 500], torch.Generator().manual_seed(0))
second_loader = DataLoader(kept, batch_size=128, shuffle=True)
third_loader = DataLoader(third, batch_size=128)
test_loader = DataLoader(test_data, batch_size=128)
probe = Net()
trainer = L.Trainer(max_epochs=100)
trainer.fit(probe, train_dataloaders=second_loader, val_dataloaders=third_loader)
trainer.test(probe, dataloaders=test_loader)
