"""Healthy trainings of many kinds, on which nothing may be said."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from .order import HiddenState
from .recipe import Setup, digits, held_loader, mlp, plain_step, setup_mlp, sgd
from .registry import healthy


def _network(seed: int, width: int, network: nn.Module) -> Setup:
    return setup_mlp(seed, width, network)


@healthy
def mlp_with_momentum(seed: int, width: int) -> Setup:
    return setup_mlp(seed, width)


@healthy
def mlp_with_adam(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1e-3)
    return setup


@healthy
def deep_tanh(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return _network(seed, width, mlp(width, nn.Tanh, depth=4))


@healthy
def shallow_sigmoid(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, mlp(width, nn.Sigmoid, depth=1))
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=5e-3)
    return setup


@healthy
def mlp_with_dropout_and_decay(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Dropout(0.3), nn.Linear(width, 10))
    setup = _network(seed, width, network)
    setup.optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.05)
    setup.scheduler = lr_scheduler.CosineAnnealingLR(setup.optimizer, setup.epochs)
    return setup


def _convolutions(width: int, norm: bool) -> nn.Sequential:
    channels = max(8, width // 4)
    layers: list[nn.Module] = [nn.Unflatten(1, (1, 8, 8))]
    size = 1
    for _ in range(2):
        layers += [nn.Conv2d(size, channels, 3, padding=1), *([nn.BatchNorm2d(channels)] if norm else []), nn.ReLU()]
        size = channels
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * channels, 10))


@healthy
def convolutions_with_batch_norm(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, _convolutions(width, norm=True))
    setup.scheduler = lr_scheduler.StepLR(setup.optimizer, 3, gamma=0.3)
    return setup


@healthy
def convolutions_without_norm(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, _convolutions(width, norm=False))
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=2e-3)
    return setup


class Residual(nn.Module):
    """A residual block whose last weights begin at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = inputs + self.down(F.gelu(self.up(self.norm(inputs))))
        return output


@healthy
def zero_initialised_residuals(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, width), Residual(width), Residual(width), nn.Linear(width, 10))
    setup = _network(seed, width, network)
    setup.optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    return setup


