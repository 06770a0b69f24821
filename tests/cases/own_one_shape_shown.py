"""One sample of the test data is segmented and shown beside the truth by a viewer from elsewhere: no evaluation. The confusion that
another function draws of all of it is one."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from viewer import plot_confusion, show_points


class Shapes(Dataset):
    def __init__(self, root, split):
        self.samples = torch.load(f"{root}/{split}.pt")

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        points, parts = self.samples[index]
        return points, parts


parser = argparse.ArgumentParser()
parser.add_argument("--index", type=int, default=0)
args = parser.parse_args()
shapes = Shapes("data", split="test")
points, parts = shapes[args.index]
palette = torch.rand(10, 3)
truth = palette[parts.numpy() - 1, :]
model = nn.Sequential(nn.Linear(3, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
model.load_state_dict(torch.load("parts.pt"))
model.eval()
chosen = model(points).data.max(1)[1]  # clean: one sample, for a look
show_points(points.numpy(), truth, palette[chosen.numpy(), :])

for points, parts in DataLoader(shapes, 32):  # expect: TL506
    plot_confusion(model(points).argmax(1), parts)
