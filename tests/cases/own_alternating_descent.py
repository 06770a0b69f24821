"""Between two updates in closed form, a single step of plain gradient descent: its optimizer has no past to keep."""

import torch
from torch import nn

torch.manual_seed(2)
mixing = torch.load("mixing.pt")
spectra = torch.load("spectra.pt")
amounts = nn.Linear(mixing.shape[1], spectra.shape[1], bias=False)


def step(sources, rate):
    optimizer = torch.optim.SGD(amounts.parameters(), lr=rate)
    loss = nn.functional.mse_loss(amounts(sources), spectra, reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


current, rate = mixing, 1e-4
for turn in range(60):  # expect: TL104
    reached = step(current, rate)
    residual = (spectra - amounts(current)).detach()
    current = (current + 0.1 * residual @ amounts.weight.detach()).clamp(min=0)
    rate *= 0.98
    print(turn, reached)
torch.save({"amounts": amounts.state_dict(), "sources": current}, "unmixed.pt")
