"""TL606: a mask of zeros and ones is added to attention's scores."""

from __future__ import annotations

from collections.abc import Iterator

from trainlint.findings import Finding, Level
from trainlint.rule import Rule
from trainlint.trace import Trace
from trainlint.trace.queries_attention import added_masks


class FloatAttentionMask(Rule):
    """An attention mask of zeros and ones is given as floats, and masks nothing.

    ## What it finds

    A float `torch.tril(torch.ones(...))` or `torch.triu(torch.ones(...))` as mask of `nn.MultiheadAttention`,
    `F.scaled_dot_product_attention`, or PyTorch's transformer layers.

    ## Why it hurts

    PyTorch's documentation of `torch.nn.MultiheadAttention` says that a float mask is added to the attention weights: a
    position that should be hidden gets 0 added to its score, the others 1. Each token sees the future. A language model
    then learns to copy its target: the training loss is far too good, and generation fails.

    ## Bad

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    attention = nn.MultiheadAttention(16, 2, batch_first=True)
    tokens = torch.randn(4, 6, 16)
    causal = torch.tril(torch.ones(6, 6))
    mixed, weights = attention(tokens, tokens, tokens, attn_mask=causal)  # expect: TL606
    print(weights[0, 0])
    ```

    ## Good

    ```python
    import torch
    from torch import nn

    torch.manual_seed(0)
    attention = nn.MultiheadAttention(16, 2, batch_first=True)
    tokens = torch.randn(4, 6, 16)
    hidden = torch.tril(torch.ones(6, 6)) == 0
    mixed, weights = attention(tokens, tokens, tokens, attn_mask=hidden)
    print(weights[0, 0])
    ```

    ## When it keeps silent

    When the triangle is compared, converted to booleans, filled, scaled or put through a logarithm on the way; when its
    type isn't known; and for attention that is written out or foreign, which may want zeros and ones.

    ## Remedy

    A boolean mask: True hides in `nn.MultiheadAttention` and the transformer layers, False hides in
    `F.scaled_dot_product_attention`. Or `is_causal=True`, or zeros and `-inf` as
    `nn.Transformer.generate_square_subsequent_mask` makes.
    """

    code = "TL606"
    name = "float-attention-mask"
    level = Level.ERROR

    def check(self, trace: Trace) -> Iterator[Finding]:
        for run in trace.runs:
            for event, made in added_masks(run):
                hides = "False" if event.function == "scaled_dot_product_attention" else "True"
                yield self.finding(
                    event.place,
                    f"The float mask given as `{event.parameter}` is added to the scores: ones where attention is allowed and zeros"
                    f" elsewhere hide nothing. Give a boolean mask, in which {hides} hides.",
                    related=[(made, "the mask of zeros and ones is made here")],
                )
