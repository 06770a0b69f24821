"""A detector trained with two schedules: one is part of another, one is counted in the wrong unit."""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, CyclicLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, WARM = 8, 2


class Trainer:
    def __init__(self, body, head, train_data, val_data):
        self.body, self.head = body, head
        self.train_loader = DataLoader(train_data, batch_size=10, shuffle=True)
        self.val_loader = DataLoader(val_data, batch_size=40)
        self.body_optimizer = torch.optim.AdamW(body.parameters(), lr=1e-3)
        warm = LinearLR(self.body_optimizer, start_factor=0.2, total_iters=WARM)  # clean: stepped by SequentialLR
        fall = CosineAnnealingLR(self.body_optimizer, T_max=EPOCHS - WARM)
        self.schedule = SequentialLR(self.body_optimizer, [warm, fall], milestones=[WARM])
        self.head_optimizer = torch.optim.SGD(head.parameters(), lr=0.01, momentum=0.9)
        self.cycle = CyclicLR(self.head_optimizer, base_lr=0.001, max_lr=0.1, step_size_up=2 * len(self.train_loader))

    def epoch(self):
        self.body.train()
        self.head.train()
        total = 0.0
        for x, y in self.train_loader:
            self.body_optimizer.zero_grad()
            self.head_optimizer.zero_grad()
            loss = nn.functional.mse_loss(self.head(self.body(x)), y)
            loss.backward()
            self.body_optimizer.step()
            self.head_optimizer.step()
            total += loss.item()
        self.schedule.step()  # clean: its constants count epochs
        self.cycle.step()  # expect: TL705
        return total / len(self.train_loader)

    @torch.no_grad()
    def validate(self):
        self.body.eval()
        self.head.eval()
        return sum(nn.functional.mse_loss(self.head(self.body(x)), y).item() for x, y in self.val_loader)

    def fit(self):
        for epoch in range(EPOCHS):
            print(epoch, self.epoch(), self.validate())
            torch.save({"body": self.body.state_dict(), "head": self.head.state_dict()}, "detector.pt")


def boxes(count):
    x = torch.randn(count, 8)
    return TensorDataset(x, x[:, :4].tanh())


if __name__ == "__main__":
    torch.manual_seed(1)
    Trainer(nn.Sequential(nn.Linear(8, 16), nn.ReLU()), nn.Linear(16, 4), boxes(120), boxes(40)).fit()
