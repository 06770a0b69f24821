"""A criterion from elsewhere gives its loss, and beside it the scores of each tissue, which may well be plain numbers."""

import torch


def train_epoch(model, loader, optimizer, criterion):
    model.train()
    running, white, grey = 0.0, 0.0, 0.0
    for scan, tissue in loader:
        optimizer.zero_grad()
        loss, per_tissue = criterion(model(scan), tissue)
        loss.backward()
        optimizer.step()
        running += loss  # expect: TL507
        white += per_tissue[0]  # clean: what else a criterion gives need have no graph
        grey += per_tissue[1]
    print(running / len(loader), white / len(loader), grey / len(loader))
    torch.save(model.state_dict(), "tissues.pt")
