import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Tagger(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.rnn = nn.LSTM(6, width, batch_first=True)
        self.tags, self.length = nn.Linear(width, 5), nn.Linear(width, 1)

    def forward(self, x, state=None):
        hidden, state = self.rnn(x, state)
        return self.tags(hidden), self.length(hidden[:, -1]), state


def sentences(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 12, 6, generator=g)
    return TensorDataset(x, x[..., :5].argmax(-1), x.sum((1, 2)))


def two_losses(model, loader, optimizer):
    model.train()
    for x, tags, length in loader:
        optimizer.zero_grad()
        scores, guess, _ = model(x)
        tag_loss = nn.functional.cross_entropy(scores.flatten(0, 1), tags.flatten())
        tag_loss.backward(retain_graph=True)  # clean: the second loss goes back through the same graph
        length_loss = nn.functional.mse_loss(guess.squeeze(1), length)
        length_loss.backward()
        optimizer.step()
    return tag_loss.item() + length_loss.item()


def carried_state(model, loader, optimizer):
    model.train()
    state = None
    for x, tags, _ in loader:
        optimizer.zero_grad()
        scores, _, state = model(x, state)
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), tags.flatten())
        loss.backward(retain_graph=True)  # expect: TL519
        optimizer.step()
    return loss.item()


def main(epochs=5):
    torch.manual_seed(0)
    model = Tagger()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    train, val = DataLoader(sentences(320, 0), batch_size=32, shuffle=True), DataLoader(sentences(64, 1), batch_size=32)
    for epoch in range(epochs):
        loss = two_losses(model, train, optimizer) + carried_state(model, train, optimizer)
        scheduler.step()
        model.eval()
        with torch.no_grad():
            right = sum((model(x)[0].argmax(-1) == t).float().mean(1).sum().item() for x, t, _ in val)
        print(epoch, loss, right / len(val.dataset))
        torch.save(model.state_dict(), "tagger.pt")


if __name__ == "__main__":
    main()
