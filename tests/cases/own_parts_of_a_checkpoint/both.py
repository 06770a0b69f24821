"""Each network goes into a file of its own; the criterion has weights that serve the training alone."""

import torch
from torch import nn


class CenterLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.centers = nn.Parameter(torch.zeros(3, 4))

    def forward(self, features, labels):
        return (features - self.centers[labels]).square().mean()


embedder, classifier, center_loss = nn.Linear(6, 4), nn.Linear(4, 3), CenterLoss()
optimizer = torch.optim.AdamW(
    [
        {"params": embedder.parameters()},
        {"params": classifier.parameters(), "lr": 1e-3},
        {"params": center_loss.parameters()},
    ],
    lr=1e-3,
)
for step in range(30):
    x = torch.randn(8, 6)
    labels = x[:, :3].argmax(1)
    features = embedder(x)
    loss = nn.functional.cross_entropy(classifier(features), labels) + center_loss(features, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
    torch.save(embedder.state_dict(), "embedder.pt")  # clean: the classifier has a file of its own
    torch.save(classifier.state_dict(), "classifier.pt")
