"""A click model whose data set is cached in an LMDB environment: what is opened there is no world to act in."""

import lmdb
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Clicks(Dataset):
    def __init__(self, cache, part):
        self.part = part
        self.env = lmdb.open(cache, create=False, readonly=True)
        with self.env.begin(write=False) as txn:
            self.length = self.env.stat()["entries"]
            self.field_dims = np.frombuffer(txn.get(b"field_dims"), dtype=np.uint32)

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        with self.env.begin(write=False) as txn:
            row = np.frombuffer(txn.get(f"{self.part}{index}".encode()), dtype=np.uint32).astype(np.int64)
        return row[1:], row[0]


class Factors(nn.Module):
    def __init__(self, field_dims):
        super().__init__()
        self.embedding = nn.Embedding(int(sum(field_dims)), 16)
        self.linear = nn.Linear(16, 1)

    def forward(self, fields):
        return torch.sigmoid(self.linear(self.embedding(fields).sum(1))).squeeze(1)


def main(cache="clicks", epochs=12):
    train_set, valid_set = Clicks(f"{cache}/train", "t"), Clicks(f"{cache}/valid", "v")
    train_loader = DataLoader(train_set, batch_size=2048, shuffle=True)
    valid_loader = DataLoader(valid_set, batch_size=2048)
    model = Factors(train_set.field_dims)
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # expect: TL701
    for epoch in range(epochs):
        model.train()
        for fields, target in train_loader:
            loss = criterion(model(fields), target.float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        total = 0.0
        with torch.no_grad():
            for fields, target in valid_loader:
                total += criterion(model(fields), target.float()).item()
        print(epoch, loss.item(), total / len(valid_loader))
        torch.save(model.state_dict(), f"{cache}/{epoch}.pt")


if __name__ == "__main__":
    main()
