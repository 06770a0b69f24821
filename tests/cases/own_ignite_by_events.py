"""Ignite: the trainer's step is written by hand, evaluation and checkpoints hang on its events."""
import torch
from ignite.engine import Engine, Events, create_supervised_evaluator
from ignite.handlers import Checkpoint, DiskSaver, EarlyStopping, LRScheduler
from ignite.metrics import Accuracy, Loss
from ignite.utils import manual_seed
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import FashionMNIST


def main():
    manual_seed(17)
    to_tensor = transforms.ToTensor()
    train_set = FashionMNIST("data", train=True, transform=to_tensor)
    train_set, val_set = torch.utils.data.random_split(train_set, [50000, 10000])
    train_loader = DataLoader(train_set, batch_size=128, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=512)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    def train_step(engine, batch):
        model.train()
        images, labels = batch
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer = Engine(train_step)
    evaluator = create_supervised_evaluator(model, metrics={"accuracy": Accuracy(), "loss": Loss(criterion)})
    trainer.add_event_handler(Events.EPOCH_COMPLETED, LRScheduler(StepLR(optimizer, 5)))

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.run(val_loader)
        print(engine.state.epoch, engine.state.output, evaluator.state.metrics)

    def score(engine):
        return engine.state.metrics["accuracy"]

    keeper = Checkpoint({"model": model}, DiskSaver("runs"), n_saved=1, score_function=score)
    evaluator.add_event_handler(Events.COMPLETED, keeper)
    evaluator.add_event_handler(Events.COMPLETED, EarlyStopping(5, score, trainer))
    trainer.run(train_loader, max_epochs=20)


if __name__ == "__main__":
    main()
