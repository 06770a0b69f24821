"""Random edges of which the loops are dropped and the kept ones marked, beside a random mask that divides a data set."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def random_edges(nodes, count, weight):
    edges = torch.randint(nodes, (2, count))
    no_loop = edges[0] != edges[1]
    edges = edges[:, no_loop]
    drawn = torch.rand(edges.shape[1])
    strong = drawn * weight > 1
    drawn[strong] = 2 - drawn[strong]
    weak = drawn < 0.1
    return edges[:, weak], drawn


x, y = torch.load("nodes.pt")
edges, _ = random_edges(len(x), 4000, 1.5)
x = torch.cat([x, x[edges[0, : len(x)]]], dim=1)
chance = torch.rand(len(x))  # expect: TL109
held_out = chance < 0.2
train_set, val_set = TensorDataset(x[~held_out], y[~held_out]), TensorDataset(x[held_out], y[held_out])
model = nn.Linear(2 * 8, 3)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
for epoch in range(10):
    model.train()
    for inputs, labels in DataLoader(train_set, batch_size=64, shuffle=True):
        loss = nn.functional.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        loader = DataLoader(val_set, batch_size=64)
        hits = sum((model(inputs).argmax(1) == labels).sum().item() for inputs, labels in loader)
    print(epoch, loss.item(), hits / len(val_set))
    torch.save(model.state_dict(), "nodes_model.pt")
