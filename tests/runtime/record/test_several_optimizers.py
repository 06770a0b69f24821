"""Runs in which more than one optimizer steps: each network has its monitor, and losses are judged where they are its own."""

from __future__ import annotations

import pytest
from running import Ran, Runner

GAN = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Generator(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))


class Discriminator(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))


torch.manual_seed(0)
points = torch.randn(512, 2) * torch.tensor([1.0, 0.3]) + 2.0
loader = DataLoader(TensorDataset(points), batch_size=32, shuffle=True)
generator, discriminator = Generator(), Discriminator()
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=RATE, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()

for epoch in range(8):
    for (real,) in loader:
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = generator(torch.randn(len(real), 4))
        optimizer_d.zero_grad()
        loss_d = criterion(discriminator(torch.cat([real, fake.detach()])), torch.cat([ones, zeros]))
        loss_d.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()
    torch.save([generator.state_dict(), discriminator.state_dict()], "gan.pt")
"""

SHARED_LOSS = """\
import torch
from torch import nn

torch.manual_seed(0)
encoder, decoder = nn.Sequential(nn.Linear(8, 16), nn.ReLU()), nn.Sequential(nn.Linear(16, 8), nn.Identity())
optimizers = [torch.optim.Adam(part.parameters(), lr=1e-3) for part in (encoder, decoder)]
for step in range(150):
    x = torch.randn(32, 8)
    loss = nn.functional.mse_loss(decoder(encoder(x)), x)
    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
torch.save([encoder.state_dict(), decoder.state_dict()], "both.pt")
"""

PARTS_OF_ONE = """\
import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
body = torch.optim.SGD(model[0].parameters(), lr=1e-2, momentum=0.9)
head = torch.optim.Adam(model[2].parameters(), lr=1e-3)
for step in range(120):
    x = torch.randn(32, 8)
    loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    body.zero_grad()
    head.zero_grad()
    loss.backward()
    body.step()
    head.step()
torch.save(model.state_dict(), "model.pt")
"""

FOLDS = """\
import torch
from torch import nn

torch.manual_seed(0)
for fold in range(12):
    model = nn.Linear(8, 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for step in range(30):
        x = torch.randn(32, 8)
        loss = nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save(model.state_dict(), f"fold{fold}.pt")
"""

SCRIPTS = {
    "gan": GAN.replace("RATE", "1e-3"),
    "gan-too-fast": GAN.replace("RATE", "1.0"),
    "gan-not-finite": GAN.replace("RATE", "1e-3").replace("ones)\n", "ones) + (0 if epoch < 4 else float('inf'))\n"),
    "shared": SHARED_LOSS,
    "shared-negated": SHARED_LOSS.replace("loss.backward()", "(-loss).backward()"),
    "parts": PARTS_OF_ONE,
    "folds": FOLDS,
}
TURNS = "networks take turns, each with a loss of its own: the course of these losses was not judged"


@pytest.fixture(scope="module")
def ran(runner: Runner, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    return runner.scripts(tmp_path_factory.mktemp("optimizers"), SCRIPTS)


@pytest.mark.parametrize(
    ("script", "steps", "notes"),
    [
        ("gan", 256, [TURNS]),
        ("shared", 300, []),
        ("parts", 240, []),
        ("folds", 360, ["more than 8 networks or optimizers: the numbers of the others were not watched"]),
    ],
)
def test_nothing_is_said_of_healthy_ones(script: str, steps: int, notes: list[str], ran: dict[str, Ran]) -> None:
    one = ran[script]
    assert (one.found["steps"], one.traced, one.watched, one.found["notes"]) == (steps, [], [], notes)


def test_the_network_that_is_at_fault_is_named(ran: dict[str, Ran]) -> None:
    (finding,) = [item for item in ran["gan-too-fast"].found["findings"] if item.get("code") == "TL709"]
    assert finding["message"].startswith("Discriminator: each step changes the weights by ")
    assert finding["where"].startswith("Discriminator: ")


def test_losses_of_networks_that_take_turns_must_be_finite(ran: dict[str, Ran]) -> None:
    assert "non-finite-loss" in ran["gan-not-finite"].watched


def test_a_loss_that_networks_share_is_judged(ran: dict[str, Ran]) -> None:
    assert ran["shared-negated"].watched == ["negated-loss", "negated-loss"]
