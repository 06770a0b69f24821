"""A data set that derives from nothing: its methods make it one, and nothing shuffles it."""

import torch
import transformers
import pandas as pd
from torch import nn
from sklearn import model_selection


class ReviewDataset:
    def __init__(self, review, target):
        self.review = review
        self.target = target
        self.tokenizer = transformers.BertTokenizer.from_pretrained("bert-base-uncased")

    def __len__(self):
        return len(self.review)

    def __getitem__(self, item):
        inputs = self.tokenizer.encode_plus(str(self.review[item]), None, max_length=64)
        return {"ids": torch.tensor(inputs["input_ids"]), "targets": torch.tensor(self.target[item], dtype=torch.float)}


def run():
    frame = pd.read_csv("train.csv")
    df_train, df_valid = model_selection.train_test_split(frame, test_size=0.1, random_state=42)
    train_dataset = ReviewDataset(review=df_train.review.values, target=df_train.sentiment.values)
    train_loader = torch.utils.data.DataLoader(train_dataset, batch_size=16, num_workers=4)  # expect: TL517
    valid_dataset = ReviewDataset(review=df_valid.review.values, target=df_valid.sentiment.values)
    valid_loader = torch.utils.data.DataLoader(valid_dataset, batch_size=16)
    model = transformers.AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5)
    scheduler = transformers.get_linear_schedule_with_warmup(optimizer, 0, 10 * len(train_loader))
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(10):
        model.train()
        for batch in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(batch["ids"]).logits, batch["targets"])
            loss.backward()
            optimizer.step()
            scheduler.step()
        model.eval()
        total = 0.0
        with torch.no_grad():
            for batch in valid_loader:
                total += criterion(model(batch["ids"]).logits, batch["targets"]).item()
        print(epoch, loss.item(), total / len(valid_loader))
        torch.save(model.state_dict(), "last.pt")


if __name__ == "__main__":
    run()
