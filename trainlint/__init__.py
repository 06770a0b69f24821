"""trainlint reads PyTorch training code, works out what the training loop does, and says what is wrong with it."""

__version__ = "0.1.0"
