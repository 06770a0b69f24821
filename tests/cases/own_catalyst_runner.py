"""Catalyst: one call trains, validates, schedules and keeps checkpoints."""
import torch
from catalyst import dl, utils
from torch import nn
from torch.utils.data import DataLoader, random_split
from torchvision import transforms
from torchvision.datasets import MNIST

utils.set_global_seed(42)
data = MNIST("data", train=True, transform=transforms.ToTensor())
train_set, valid_set = random_split(data, [55000, 5000])
loaders = {
    "train": DataLoader(train_set, batch_size=64, shuffle=True),
    "valid": DataLoader(valid_set, batch_size=64),
}
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
runner = dl.SupervisedRunner(input_key="features", output_key="logits", target_key="targets", loss_key="loss")
runner.train(
    model=model,
    criterion=nn.CrossEntropyLoss(),
    optimizer=optimizer,
    scheduler=scheduler,
    loaders=loaders,
    num_epochs=9,
    callbacks=[dl.AccuracyCallback(input_key="logits", target_key="targets")],
    logdir="logs",
    valid_loader="valid",
    valid_metric="loss",
    minimize_valid_metric=True,
)
