"""DeepSpeed: the engine scales, accumulates, steps and schedules."""
import argparse

import deepspeed
import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data.distributed import DistributedSampler
from torchvision import transforms
from torchvision.datasets import CIFAR10

parser = argparse.ArgumentParser()
parser.add_argument("--local_rank", type=int, default=-1)
parser.add_argument("--epochs", type=int, default=10)
parser = deepspeed.add_config_arguments(parser)
args = parser.parse_args()
deepspeed.init_distributed()
torch.manual_seed(0)
data = CIFAR10("data", train=True, transform=transforms.ToTensor())
train_set, val_set = torch.utils.data.random_split(data, [45000, 5000])
model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
engine, optimizer, train_loader, scheduler = deepspeed.initialize(
    args=args, model=model, model_parameters=model.parameters(), training_data=train_set
)
val_loader = DataLoader(val_set, batch_size=256, sampler=DistributedSampler(val_set, shuffle=False))
for epoch in range(args.epochs):
    engine.train()
    for images, labels in train_loader:
        loss = nn.functional.cross_entropy(engine(images), labels)
        engine.backward(loss)
        engine.step()
    engine.eval()
    total = 0.0
    with torch.no_grad():
        for images, labels in val_loader:
            total += nn.functional.cross_entropy(engine(images), labels).item()
    print(epoch, loss.item(), total / len(val_loader))
    engine.save_checkpoint("checkpoints", tag=f"epoch{epoch}")
