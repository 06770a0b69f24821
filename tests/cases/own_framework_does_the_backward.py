import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def tones(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 16, generator=g)
    return TensorDataset(x, x[:, :4].argmax(1))


def main(accelerate=True, epochs=4):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
    critic = nn.Linear(4, 1)
    optimizer = torch.optim.AdamW([*model.parameters(), *critic.parameters()], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    train_loader, val_loader = DataLoader(tones(400, 0), batch_size=20, shuffle=True), DataLoader(tones(90, 1), batch_size=20)
    accelerator = None
    if accelerate:
        accelerator = Accelerator()
        model, critic, optimizer, train_loader, val_loader = accelerator.prepare(
            model, critic, optimizer, train_loader, val_loader)
    for epoch in range(epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            scores = model(x)
            loss = nn.functional.cross_entropy(scores, y) + critic(scores).pow(2).mean()
            if accelerator is not None:
                accelerator.backward(loss)
            else:
                loss.backward()  # clean: only without the accelerator
            optimizer.step()
        scheduler.step()
        model.eval()
        predictions, targets = [], []
        with torch.no_grad():
            for x, y in val_loader:
                chosen = model(x).argmax(1)
                if accelerator is not None:
                    chosen, y = accelerator.gather((chosen, y))  # clean: cut to length below
                predictions.append(chosen)
                targets.append(y)
        count = len(val_loader.dataset)
        accuracy = (torch.cat(predictions)[:count] == torch.cat(targets)[:count]).float().mean().item()
        print(epoch, loss.item(), accuracy)
        torch.save(model.state_dict(), "tones.pt")  # expect: TL908


if __name__ == "__main__":
    main()
