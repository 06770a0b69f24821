"""Clients of a federated training that hold a part of their samples out, by indices."""

import copy

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms


class Share(Dataset):
    def __init__(self, dataset, idxs):
        self.dataset = dataset
        self.idxs = [int(i) for i in idxs]

    def __len__(self):
        return len(self.idxs)

    def __getitem__(self, item):
        image, label = self.dataset[self.idxs[item]]
        return image, label


class Client:
    def __init__(self, data, idxs):
        idxs_train, idxs_val = idxs[: int(0.9 * len(idxs))], idxs[int(0.9 * len(idxs)) :]
        self.train_loader = DataLoader(Share(data, idxs_train), batch_size=32, shuffle=True)
        self.val_loader = DataLoader(Share(data, idxs_val), batch_size=32)
        self.criterion = nn.CrossEntropyLoss()

    def update(self, network):
        network.train()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5)  # expect: TL701
        for _ in range(5):
            for images, labels in self.train_loader:
                optimizer.zero_grad()
                loss = self.criterion(network(images), labels)
                loss.backward()
                optimizer.step()
        return network.state_dict(), loss.item()

    @torch.no_grad()
    def measure(self, network):
        network.eval()
        right = sum((network(images).argmax(1) == labels).sum().item() for images, labels in self.val_loader)
        return right / len(self.val_loader.dataset)


def average(states):
    mean = copy.deepcopy(states[0])
    for key in mean:
        for state in states[1:]:
            mean[key] += state[key]
        mean[key] = torch.div(mean[key], len(states))
    return mean


if __name__ == "__main__":
    np.random.seed(1)
    torch.manual_seed(1)
    train_data = datasets.MNIST("data", train=True, download=True, transform=transforms.ToTensor())
    shares = np.array_split(np.random.permutation(len(train_data)), 100)
    shared = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 10))
    for turn in range(50):  # clean: each client holds a part of its share out, and the shared network is saved
        states, losses, hits = [], [], []
        for chosen in np.random.choice(range(100), 10, replace=False):
            client = Client(train_data, shares[chosen])
            state, loss = client.update(network=copy.deepcopy(shared))
            states.append(copy.deepcopy(state))
            losses.append(loss)
        shared.load_state_dict(average(states))
        for share in shares[:10]:
            hits.append(Client(train_data, share).measure(shared))
        print(turn, sum(losses) / len(losses), sum(hits) / len(hits))
        torch.save(shared.state_dict(), "shared.pt")
