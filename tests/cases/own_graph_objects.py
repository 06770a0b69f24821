"""Graphs whose methods work in place, networks without parameters, and a head behind rectified features."""

import torch
import torch.nn.functional as F
from torch import nn
from torch_geometric.data import Data
from torch_geometric.datasets import Planetoid
from torch_geometric.nn import MLP, GCNConv, LabelPropagation


class Net(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.conv = nn.Conv1d(1, 4, 3, padding=1)
        self.graph = GCNConv(features, 64)
        self.head = MLP([256, 64, classes], dropout=0.5, norm=None)

    def forward(self, x, edge_index):
        x = self.graph(x, edge_index).unsqueeze(1)
        x = self.conv(x).relu()  # clean: the head follows
        return self.head(x.flatten(1))


def copied(graph):
    data = Data(x=graph.x.t(), edge_index=graph.edge_index).to("cpu")
    data.contiguous()  # clean: a graph's methods work in place
    return data


def main():
    torch.manual_seed(0)
    dataset = Planetoid("data", name="Cora")
    graph = dataset[0]
    print(copied(graph))
    spread = LabelPropagation(num_layers=3, alpha=0.9)
    out = spread(graph.y, graph.edge_index, mask=graph.train_mask)  # clean: it has no parameters
    print((out[graph.val_mask].argmax(1) == graph.y[graph.val_mask]).float().mean().item())
    model = Net(dataset.num_features, dataset.num_classes)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=200)
    best = 0.0
    for epoch in range(200):
        model.train()
        loss = F.cross_entropy(model(graph.x, graph.edge_index)[graph.train_mask], graph.y[graph.train_mask])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            found = model(graph.x, graph.edge_index).argmax(1)
        accuracy = (found[graph.val_mask] == graph.y[graph.val_mask]).float().mean().item()
        print(epoch, loss.item(), accuracy)
        if accuracy > best:
            best = accuracy
            torch.save(model.state_dict(), "net.pt")


if __name__ == "__main__":
    main()
