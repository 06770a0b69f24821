import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def tones(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 16, generator=g)
    return TensorDataset(x, x[:, :4].argmax(1))


class Trainer:
    def __init__(self, epochs=4):
        torch.manual_seed(0)
        self.accelerator = Accelerator(gradient_accumulation_steps=4)
        self.epochs = epochs
        model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        train, val = DataLoader(tones(400, 0), batch_size=20, shuffle=True), DataLoader(tones(90, 1), batch_size=20)
        self.model, self.optimizer, self.train_loader, self.val_loader = self.accelerator.prepare(
            model, optimizer, train, val)

    def train_epoch(self):
        self.model.train()
        for x, y in self.train_loader:
            with self.accelerator.accumulate(self.model):
                loss = nn.functional.cross_entropy(self.model(x), y)
                loss.backward()  # expect: TL531
                self.optimizer.step()
                self.optimizer.zero_grad()
        return loss.item()

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        hits = []
        for x, y in self.val_loader:
            scores = self.accelerator.gather(self.model(x))  # expect: TL533
            hits.append(scores.argmax(1) == self.accelerator.gather(y))
        return torch.cat(hits).float().mean().item()

    def fit(self):
        for epoch in range(self.epochs):
            loss = self.train_epoch()
            self.scheduler.step()
            print(epoch, loss, self.evaluate())
            self.accelerator.save_state(f"tones_{epoch}")


if __name__ == "__main__":
    Trainer().fit()
