"""Graphs in plain lists, parted by folds: the lists' names say what for, and a helper goes over them in small batches."""

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from torch import nn


class Molecule:
    def __init__(self, atoms, bonds, label):
        self.atoms, self.bonds, self.label = atoms, bonds, label


class Molecules:
    def __init__(self, path, device):
        self.molecules = [Molecule(torch.tensor(a).to(device), b, y) for a, b, y in np.load(path, allow_pickle=True)]

    def __len__(self):
        return len(self.molecules)

    def __getitem__(self, index):
        return self.molecules[index]


class Pool(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(16, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, molecules):
        return self.layers(torch.stack([molecule.atoms.sum(0) for molecule in molecules]))


def read(path):
    molecules = []
    for atoms, bonds, label in np.load(path, allow_pickle=True):
        molecules.append(Molecule(torch.tensor(atoms), bonds, label))
    return molecules


def folds(molecules, number):
    parts = StratifiedKFold(n_splits=10, shuffle=True, random_state=1)
    labels = [molecule.label for molecule in molecules]
    train_index, test_index = list(parts.split(np.zeros(len(labels)), labels))[number]
    train_molecules = [molecules[i] for i in train_index]
    test_molecules = [molecules[i] for i in test_index]
    return train_molecules, test_molecules


def one_epoch(model, optimizer, molecules):
    model.train()
    for _ in range(50):
        chosen = np.random.permutation(len(molecules))[:32]
        batch = [molecules[i] for i in chosen]
        loss = nn.functional.cross_entropy(model(batch), torch.tensor([molecule.label for molecule in batch]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", loss.item())


def outputs_of(model, molecules, size=64):
    found = []
    for start in range(0, len(molecules), size):  # expect: TL506
        found.append(model(molecules[start : start + size]).detach())
    return torch.cat(found)


def accuracy(model, molecules):
    model.eval()
    guesses = outputs_of(model, molecules).argmax(1)
    return (guesses == torch.tensor([molecule.label for molecule in molecules])).float().mean().item()


def main(path, number=0):
    dev = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    np.random.seed(0)
    train_part, test_part = folds(Molecules(path, device=dev), number)
    model = Pool(64).to(dev)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=0.5)
    for epoch in range(200):
        one_epoch(model, optimizer, train_part)
        scheduler.step()
        print(epoch, accuracy(model, train_part), accuracy(model, test_part))  # expect: TL102
        torch.save(model.state_dict(), "pool.pt")


def by_lists(path, number=0):
    torch.manual_seed(0)
    np.random.seed(0)
    train_part, test_part = folds(read(path), number)
    model = Pool(64)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=50, gamma=0.5)
    for epoch in range(200):
        one_epoch(model, optimizer, train_part)
        scheduler.step()
        print(epoch, accuracy(model, test_part))  # expect: TL102
        torch.save(model.state_dict(), "pool.pt")
