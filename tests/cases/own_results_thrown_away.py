"""Tensors and modules are moved by the same words, and only modules move in place."""

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset


class Reviews(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {"text": torch.full((4,), index), "stars": torch.tensor(index % 5)}


class Encoded(dict):
    """What a tokenizer gives: moves in place."""

    def to(self, device):
        for key in self:
            self[key] = self[key].to(device)
        return self


def padded(samples):
    return Encoded(text=pad_sequence([s["text"] for s in samples], True), stars=torch.stack([s["stars"] for s in samples]))


device = torch.device("cpu")
model = nn.Sequential(nn.Embedding(16, 8), nn.Flatten(), nn.Linear(32, 5))
model.to(device)  # clean: a module
model.float()  # clean: a module
for batch in DataLoader(Reviews(), batch_size=4, collate_fn=padded):
    batch.to(device)  # clean: moves in place
    print(model(batch["text"]).shape)
for batch in DataLoader(Reviews(), batch_size=4):
    batch["text"].to(device)  # expect: TL524
    print(model(batch["text"]).shape)
for text, stars in DataLoader(TensorDataset(torch.randint(0, 16, (8, 4)), torch.arange(8) % 5), batch_size=4):
    stars.long()  # expect: TL524
    scores = model(text)
    scores.detach()  # expect: TL524
    scores.requires_grad_(False) if scores.is_leaf else None
    scores.data.clamp_(-5, 5)  # clean: in place
    print((scores.argmax(1) == stars).float().mean().item())
