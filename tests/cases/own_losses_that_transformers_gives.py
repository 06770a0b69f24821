"""The loss that a Transformers network computes itself is a mean over its batch: two ways to average it, one wrong."""

import torch
from torch.utils.data import DataLoader
from transformers import T5ForConditionalGeneration, get_linear_schedule_with_warmup


def train_epoch(model, loader, optimizer, schedule):
    model.train()
    seen = torch.zeros(2)
    for batch in loader:
        output = model(input_ids=batch["source_ids"], labels=batch["target_ids"])
        loss = output["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        seen[0] += loss.item() * len(batch["source_ids"])
        seen[1] += len(batch["source_ids"])
    return seen[0] / seen[1]


@torch.no_grad()
def validate(model, loader):
    model.eval()
    seen = torch.zeros(2)
    for batch in loader:
        output = model(input_ids=batch["source_ids"], labels=batch["target_ids"])
        seen[0] += output.loss.item()
        seen[1] += len(batch["source_ids"])
    return seen[0] / seen[1]  # expect: TL518


torch.manual_seed(0)
train_loader = DataLoader(torch.load("train.pt"), batch_size=8, shuffle=True)
val_loader = DataLoader(torch.load("val.pt"), batch_size=16)
model = T5ForConditionalGeneration.from_pretrained("t5-base")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
schedule = get_linear_schedule_with_warmup(optimizer, 100, 3 * len(train_loader))
for epoch in range(3):
    print(epoch, train_epoch(model, train_loader, optimizer, schedule), validate(model, val_loader))
    model.save_pretrained(f"summaries_{epoch}")
