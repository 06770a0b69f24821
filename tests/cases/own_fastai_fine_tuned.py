"""fastai: one cycle, a split by the data block, a callback that keeps the best model."""
from fastai.vision.all import *

path = untar_data(URLs.PETS) / "images"
set_seed(42, reproducible=True)
block = DataBlock(
    blocks=(ImageBlock, CategoryBlock),
    get_items=get_image_files,
    splitter=RandomSplitter(valid_pct=0.2, seed=42),
    get_y=RegexLabeller(r"([^/]+)_\d+.jpg$"),
    item_tfms=Resize(460),
    batch_tfms=aug_transforms(size=224),
)
dls = block.dataloaders(path, bs=64)
learn = vision_learner(dls, resnet34, metrics=error_rate)
learn.fine_tune(4, cbs=SaveModelCallback(monitor="valid_loss"))
learn.export("pets.pkl")
