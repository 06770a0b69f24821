"""A search over widths keeps the best network of all, each with an early stopping that forgets to copy."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.waited = patience, 0
        self.best_loss, self.best_state = None, None

    def __call__(self, loss, model):
        if self.best_loss is None or loss < self.best_loss:
            self.best_loss, self.waited = loss, 0
            self.best_state = model.state_dict()  # expect: TL903
        else:
            self.waited += 1
        return self.waited > self.patience


def spirals(count, seed):
    generator = torch.Generator().manual_seed(seed)
    angle, arm = torch.rand(count, generator=generator) * 6, torch.randint(0, 2, (count,), generator=generator)
    turned = angle + 3.14159 * arm
    return TensorDataset(torch.stack([angle * turned.cos(), angle * turned.sin()], 1), arm)


def fit(width, train_loader, val_loader, epochs=6):
    model = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    stopping = EarlyStopping(patience=2)
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(nn.functional.cross_entropy(model(x), y).item() for x, y in val_loader)
        print(width, epoch, loss.item(), val_loss)
        if stopping(val_loss, model):
            break
    model.load_state_dict(stopping.best_state)
    return model, stopping.best_loss


if __name__ == "__main__":
    torch.manual_seed(3)
    train_loader = DataLoader(spirals(200, 0), batch_size=20, shuffle=True)
    val_loader = DataLoader(spirals(60, 1), batch_size=60)
    best_loss, best_model = float("inf"), None
    for width in (4, 8, 16):
        model, loss = fit(width, train_loader, val_loader)
        if loss < best_loss:
            best_loss = loss
            best_model = model  # clean: each width has a model of its own
    torch.jit.save(torch.jit.script(best_model), "spiral.ts")  # clean: TorchScript is made to be saved whole
