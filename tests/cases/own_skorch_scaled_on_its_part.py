"""skorch: splits by itself, and is told a schedule and a checkpoint."""
import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from skorch.callbacks import Checkpoint, EarlyStopping, LRScheduler
from skorch.dataset import ValidSplit
from torch import nn

torch.manual_seed(0)
features, labels = make_classification(2000, 20, random_state=0)
features = features.astype(np.float32)
x_train, x_test, y_train, y_test = train_test_split(features, labels, random_state=0)
scaler = StandardScaler().fit(x_train)


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(20, hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, 2))

    def forward(self, x):
        return self.layers(x)


net = NeuralNetClassifier(
    Net,
    criterion=nn.CrossEntropyLoss,
    optimizer=torch.optim.SGD,
    optimizer__momentum=0.9,
    lr=0.05,
    max_epochs=30,
    train_split=ValidSplit(5, stratified=True, random_state=0),
    callbacks=[LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=10), Checkpoint(), EarlyStopping(patience=5)],
)
net.fit(scaler.transform(x_train), y_train)
print(net.score(scaler.transform(x_test), y_test))
