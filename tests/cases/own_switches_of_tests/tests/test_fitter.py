"""A test looks at a few batches, and at the same ones for training and validation: what it trains is thrown away."""

import lightning as L
import torch
from torch.utils.data import DataLoader

from own_switches_of_tests.train import Curves, Fitter


def test_fits(tmp_path):
    torch.save((torch.randn(8, 16), torch.randn(8, 1)), tmp_path / "few.pt")
    few = Curves(tmp_path / "few.pt")
    train_loader = DataLoader(few, batch_size=4, shuffle=True)
    val_loader = DataLoader(few, batch_size=4)
    trainer = L.Trainer(max_epochs=1, fast_dev_run=2)
    trainer.fit(Fitter(), train_loader, val_loader)
    trainer.test(Fitter(), val_loader)
