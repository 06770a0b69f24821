"""Datasets, loaders, splits and samplers of ``torch.utils.data`` (torch 2.13)."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_D = "torch.utils.data."

_LOADER_PARAMS = (
    "dataset batch_size shuffle sampler batch_sampler num_workers collate_fn pin_memory drop_last timeout"
    " worker_init_fn multiprocessing_context generator"
)
_DISTRIBUTED_SAMPLER = entry(
    "sampler",
    "dataset num_replicas rank shuffle seed drop_last",
    {"shuffle": True, "seed": 0, "drop_last": False},
    random=True,
    distributed=True,
)

TABLE: dict[str, Entry] = {
    _D + "DataLoader": entry(
        "loader",
        _LOADER_PARAMS,
        {
            "batch_size": 1,
            "shuffle": None,
            "sampler": None,
            "batch_sampler": None,
            "num_workers": 0,
            "drop_last": False,
            "generator": None,
        },
        dataset="dataset",
        shuffle="shuffle",
        sampler="sampler",
        batch_sampler="batch_sampler",
        batch_size="batch_size",
        drop_last="drop_last",
    ),
    _D + "Dataset": entry("base", kind="dataset"),
    _D + "IterableDataset": entry("base", kind="iterable_dataset"),
    _D + "TensorDataset": entry("dataset", tensors=True),
    _D + "StackDataset": entry("dataset", tensors=True),
    _D + "Subset": entry("subset", "dataset indices", dataset="dataset", indices="indices"),
    _D + "random_split": entry("random_split", "dataset lengths generator", data="dataset", seed="generator"),
    _D + "ConcatDataset": entry("concat", "datasets"),
    _D + "ChainDataset": entry("concat", "datasets"),
    _D + "Sampler": entry("base", kind="sampler"),
    _D + "SequentialSampler": entry("sampler", "data_source", random=False),
    _D + "RandomSampler": entry(
        "sampler", "data_source replacement num_samples generator", {"replacement": False}, random=True
    ),
    _D + "SubsetRandomSampler": entry("sampler", "indices generator", random=True, subset=True),
    _D + "WeightedRandomSampler": entry(
        "sampler", "weights num_samples replacement generator", {"replacement": True}, random=True
    ),
    # As random as the sampler that it is given.
    _D + "BatchSampler": entry("sampler", "sampler batch_size drop_last"),
    _D + "DistributedSampler": _DISTRIBUTED_SAMPLER,
    _D + "default_collate": entry("operation", "batch", op="none"),
    _D + "default_convert": entry("operation", "data", op="none"),
    _D + "get_worker_info": entry("harmless"),
    **same("IterDataPipe MapDataPipe", entry("base", kind="iterable_dataset"), _D),
}
