"""Libraries of transforms: albumentations 2.0, kornia 0.9, MONAI 1.6, imgaug, torchio, audiomentations."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_RANDOM = entry("transform", random=True)
_FIXED = entry("transform", random=False)
_COMPOSE = entry("transform", "transforms", compose=True)
_CHOICE = entry("transform", "transforms", compose=True, random=True)
_LOSS = entry("loss", kind="other")

_ALBUMENTATIONS: dict[str, Entry] = {
    **same("Compose Sequential ReplayCompose", _COMPOSE),
    **same("OneOf SomeOf RandomOrder SelectiveChannelTransform", _CHOICE),
    **same(
        "Normalize Resize CenterCrop Crop PadIfNeeded Pad LongestMaxSize SmallestMaxSize ToFloat FromFloat ToGray ToRGB"
        " Lambda NoOp CenterCrop3D PadIfNeeded3D Pad3D pytorch.ToTensorV2 pytorch.transforms.ToTensorV2 ToTensorV2",
        _FIXED,
    ),
    # All others take a probability p; those below are the common ones, the rest is a family.
    **same(
        "HorizontalFlip VerticalFlip Flip Transpose Rotate RandomRotate90 ShiftScaleRotate Affine RandomCrop"
        " RandomResizedCrop RandomSizedCrop RandomScale RandomBrightnessContrast HueSaturationValue ColorJitter"
        " CoarseDropout Cutout GaussNoise GaussianBlur MotionBlur MedianBlur Blur CLAHE ElasticTransform GridDistortion"
        " OpticalDistortion RGBShift ChannelShuffle ImageCompression RandomGamma Perspective GridDropout",
        _RANDOM,
    ),
}

_KORNIA: dict[str, Entry] = {
    **same(
        "augmentation.AugmentationSequential augmentation.ImageSequential augmentation.VideoSequential",
        entry("transform", compose=True),
    ),
    **same(
        "augmentation.Normalize augmentation.Denormalize augmentation.Resize augmentation.CenterCrop augmentation.PadTo"
        " augmentation.LongestMaxSize augmentation.SmallestMaxSize",
        _FIXED,
    ),
    **same("augmentation.ColorJitter augmentation.ColorJiggle", _RANDOM),
    **same(
        "losses.FocalLoss losses.BinaryFocalLossWithLogits losses.DiceLoss losses.TverskyLoss losses.LovaszSoftmaxLoss",
        _LOSS,
    ),
    "losses.SSIMLoss": entry("loss", "window_size", kind="other"),
}

_MONAI: dict[str, Entry] = {
    "transforms.Compose": _COMPOSE,
    **same("transforms.OneOf transforms.RandomOrder transforms.SomeOf", _CHOICE),
    **same(
        "data.Dataset data.CacheDataset data.SmartCacheDataset",
        entry("dataset", "data transform", transform="transform"),
    ),
    "data.PersistentDataset": entry("dataset", "data transform cache_dir", transform="transform"),
    "data.ImageDataset": entry("dataset", "image_files"),
    **same(
        "data.DataLoader data.ThreadDataLoader",
        entry(
            "loader",
            "dataset",
            {"batch_size": 1, "shuffle": None, "drop_last": False},
            dataset="dataset",
            batch_size="batch_size",
            shuffle="shuffle",
            sampler="sampler",
            batch_sampler="batch_sampler",
            drop_last="drop_last",
        ),
    ),
    **same("data.decollate_batch", entry("passthrough", "batch")),
    **same(
        "data.partition_dataset data.partition_dataset_classes",
        entry("random_split", "data", {"shuffle": False, "seed": 0}, data="data", seed="seed", shuffle="shuffle"),
    ),
    **same(
        "apps.DecathlonDataset",
        entry(
            "dataset",
            "root_dir task section transform",
            split_param="section",
            splits={"training": "train", "validation": "validation", "test": "test"},
            transform="transform",
            root="root_dir",
        ),
    ),
    "apps.MedNISTDataset": entry(
        "dataset",
        "root_dir section transform",
        split_param="section",
        splits={"training": "train", "validation": "validation", "test": "test"},
        transform="transform",
        root="root_dir",
    ),
    # sigmoid= and softmax= turn scores into probabilities inside the loss.
    **same(
        "losses.DiceLoss losses.DiceCELoss losses.DiceFocalLoss losses.GeneralizedDiceLoss losses.TverskyLoss"
        " losses.MaskedDiceLoss",
        entry(
            "loss",
            "include_background to_onehot_y sigmoid softmax",
            {"sigmoid": False, "softmax": False, "reduction": "mean"},
            kind="other",
        ),
    ),
    "losses.FocalLoss": _LOSS,
    **same(
        "metrics.DiceMetric metrics.MeanIoU metrics.ROCAUCMetric metrics.ConfusionMatrixMetric"
        " metrics.HausdorffDistanceMetric metrics.SurfaceDistanceMetric",
        entry("metric", object=True),
    ),
    **same("networks.nets.UNet networks.nets.AttentionUnet", entry("model", batch_norm=False)),
    "inferers.sliding_window_inference": entry(
        "call", "inputs roi_size sw_batch_size predictor", function="predictor", args="inputs"
    ),
    "utils.set_determinism": entry("seed", "seed", what="all"),
    "utils.first": entry("passthrough", "iterable"),
}

TABLE: dict[str, Entry] = {
    **{"albumentations." + name: meaning for name, meaning in _ALBUMENTATIONS.items()},
    **{"kornia." + name: meaning for name, meaning in _KORNIA.items()},
    **{"monai." + name: meaning for name, meaning in _MONAI.items()},
    **same("imgaug.augmenters.Sequential", entry("transform", "children random_order", compose=True)),
    **same(
        "imgaug.augmenters.SomeOf imgaug.augmenters.OneOf imgaug.augmenters.Sometimes", entry("transform", random=True)
    ),
    **same("torchio.Compose audiomentations.Compose volumentations.Compose", _COMPOSE),
    "torchio.OneOf": entry("transform", "transforms", random=True, compose=True),
    **same("torchio.SubjectsDataset", entry("dataset", "subjects transform", transform="transform")),
}
