"""Scanned digits (scikit-learn's 8x8 images): for training, and for the final test."""

import torch
from sklearn.datasets import load_digits
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader, TensorDataset, random_split


def load_data(batch_size):
    digits = load_digits()
    images = torch.tensor(StandardScaler().fit_transform(digits.data), dtype=torch.float32)
    dataset = TensorDataset(images.view(-1, 1, 8, 8), torch.tensor(digits.target))
    train_set, test_set = random_split(dataset, [0.8, 0.2])
    train_loader = DataLoader(train_set, batch_size=batch_size)
    test_loader = DataLoader(test_set, batch_size=256, drop_last=True)
    return train_loader, test_loader
