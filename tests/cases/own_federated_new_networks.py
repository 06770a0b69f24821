"""Federated training by clients that make a network of their own and are given the weights of the shared one."""

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import MNIST

train_dataset = MNIST("data", train=True, download=True, transform=transforms.ToTensor())
test_dataset = MNIST("data", train=False, download=True, transform=transforms.ToTensor())
train_dataset, dev_dataset = random_split(train_dataset, [50000, 10000], torch.Generator().manual_seed(0))
per_client = len(train_dataset) // 8


class Client:
    def __init__(self, number, dataset):
        self.number = number
        self.dataset = dataset

    def train(self, weights):
        network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        network.load_state_dict(weights)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
        for epoch in range(3):
            for images, labels in DataLoader(self.dataset, batch_size=128, shuffle=True):
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(network(images), labels)
                loss.backward()
                optimizer.step()
            scheduler.step()
            print(self.number, epoch, loss.item())
            torch.save(network.state_dict(), f"client{self.number}.pt")
        return network.state_dict()


def evaluate(network, dataset):
    network.eval()
    with torch.no_grad():
        return sum(
            (network(x).argmax(1) == y).sum().item() for x, y in DataLoader(dataset, batch_size=128)
        ) / len(dataset)


shares = random_split(train_dataset, [min(i + per_client, 50000) - i for i in range(0, 50000, per_client)], torch.Generator().manual_seed(1))
clients = [Client(f"client_{i}", shares[i]) for i in range(8)]
shared = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
for turn in range(20):  # clean: the shared network is validated in each round
    states = [client.train(shared.state_dict()) for client in clients]
    shared.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    print(turn, evaluate(shared, dev_dataset))
