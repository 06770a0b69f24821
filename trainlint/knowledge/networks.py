"""Libraries of networks, layers and losses: segmentation_models_pytorch, open_clip, metric learning, DGL, ..."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

# A decoder with batch norm; dropout is off unless asked for.
_SMP = entry(
    "model",
    "encoder_name encoder_depth encoder_weights",
    {"encoder_weights": "imagenet"},
    batch_norm=True,
    pretrained=("encoder_weights",),
)
_MINER = entry("harmless")

TABLE: dict[str, Entry] = {
    **same(
        "Unet UnetPlusPlus MAnet Linknet FPN PSPNet PAN DeepLabV3 DeepLabV3Plus UPerNet Segformer create_model",
        _SMP,
        "segmentation_models_pytorch.",
    ),
    # mode and from_logits say what they take: scores by default.
    **same(
        "DiceLoss JaccardLoss TverskyLoss FocalLoss LovaszLoss MCCLoss",
        entry("loss", "mode", {"from_logits": True}, kind="other"),
        "segmentation_models_pytorch.losses.",
    ),
    "segmentation_models_pytorch.losses.SoftBCEWithLogitsLoss": entry("loss", kind="bce_logits"),
    "segmentation_models_pytorch.losses.SoftCrossEntropyLoss": entry("loss", kind="cross_entropy"),
    "segmentation_models_pytorch.encoders.get_preprocessing_fn": entry("harmless"),
    **same(
        "iou_score f1_score fbeta_score accuracy precision recall get_stats",
        entry("metric"),
        "segmentation_models_pytorch.metrics.",
    ),
    **same(
        "EfficientNet.from_pretrained EfficientNet.from_name",
        entry("model", "model_name", dropout=True, batch_norm=True, pretrained=True),
        "efficientnet_pytorch.",
    ),
    "open_clip.create_model": entry("model", "model_name pretrained", pretrained=("pretrained",)),
    "open_clip.create_model_and_transforms": entry("harmless", "model_name pretrained"),
    "open_clip.get_tokenizer": entry("tokenizer", "model_name"),
    "clip.load": entry("harmless", "name device"),
    "clip.tokenize": entry("operation", "texts", op="none"),
    "pytorchcv.model_provider.get_model": entry("model", "name", pretrained=("pretrained",)),
    "pretrainedmodels.get_model": entry("model", "name", pretrained=("pretrained",)),
    "ultralytics.YOLO": entry(
        "framework",
        "model",
        kind="other",
        methods={"train": "fit", "val": "evaluate", "predict": "predict", "export": "save", "save": "save"},
        saves=True,
    ),
    "torchcrf.CRF": entry("module", "num_tags batch_first", op="none"),
    "TorchCRF.CRF": entry("module", "num_labels", op="none"),
    "lpips.LPIPS": entry("loss", kind="other"),
    **same(
        "ssim ms_ssim",
        entry("loss_function", "X Y", kind="other", input="X", target="Y"),
        "pytorch_msssim.",
    ),
    **same("SSIM MS_SSIM", entry("loss", kind="other"), "pytorch_msssim."),
    **same(
        "TripletMarginLoss ContrastiveLoss NTXentLoss ArcFaceLoss CosFaceLoss SupConLoss MultiSimilarityLoss"
        " CircleLoss",
        entry("loss", kind="other"),
        "pytorch_metric_learning.losses.",
    ),
    **same("MultiSimilarityMiner TripletMarginMiner BatchHardMiner", _MINER, "pytorch_metric_learning.miners."),
    "einops.rearrange": entry("operation", "tensor pattern", op="none"),
    **same("einops.reduce einops.repeat einops.einsum", entry("operation", "tensor pattern", op="none")),
    **same(
        "einops.layers.torch.Rearrange einops.layers.torch.Reduce", entry("module", "pattern", op="none", layer="shape")
    ),
    **same(
        "dgl.nn.GraphConv dgl.nn.pytorch.GraphConv dgl.nn.pytorch.GINConv", entry("module", op="none", layer="graph")
    ),
    "dgl.nn.pytorch.GATConv": entry(
        "module",
        "in_feats out_feats num_heads feat_drop attn_drop",
        {"feat_drop": 0.0, "attn_drop": 0.0},
        op="none",
        dropout=True,
        layer="graph",
    ),
    "dgl.dataloading.GraphDataLoader": entry(
        "loader",
        "dataset",
        dataset="dataset",
        batch_size="batch_size",
        shuffle="shuffle",
        sampler="sampler",
        drop_last="drop_last",
    ),
    **same(
        "CoraGraphDataset CiteseerGraphDataset PubmedGraphDataset RedditDataset",
        entry("dataset"),
        "dgl.data.",
    ),
    "dgl.seed": entry("seed", "val", what="all"),
    "dgl.batch": entry("operation", "graphs", op="none"),
}
