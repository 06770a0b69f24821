"""Data sets, transforms, networks and operations of torchvision 0.29 (``transforms.v2`` counts as ``transforms``)."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import TRAIN_FLAG, WORDS, Entry, entry, same

_TRANSFORMS: dict[str, Any] = {"transform": "transform", "root": "root"}
_SPLIT: dict[str, Any] = {"split_param": "split", "splits": WORDS, **_TRANSFORMS}
_FLAG: dict[str, Any] = {"split_param": "train", "splits": TRAIN_FLAG, **_TRANSFORMS}
_ON: dict[str, Any] = {"train": True}
_TRAIN: dict[str, Any] = {"split": "train"}

_MNIST = entry("dataset", "root train transform target_transform download", _ON, **_FLAG)
_BY_SPLIT = entry("dataset", "root split transform target_transform download", _TRAIN, **_SPLIT)
_UNSPLIT = entry("dataset", "root transform target_transform download", **_TRANSFORMS)
_JOINT: dict[str, Any] = {"split_param": "split", "splits": WORDS, "transform": "transforms", "root": "root"}
_VIDEO = entry(
    "dataset",
    "root annotation_path frames_per_clip step_between_clips frame_rate fold train transform",
    _ON,
    **_FLAG,
)
_VOC = entry(
    "dataset",
    "root year image_set download transform target_transform transforms",
    {"year": "2012", "image_set": "train"},
    split_param="image_set",
    splits=WORDS,
    **_TRANSFORMS,
)
_COCO = entry("dataset", "root annFile transform target_transform transforms", **_TRANSFORMS)
_LFW = entry("dataset", "root split image_set transform target_transform download", {"split": "10fold"}, **_SPLIT)

_DATASETS: dict[str, Entry] = {
    "VisionDataset": entry("base", "root transforms transform target_transform", kind="dataset"),
    **same("MNIST FashionMNIST KMNIST", _MNIST),
    **same("CIFAR10 CIFAR100 USPS", _MNIST),
    # Its "split" is the alphabet; the data split is the keyword train.
    "EMNIST": entry("dataset", "root split", _ON, **_FLAG),
    "QMNIST": entry("dataset", "root what compat train", _ON, **_FLAG),
    "Omniglot": entry(
        "dataset",
        "root background transform target_transform download",
        {"background": True},
        split_param="background",
        splits=TRAIN_FLAG,
        **_TRANSFORMS,
    ),
    "Kitti": entry("dataset", "root train transform target_transform transforms download", _ON, **_FLAG),
    "PhotoTour": entry("dataset", "root name train transform download", _ON, **_FLAG),
    **same(
        "SVHN CLEVRClassification Country211 Flowers102 Food101 GTSRB PCAM RenderedSST2 StanfordCars WIDERFace",
        _BY_SPLIT,
    ),
    "FER2013": entry("dataset", "root split transform target_transform", _TRAIN, **_SPLIT),
    "ImageNet": entry("dataset", "root split", _TRAIN, **_SPLIT),
    "Imagenette": entry("dataset", "root split size download transform target_transform", _TRAIN, **_SPLIT),
    "STL10": entry("dataset", "root split folds transform target_transform download", _TRAIN, **_SPLIT),
    "CelebA": entry("dataset", "root split target_type transform target_transform download", _TRAIN, **_SPLIT),
    "Cityscapes": entry(
        "dataset", "root split mode target_type transform target_transform transforms", _TRAIN, **_SPLIT
    ),
    "DTD": entry("dataset", "root split partition transform target_transform download", _TRAIN, **_SPLIT),
    "FGVCAircraft": entry(
        "dataset", "root split annotation_level transform target_transform download", {"split": "trainval"}, **_SPLIT
    ),
    "OxfordIIITPet": entry(
        "dataset",
        "root split target_types transforms transform target_transform download",
        {"split": "trainval"},
        **_SPLIT,
    ),
    "Places365": entry(
        "dataset", "root split small download transform target_transform", {"split": "train-standard"}, **_SPLIT
    ),
    "Kinetics": entry(
        "dataset",
        "root frames_per_clip num_classes split frame_rate step_between_clips transform",
        _TRAIN,
        **_SPLIT,
    ),
    "MovingMNIST": entry("dataset", "root split split_ratio download transform", {"split": None}, **_SPLIT),
    "LSUN": entry(
        "dataset",
        "root classes transform target_transform",
        {"classes": "train"},
        split_param="classes",
        splits=WORDS,
        **_TRANSFORMS,
    ),
    "INaturalist": entry(
        "dataset",
        "root version target_type transform target_transform download",
        {"version": "2021_train"},
        split_param="version",
        splits={"2021_train": "train", "2021_train_mini": "train", "2021_valid": "validation"},
        **_TRANSFORMS,
    ),
    "SBDataset": entry(
        "dataset",
        "root image_set mode download transforms",
        {"image_set": "train"},
        split_param="image_set",
        splits={**WORDS, "train_noval": "train"},
        transform="transforms",
        root="root",
    ),
    **same("VOCSegmentation VOCDetection", _VOC),
    **same("CocoDetection CocoCaptions", _COCO),
    **same("HMDB51 UCF101", _VIDEO),
    **same("LFWPeople LFWPairs", _LFW),
    **same(
        "KittiFlow FlyingChairs HD1K Kitti2012Stereo Kitti2015Stereo InStereo2k ETH3DStereo",
        entry("dataset", "root split transforms", _TRAIN, **_JOINT),
    ),
    "Sintel": entry("dataset", "root split pass_name transforms", _TRAIN, **_JOINT),
    "FlyingThings3D": entry("dataset", "root split pass_name camera transforms", _TRAIN, **_JOINT),
    "Middlebury2014Stereo": entry("dataset", "root split calibration use_ambient_views transforms", _TRAIN, **_JOINT),
    "Caltech101": entry("dataset", "root target_type transform target_transform download", **_TRANSFORMS),
    **same("Caltech256 EuroSAT SUN397 SBU SEMEION", _UNSPLIT),
    "LSUNClass": entry("dataset", "root transform target_transform", **_TRANSFORMS),
    **same("Flickr8k Flickr30k", entry("dataset", "root ann_file transform target_transform", **_TRANSFORMS)),
    "ImageFolder": entry("dataset", "root transform target_transform loader is_valid_file", **_TRANSFORMS),
    "DatasetFolder": entry("dataset", "root loader extensions transform target_transform", **_TRANSFORMS),
    "FakeData": entry(
        "dataset",
        "size image_size num_classes transform target_transform random_offset",
        synthetic=True,
        transform="transform",
    ),
    "wrap_dataset_for_transforms_v2": entry("passthrough", "dataset"),
}

_RANDOM = entry("transform", random=True)
_FIXED = entry("transform", random=False)

_TRANSFORM_CLASSES: dict[str, Entry] = {
    "Compose": entry("transform", "transforms", compose=True),
    "RandomApply": entry("transform", "transforms p", {"p": 0.5}, random=True, compose=True),
    "RandomChoice": entry("transform", "transforms p", random=True, compose=True),
    "RandomOrder": entry("transform", "transforms", random=True, compose=True),
    "Transform": entry("base", kind="transform"),
    "Lambda": entry("transform", "lambd"),
    "RandomHorizontalFlip": entry("transform", "p", {"p": 0.5}, random=True),
    "RandomVerticalFlip": entry("transform", "p", {"p": 0.5}, random=True),
    "RandomErasing": entry("transform", "p scale ratio value inplace", {"p": 0.5}, random=True),
    "RandomGrayscale": entry("transform", "p", {"p": 0.1}, random=True),
    "ColorJitter": entry("transform", "brightness contrast saturation hue", random=True),
    "RandomCrop": entry("transform", "size padding", random=True),
    "RandomResizedCrop": entry("transform", "size scale ratio", random=True),
    **same("RandomRotation RandomAffine", entry("transform", "degrees", random=True)),
    **same(
        "RandomPerspective RandomInvert RandomPosterize RandomSolarize RandomAdjustSharpness RandomAutocontrast"
        " RandomEqualize RandomChannelPermutation RandomPhotometricDistort RandomZoomOut RandomIoUCrop"
        " RandomShortestSize RandomResize ScaleJitter ElasticTransform GaussianBlur GaussianNoise JPEG AutoAugment"
        " RandAugment TrivialAugmentWide AugMix MixUp CutMix RandomSizedCrop",
        _RANDOM,
    ),
    **same(
        "ToTensor PILToTensor ConvertImageDtype ToPILImage Normalize Resize Scale CenterCrop Pad FiveCrop TenCrop"
        " LinearTransformation Grayscale RGB ToImage ToDtype ToPureTensor Identity SanitizeBoundingBoxes"
        " SanitizeKeyPoints ConvertBoundingBoxFormat ClampBoundingBoxes ClampKeyPoints SetClampingMode"
        " UniformTemporalSubsample",
        _FIXED,
    ),
    **same("InterpolationMode AutoAugmentPolicy", entry("harmless")),
}

_WEIGHTS: dict[str, Any] = {"pretrained": ("weights", "pretrained")}
_NORM_ONLY = entry("model", dropout=False, batch_norm=True, **_WEIGHTS)
_DROP_ONLY = entry("model", dropout=True, batch_norm=False, **_WEIGHTS)
_BOTH = entry("model", dropout=True, batch_norm=True, **_WEIGHTS)
_DENSE = entry("model", "", {"drop_rate": 0}, dropout="drop_rate", batch_norm=True, **_WEIGHTS)
_VIT = entry("model", "", {"dropout": 0.0}, dropout="dropout", batch_norm=False, **_WEIGHTS)
# The backbone's norms are frozen with pretrained weights and ordinary ones without.
_DETECTOR = entry("model", dropout=False, losses=True, pretrained=("weights", "pretrained", "weights_backbone"))
_SEGMENTER = entry("model", dropout=True, batch_norm=True, pretrained=("weights", "pretrained", "weights_backbone"))

_NETWORKS: dict[str, Entry] = {
    **same(
        "resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d"
        " wide_resnet50_2 wide_resnet101_2 shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5"
        " shufflenet_v2_x2_0 regnet_y_400mf regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf"
        " regnet_y_32gf regnet_y_128gf regnet_x_400mf regnet_x_800mf regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf"
        " regnet_x_16gf regnet_x_32gf ResNet RegNet ShuffleNetV2",
        _NORM_ONLY,
    ),
    **same(
        "alexnet AlexNet vgg11 vgg13 vgg16 vgg19 squeezenet1_0 squeezenet1_1 SqueezeNet swin_t swin_s swin_b swin_v2_t"
        " swin_v2_s swin_v2_b convnext_tiny convnext_small convnext_base convnext_large SwinTransformer ConvNeXt",
        _DROP_ONLY,
    ),
    **same(
        "vgg11_bn vgg13_bn vgg16_bn vgg19_bn googlenet GoogLeNet inception_v3 Inception3 mnasnet0_5 mnasnet0_75"
        " mnasnet1_0 mnasnet1_3 MNASNet mobilenet_v2 MobileNetV2 mobilenet_v3_large mobilenet_v3_small MobileNetV3"
        " efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5"
        " efficientnet_b6 efficientnet_b7 efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l EfficientNet"
        " maxvit_t MaxVit",
        _BOTH,
    ),
    "VGG": entry("model", "features num_classes init_weights dropout", {"dropout": 0.5}, dropout=True),
    **same("densenet121 densenet161 densenet169 densenet201 DenseNet", _DENSE),
    **same("vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14 VisionTransformer", _VIT),
    "get_model": entry("model", "name", pretrained=("weights",)),
    **same("get_model_weights get_weight list_models get_model_builder", entry("harmless")),
    **same(
        "fasterrcnn_resnet50_fpn fasterrcnn_resnet50_fpn_v2 fasterrcnn_mobilenet_v3_large_fpn"
        " fasterrcnn_mobilenet_v3_large_320_fpn maskrcnn_resnet50_fpn maskrcnn_resnet50_fpn_v2"
        " keypointrcnn_resnet50_fpn retinanet_resnet50_fpn retinanet_resnet50_fpn_v2 fcos_resnet50_fpn"
        " ssd300_vgg16 ssdlite320_mobilenet_v3_large FasterRCNN MaskRCNN KeypointRCNN RetinaNet FCOS SSD",
        _DETECTOR,
        "detection.",
    ),
    **same(
        "deeplabv3_resnet50 deeplabv3_resnet101 deeplabv3_mobilenet_v3_large fcn_resnet50 fcn_resnet101 DeepLabV3 FCN",
        _SEGMENTER,
        "segmentation.",
    ),
    "segmentation.lraspp_mobilenet_v3_large": _NORM_ONLY,
    **same("r3d_18 mc3_18 r2plus1d_18", _NORM_ONLY, "video."),
    "video.s3d": _BOTH,
    **same("mvit_v1_b mvit_v2_s swin3d_t swin3d_s swin3d_b", _DROP_ONLY, "video."),
    **same("raft_large raft_small", _NORM_ONLY, "optical_flow."),
    "feature_extraction.create_feature_extractor": entry("wrap", "model", kind="other"),
    "feature_extraction.get_graph_node_names": entry("harmless"),
    "_utils.IntermediateLayerGetter": entry("wrap", "model return_layers", kind="other"),
}

_LOSS: dict[str, Any] = {"kind": "other", "input": "inputs", "target": "targets"}
_BOX_LOSS = entry(
    "loss_function",
    "boxes1 boxes2 reduction eps",
    {"reduction": "none"},
    kind="other",
    input="boxes1",
    target="boxes2",
)

_OPS: dict[str, Entry] = {
    "sigmoid_focal_loss": entry(
        "loss_function",
        "inputs targets alpha gamma reduction",
        {"alpha": 0.25, "gamma": 2, "reduction": "none"},
        **_LOSS,
    ),
    **same("generalized_box_iou_loss distance_box_iou_loss complete_box_iou_loss", _BOX_LOSS),
    **same(
        "nms batched_nms box_area box_convert box_iou generalized_box_iou distance_box_iou complete_box_iou roi_align"
        " roi_pool ps_roi_align ps_roi_pool clip_boxes_to_image remove_small_boxes masks_to_boxes deform_conv2d",
        entry("operation", op="none"),
    ),
    "stochastic_depth": entry("operation", "input p mode training", {"training": True}, op="dropout", random=True),
    **same(
        "drop_block2d drop_block3d",
        entry("operation", "input p block_size inplace eps training", {"training": True}, op="dropout", random=True),
    ),
    "StochasticDepth": entry("module", "p mode", op="dropout", dropout=True, layer="activation"),
    **same("DropBlock2d DropBlock3d", entry("module", "p block_size", op="dropout", dropout=True, layer="activation")),
    **same("Conv2dNormActivation Conv3dNormActivation", entry("module", op="none", batch_norm=True, layer="conv")),
    "MLP": entry("module", "in_channels hidden_channels", {"dropout": 0.0}, op="none", dropout=True, layer="linear"),
    "FrozenBatchNorm2d": entry("module", "num_features eps", op="none", layer="norm"),
    **same(
        "FeaturePyramidNetwork MultiScaleRoIAlign RoIAlign RoIPool PSRoIAlign PSRoIPool DeformConv2d SqueezeExcitation"
        " Permute",
        entry("module", op="none"),
    ),
}

TABLE: dict[str, Entry] = {
    **{"torchvision.datasets." + name: meaning for name, meaning in _DATASETS.items()},
    **{"torchvision.transforms." + name: meaning for name, meaning in _TRANSFORM_CLASSES.items()},
    **{"torchvision.models." + name: meaning for name, meaning in _NETWORKS.items()},
    **{"torchvision.ops." + name: meaning for name, meaning in _OPS.items()},
    "torchvision.utils.save_image": entry("report", "tensor fp"),
    "torchvision.utils.make_grid": entry("operation", "tensor", op="none"),
    **same(
        "draw_bounding_boxes draw_segmentation_masks flow_to_image",
        entry("operation", op="none"),
        "torchvision.utils.",
    ),
    "torchvision.io.read_image": entry("read", "path", path="path"),
    "torchvision.io.decode_image": entry("read", "input", path="input"),
    "torchvision.io.read_video": entry("read", "filename", path="filename"),
    **same("write_jpeg write_png write_video", entry("report"), "torchvision.io."),
    **same("set_image_backend disable_beta_transforms_warning", entry("harmless"), "torchvision."),
}
