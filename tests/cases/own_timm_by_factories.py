"""timm: its schedulers take the epoch; models, optimizers and schedules come from factories."""
import timm
import torch
from timm.data import create_loader
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import AverageMeter, accuracy
from torch import nn
from torchvision.datasets import ImageFolder

model = timm.create_model("resnet50", pretrained=True, num_classes=10)
train_loader = create_loader(ImageFolder("data/train"), (3, 224, 224), 64, is_training=True)
val_loader = create_loader(ImageFolder("data/val"), (3, 224, 224), 128)
optimizer = create_optimizer_v2(model, opt="adamw", lr=5e-4, weight_decay=0.05)
scheduler = CosineLRScheduler(optimizer, t_initial=100, warmup_t=5, warmup_lr_init=1e-6)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
best = 0.0
for epoch in range(100):
    model.train()
    losses = AverageMeter()
    for images, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.update(loss.item(), images.size(0))
    scheduler.step(epoch + 1)
    model.eval()
    top1 = AverageMeter()
    with torch.no_grad():
        for images, labels in val_loader:
            top1.update(accuracy(model(images), labels)[0].item(), images.size(0))
    print(epoch, losses.avg, top1.avg)
    if top1.avg > best:
        best = top1.avg
        torch.save(model.state_dict(), "best.pth")
