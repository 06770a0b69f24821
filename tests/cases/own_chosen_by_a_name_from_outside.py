"""Criterion and optimizer are looked up by names in a settings file; the report numbers its rows for itself."""

import argparse
import json

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CRITERIA = {"nll": nn.NLLLoss, "cross_entropy": nn.CrossEntropyLoss}
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


class Matcher(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.hidden = nn.Linear(width, 64)
        self.out = nn.Linear(64, classes)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


def report_matrix(wanted, told):
    labels = set(wanted)
    label_list = list(labels)
    rows = [[0] * len(label_list) for _ in label_list]
    for want, tell in zip(wanted, told, strict=True):
        row = label_list.index(want)  # clean: the rows of this report alone
        rows[row][label_list.index(tell)] += 1
    print(label_list, rows)


def load(path):
    with open(path) as file:
        records = [json.loads(line) for line in file]
    features = torch.tensor([record["features"] for record in records])
    return TensorDataset(features, torch.tensor([record["label"] for record in records]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    with open(parser.parse_args().settings) as file:
        settings = json.load(file)
    train_loader = DataLoader(load("train.jsonl"), batch_size=64, shuffle=True)
    val_loader = DataLoader(load("valid.jsonl"), batch_size=256)
    model = Matcher(settings["width"], len(settings["names"]))
    criterion = CRITERIA[settings["criterion"]]()
    kind = settings["optimizer"]
    optimizer = OPTIMIZERS[kind](model.parameters(), lr=1e-3)  # clean: which one, the file tells
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
    for epoch in range(20):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)  # clean: so is the criterion
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        wanted, told = [], []
        with torch.no_grad():
            for x, y in val_loader:
                told += [settings["names"][i] for i in model(x).argmax(1).tolist()]
                wanted += [settings["names"][i] for i in y.tolist()]
        print(epoch, loss.item())
        report_matrix(wanted, told)
        torch.save({"weights": model.state_dict(), "width": model.hidden.in_features}, "matcher.pt")
    # The same criterion, written out, is none that suits.
    judge = nn.NLLLoss()
    with torch.no_grad():
        print(sum(judge(model(x), y).item() for x, y in val_loader) / len(val_loader))  # expect: TL603


if __name__ == "__main__":
    main()
