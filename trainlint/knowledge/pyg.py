"""PyTorch Geometric 2.8: data sets, loaders, layers, transforms."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import TRAIN_FLAG, WORDS, Entry, entry, same

_G = "torch_geometric."
_TRANSFORM: dict[str, Any] = {"root": "root", "transform": "transform"}
_SPLIT: dict[str, Any] = {"split_param": "split", "splits": WORDS, **_TRANSFORM}
_FLAG: dict[str, Any] = {"split_param": "train", "splits": TRAIN_FLAG, **_TRANSFORM}
_TRAIN = {"split": "train"}
_ON = {"train": True}

_DATASETS: dict[str, Entry] = {
    **same("PPI AQSOL ICEWS18 GDELT", entry("dataset", "root split transform", _TRAIN, **_SPLIT)),
    **same("GNNBenchmarkDataset LRGBDataset", entry("dataset", "root name split transform", _TRAIN, **_SPLIT)),
    "FB15k_237": entry("dataset", "root split transform", _TRAIN, **_SPLIT),
    "PCQM4Mv2": entry("dataset", "root split transform", _TRAIN, **_SPLIT),
    "MalNetTiny": entry("dataset", "root split transform", {"split": None}, **_SPLIT),
    "OPFDataset": entry("dataset", "root split case_name", _TRAIN, **_SPLIT),
    "PCPNetDataset": entry("dataset", "root category split transform", _TRAIN, **_SPLIT),
    "ShapeNet": entry("dataset", "root categories include_normals split transform", {"split": "trainval"}, **_SPLIT),
    "UPFD": entry("dataset", "root name feature split transform", _TRAIN, **_SPLIT),
    "ZINC": entry("dataset", "root subset split transform", _TRAIN, **_SPLIT),
    "GitMolDataset": entry(
        "dataset",
        "root transform",
        {"split": 0},
        split_param="split",
        splits={0: "train", 1: "validation", 2: "test"},
        **_TRANSFORM,
    ),
    **same(
        "CoMA FAUST GeometricShapes MNISTSuperpixels OMDB",
        entry("dataset", "root train transform", _ON, **_FLAG),
    ),
    "AirfRANS": entry("dataset", "root task train transform", _ON, **_FLAG),
    "GEDDataset": entry("dataset", "root name train transform", _ON, **_FLAG),
    "ModelNet": entry("dataset", "root name train transform", {"name": "10", "train": True}, **_FLAG),
    "MD17": entry("dataset", "root name train transform", {"train": None}, **_FLAG),
    "PascalVOCKeypoints": entry("dataset", "root category train transform", _ON, **_FLAG),
    "S3DIS": entry("dataset", "root test_area train transform", {"test_area": 6, "train": True}, **_FLAG),
    "SHREC2016": entry("dataset", "root partiality category train transform", _ON, **_FLAG),
    # One graph each: the masks tell the splits ("split" of Planetoid names the scheme that draws them).
    "Planetoid": entry("dataset", "root name split", {"split": "public"}, **_TRANSFORM),
    **same(
        "WebKB WikipediaNetwork Coauthor Amazon CitationFull AttributedGraphDataset HeterophilousGraphDataset"
        " LINKXDataset Airports GemsecDeezer Twitch",
        entry("dataset", "root name", **_TRANSFORM),
    ),
    **same(
        "Reddit Reddit2 Flickr Yelp AmazonProducts KarateClub OGB_MAG DBLP IMDB AMiner LastFM MovieLens Actor"
        " CoraFull WikiCS FacebookPagePage GitHub PolBlogs",
        entry("dataset", "root", **_TRANSFORM),
    ),
    "KarateClub": entry("dataset", "transform", transform="transform"),
    # Many graphs, not yet split.
    **same("TUDataset MoleculeNet", entry("dataset", "root name transform", **_TRANSFORM)),
    **same("QM9 QM7b", entry("dataset", "root transform", **_TRANSFORM)),
    **same("FakeDataset FakeHeteroDataset", entry("dataset", synthetic=True, transform="transform")),
}

_LOADER: dict[str, Any] = {
    "shuffle": "shuffle",
    "sampler": "sampler",
    "batch_sampler": "batch_sampler",
    "batch_size": "batch_size",
    "drop_last": "drop_last",
}
_OFF = {"batch_size": 1, "shuffle": False, "drop_last": False, "sampler": None}
_NODES = {**_OFF, "shuffle": None}  # handed on to torch's loader

_LOADERS: dict[str, Entry] = {
    "DataLoader": entry(
        "loader", "dataset batch_size shuffle follow_batch exclude_keys", _OFF, dataset="dataset", **_LOADER
    ),
    **same(
        "DataListLoader DenseDataLoader",
        entry("loader", "dataset batch_size shuffle", _OFF, dataset="dataset", **_LOADER),
    ),
    # Loaders of one graph: input_nodes (a mask of it) names the split.
    "NeighborLoader": entry(
        "loader", "data num_neighbors input_nodes", _NODES, dataset="data", mask="input_nodes", **_LOADER
    ),
    "HGTLoader": entry("loader", "data num_samples input_nodes", _NODES, dataset="data", mask="input_nodes", **_LOADER),
    "LinkNeighborLoader": entry("loader", "data num_neighbors edge_label_index", _NODES, dataset="data", **_LOADER),
    "NeighborSampler": entry(
        "loader", "edge_index sizes node_idx", _NODES, dataset="edge_index", mask="node_idx", **_LOADER
    ),
    "ClusterData": entry("dataset", "data num_parts"),
    "ClusterLoader": entry("loader", "cluster_data", _NODES, dataset="cluster_data", **_LOADER),
    # Each batch is drawn at random, whatever the order of the numbers that ask for it.
    **same(
        "GraphSAINTSampler GraphSAINTNodeSampler GraphSAINTEdgeSampler GraphSAINTRandomWalkSampler RandomNodeLoader",
        entry("loader", "data", {"shuffle": True}, dataset="data"),
    ),
    "ShaDowKHopSampler": entry(
        "loader", "data depth num_neighbors node_idx", _NODES, dataset="data", mask="node_idx", **_LOADER
    ),
    "TemporalDataLoader": entry("loader", "data batch_size", {"batch_size": 1, "shuffle": None}, dataset="data"),
    "ImbalancedSampler": entry("sampler", "dataset input_nodes num_samples", random=True),
    "PrefetchLoader": entry("passthrough", "loader device"),
    "CachedLoader": entry("passthrough", "loader device"),
}

_GNN: dict[str, Any] = {"op": "none", "layer": "graph"}
_PLAIN = entry("module", **_GNN)
_NO_DROPOUT = {"dropout": 0.0}
_BASIC = entry(
    "module",
    "in_channels hidden_channels num_layers out_channels dropout act",
    {"dropout": 0.0, "norm": None},
    dropout="dropout",
    **_GNN,
)

_LAYERS: dict[str, Entry] = {
    "GCNConv": entry("module", "in_channels out_channels improved cached", **_GNN),
    "SAGEConv": entry("module", "in_channels out_channels aggr normalize", **_GNN),
    **same(
        "GATConv GATv2Conv SuperGATConv",
        entry(
            "module",
            "in_channels out_channels heads concat negative_slope dropout",
            _NO_DROPOUT,
            dropout="dropout",
            **_GNN,
        ),
    ),
    "TransformerConv": entry(
        "module",
        "in_channels out_channels heads concat beta dropout",
        _NO_DROPOUT,
        dropout="dropout",
        **_GNN,
    ),
    **same("APPNP", entry("module", "K alpha dropout", _NO_DROPOUT, dropout="dropout", **_GNN)),
    **same(
        "ARMAConv DNAConv FAConv HANConv HEATConv HypergraphConv RGATConv",
        entry("module", "", _NO_DROPOUT, dropout="dropout", **_GNN),
    ),
    "GPSConv": entry("module", "channels conv heads dropout", _NO_DROPOUT, dropout="dropout", batch_norm=True, **_GNN),
    **same("GCN GraphSAGE GIN GAT PNA EdgeCNN", _BASIC),
    "MLP": entry("module", "channel_list", _NO_DROPOUT, dropout="dropout", batch_norm=True, op="none", layer="linear"),
    "BatchNorm": entry("module", "in_channels eps momentum", op="none", layer="norm", batch_norm=True),
    "HeteroBatchNorm": entry("module", "in_channels num_types eps momentum", op="none", layer="norm", batch_norm=True),
    **same(
        "GraphNorm InstanceNorm LayerNorm PairNorm MessageNorm GraphSizeNorm DiffGroupNorm MeanSubtractionNorm",
        entry("module", op="none", layer="norm"),
    ),
    "Linear": entry("module", "in_channels out_channels bias", op="none", layer="linear"),
    "MessagePassing": entry("base", "aggr", kind="module"),
    # These have no parameters, and keep no graph.
    "LabelPropagation": entry("module", "num_layers alpha", op="none", layer="shape"),
    "CorrectAndSmooth": entry("harmless"),
    # Takes its layers with their signatures: Sequential("x, edge_index", [...]).
    "Sequential": entry("container", "input_args modules", sequential=True),
    "DataParallel": entry("wrap", "module device_ids", kind="data_parallel"),
    "to_hetero": entry("wrap", "module metadata", kind="other"),
    "Node2Vec": entry("model", "edge_index embedding_dim walk_length", dropout=False, batch_norm=False),
    "AttentiveFP": entry(
        "model",
        "in_channels hidden_channels out_channels edge_dim num_layers num_timesteps dropout",
        _NO_DROPOUT,
        dropout="dropout",
        batch_norm=False,
    ),
    **same("GAE VGAE ARGA DeepGraphInfomax SchNet DimeNet DimeNetPlusPlus", entry("model")),
    **same("global_mean_pool global_add_pool global_max_pool", entry("operation", "x batch size", op="none")),
    **same("knn_graph radius_graph fps radius knn max_pool avg_pool graclus", entry("operation", op="none")),
    "summary": entry("harmless", "model"),
}

_RANDOM = entry("transform", random=True)

_TRANSFORMS: dict[str, Entry] = {
    "Compose": entry("transform", "transforms", compose=True),
    "RandomNodeSplit": entry(
        "random_split",
        "split num_splits num_train_per_class num_val num_test",
        {"split": "train_rest", "num_val": 500, "num_test": 1000},
        masks=True,
    ),
    "RandomLinkSplit": entry(
        "random_split",
        "num_val num_test is_undirected",
        {"num_val": 0.1, "num_test": 0.2},
    ),
    "NodePropertySplit": entry("transform", "property_name ratios", random=False),
    **same("RandomFlip RandomJitter RandomRotate RandomScale RandomShear HalfHop AddRandomMetaPaths", _RANDOM),
    # Points are drawn anew each time, but without them there is no input.
    **same("SamplePoints FixedPoints", entry("transform", "num", random=True, needed=True)),
    **same(
        "NormalizeFeatures NormalizeScale NormalizeRotation Center Cartesian LocalCartesian Polar Spherical"
        " Distance AddSelfLoops ToUndirected ToSparseTensor ToDense ToDevice KNNGraph RadiusGraph FaceToEdge"
        " Constant OneHotDegree AddLaplacianEigenvectorPE AddRandomWalkPE GCNNorm GDC SIGN LineGraph VirtualNode"
        " GridSampling LargestConnectedComponents RemoveIsolatedNodes IndexToMask MaskToIndex TwoHop TargetIndegree"
        " Delaunay BaseTransform",
        entry("transform", random=False),
    ),
}

TABLE: dict[str, Entry] = {
    **{_G + "datasets." + name: meaning for name, meaning in _DATASETS.items()},
    **{_G + "loader." + name: meaning for name, meaning in _LOADERS.items()},
    **{_G + "nn." + name: meaning for name, meaning in _LAYERS.items()},
    **{_G + "transforms." + name: meaning for name, meaning in _TRANSFORMS.items()},
    _G + "seed_everything": entry("seed", "seed", what="all"),
    _G + "seed.seed_everything": entry("seed", "seed", what="all"),
    _G + "compile": entry("wrap", "model", kind="compile"),
    # Objects with tensors in them: their `to`, `contiguous`, ... work in place.
    **same(
        "Data HeteroData Batch TemporalData HyperGraphData hypergraph_data.HyperGraphData",
        entry("operation", op="none", gives="object"),
        _G + "data.",
    ),
    **same("Dataset InMemoryDataset", entry("base", "root transform pre_transform", kind="dataset"), _G + "data."),
    _G + "data.LightningDataset": entry("base", "train_dataset val_dataset test_dataset", kind="lightning_datamodule"),
}
