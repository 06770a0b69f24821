"""Federated training: the rounds are the training, though each client trains a copy with an optimizer of its own."""

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms


class Client:
    def __init__(self, data, indices):
        self.loader = DataLoader(Subset(data, indices), batch_size=32, shuffle=True)
        self.criterion = nn.CrossEntropyLoss()

    def update(self, network):
        network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5)  # expect: TL701
        losses = []
        for _ in range(5):
            for images, labels in self.loader:
                optimizer.zero_grad()
                loss = self.criterion(network(images), labels)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return network.state_dict(), sum(losses) / len(losses)


def average(states):
    mean = copy.deepcopy(states[0])
    for key in mean:
        for state in states[1:]:
            mean[key] += state[key]
        mean[key] = torch.div(mean[key], len(states))
    return mean


def test(network, data):
    network.eval()
    right = 0
    with torch.no_grad():
        for images, labels in DataLoader(data, batch_size=128):
            right += (network(images).argmax(1) == labels).sum().item()
    return right / len(data)


if __name__ == "__main__":
    np.random.seed(1)
    torch.manual_seed(1)
    transform = transforms.ToTensor()
    train_data = datasets.MNIST("data", train=True, download=True, transform=transform)
    test_data = datasets.MNIST("data", train=False, download=True, transform=transform)
    shares = np.array_split(np.random.permutation(len(train_data)), 100)
    shared = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 10))
    for turn in range(50):  # expect: TL104, TL901
        states, losses = [], []
        for chosen in np.random.choice(range(100), 10, replace=False):
            client = Client(train_data, shares[chosen])
            state, loss = client.update(network=copy.deepcopy(shared))
            states.append(copy.deepcopy(state))
            losses.append(loss)
        shared.load_state_dict(average(states))
        print(turn, sum(losses) / len(losses))
    print(test(shared, test_data))
