"""What has learnt from all data before it is split."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_fits import fits_before_split


class FitBeforeSplit(Rule):
    """A scaler, imputer or the like is fitted on all data, which is split afterwards.

    ## What it finds

    `fit`, `fit_transform` or `fit_resample` of what learns from data (scalers, imputers, PCA, feature selection,
    vectorizers, oversampling) on data that is later split into training and held-out parts, where the fit is applied;
    and a normalisation that is written out, `(x - x.mean(0)) / x.std(0)`.

    ## Why it hurts

    The held-out part has taken part in the fit: the validation error is measured on data that the preparation has seen,
    and comes out too good. scikit-learn's "Common pitfalls and recommended practices" names it data leakage: "the test
    data should never be used to make choices about the model", so split first and fit on the training part.

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
    X = StandardScaler().fit_transform(X)  # expect: TL106
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)


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
    scaler = StandardScaler().fit(X_train)
    X_train, X_val = scaler.transform(X_train), scaler.transform(X_val)


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

    For encoders of class labels, from whose fit nothing is learnt about the held-out samples; for what was fitted on a
    part already; for a fit that the training never goes through (a plot, say); where the fit is off by default. Tests
    are left alone.

    ## Remedy

    Split first, `fit` on the training part, and `transform` every part by it. Save the fitted scaler with the model.
    """

    code = "TL106"
    name = "fit-before-split"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.programs:
            if not run.trainings:
                continue
            for fit, split in fits_before_split(run):
                done = (
                    "normalised by its own statistics, and"
                    if fit.what == "statistics"
                    else "fitted on all data, which is"
                )
                yield self.finding(
                    fit.place,
                    f"`{fit.name}` is {done} split afterwards: the held-out part has taken part in "
                    "the fit. Split first and fit on the training part.",
                    related=[(split.place, "the data is split here")],
                )
