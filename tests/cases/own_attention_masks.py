"""Causal masks in all their dresses: floats are added to the scores, booleans hide."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class CausalAttention(nn.Module):
    def __init__(self, width=16, longest=32):
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(longest, longest)).view(1, 1, longest, longest))
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)

    def forward(self, x):
        length = x.size(1)
        return self.attention(x, x, x, attn_mask=self.mask[0, 0, :length, :length])[0]  # expect: TL606


class WrittenOut(nn.Module):
    def __init__(self, width=16, longest=32):
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(longest, longest)))
        self.qkv = nn.Linear(width, 3 * width)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.size(-1))
        hidden = self.mask[: x.size(1), : x.size(1)] == 0
        return F.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1) @ v  # clean: zeros are compared


class Encoder(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, 2, 32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1)

    @staticmethod
    def causal(size):
        return torch.log(torch.tril(torch.ones(size, size)))

    def forward(self, x):
        return self.encoder(x, mask=self.causal(x.size(1)))  # clean: zeros and minus infinity


def filled(size):
    mask = torch.triu(torch.ones(size, size), diagonal=1)
    return mask.masked_fill(mask == 1, float("-inf"))


def filled_in_place(size):
    mask = torch.ones(size, size).triu(diagonal=1)
    mask.masked_fill_(mask.bool(), float("-inf"))
    return mask


torch.manual_seed(0)
x = torch.randn(2, 8, 16)
print(CausalAttention()(x).std().item(), WrittenOut()(x).std().item(), Encoder()(x).std().item())
print(F.scaled_dot_product_attention(x, x, x, attn_mask=filled(8)).std().item())  # clean: added as it should be
print(F.scaled_dot_product_attention(x, x, x, attn_mask=filled_in_place(8)).std().item())  # clean: the same
print(F.scaled_dot_product_attention(x, x, x, torch.tril(torch.ones(8, 8)).bool()).std().item())  # clean: boolean
print(F.scaled_dot_product_attention(x, x, x, torch.triu(torch.ones(8, 8), 1) * -1e9).std().item())  # clean: scaled
print(F.scaled_dot_product_attention(x, x, x, 1 - torch.triu(torch.ones(8, 8), 1)).std().item())  # expect: TL606
print(F.scaled_dot_product_attention(x, x, x, torch.ones(8, 8, dtype=torch.bool).tril()).std().item())  # clean: boolean
