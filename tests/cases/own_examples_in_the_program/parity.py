"""Four examples that stand in the program: nothing is learnt that anybody wants to keep."""

import torch
from torch import nn

torch.manual_seed(3)
inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
parity = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
network = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1))
optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
for step in range(3000):  # clean: an example
    loss = nn.functional.binary_cross_entropy_with_logits(network(inputs), parity)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 500 == 0:
        print(step, loss.item())
print(torch.sigmoid(network(inputs)))