class Recurrent(nn.Module):
    """Reads the image row by row."""

    def __init__(self, width: int, kind: type[nn.RNNBase] = nn.LSTM) -> None:
        super().__init__()
        self.rows = kind(8, width, batch_first=True)  # type: ignore[call-arg]
        self.head = nn.Linear(width, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        states, _ = self.rows(inputs.view(-1, 8, 8))
        output: Tensor = self.head(states[:, -1])
        return output


@healthy
def lstm_with_clipping(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer.zero_grad()
        loss = setup.loss(setup, inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(setup.model.parameters(), 0.5)
        setup.optimizer.step()
        return loss

    torch.manual_seed(seed)
    setup = _network(seed, width, Recurrent(width))
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=3e-3)
    setup.step = step
    return setup


@healthy
def gru_with_carried_state(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    return _network(seed, width, HiddenState(width, detach=True))


class Transformer(nn.Module):
    """Attends over the rows of the image."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Linear(8, width)
        self.place = nn.Parameter(0.02 * torch.randn(8, width))
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, 10)

    def forward(self, inputs: Tensor) -> Tensor:
        output: Tensor = self.head(self.layers(self.embed(inputs.view(-1, 8, 8)) + self.place).mean(1))
        return output


@healthy
def transformer_with_warmup(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, Transformer(width))
    setup.optimizer = torch.optim.AdamW(setup.model.parameters(), lr=2e-3, weight_decay=0.01)
    setup.scheduler = lr_scheduler.LambdaLR(setup.optimizer, lambda step: min(1.0, (step + 1) / 60))
    setup.scheduler_cadence = "batch"
    return setup


def _pretrained(seed: int, width: int) -> nn.Sequential:
    """A network that was trained on the first five digits."""
    torch.manual_seed(seed)
    network = mlp(width)
    data = digits(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    few = data.targets < 5
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(network(data.inputs[few]), data.targets[few]).backward()
        optimizer.step()
    network[-1] = nn.Linear(width, 10)
    return network


@healthy
def frozen_backbone(seed: int, width: int) -> Setup:
    network = _pretrained(seed, width)
    network[:-1].requires_grad_(False)
    setup = _network(seed, width, network)
    setup.optimizer = torch.optim.Adam(network[-1].parameters(), lr=5e-3)
    return setup


@healthy
def new_head_alone_in_the_optimizer(seed: int, width: int) -> Setup:
    network = _pretrained(seed, width)
    setup = _network(seed, width, network)
    setup.optimizer = torch.optim.Adam(network[-1].parameters(), lr=5e-3)
    return setup


@healthy
def label_smoothing(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    return setup


@healthy
def scaled_accumulation(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, index: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets)
        (loss / 4).backward()
        if index % 4 == 3 or index == len(setup.train) - 1:
            setup.optimizer.step()
            setup.optimizer.zero_grad()
        return loss

    setup = setup_mlp(seed, width)
    setup.epochs, setup.step = 16, step
    setup.train, _ = digits(seed).loaders(batch=16)
    return setup


class Ignore:
    """Takes the monitor's place where nothing is watched."""

    def step(self, loss: Tensor) -> None:
        """Nothing."""

    def validate(self, loss: float) -> None:
        """Nothing."""


@healthy
def resumed_run(seed: int, width: int) -> Setup:
    from .recipe import train

    setup = setup_mlp(seed, width)
    setup.epochs = 4
    train(setup, Ignore())
    return setup


@healthy
def one_cycle_every_batch(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    total = setup.epochs * len(setup.train)
    setup.scheduler = lr_scheduler.OneCycleLR(setup.optimizer, 0.2, total_steps=total)
    setup.scheduler_cadence = "batch"
    return setup


@healthy
def plateau_schedule(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.epochs = 16
    setup.scheduler = lr_scheduler.ReduceLROnPlateau(setup.optimizer, patience=1, factor=0.3)
    setup.scheduler_cadence = "plateau"
    return setup


@healthy
def regression(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, mlp(width, outputs=1))
    setup.optimizer = sgd(setup.model, 0.02)
    setup.criterion = nn.MSELoss()
    setup.objective = lambda outputs, y: setup.criterion(outputs.squeeze(1), (y.to(outputs) - 4.5) / 3)
    return setup


@healthy
def binary_targets(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, mlp(width, outputs=1))
    setup.criterion = nn.BCEWithLogitsLoss()
    setup.objective = lambda scores, y: setup.criterion(scores.squeeze(1), (y >= 5).to(scores))
    return setup


@healthy
def autoencoder(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    network = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 64))
    setup = _network(seed, width, network)
    setup.optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    setup.criterion = nn.MSELoss()
    data = digits(seed)
    setup.train = DataLoader(TensorDataset(data.inputs, data.inputs), 32, shuffle=True)
    setup.validation = held_loader(TensorDataset(data.held_inputs, data.held_inputs))
    return setup


class Variational(nn.Module):
    """A variational autoencoder with a Bernoulli likelihood."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 16))
        self.decoder = nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 64), nn.Sigmoid())

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, spread = self.encoder(inputs).chunk(2, 1)
        sample = mean + torch.randn_like(mean) * (0.5 * spread).exp() if self.training else mean
        return self.decoder(sample), mean, spread


def _evidence_bound(outputs: tuple[Tensor, Tensor, Tensor], images: Tensor) -> Tensor:
    restored, mean, spread = outputs
    likelihood = F.binary_cross_entropy(restored, images, reduction="sum")
    return likelihood - 0.5 * (1 + spread - mean.square() - spread.exp()).sum()


@healthy
def variational_autoencoder_with_summed_loss(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, Variational(width))
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=1e-3)
    setup.objective = _evidence_bound
    data = digits(seed)
    images, held = data.inputs.sigmoid(), data.held_inputs.sigmoid()
    setup.train = DataLoader(TensorDataset(images, images), 32, shuffle=True, drop_last=True)
    # Sums compare between batches of one size only.
    setup.validation = DataLoader(TensorDataset(held, held), 32, drop_last=True)
    return setup


@healthy
def averaged_weights(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    average = copy.deepcopy(setup.model)

    def end(setup: Setup, _: float) -> None:
        with torch.no_grad():
            for ours, theirs in zip(average.parameters(), setup.model.parameters(), strict=True):
                ours.lerp_(theirs, 0.1)
        copied = copy.deepcopy(setup.model)  # as those who keep the best model do
        copied(torch.zeros(2, 64))

    setup.end_epoch = end
    return setup


@healthy
def bfloat16_autocast(seed: int, width: int) -> Setup:
    def loss(setup: Setup, inputs: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            value: Tensor = setup.criterion(setup.model(inputs), targets)
        return value

    setup = setup_mlp(seed, width)
    setup.loss = loss
    return setup


@healthy
def gradient_scaler(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        setup.optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            loss = setup.criterion(setup.model(inputs), targets)
        setup.scaler.scale(loss).backward()
        setup.scaler.step(setup.optimizer)
        setup.scaler.update()
        value: Tensor = loss
        return value

    setup = setup_mlp(seed, width)
    setup.scaler, setup.step = torch.amp.GradScaler("cpu"), step
    return setup


@healthy
def zeroed_in_place(seed: int, width: int) -> Setup:
    def step(setup: Setup, inputs: Tensor, targets: Tensor, _: int) -> Tensor:
        loss = setup.loss(setup, inputs, targets)
        for parameter in setup.model.parameters():
            if parameter.grad is not None:
                parameter.grad.data.zero_()  # as written before zero_grad set gradients to None
        loss.backward()
        setup.optimizer.step()
        return loss

    setup = setup_mlp(seed, width)
    setup.step = step
    return setup


@healthy
def shuffled_once_and_read_in_order(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.train, _ = digits(seed).loaders(shuffle=False)
    return setup


class Embedded(nn.Module):
    """Pixels as tokens, whose output layer shares the embedding's weights."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(17, width)
        self.mix = nn.Linear(64 * width, width)
        self.out = nn.Linear(width, 17, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        output: Tensor = self.out(torch.relu(self.mix(self.embedding(tokens).flatten(1))))
        return output


@healthy
def tied_embedding(seed: int, width: int) -> Setup:
    torch.manual_seed(seed)
    setup = _network(seed, width, Embedded(width // 2))
    data = digits(seed)
    tokens, held = _tokens(data.inputs), _tokens(data.held_inputs)
    setup.optimizer = torch.optim.Adam(setup.model.parameters(), lr=5e-4)
    setup.train = DataLoader(TensorDataset(tokens, data.targets), 32, shuffle=True)
    setup.validation = held_loader(TensorDataset(held, data.held_targets))
    return setup


def _tokens(inputs: Tensor) -> Tensor:
    low, high = inputs.min(), inputs.max()
    return ((inputs - low) / (high - low) * 16).round().long().clamp(0, 16)


class Adversary(nn.Module):
    """A generator of digits, and the discriminator that it trains against."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 64))
        self.discriminator = nn.Sequential(nn.Linear(64, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))


@healthy
def adversarial_discriminator(seed: int, width: int) -> Setup:
    """The discriminator of an adversarial pair is watched; its generator trains beside it."""
    torch.manual_seed(seed)
    pair = Adversary(width)
    setup = _network(seed, width, pair.discriminator)
    setup.criterion = nn.BCEWithLogitsLoss()
    setup.optimizer = torch.optim.Adam(pair.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    other = torch.optim.Adam(pair.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))

    def judge(setup: Setup, images: Tensor, real: bool) -> Tensor:
        scores = setup.model(images)
        value: Tensor = setup.criterion(scores, torch.full_like(scores, float(real)))
        return value

    def step(setup: Setup, inputs: Tensor, _: Tensor, __: int) -> Tensor:
        setup.optimizer.zero_grad()
        generated = pair.generator(torch.randn(len(inputs), 8))
        on_real, on_generated = judge(setup, inputs, True), judge(setup, generated.detach(), False)
        on_real.backward()
        on_generated.backward()
        setup.optimizer.step()
        other.zero_grad()
        judge(setup, generated, True).backward()
        other.step()
        return on_real + on_generated

    def loss(setup: Setup, inputs: Tensor, _: Tensor) -> Any:
        generated = pair.generator(torch.randn(len(inputs), 8))
        return judge(setup, inputs, True) + judge(setup, generated, False)

    setup.step, setup.loss = step, loss
    setup.objective = lambda scores, _: setup.criterion(scores, torch.ones_like(scores))
    return setup


@healthy
def plain_steps_without_momentum(seed: int, width: int) -> Setup:
    setup = setup_mlp(seed, width)
    setup.optimizer = sgd(setup.model, 0.1, momentum=0.0, decay=1e-4)
    setup.step = lambda setup, x, y, index: plain_step(setup, x, y)
    return setup
