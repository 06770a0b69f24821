"""A trainer that goes on at its epoch, with the weights alone."""

import os

import torch
from torch import nn


class Trainer:
    def __init__(self, folder="runs"):
        self.folder = folder
        self.net = nn.Linear(6, 2)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)
        self.start_step, self.best = 0, float("inf")

    def resume(self):
        state = torch.load(os.path.join(self.folder, "last.pt"), map_location="cpu")
        self.net.load_state_dict(state["net"])  # expect: TL902, TL909
        self.start_step = state.get("step", 0) + 1

    def fit(self, steps=50):
        for step in range(self.start_step, steps):
            x = torch.randn(16, 6)
            loss = nn.functional.cross_entropy(self.net(x), (x.sum(1) > 0).long())
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            print(step, loss.item())
            state = {"net": self.net.state_dict(), "step": step}
            torch.save(state, os.path.join(self.folder, "last.pt"))
            if loss.item() < self.best:
                self.best = loss.item()
                torch.save(state, os.path.join(self.folder, "best.pt"))


if __name__ == "__main__":
    trainer = Trainer()
    if os.path.exists("runs/last.pt"):
        trainer.resume()
    trainer.fit()
