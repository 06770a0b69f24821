"""Networks that are sharded after the optimizer took their parameters, with and without parameters of the wrapper's own."""

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP


class Waves(torch.utils.data.IterableDataset):
    def __iter__(self):
        for index in range(dist.get_rank(), 100_000, dist.get_world_size()):
            wave = torch.sin(torch.arange(65) * 0.1 + index)
            yield wave[:-1], wave[-1:]


def fit(model, optimizer, name):
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    loader = torch.utils.data.DataLoader(Waves(), batch_size=32)
    held_out = torch.sin(torch.arange(65) * 0.1 - 7).expand(8, 65)
    for epoch in range(6):
        model.train()
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(held_out[:, :-1]), held_out[:, -1:])
        if dist.get_rank() == 0:
            print(epoch, loss.item(), val_loss.item())
            torch.save(model.state_dict(), name)


def wrapped_too_late():
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model = FSDP(model)  # expect: TL513
    fit(model, optimizer, "late.pt")


def wrapped_in_place():
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model = FSDP(model, use_orig_params=True)  # clean: the same parameters, as views of the shards
    fit(model, optimizer, "in_place.pt")


if __name__ == "__main__":
    dist.init_process_group("nccl")
    torch.manual_seed(0)
    wrapped_too_late()
    wrapped_in_place()
