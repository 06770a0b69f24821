"""Metrics of batches, folds, classes and whole sets."""

import numpy as np
import torch
from sklearn.metrics import average_precision_score, f1_score, r2_score, roc_auc_score
from sklearn.model_selection import KFold
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset


class AverageMeter:
    def __init__(self):
        self.sum, self.count, self.avg = 0.0, 0, 0.0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n
        self.avg = self.sum / self.count


def samples(count, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, generator=generator)
    return TensorDataset(x, (x[:, :3] > 0).long())


def recall_at_k(scores, labels, k=2):
    top = scores.topk(k, dim=1).indices
    return (labels.gather(1, top).sum(1) / labels.sum(1).clamp(min=1)).mean().item()


def validate(model, loader):
    model.eval()
    f1_meter, recalls = AverageMeter(), []
    all_scores, all_labels = [], []
    with torch.no_grad():
        for x, y in loader:
            scores = model(x)
            f1_meter.update(f1_score(y, scores > 0, average="macro", zero_division=0), len(y))  # expect: TL532
            recalls.append(recall_at_k(scores, y))
            all_scores.append(scores)
            all_labels.append(y)
    scores, labels = torch.cat(all_scores), torch.cat(all_labels)
    by_class = [average_precision_score(labels[:, c], scores[:, c]) for c in range(labels.size(1))]
    print(f"F1 {f1_meter.avg:.3f} recall@2 {np.mean(recalls):.3f}")  # clean: each sample has its own recall
    return np.mean(by_class), roc_auc_score(labels, scores)  # clean: a mean over classes, and all samples at once


torch.manual_seed(0)
whole = samples(256, 0)
held = DataLoader(samples(64, 1), batch_size=16)
model, criterion = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3)), nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
for epoch in range(4):
    model.train()
    shown, batches = 0.0, 0
    for x, y in DataLoader(whole, batch_size=32, shuffle=True):
        scores = model(x)
        loss = criterion(scores, y.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shown += f1_score(y, scores > 0, average="macro", zero_division=0)
        batches += 1
    scheduler.step()
    print(epoch, loss.item(), shown / batches, validate(model, held))  # clean: a sign of life of the training
    torch.save(model.state_dict(), "last.pt")

val_loader = DataLoader(samples(64, 2), batch_size=16)
total = 0.0
with torch.no_grad():
    for x, y in val_loader:
        total += r2_score(y, torch.sigmoid(model(x)))
print("R2", total / len(val_loader))  # expect: TL532

of_folds = []
for _, test_index in KFold(4).split(np.zeros(len(whole))):
    x, y = next(iter(DataLoader(Subset(whole, test_index.tolist()), batch_size=64)))
    with torch.no_grad():
        of_folds.append(f1_score(y, model(x) > 0, average="macro"))
print("folds", np.mean(of_folds))  # clean: a mean over folds
