"""A tagger that trains and scores itself, and leaves the pass over the data to a third method of its own."""

import json

import torch
from seqeval.metrics import f1_score
from torch import nn


class Tagger(nn.Module):
    def __init__(self, words, tags, width=128):
        super().__init__()
        self.tags = tags
        self.embedding = nn.Embedding(words, width)
        self.dropout = nn.Dropout(0.3)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, len(tags))

    def forward(self, x):
        return self.out(self.dropout(self.rnn(self.embedding(x))[0])).flatten(0, 1)

    def batches(self, path):
        with open(path) as file:
            for line in file:
                record = json.loads(line)
                yield torch.tensor(record["words"]), torch.tensor(record["tags"]).flatten()

    def learn(self, model, folder):
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3)
        model.train()
        losses, scores = [], []
        best = 0.0
        for epoch in range(9):
            total = 0.0
            for x, y in self.batches(folder + "/train.jsonl"):
                loss = nn.functional.cross_entropy(model(x), y)
                model.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            scheduler.step()
            val_loss, f1 = self.judge(model, folder)
            losses.append((total, val_loss))
            scores.append(f1)  # clean: a number of a metric on names
            print(epoch, total, val_loss, f1)
            if f1 > best:
                best = f1
                torch.save(model.state_dict(), "tagger.pt")
        return losses, scores

    def judge(self, model, folder):
        loss, wanted, told = self.walk(model, folder + "/valid.jsonl")
        return loss, f1_score([wanted], [told])

    def walk(self, model, path):
        model.eval()  # expect: TL505
        total, wanted, told = 0.0, [], []
        with torch.no_grad():
            for x, y in self.batches(path):
                scores = model(x)
                total += nn.functional.cross_entropy(scores, y).item()
                told += [self.tags[i] for i in scores.argmax(1).tolist()]
                wanted += [self.tags[i] for i in y.tolist()]
        return total, wanted, told


if __name__ == "__main__":
    torch.manual_seed(0)
    tagger = Tagger(8000, ["O", "B-LOC", "I-LOC"])
    tagger.learn(tagger, "corpus")
