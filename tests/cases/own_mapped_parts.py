"""Parts that Hugging Face split off and maps together, and weights of random numbers that are fitted to nothing."""

import torch
from datasets import load_dataset
from torch import nn
from torch.utils.data import DataLoader


def vectors(rows):
    return {"vector": [len(text) for text in rows["text"]]}


def classify(model, criterion):
    reviews = load_dataset("csv", data_files="reviews.csv", split="train").class_encode_column("label")
    parts = reviews.train_test_split(test_size=0.1, seed=3)
    parts["valid"] = parts.pop("test")
    parts = parts.map(vectors, batched=True).remove_columns(["text"])
    train_loader = DataLoader(parts["train"], batch_size=32)  # expect: TL517
    valid_loader = DataLoader(parts["valid"], batch_size=32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
    for epoch in range(10):
        for batch in train_loader:
            loss = criterion(model(batch["vector"]), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        with torch.no_grad():
            losses = [criterion(model(batch["vector"]), batch["label"]).item() for batch in valid_loader]
        print(epoch, loss.item(), sum(losses) / len(losses))
        torch.save(model.state_dict(), "reviews.pt")


def show_how_scaling_goes(scaler):
    x, y = torch.randn(64, 1000), torch.randn(64, 10)
    w1, w2 = nn.Parameter(torch.randn(1000, 100)), nn.Parameter(torch.randn(100, 10))
    optimizer = torch.optim.SGD([w1, w2], lr=1e-6, momentum=0.9)
    for step in range(500):
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum() * scaler.scale
        optimizer.zero_grad()
        loss.backward()
        print(step, loss.item() / scaler.scale)
        optimizer.step()
