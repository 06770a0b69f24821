"""What each process of a distributed run may write."""

import os

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP


def save_on_master(state, path):
    if dist.get_rank() == 0:
        torch.save(state, path)  # clean: one process gets here


def save_shard(optimizer, step):
    name = f"optimizer-{step}-of-{dist.get_rank()}.pt"
    torch.save(optimizer.state_dict(), name)  # clean: a file of its own


def keep_best(model):
    if dist.get_rank():
        return
    torch.save(model.module.state_dict(), "best.pt")  # clean: the others have left


def main():
    rank = int(os.environ["RANK"])
    dist.init_process_group("gloo")
    torch.manual_seed(0)
    model = DDP(nn.Linear(7, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    writes = rank == 0
    best = float("inf")
    for step in range(100):
        x = torch.randn(8, 7)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())
        if loss.item() < best:
            best = loss.item()
            keep_best(model)
        if step % 20 == 0:
            torch.save(model.module.state_dict(), f"step-{step}.pt")  # expect: TL908
            save_on_master(model.module.state_dict(), "last.pt")
            save_shard(optimizer, step)
            torch.save(model.module.state_dict(), f"step-{step}-loss-{best:.4f}.pt")  # clean: each has a loss of its own
        if writes:
            torch.save(model.module.state_dict(), "copy.pt")  # clean: the condition may be about the rank
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
