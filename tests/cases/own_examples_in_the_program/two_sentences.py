"""Two sentences with the kinds of their words, to show what a tagger takes."""

import torch
from torch import nn

examples = [
    ("the old cat sleeps".split(), ["D", "A", "N", "V"]),
    ("a dog barks".split(), ["D", "N", "V"]),
]
words = {}
for sentence, _ in examples:
    for word in sentence:
        words.setdefault(word, len(words))
kinds = {"D": 0, "A": 1, "N": 2, "V": 3}
tagger = nn.Sequential(nn.Embedding(len(words), 8), nn.Linear(8, len(kinds)))
optimizer = torch.optim.SGD(tagger.parameters(), lr=0.1)
for epoch in range(200):  # clean: an example
    for sentence, tags in examples:
        loss = nn.functional.cross_entropy(
            tagger(torch.tensor([words[word] for word in sentence])), torch.tensor([kinds[tag] for tag in tags])
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
