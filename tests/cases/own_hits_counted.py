"""Hits that are counted one by one, or returned as ones and noughts, decide which weights are kept: on which data?"""

import numpy as np
import torch
from torch import nn


class Ranker(nn.Module):
    def __init__(self, users, items, width=32):
        super().__init__()
        self.users, self.items = nn.Embedding(users, width), nn.Embedding(items, width)

    def forward(self, user, item):
        return (self.users(user) * self.items(item)).sum(-1)


def hit(wanted, ranked):
    if wanted in ranked:
        return 1
    return 0


def hit_rate(model, loader, k=10):
    hits = []
    with torch.no_grad():
        for user, item, _ in loader:
            best = torch.topk(model(user, item), k).indices
            hits.append(hit(item[0].item(), torch.take(item, best).tolist()))
    return np.mean(hits)


def right_answers(model, loader):
    right, total = 0, 0
    with torch.no_grad():
        for user, item, clicked in loader:
            guess = model(user, item) > 0
            for i in range(len(clicked)):
                if guess[i] == clicked[i]:
                    right += 1
                total += 1
    return right / total


def is_better(score, best):
    if score > best:
        return True
    return False


def one_epoch(model, optimizer, scheduler, loader):
    for user, item, clicked in loader:
        loss = nn.functional.binary_cross_entropy_with_logits(model(user, item), clicked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print("loss", loss.item())


def prepare(users, items):
    model = Ranker(users, items)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=5)


def keep_by_test_hits(train_loader, test_loader, users, items):
    model, optimizer, scheduler = prepare(users, items)
    best = 0
    for epoch in range(20):
        one_epoch(model, optimizer, scheduler, train_loader)
        rate = hit_rate(model, test_loader)
        print(epoch, rate)
        if rate > best:  # expect: TL101
            best = rate
            torch.save(model.state_dict(), "ranker.pt")


def keep_by_test_answers(train_loader, test_loader, users, items):
    model, optimizer, scheduler = prepare(users, items)
    best = 0
    for epoch in range(20):
        one_epoch(model, optimizer, scheduler, train_loader)
        share = right_answers(model, test_loader)
        print(epoch, share)
        if is_better(share, best):  # expect: TL101
            best = share
            torch.save(model.state_dict(), "ranker.pt")


def keep_by_validation(train_loader, val_loader, users, items):
    model, optimizer, scheduler = prepare(users, items)
    best = 0
    for epoch in range(20):
        one_epoch(model, optimizer, scheduler, train_loader)
        rate, share = hit_rate(model, val_loader), right_answers(model, val_loader)
        print(epoch, rate, share)
        if rate > best:
            best = rate
            torch.save(model.state_dict(), "ranker.pt")
