"""Open Graph Benchmark 1.3: data sets come whole, and ``get_idx_split`` gives the indices of their splits."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_INDICES: dict[str, Any] = {"root": "root", "transform": "transform"}
_PLAIN: dict[str, Any] = {"root": "root"}

TABLE: dict[str, Entry] = {
    "ogb.graphproppred.PygGraphPropPredDataset": entry("dataset", "name root transform", **_INDICES),
    **same(
        "GraphPropPredDataset DglGraphPropPredDataset", entry("dataset", "name root", **_PLAIN), "ogb.graphproppred."
    ),
    "ogb.nodeproppred.PygNodePropPredDataset": entry("dataset", "name root transform", **_INDICES),
    **same(
        "NodePropPredDataset DglNodePropPredDataset",
        entry("dataset", "name root", **_PLAIN),
        "ogb.nodeproppred.",
    ),
    "ogb.linkproppred.PygLinkPropPredDataset": entry("dataset", "name root transform", **_INDICES),
    **same(
        "LinkPropPredDataset DglLinkPropPredDataset",
        entry("dataset", "name root", **_PLAIN),
        "ogb.linkproppred.",
    ),
    **same("MAG240MDataset PCQM4Mv2Dataset PygPCQM4Mv2Dataset", entry("dataset", "root", **_PLAIN), "ogb.lsc."),
    **same(
        "graphproppred.Evaluator nodeproppred.Evaluator linkproppred.Evaluator",
        entry("metric", "name", object=True),
        "ogb.",
    ),
    **same("MAG240MEvaluator PCQM4Mv2Evaluator", entry("metric", object=True), "ogb.lsc."),
    **same(
        "AtomEncoder BondEncoder",
        entry("module", "emb_dim", op="none", layer="embedding"),
        "ogb.graphproppred.mol_encoder.",
    ),
}
