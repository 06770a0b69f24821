"""One call of a hub that gives the splits of a list: what is split off a train split by its library is what its name says."""

import datasets
import torch
from torch import nn

torch.manual_seed(3)
reviews, test_reviews = datasets.load_dataset("imdb", split=["train", "test"])
parts = reviews.train_test_split(test_size=0.25, seed=3)
reviews = parts["train"]
valid_reviews = parts["test"]
reviews = reviews.with_format(type="torch", columns=["ids", "label"])
valid_reviews = valid_reviews.with_format(type="torch", columns=["ids", "label"])


def get_loader(dataset, batch_size, shuffle=False):
    return torch.utils.data.DataLoader(dataset=dataset, batch_size=batch_size, shuffle=shuffle)


train_loader = get_loader(reviews, 32, shuffle=True)
valid_loader = get_loader(valid_reviews, 32)
test_loader = get_loader(test_reviews, 32)
model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 2))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5)
criterion = nn.CrossEntropyLoss()


def evaluate(loader):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for batch in loader:
            total += criterion(model(batch["ids"]), batch["label"]).item()
    return total / len(loader)


best = float("inf")
for epoch in range(5):
    model.train()
    for batch in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(batch["ids"]), batch["label"])
        loss.backward()
        optimizer.step()
    scheduler.step()
    valid_loss = evaluate(valid_loader)
    print(epoch, loss.item(), valid_loss)
    if valid_loss < best:  # clean: a part of the train split, which its library calls `test`
        best = valid_loss
        torch.save(model.state_dict(), "best.pt")
model.load_state_dict(torch.load("best.pt"))
print(evaluate(test_loader))
