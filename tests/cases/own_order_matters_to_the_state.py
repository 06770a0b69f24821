"""A language model that carries its state from batch to batch reads its data in order."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Windows(Dataset):
    def __init__(self, ids, length):
        self.ids = ids
        self.length = length

    def __len__(self):
        return (len(self.ids) - 1) // self.length

    def __getitem__(self, index):
        start = index * self.length
        return self.ids[start : start + self.length], self.ids[start + 1 : start + self.length + 1]


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.rnn = nn.GRU(16, 32, batch_first=True)
        self.out = nn.Linear(32, 50)

    def forward(self, ids, state):
        seen, state = self.rnn(self.embed(ids), state)
        return self.out(seen), state


torch.manual_seed(0)
train_loader = DataLoader(Windows(torch.randint(0, 50, (4001,)), 20), batch_size=1)  # clean: the state needs the order
val_loader = DataLoader(Windows(torch.randint(0, 50, (801,)), 20), batch_size=1)
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
for epoch in range(3):
    model.train()
    state = None
    for number, (ids, following) in enumerate(train_loader):
        logits, state = model(ids, state)
        state = state.detach()
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten()) / 4
        loss.backward()
        if (number + 1) % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()
    scheduler.step()
    model.eval()
    state, total = None, 0.0
    with torch.no_grad():
        for ids, following in val_loader:
            logits, state = model(ids, state)
            total += nn.functional.cross_entropy(logits.flatten(0, 1), following.flatten()).item()
    print(epoch, loss.item(), total / len(val_loader))
    torch.save(model.state_dict(), "reader.pt")
