"""A translator whose layers come as an argument: a sentence that is shown is no evaluation, and a layer no metric."""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, path):
        self.pairs = torch.load(path)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        source, target = self.pairs[index]
        return {"source": source, "target": target, "mask": source != 0}


class Decoder(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.norm = nn.LayerNorm(64)

    def forward(self, x, memory, mask):
        for layer in self.layers:
            x = layer(x, memory, mask)
        return self.norm(x)


class Translator(nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.embed = nn.Embedding(8000, 64)
        self.drop = nn.Dropout(0.1)
        self.decoder = decoder
        self.project = nn.Linear(64, 8000)

    def encode(self, x):
        return self.drop(self.embed(x))

    def decode(self, memory, mask, y):
        return self.project(self.decoder(self.embed(y), memory, mask))


def translate(model, source, mask):
    memory = model.encode(source)  # clean: shown, not measured
    words = torch.zeros(1, 1, dtype=torch.long)
    for _ in range(40):
        words = torch.cat([words, model.decode(memory, mask, words)[:, -1:].argmax(-1)], 1)
    return words


def show(path, layers):
    model = Translator(Decoder(layers))
    model.load_state_dict(torch.load("translator.pt"))
    val_loader = DataLoader(Pairs(path), batch_size=1)
    batch = next(iter(val_loader))
    print(translate(model, batch["source"], batch["mask"]))


if __name__ == "__main__":
    show("pairs/val.pt", nn.ModuleList(torch.load("layers.pt", weights_only=False)))  # expect: TL906
