"""Softmaxes over tokens, experts and classes: which axis is right depends on what stands on it."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class Pooled(nn.Module):
    """Attention over the tokens of a sequence (tokens first), then ten classes."""

    def __init__(self):
        super().__init__()
        self.score = nn.Linear(16, 1)
        self.classes = nn.Linear(16, 10)
        self.unused = nn.Softmax()  # clean: never applied

    def forward(self, tokens):
        weights = F.softmax(self.score(tokens), dim=0)  # clean: tokens stand on axis 0
        return self.classes((weights * tokens).sum(0))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList([nn.Linear(16, 10) for _ in range(3)])
        self.gate = nn.Linear(16, 3)
        self.normalise = nn.Softmax()  # expect: TL604

    def forward(self, x):
        return sum(g[:, None] * e(x) for g, e in zip(self.normalise(self.gate(x)).T, self.experts))


torch.manual_seed(0)
loader = DataLoader(TensorDataset(torch.randn(64, 7, 16), torch.randint(0, 10, (64,))), batch_size=16)
pooled, gated = Pooled().eval(), Gated().eval()
blend = nn.Parameter(torch.zeros(2))
with torch.no_grad():
    for tokens, labels in loader:
        scores = pooled(tokens.transpose(0, 1))
        print(F.nll_loss(F.log_softmax(scores.t(), dim=0).t(), labels).item())  # clean: transposed there and back
        print(F.nll_loss(F.log_softmax(scores, dim=0), labels).item())  # expect: TL604
        one = F.softmax(scores[0], dim=0)  # clean: a single sample
        print(one.argmax().item(), F.softmax(blend, dim=0).tolist())
        print((F.softmax(gated(tokens[:, 0])).argmax(1) == labels).float().mean().item())  # expect: TL604
