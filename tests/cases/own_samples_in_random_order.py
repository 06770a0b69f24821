"""Test samples are met one by one in a random order, and looked at by halves: that splits no data. Rows taken by halves of such an
order do."""

import numpy as np
import torch
from torch import nn

records = np.random.rand(500, 13).astype("float32")
order = np.random.permutation(len(records))  # expect: TL109
train, test = records[order[:400]], records[order[400:]]
model = nn.Linear(12, 4)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
criterion = nn.CrossEntropyLoss()
for epoch in range(10):
    model.train()
    shuffled = np.random.permutation(len(train))
    for start in range(0, len(shuffled) - 20, 20):
        rows = train[shuffled[start : start + 20]]
        loss = criterion(model(torch.from_numpy(rows[:, :12])), torch.from_numpy(rows[:, 12]).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(epoch, loss.item())
    torch.save(model.state_dict(), "last.pt")

model.eval()
hits = 0
met = np.random.permutation(len(test))  # clean: each sample is met once
for position in range(len(test)):
    sample = test[met[position]]
    window, rest = sample[:6], sample[6:12]
    with torch.no_grad():
        scores = model(torch.from_numpy(np.concatenate([window, rest]))[None])
    hits += int(scores.argmax()) == sample[12]
print(hits / len(test))
for position in np.random.permutation(len(test)):  # clean: the same without a counter
    sample = test[position]
    print(sample[:6].mean(), sample[6:12].mean())
