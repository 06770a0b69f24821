"""First values of weights: which of them wipe something out, and which are meant."""

import torch
from torch import nn
from torchvision.models import resnet18


def draw(module):
    classname = module.__class__.__name__
    if classname.find("Conv") != -1:
        module.weight.data.normal_(0.0, 0.02)
    elif classname.find("BatchNorm") != -1:
        module.weight.data.fill_(1.0)  # clean: the scale of a norm starts at one
        module.bias.data.zero_()


def flatten_out(module):
    if type(module) is nn.Conv2d:
        module.weight.data.zero_()  # expect: TL301


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = resnet18(pretrained=True)
        self.head = nn.Conv2d(512, 20, 1)
        self.apply(draw)  # expect: TL304

    def forward(self, x):
        return self.head(self.backbone(x))


class Refiner(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = resnet18(pretrained=True)
        self.head = nn.Sequential(nn.Conv2d(512, 64, 1), nn.ReLU(), nn.Conv2d(64, 20, 1))
        self.head.apply(draw)  # clean: the new head alone
        nn.init.zeros_(self.head[2].weight)  # clean: the last layer starts at zero on purpose

    def forward(self, x):
        return self.head(self.backbone(x))


def reset_each_fold(folds, fit):
    """Each fold starts anew, and reports by its best weights."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
    for fold in folds:
        network.apply(draw)  # clean: the load belongs to the fold before
        fit(network, fold)
        network.load_state_dict(torch.load("best.pt", weights_only=True))


class Edges(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 3))
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.constant_(m.weight, 0.01)  # expect: TL301

    def forward(self, x):
        return self.layers(x)


class ZeroHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.Flatten())
        self.head = nn.Linear(8 * 24 * 24, 10)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.zeros_(m.weight)  # clean: the last layer alone

    def forward(self, x):
        return self.head(self.layers(x))


if __name__ == "__main__":
    torch.manual_seed(0)
    print(Detector(), Refiner(), Edges(), ZeroHead())
    print(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 1, 3)).apply(flatten_out))
