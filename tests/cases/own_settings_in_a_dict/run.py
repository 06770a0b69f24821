import torch
from torch import nn
from torch.utils.data import DataLoader

from fitting import fit
from graphs import GraphSet


def main():
    torch.manual_seed(0)
    settings = {"num_epochs": 200, "milestones": None}
    fit(nn.Linear(32, 3), DataLoader(GraphSet("train"), batch_size=32, shuffle=True), settings)


if __name__ == "__main__":
    main()
