"""Ignite: a supervised trainer that is made by the library, and evaluated on the test data each epoch."""
import torch
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import ModelCheckpoint
from ignite.metrics import Accuracy
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

to_tensor = transforms.ToTensor()
train_loader = DataLoader(MNIST("data", train=True, transform=to_tensor), batch_size=128, shuffle=True)
test_loader = DataLoader(MNIST("data", train=False, transform=to_tensor), batch_size=512)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)  # expect: TL701
trainer = create_supervised_trainer(model, optimizer, nn.CrossEntropyLoss())
evaluator = create_supervised_evaluator(model, metrics={"accuracy": Accuracy()})


@trainer.on(Events.EPOCH_COMPLETED)
def log_results(engine):  # expect: TL102
    evaluator.run(test_loader)
    print(engine.state.epoch, evaluator.state.metrics["accuracy"], engine.state.output)


checkpoint = ModelCheckpoint("runs", "mnist", n_saved=2)
trainer.add_event_handler(Events.EPOCH_COMPLETED, checkpoint, {"model": model})
trainer.run(train_loader, max_epochs=10)
