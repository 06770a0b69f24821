"""The data of the stations, made as the module is imported."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

ozone = np.loadtxt("stations.csv", delimiter=",")
count = int(0.8 * len(ozone))
known, test = ozone[:count], ozone[count:]
known = (known - known.mean(0)) / known.std(0)
test = (test - test.mean(0)) / test.std(0)  # expect: TL111

samples = TensorDataset(torch.tensor(known[:, 1:]).float(), torch.tensor(known[:, :1]).float())
train_set, val_set = random_split(samples, [0.9, 0.1])  # expect: TL109
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=32)
test_tensor = torch.tensor(test).float()
