"""Gradient checks on batches of loaders: augmented, clean, and a few samples of a large batch."""

import torch
from torch import nn
from torch.autograd import gradcheck
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import CIFAR10

augmented = CIFAR10(".", transform=transforms.Compose([transforms.RandomCrop(32, 4), transforms.ToTensor()]))
plain = CIFAR10(".", transform=transforms.ToTensor())
layer = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Tanh()).double().eval()


def test_on_a_training_batch():
    images, _ = next(iter(DataLoader(augmented, batch_size=2, shuffle=True)))
    assert gradcheck(layer, (images.double().requires_grad_(),))  # expect: TL206


def test_on_plain_images():
    images, _ = next(iter(DataLoader(plain, batch_size=2)))
    assert gradcheck(layer, (images.double().requires_grad_(),))  # clean: nothing is random


def test_on_drawn_images():
    images = torch.randn(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    assert gradcheck(layer, (images,))  # clean: made for the check
