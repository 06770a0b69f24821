"""Samplers that are told the epoch in various ways, and one that only a second run forgets."""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


class Trainer:
    def __init__(self, model, train_loader, val_loader, path):
        self.model, self.train_loader, self.val_loader, self.path = model, train_loader, val_loader, path
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
        self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)

    def run_epoch(self, epoch):
        if hasattr(self.train_loader.sampler, "set_epoch"):
            self.train_loader.sampler.set_epoch(epoch)
        self.model.train()
        for spectra, labels in self.train_loader:
            self.optimizer.zero_grad()
            loss = nn.functional.cross_entropy(self.model(spectra), labels)
            loss.backward()
            self.optimizer.step()
        self.scheduler.step()
        return loss.item()

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            losses = [nn.functional.cross_entropy(self.model(x), y).item() for x, y in self.val_loader]
        return sum(losses) / len(losses)

    def fit(self, epochs):
        for epoch in range(epochs):  # clean: run_epoch tells the training sampler; the validation sampler needs no epoch
            loss = self.run_epoch(epoch)
            print(epoch, loss, self.validate())
            torch.save(self.model.state_dict(), self.path)  # expect: TL908


def finetune(model, train_set, val_loader, epochs=5):
    sampler = DistributedSampler(train_set, seed=7)
    loader = DataLoader(train_set, batch_size=16, sampler=sampler)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in range(epochs):  # expect: TL516
        model.train()
        for spectra, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(spectra), labels)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print("finetuning", epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "finetuned.pt")  # expect: TL908


def main():
    dist.init_process_group("gloo")
    torch.manual_seed(11)
    spectra = torch.rand(600, 40)
    labels = (spectra[:, :20].sum(1) > spectra[:, 20:].sum(1)).long()
    train_set, val_set = TensorDataset(spectra[:500], labels[:500]), TensorDataset(spectra[500:], labels[500:])
    train_loader = DataLoader(train_set, batch_size=16, sampler=DistributedSampler(train_set))
    val_loader = DataLoader(val_set, batch_size=50, sampler=DistributedSampler(val_set, shuffle=False))
    model = DistributedDataParallel(nn.Sequential(nn.Linear(40, 32), nn.Tanh(), nn.Linear(32, 2)))
    Trainer(model, train_loader, val_loader, "pretrained.pt").fit(20)
    finetune(model, train_set, val_loader)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
