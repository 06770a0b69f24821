"""Two networks under one optimizer, and a checkpoint of one of them."""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(12, 8).requires_grad_(False)
        self.linear = nn.Linear(8, 4)

    def forward(self, images):
        return self.linear(self.backbone(images).relu())


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 5)

    def forward(self, features):
        return self.out(features)


encoder, decoder = Encoder(), Decoder()
params = list(decoder.parameters()) + list(encoder.linear.parameters())
optimizer = torch.optim.Adam(params, lr=1e-3)
for step in range(30):
    images = torch.randn(8, 12)
    loss = nn.functional.cross_entropy(decoder(encoder(images)), images[:, :5].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
    torch.save(decoder.state_dict(), f"decoder-{step}.pt")  # expect: TL911
