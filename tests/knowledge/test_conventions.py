"""Names and paths as people write them, and those that only look like a split."""

from __future__ import annotations

import pytest

from trainlint.knowledge.conventions import role_of_name, split_of_name, split_of_path, words


def words_of(text: str) -> list[str]:
    return text.split()


SPLITS = {
    "train": "train_loader trainLoader TRAIN trainset trn_dl x_train X_train Xtrain ytrain trainX df_train"
    " training_data train-00001 is_train traindataset x_tr train2017 pretrain_loader trainval train_val_set minitrain",
    "validation": "val valid_loader validation dev devset dev_loader holdout held_out valset dataloader_val valLoader"
    " vali instances_val2017 eval_dataset y_va xval val_unseen validloader evaluation_set VAL_DIR minival",
    "test": "test testLoader test_loader2 testset x_test X_test Xtest ytest tst y_te testdata dataset_test testing"
    " test-dev testdev test_dataset_name TestLoader",
}
NOT_SPLITS = words_of(
    "latest contest best evaluate evaluator value interval attest greatest testament device devices develop"
    " trainer trainable pretrained untrained constraint strain restrain validity valence invalid retrieval"
    " train_test_split train_test val_test tr va te loader dataset data unit_test t_test dev_id"
)


@pytest.mark.parametrize(
    ("split", "name"), [(split, name) for split, text in SPLITS.items() for name in words_of(text)]
)
def test_a_word_of_a_name_tells_its_split(split: str, name: str) -> None:
    assert split_of_name(name) == split


@pytest.mark.parametrize("name", NOT_SPLITS)
def test_no_split_is_read_into_other_words(name: str) -> None:
    assert split_of_name(name) is None


def test_names_fall_into_words_at_underscores_capitals_and_digits() -> None:
    assert words("testLoader2") == ["test", "loader"]
    assert words("X_train_HR") == ["x", "train", "hr"]
    assert words("DataLoader") == ["data", "loader"]
    assert words("") == []


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("data/train/images", "train"),
        ("data/train", "train"),
        ("imagenet/val/", "validation"),
        ("coco/annotations/instances_val2017.json", "validation"),
        ("corpus/dev.tsv", "validation"),
        ("C:\\data\\test\\images", "test"),
        ("https://example.org/latest/test.csv", "test"),
        ("train_images/val.txt", "validation"),
        ("test-00000-of-00001.parquet", "test"),
        ("tests/data/train.csv", "train"),
        ("tests/data/points.csv", None),
        ("/mnt/dev/points", None),
        ("/home/dev/points.csv", None),
        ("data/contest/latest.csv", None),
        ("data/train_test.csv", None),
        ("", None),
    ],
)
def test_the_last_telling_part_of_a_path_decides(path: str, split: str | None) -> None:
    assert split_of_path(path) == split


ROLES = {
    "optimizer": "opt optim optimizer optimiser optimizerG optimizer_d optG d_optimizer actor_optimizer",
    "scheduler": "sched scheduler lr_scheduler scheduler_d optimizer_scheduler lrScheduler warmup_scheduler",
    "scaler": "scaler grad_scaler GradScaler amp_scaler loss_scaler",
    "model": "model net netG net_g network encoder text_encoder model_ema ema_model model_without_ddp mynet ResNet"
    " critic teacher target_network discriminator unet",
    "criterion": "criterion criterionGAN criterion_mse loss_fn lossFn loss_func loss_function perceptual_loss_fn",
    "environment": "env envs eval_env gym_env",
}
NO_ROLES = words_of(
    "model_name model_path optimizer_state optimizer_cls num_models get_model build_optimizer create_scheduler"
    " train_model loss mse_loss loss_fn_name standard_scaler x_scaler feature_scaler noise_scheduler label_encoder"
    " env_name environ options opt_level planet encoder_output net_output adoption data_generator batch"
    " epoch network_config"
)


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, text in ROLES.items() for name in words_of(text)])
def test_names_that_mean_a_role(role: str, name: str) -> None:
    assert role_of_name(name) == role


@pytest.mark.parametrize("name", NO_ROLES)
def test_names_about_a_thing_are_not_the_thing(name: str) -> None:
    assert role_of_name(name) is None
