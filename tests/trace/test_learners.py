"""What learns from data before the training, and what that tells of the data."""

from __future__ import annotations

from tracing import walk

from trainlint.trace.events import Fitted

SPLIT_BY_UNKNOWN_CODE = """
import torch
from torch import nn
from torchtext.legacy import data, datasets

text = data.Field(lower=True)
train, dev, test = datasets.SNLI.splits(text, data.Field(sequential=False))
text.build_vocab(train, dev, test)
train_iter, dev_iter, test_iter = data.BucketIterator.splits((train, dev, test), batch_size=128)
model = nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(20):
    for batch in train_iter:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(batch.premise), batch.label).backward()
        optimizer.step()
    with torch.no_grad():
        for batch in dev_iter:
            print(nn.functional.cross_entropy(model(batch.premise), batch.label).item())
"""


def test_a_vocabulary_over_all_parts_leaves_them_apart() -> None:
    assert walk(SPLIT_BY_UNKNOWN_CODE).splits == ["validation"]


def test_a_scaler_is_fitted_where_it_is_told_to() -> None:
    found = walk(
        """
        import torch
        from sklearn.preprocessing import StandardScaler
        from helpers import load

        train_x, test_x = load()
        scaler = StandardScaler()
        train_x = scaler.fit_transform(train_x)
        test_x = scaler.transform(test_x)
        """
    )
    assert found.lines(Fitted) == ["train_x = scaler.fit_transform(train_x)"]
