"""A pilot learns to land from what it does in a world that Gymnasium makes; no name but the library's says so."""

import gymnasium
import torch
from torch import nn
from torch.distributions import Categorical

HORIZON = 24


class Pilot(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, width), nn.ReLU())
        self.thrust, self.worth = nn.Linear(width, 4), nn.Linear(width, 1)

    def forward(self, seen):
        hidden = self.body(seen)
        return self.thrust(hidden).log_softmax(dim=-1), self.worth(hidden).squeeze(-1)


def learn(pilot, optimizer, seen, done, gains):
    chances, worth = pilot(torch.stack(seen))
    wanted = torch.tensor(gains)
    chosen = chances.gather(1, torch.tensor(done)[:, None]).squeeze(1)
    loss = -(chosen * (wanted - worth.detach())).mean() + nn.functional.smooth_l1_loss(worth, wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def main():
    sky = gymnasium.make("LunarLander-v3")
    pilot = Pilot()
    optimizer = torch.optim.Adam(pilot.parameters(), lr=5e-4)
    for flight in range(5000):  # clean: the world gives the batches, and its reward is printed
        state, _ = sky.reset()
        over, total = False, 0.0
        while not over:
            seen, done, gains = [], [], []
            for _ in range(HORIZON):
                seen.append(torch.from_numpy(state).float())
                chances, _ = pilot(seen[-1])
                move = Categorical(logits=chances).sample().item()
                state, gain, over, cut, _ = sky.step(move)
                done.append(move)
                gains.append(float(gain) / 100)
                total += gain
                over = over or cut
                if over:
                    break
            learn(pilot, optimizer, seen, done, gains)
        if flight % 50 == 0:
            print(flight, total)
            torch.save(pilot.state_dict(), "pilot.pt")
    sky.close()


if __name__ == "__main__":
    main()
