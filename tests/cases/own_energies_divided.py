"""Energies make a loss that no criterion computes; it is divided before it goes back, or is not."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(0)


class Energy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 1))

    def forward(self, state, given):
        return self.body(torch.cat([state, given], dim=1)).squeeze(1)


class Trainer:
    def __init__(self, model, optimizer, accumulation_steps=4):
        self.model = model
        self.optimizer = optimizer
        self.accumulation_steps = accumulation_steps

    def train_step(self, given, state):
        positive = self.model(state, given)
        negative = self.model(torch.randn_like(state), given)
        loss = positive.mean() - negative.mean()
        scaled = loss / self.accumulation_steps
        scaled.backward()  # clean: divided in the line before
        return loss.item()

    def train_step_at_once(self, given, state):
        loss = self.model(state, given).mean() - self.model(torch.randn_like(state), given).mean()
        loss.backward()  # expect: TL515
        return loss.item()

    def train_epoch(self, loader, train_step):
        self.model.train()
        self.optimizer.zero_grad()
        total = 0.0
        for step, (given, state) in enumerate(loader):
            total += train_step(given, state)
            if (step + 1) % self.accumulation_steps == 0 or step + 1 == len(loader):
                self.optimizer.step()
                self.optimizer.zero_grad()
        return total / len(loader)


data = TensorDataset(torch.randn(256, 4), torch.randn(256, 4))
training, validation = random_split(data, [200, 56])
model = Energy()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
trainer = Trainer(model, optimizer)
train_loader = DataLoader(training, 20, shuffle=True)
for epoch in range(10):
    train_loss = trainer.train_epoch(train_loader, trainer.train_step)
    train_loss += trainer.train_epoch(train_loader, trainer.train_step_at_once)
    scheduler.step()
    model.eval()
    with torch.no_grad():
        gap = sum(
            model(state, given).mean().item() - model(torch.randn_like(state), given).mean().item()
            for given, state in DataLoader(validation, 20)
        )
    print(epoch, train_loss, gap)
    torch.save(model.state_dict(), f"energy{epoch}.pt")
