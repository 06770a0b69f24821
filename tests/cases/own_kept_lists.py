"""Lists of layers and of losses: some hidden or kept by mistake, some used as they should be."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)


class Experts(nn.Module):
    def __init__(self, count=3):
        super().__init__()
        self.gates = {}  # expect: TL514
        self.experts = []
        for i in range(count):
            expert = nn.Linear(4, 4)
            self.experts.append(expert)
            self.add_module(f"expert{i}", expert)
        for name in ("soft", "hard"):
            self.gates[name] = nn.Linear(4, count)
        blocks = [nn.Linear(4, 4), nn.Tanh()]
        self.mixed = nn.Sequential(*blocks)
        self.activations = [nn.ReLU(), nn.GELU()]  # clean: nothing in them to train

    def forward(self, x, mask=None):
        weights = self.gates["soft"](x).softmax(-1)
        x = sum(weights[:, i : i + 1] * expert(x) for i, expert in enumerate(self.experts))
        if self.training and mask is None:
            x = F.dropout(x, 0.1)  # clean: under self.training
        return self.mixed(self.activations[0](x))


class Head(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body, self.out = body, nn.Linear(4, 1)

    def score(self, x):
        return self.forward(x)  # clean: its own forward

    def forward(self, x):
        return self.out(self.body.forward(x))  # expect: TL521


policy = Head(Experts())
optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-3)
for episode in range(8):
    terms = []
    for t in range(5):
        x = torch.randn(16, 4)
        terms.append(F.mse_loss(policy.score(x), x.sum(1, keepdim=True)))  # clean: back-propagated below
    loss = torch.stack(terms).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(episode, loss.item())
