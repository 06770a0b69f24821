"""Processes that train one network: with data of their own, and with all of it."""

import os

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from accelerate import Accelerator
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP
from torch.utils.data import DataLoader, Dataset, DistributedSampler, IterableDataset

EPOCHS = 8


class Recordings(Dataset):
    def __init__(self, folder):
        self.files = sorted(os.listdir(folder))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return torch.load(self.files[index])


class RecordingsOfOne(Recordings):
    def __init__(self, folder, rank, world_size):
        super().__init__(folder)
        self.files = self.files[rank::world_size]


class Stream(IterableDataset):
    def __init__(self, folder):
        self.files = sorted(os.listdir(folder))

    def __iter__(self):
        for file in self.files[dist.get_rank() :: dist.get_world_size()]:
            yield torch.load(file)


def fit(model, train_loader, val_loader, rank, sampler=None):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    for epoch in range(EPOCHS):
        if sampler is not None:
            sampler.set_epoch(epoch)
        model.train()
        for sound, label in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(sound), label)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader) / len(val_loader)
        if rank == 0:
            print(epoch, loss.item(), val_loss)
            torch.save(model.module.state_dict(), "sounds.pt")


def work(rank, world_size):
    dist.init_process_group("gloo", rank=rank, world_size=world_size)
    val_loader = DataLoader(Recordings("sounds/val"), batch_size=64)
    parts = RecordingsOfOne("sounds/train", rank, world_size)
    whole = Recordings("sounds/train")
    sampler = DistributedSampler(whole)

    model = DDP(nn.Sequential(nn.Linear(400, 64), nn.ReLU(), nn.Linear(64, 10)))
    own = DataLoader(parts, batch_size=32, shuffle=True)  # clean: the data set parts its files by rank
    fit(model, own, val_loader, rank)
    streamed = DataLoader(Stream("sounds/train"), batch_size=32)  # clean: each process reads files of its own
    fit(model, streamed, val_loader, rank)
    sampled = DataLoader(whole, batch_size=32, sampler=sampler)  # clean: the sampler parts the data
    fit(model, sampled, val_loader, rank, sampler)
    prepared = Accelerator().prepare(DataLoader(whole, batch_size=32, shuffle=True))  # clean: Accelerate parts it
    fit(model, prepared, val_loader, rank)
    shuffled = DataLoader(whole, batch_size=32, shuffle=True)  # expect: TL523
    fit(model, shuffled, val_loader, rank)
    dist.destroy_process_group()


if __name__ == "__main__":
    mp.spawn(work, args=(4,), nprocs=4)
