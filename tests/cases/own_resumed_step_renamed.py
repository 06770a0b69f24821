"""A run that resumes at the step of a checkpoint, which goes on under another name."""

import argparse
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument("--resume", default=None)
parser.add_argument("--max-steps", type=int, default=1000)


def main():
    args = parser.parse_args()
    torch.manual_seed(13)
    images = datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
    loader = DataLoader(images, batch_size=64, shuffle=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
    opt = torch.optim.AdamW(model.parameters(), lr=1e-4)  # expect: TL701
    start_step = 0
    if args.resume is not None:
        ckpt = torch.load(args.resume, map_location="cpu")
        if "model" in ckpt:
            model.load_state_dict(ckpt["model"])  # expect: TL902
        start_step = int(ckpt.get("step", 0))
        print("goes on at step", start_step)
    step = start_step
    while step < args.max_steps:  # expect: TL104
        for x, y in loader:
            if step >= args.max_steps:
                break
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
            step += 1
            if step % 100 == 0:
                print(step, loss.item())
    torch.save({"model": model.state_dict(), "step": step}, "last.pt")


if __name__ == "__main__":
    main()
