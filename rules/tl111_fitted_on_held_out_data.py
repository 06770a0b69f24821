"""What learns from validation or test data."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_fits import fits_on_held_out_data


class FittedOnHeldOutData(Rule):
    """A scaler, imputer or the like is fitted on validation or test data.

    ## What it finds

    `fit` or `fit_transform` of what learns from data (scalers, imputers, PCA, feature selection, vectorizers) on
    validation or test data, where the same is fitted on the training data as well; and validation or test data that is
    normalised by its own mean and standard deviation.

    ## Why it hurts

    The network sees held-out data on another scale than it was trained on, and one that the held-out samples decide
    themselves: the measured error is not that of the model in use. scikit-learn's "Common pitfalls and recommended
    practices": "never call fit on the test data".

    ## Bad

    ```python
    import numpy as np
    import torch
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    X, y = rng.normal(5.0, 3.0, size=(256, 8)), rng.normal(size=(256, 1))
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_val = scaler.fit_transform(X_val)  # expect: TL111


    def as_set(x, y):
        return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))


    train_loader = DataLoader(as_set(X_train, y_train), batch_size=32, shuffle=True)
    val_loader = DataLoader(as_set(X_val, y_val), batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## Good

    ```python
    import numpy as np
    import torch
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    X, y = rng.normal(5.0, 3.0, size=(256, 8)), rng.normal(size=(256, 1))
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_val = scaler.transform(X_val)


    def as_set(x, y):
        return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))


    train_loader = DataLoader(as_set(X_train, y_train), batch_size=32, shuffle=True)
    val_loader = DataLoader(as_set(X_val, y_val), batch_size=64)

    model = nn.Linear(8, 1)
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2)
    for epoch in range(3):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = sum(criterion(model(x), y).item() for x, y in val_loader) / len(val_loader)
        print(epoch, loss.item(), val_loss)
        torch.save(model.state_dict(), "last.pt")
    ```

    ## When it keeps silent

    For encoders of class labels, for resampling, for samples that are scaled one by one in a loop, where the fit is
    off by default, where nothing of the kind is fitted on other data, and where the data's name doesn't tell what it
    is for. Tests are left alone.

    ## Remedy

    `fit_transform` the training part only, and `transform` the others by the same object.
    """

    code = "TL111"
    name = "fitted-on-held-out-data"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if not run.trainings:
                continue
            for fit, held_out in fits_on_held_out_data(run):
                done = "normalised by its own statistics" if fit.what == "statistics" else f"fitted on {held_out} data"
                yield self.finding(
                    fit.place,
                    f"`{fit.name}` is {done}: what the held-out samples look like decides how they are "
                    "prepared. Fit on the training part, and only transform this one.",
                )
