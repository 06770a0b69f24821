"""torchtext 0.18 and what its older releases had (``torchtext.legacy`` and before)."""

from __future__ import annotations

from trainlint.knowledge.schema import WORDS, Entry, entry, same

_T = "torchtext."
_DATASET = entry("dataset_loader", "root split", split_param="split", splits=WORDS, iterable=True)

TABLE: dict[str, Entry] = {
    # A tuple of splits gives that many data sets, and without one all of them, in the order train, (valid,) test.
    **same(
        "AG_NEWS AmazonReviewFull AmazonReviewPolarity CNNDM CoLA CoNLL2000Chunking DBpedia IMDB IWSLT2016"
        " IWSLT2017 MNLI MRPC Multi30k PennTreebank QNLI RTE SogouNews SQuAD1 SQuAD2 SST2 STSB UDPOS WikiText103"
        " WikiText2 WNLI YahooAnswers YelpReviewFull YelpReviewPolarity",
        _DATASET,
        _T + "datasets.",
    ),
    _T + "data.utils.get_tokenizer": entry("tokenizer", "tokenizer language"),
    _T + "data.functional.to_map_style_dataset": entry("passthrough", "iter_data"),
    _T + "vocab.build_vocab_from_iterator": entry("preprocessor", "iterator", kind="vocabulary", fits=True),
    **same("vocab.vocab vocab.GloVe vocab.FastText vocab.Vectors", entry("harmless"), _T),
    **same(
        "data.Field data.LabelField legacy.data.Field legacy.data.LabelField",
        entry("preprocessor", kind="vocabulary"),
        _T,
    ),
    **same(
        "data.BucketIterator data.Iterator data.BPTTIterator legacy.data.BucketIterator legacy.data.Iterator",
        entry(
            "loader",
            "dataset batch_size",
            {"train": True, "shuffle": None},
            dataset="dataset",
            batch_size="batch_size",
            shuffle="shuffle",
            train_param="train",
        ),
        _T,
    ),
    **same("data.TabularDataset legacy.data.TabularDataset", entry("dataset", "path format fields", root="path"), _T),
    **same("transforms.Sequential", entry("transform", compose=True), _T),
    **same(
        "transforms.VocabTransform transforms.ToTensor transforms.Truncate transforms.AddToken transforms.PadTransform"
        " transforms.SentencePieceTokenizer transforms.BERTTokenizer transforms.LabelToIndex",
        entry("transform", random=False),
        _T,
    ),
}
