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

y = LabelEncoder().fit_transform(names)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.2, random_state=0)

imputer = SimpleImputer()
X_train = imputer.fit_transform(X_train)
X_val = imputer.transform(X_val)  # clean: only transformed

X_train = StandardScaler().fit_transform(X_train)
X_val = StandardScaler().fit_transform(X_val)  # expect: TL111

curves_train, curves_val = np.load("curves_train.npy"), np.load("curves_val.npy")
curves_train = np.stack([MinMaxScaler().fit_transform(curve) for curve in curves_train])
curves_val = np.stack([MinMaxScaler().fit_transform(curve) for curve in curves_val])  # clean: each curve by itself

picture_train = PCA(2).fit_transform(X_train)
picture_val = PCA(2).fit_transform(X_val)  # clean: pictures of the two parts
np.savez("pictures.npz", train=picture_train, val=picture_val)


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
