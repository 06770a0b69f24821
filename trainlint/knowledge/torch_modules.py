"""Layers and containers of ``torch.nn`` (torch 2.13)."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_BN: dict[str, Any] = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
_BATCH_NORM = entry(
    "module", "num_features eps momentum affine track_running_stats", _BN, op="none", layer="norm", batch_norm=True
)
_LAZY_BATCH_NORM = entry(
    "module", "eps momentum affine track_running_stats", _BN, op="none", layer="norm", batch_norm=True
)
# Instance statistics of the sample itself: the modes differ only with track_running_stats=True.
_INSTANCE_NORM = entry(
    "module",
    "num_features eps momentum affine track_running_stats",
    {"eps": 1e-5, "momentum": 0.1, "affine": False, "track_running_stats": False},
    op="none",
    layer="norm",
)
_DROPOUT = entry("module", "p inplace", {"p": 0.5}, op="dropout", dropout=True, layer="activation")
_CONV = entry(
    "module",
    "in_channels out_channels kernel_size stride padding dilation groups bias padding_mode",
    {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
    op="none",
    layer="conv",
)
_CONV_TRANSPOSE = entry(
    "module",
    "in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode",
    {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "bias": True, "dilation": 1},
    op="none",
    layer="conv",
)
# The constructors take *args; these are the parameters of RNNBase after the mode. RNN has nonlinearity in fourth place.
_RNN: dict[str, Any] = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
_RECURRENT = entry(
    "module",
    "input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size",
    _RNN,
    op="none",
    layer="recurrent",
    dropout="dropout",
)
# Which parameters of `forward` are masks that are added to the scores where they hold floats, and their positions.
_DECODER_MASKS = {"tgt_mask": 2, "memory_mask": 3}


def _transformer_layer(masks: dict[str, int]) -> Entry:
    return entry(
        "module",
        "d_model nhead dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias",
        {"dim_feedforward": 2048, "dropout": 0.1, "batch_first": False, "norm_first": False},
        op="none",
        layer="transformer",
        dropout="dropout",
        masks=masks,
    )


_POOL = entry("module", "kernel_size stride padding", {"padding": 0}, op="none", layer="pool")
_ADAPTIVE_POOL = entry("module", "output_size return_indices", op="none", layer="pool")
_PAD = entry("module", "padding value", op="none", layer="shape")


def _activation(op: str, params: str = "inplace", defaults: dict[str, object] | None = None) -> Entry:
    return entry("module", params, defaults or {}, op=op, layer="activation")


_LAYERS: dict[str, Entry] = {
    "Linear": entry("module", "in_features out_features bias", {"bias": True}, op="none", layer="linear"),
    "LazyLinear": entry("module", "out_features bias", {"bias": True}, op="none", layer="linear"),
    "Bilinear": entry(
        "module", "in1_features in2_features out_features bias", {"bias": True}, op="none", layer="linear"
    ),
    "Identity": entry("module", op="none", layer="shape"),
    **same("Conv1d Conv2d Conv3d", _CONV),
    **same("ConvTranspose1d ConvTranspose2d ConvTranspose3d", _CONV_TRANSPOSE),
    **same(
        "LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d",
        entry(
            "module", "out_channels kernel_size stride padding", {"stride": 1, "padding": 0}, op="none", layer="conv"
        ),
    ),
    "Embedding": entry(
        "module", "num_embeddings embedding_dim padding_idx max_norm norm_type", op="none", layer="embedding"
    ),
    "EmbeddingBag": entry("module", "num_embeddings embedding_dim max_norm norm_type", op="none", layer="embedding"),
    **same("BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm", _BATCH_NORM),
    **same("LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d", _LAZY_BATCH_NORM),
    **same("InstanceNorm1d InstanceNorm2d InstanceNorm3d", _INSTANCE_NORM),
    **same(
        "LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d",
        entry("module", "eps momentum affine track_running_stats", op="none", layer="norm"),
    ),
    "LayerNorm": entry(
        "module", "normalized_shape eps elementwise_affine bias", {"eps": 1e-5}, op="none", layer="norm"
    ),
    "RMSNorm": entry("module", "normalized_shape eps elementwise_affine", op="none", layer="norm"),
    "GroupNorm": entry("module", "num_groups num_channels eps affine", {"eps": 1e-5}, op="none", layer="norm"),
    **same("LocalResponseNorm CrossMapLRN2d", entry("module", "size alpha beta k", op="none", layer="norm")),
    **same("Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout", _DROPOUT),
    **same("LSTM GRU", _RECURRENT),
    "RNN": entry(
        "module",
        "input_size hidden_size num_layers nonlinearity bias batch_first dropout bidirectional",
        {**_RNN, "nonlinearity": "tanh"},
        op="none",
        layer="recurrent",
        dropout="dropout",
    ),
    "RNNBase": entry(
        "base", "mode input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size", kind="module"
    ),
    **same("LSTMCell GRUCell", entry("module", "input_size hidden_size bias", op="none", layer="recurrent")),
    "RNNCell": entry(
        "module", "input_size hidden_size bias nonlinearity", {"nonlinearity": "tanh"}, op="none", layer="recurrent"
    ),
    "RNNCellBase": entry("base", "input_size hidden_size bias num_chunks", kind="module"),
    "MultiheadAttention": entry(
        "module",
        "embed_dim num_heads dropout bias add_bias_kv add_zero_attn kdim vdim batch_first",
        {"dropout": 0.0, "bias": True, "batch_first": False},
        op="none",
        layer="attention",
        dropout="dropout",
        masks={"attn_mask": 5},
    ),
    "Transformer": entry(
        "module",
        "d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout",
        {"d_model": 512, "nhead": 8, "dim_feedforward": 2048, "dropout": 0.1, "batch_first": False},
        op="none",
        layer="transformer",
        dropout="dropout",
        masks={"src_mask": 2, "tgt_mask": 3, "memory_mask": 4},
    ),
    "TransformerEncoderLayer": _transformer_layer({"src_mask": 1}),
    "TransformerDecoderLayer": _transformer_layer(_DECODER_MASKS),
    "TransformerEncoder": entry(
        "module",
        "encoder_layer num_layers norm",
        op="none",
        layer="transformer",
        masks={"mask": 1},
    ),
    "TransformerDecoder": entry(
        "module",
        "decoder_layer num_layers norm",
        op="none",
        layer="transformer",
        masks=_DECODER_MASKS,
    ),
    "Softmax": entry("module", "dim", {"dim": None}, op="softmax", dim="dim", layer="activation"),
    "Softmax2d": _activation("softmax", ""),
    "Softmin": entry("module", "dim", {"dim": None}, op="softmax", dim="dim", layer="activation"),
    "LogSoftmax": entry("module", "dim", {"dim": None}, op="log_softmax", dim="dim", layer="activation"),
    "Sigmoid": _activation("sigmoid", ""),
    "Hardsigmoid": _activation("sigmoid"),
    "LogSigmoid": _activation("logsigmoid", ""),
    **same("ReLU ReLU6", _activation("relu")),
    "Threshold": _activation("none", "threshold value inplace"),
    "Softplus": _activation("softplus", "beta threshold"),
    "Tanh": _activation("tanh", ""),
    "Hardtanh": _activation("tanh", "min_val max_val inplace"),
    "LeakyReLU": _activation("none", "negative_slope inplace", {"negative_slope": 0.01}),
    "RReLU": _activation("none", "lower upper inplace"),
    "PReLU": _activation("none", "num_parameters init"),
    **same("ELU CELU", _activation("none", "alpha inplace")),
    **same("SELU SiLU Mish Hardswish", _activation("none")),
    "GELU": _activation("none", "approximate"),
    "GLU": _activation("none", "dim"),
    **same("Hardshrink Softshrink", _activation("none", "lambd")),
    **same("Softsign Tanhshrink", _activation("none", "")),
    **same("MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d", _POOL),
    **same("MaxUnpool1d MaxUnpool2d MaxUnpool3d", _POOL),
    **same("LPPool1d LPPool2d LPPool3d", entry("module", "norm_type kernel_size stride", op="none", layer="pool")),
    **same(
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d", entry("module", "output_size", op="none", layer="pool")
    ),
    **same("AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d", _ADAPTIVE_POOL),
    **same(
        "FractionalMaxPool2d FractionalMaxPool3d", entry("module", "kernel_size output_size", op="none", layer="pool")
    ),
    **same("ConstantPad1d ConstantPad2d ConstantPad3d", _PAD),
    **same(
        "CircularPad1d CircularPad2d CircularPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d"
        " ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d",
        entry("module", "padding", op="none", layer="shape"),
    ),
    "Flatten": entry("module", "start_dim end_dim", {"start_dim": 1, "end_dim": -1}, op="none", layer="shape"),
    "Unflatten": entry("module", "dim unflattened_size", op="none", layer="shape"),
    "Fold": entry("module", "output_size kernel_size dilation padding stride", op="none", layer="shape"),
    "Unfold": entry("module", "kernel_size dilation padding stride", op="none", layer="shape"),
    "PixelShuffle": entry("module", "upscale_factor", op="none", layer="shape"),
    "PixelUnshuffle": entry("module", "downscale_factor", op="none", layer="shape"),
    "ChannelShuffle": entry("module", "groups", op="none", layer="shape"),
    "Upsample": entry("module", "size scale_factor mode align_corners", {"mode": "nearest"}, op="none", layer="shape"),
    **same("UpsamplingBilinear2d UpsamplingNearest2d", entry("module", "size scale_factor", op="none", layer="shape")),
    "CosineSimilarity": entry("module", "dim eps", {"dim": 1}, op="none", layer="shape"),
    "PairwiseDistance": entry("module", "p eps keepdim", {"p": 2.0}, op="none", layer="shape"),
}

TABLE: dict[str, Entry] = {
    **{"torch.nn." + name: meaning for name, meaning in _LAYERS.items()},
    "torch.nn.Module": entry("base", kind="module"),
    "torch.nn.Sequential": entry("container", sequential=True),
    "torch.nn.ModuleList": entry("container", "modules"),
    "torch.nn.ModuleDict": entry("container", "modules"),
    "torch.nn.ParameterList": entry("container", "values"),
    "torch.nn.ParameterDict": entry("container", "parameters"),
    "torch.nn.Parameter": entry("operation", "data requires_grad", {"requires_grad": True}, op="none", cuts=True),
    "torch.nn.Buffer": entry("operation", "data", {"persistent": True}, op="none"),
    **same("UninitializedParameter UninitializedBuffer", entry("operation", op="none", creates=True), "torch.nn."),
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm": entry("wrap", "module process_group", kind="other"),
    "torch.nn.DataParallel": entry("wrap", "module device_ids output_device dim", kind="data_parallel"),
    "torch.nn.LinearCrossEntropyOptions": entry("harmless"),
    "torch.nn.Container": entry("base", kind="module"),
}
