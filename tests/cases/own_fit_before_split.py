import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
table = np.load("sensors.npz")
X, names = table["x"], table["machine"]

y = LabelEncoder().fit_transform(names)  # clean: class labels are numbered alike whatever part is seen
picture = PCA(2).fit_transform(X)  # clean: for a plot, training never goes through it
np.savetxt("picture.csv", picture)

imputer = SimpleImputer()
imputer.fit(X)  # expect: TL106
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=0)
X_train, X_val = imputer.transform(X_train), imputer.transform(X_val)

scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)  # clean: the training part alone
X_val = scaler.transform(X_val)

load = np.load("load.npy").reshape(-1, 1)
ranges = MinMaxScaler()
load = ranges.fit_transform(load)  # expect: TL106
n = int(0.8 * len(load))
train_load, test_load = load[:n], load[n:]

wind = np.load("wind.npy").reshape(-1, 1)
early = MinMaxScaler().fit(wind[:n])  # clean: the first part alone
wind = early.transform(wind)
train_wind, test_wind = wind[:n], wind[n:]


def as_set(x, y):
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))


train_loader = DataLoader(as_set(X_train, y_train), batch_size=32, shuffle=True)
val_loader = DataLoader(as_set(X_val, y_val), batch_size=64)
model = nn.Linear(12, 4)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
for epoch in range(3):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        correct = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in val_loader)
    print(epoch, loss.item(), correct / len(val_loader.dataset))
    torch.save(model.state_dict(), "last.pt")
