"""Emotion recognition with two heads: one sigmoid is right, the other is not."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


class EmotionNet(nn.Module):
    def __init__(self, features=24, emotions=5):
        super().__init__()
        self.attention = nn.Linear(features, features)
        self.emotion = nn.Linear(features, emotions)
        self.aroused = nn.Sequential(nn.Linear(features, 1), nn.Sigmoid())
        self.spoken = nn.Sequential(nn.Linear(features, 1), nn.Flatten(0), nn.Sigmoid())

    def forward(self, x):
        weights = F.softmax(self.attention(x), dim=1)
        x = x * weights
        return self.emotion(x), self.aroused(x).squeeze(1), self.spoken(x)


def clips(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 24, generator=generator)
    return TensorDataset(x, x[:, :5].argmax(1), (x[:, 5] > 0).float(), (x[:, 6] > 0).float())


def losses(model, batch):
    x, emotion, aroused, spoken = batch
    scores, arousal, speech = model(x)
    total = F.cross_entropy(scores, emotion)  # clean: softmax only weighs the input, the scores are a linear layer's
    total = total + F.binary_cross_entropy(arousal, aroused)  # clean: the head ends in a sigmoid
    total = total + F.binary_cross_entropy_with_logits(speech, spoken)  # expect: TL602
    return total, F.softmax(scores, dim=1)


def main(epochs=3):
    torch.manual_seed(4)
    train_loader = DataLoader(clips(160, 0), batch_size=16, shuffle=True)
    val_loader = DataLoader(clips(40, 1), batch_size=40)
    model = EmotionNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    for epoch in range(epochs):
        model.train()
        for batch in train_loader:
            loss, _ = losses(model, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            sure = torch.cat([losses(model, batch)[1] for batch in val_loader]).amax(1).mean()
        print(epoch, loss.item(), "mean confidence", sure.item())
        torch.save(model.state_dict(), "emotions.pt")


if __name__ == "__main__":
    main()
