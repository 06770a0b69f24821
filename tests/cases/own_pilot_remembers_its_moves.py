"""A pilot that keeps its moves on itself and is taught by what they earned, and is lost when the program ends."""

from collections import namedtuple

import gymnasium
import torch
from torch import nn
from torch.distributions import Categorical

Move = namedtuple("Move", ["likelihood", "worth"])


class Pilot(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 64)
        self.hands, self.guess = nn.Linear(64, 4), nn.Linear(64, 1)
        self.moves, self.earned = [], []

    def forward(self, x):
        x = torch.relu(self.body(x))
        return torch.softmax(self.hands(x), -1), self.guess(x)


world = gymnasium.make("LunarLander-v3")
pilot = Pilot()
optimizer = torch.optim.Adam(pilot.parameters(), lr=3e-3)


def move(seen):
    chances, worth = pilot(torch.from_numpy(seen).float())
    drawn = Categorical(chances)
    taken = drawn.sample()
    pilot.moves.append(Move(drawn.log_prob(taken), worth))
    return taken.item()


def learn():
    after, wanted = 0.0, []
    for earned in pilot.earned[::-1]:
        after = earned + 0.99 * after
        wanted.insert(0, after)
    wanted = torch.tensor(wanted)
    losses = []
    for (likelihood, worth), value in zip(pilot.moves, wanted):
        losses.append(-likelihood * (value - worth.item()) + nn.functional.smooth_l1_loss(worth, value[None]))
    optimizer.zero_grad()
    torch.stack(losses).sum().backward()
    optimizer.step()
    del pilot.moves[:], pilot.earned[:]


def main():
    mean = 0.0
    for flight in range(3000):  # expect: TL901
        seen, _ = world.reset()
        total = 0.0
        for _ in range(500):
            seen, earned, landed, late, _ = world.step(move(seen))
            pilot.earned.append(earned)
            total += earned
            if landed or late:
                break
        mean = 0.05 * total + 0.95 * mean
        learn()
        print(flight, total, mean)


if __name__ == "__main__":
    main()
