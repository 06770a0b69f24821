"""Graphs are shuffled without a seed and sliced into parts; the last batch of the validation part is dropped."""

import torch
import torch.nn.functional as F
from torch_geometric.datasets import TUDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GIN, MLP, global_add_pool

dataset = TUDataset("data/TU", name="MUTAG").shuffle()  # expect: TL109
train_loader = DataLoader(dataset[:0.8], batch_size=32, shuffle=True)
val_loader = DataLoader(dataset[0.8:0.9], batch_size=32, drop_last=True)  # expect: TL110
test_loader = DataLoader(dataset[0.9:], batch_size=32)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gnn = GIN(dataset.num_features, 32, 3, dropout=0.5)
        self.mlp = MLP([32, 32, dataset.num_classes], norm=None, dropout=0.5)

    def forward(self, x, edge_index, batch):
        return self.mlp(global_add_pool(self.gnn(x, edge_index), batch))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=0.5)


@torch.no_grad()
def evaluate(loader):
    model.eval()
    correct = 0
    for data in loader:
        correct += int((model(data.x, data.edge_index, data.batch).argmax(dim=-1) == data.y).sum())
    return correct / len(loader.dataset)


best = 0.0
for epoch in range(1, 101):
    model.train()
    for data in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data.x, data.edge_index, data.batch), data.y)
        loss.backward()
        optimizer.step()
    scheduler.step()
    val_acc = evaluate(val_loader)
    print(epoch, float(loss), val_acc)
    if val_acc > best:  # clean: a slice of the shuffled graphs, called validation
        best = val_acc
        torch.save(model.state_dict(), "gin.pt")
model.load_state_dict(torch.load("gin.pt"))
print(evaluate(test_loader))
