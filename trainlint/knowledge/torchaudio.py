"""torchaudio 2.11."""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import WORDS, Entry, entry, same

_A = "torchaudio."
_SUBSET: dict[str, Any] = {"split_param": "subset", "splits": WORDS, "root": "root"}
_TRAIN = {"subset": "train"}
_RANDOM = entry("transform", random=True)
_FIXED = entry("transform", random=False)
# LibriSpeech names its parts by the url parameter.
_LIBRI = {
    "train-clean-100": "train",
    "train-clean-360": "train",
    "train-other-500": "train",
    "dev-clean": "validation",
    "dev-other": "validation",
    "test-clean": "test",
    "test-other": "test",
}

_DATASETS: dict[str, Entry] = {
    **same(
        "LIBRISPEECH LibriSpeechBiasing",
        entry(
            "dataset",
            "root url folder_in_archive download",
            {"url": "train-clean-100"},
            split_param="url",
            splits=_LIBRI,
        ),
    ),
    "LIBRITTS": entry(
        "dataset", "root url folder_in_archive download", {"url": "train-clean-100"}, split_param="url", splits=_LIBRI
    ),
    **same(
        "SPEECHCOMMANDS GTZAN",
        entry("dataset", "root url folder_in_archive download subset", {"subset": None}, **_SUBSET),
    ),
    **same("DR_VCTK FluentSpeechCommands VoxCeleb1Identification", entry("dataset", "root subset", _TRAIN, **_SUBSET)),
    "TEDLIUM": entry("dataset", "root release subset", _TRAIN, **_SUBSET),
    **same("MUSDB_HQ Snips QUESST14", entry("dataset", "root subset", **_SUBSET)),
    "LibriMix": entry("dataset", "root subset", {"subset": "train-360"}, **_SUBSET),
    "COMMONVOICE": entry(
        "dataset",
        "root tsv",
        {"tsv": "train.tsv"},
        split_param="tsv",
        splits={"train.tsv": "train", "dev.tsv": "validation", "test.tsv": "test"},
        root="root",
    ),
    **same(
        "YESNO LJSPEECH VCTK_092 CMUARCTIC CMUDict IEMOCAP LibriLightLimited", entry("dataset", "root", root="root")
    ),
    "VoxCeleb1Verification": entry("dataset", "root meta_url", split="test"),
}

TABLE: dict[str, Entry] = {
    **{_A + "datasets." + name: meaning for name, meaning in _DATASETS.items()},
    **same(
        "FrequencyMasking TimeMasking SpecAugment SpeedPerturbation",
        _RANDOM,
        _A + "transforms.",
    ),
    **same(
        "Spectrogram InverseSpectrogram GriffinLim AmplitudeToDB MelScale InverseMelScale MelSpectrogram MFCC LFCC"
        " MuLawEncoding MuLawDecoding Resample ComputeDeltas TimeStretch Fade Loudness Vol SlidingWindowCmn Vad"
        " SpectralCentroid PitchShift Speed AddNoise Preemphasis Deemphasis Convolve FFTConvolve",
        _FIXED,
        _A + "transforms.",
    ),
    _A + "transforms.RNNTLoss": entry("loss", "blank clamp reduction", {"reduction": "mean"}, kind="other"),
    _A + "functional.rnnt_loss": entry(
        "loss_function",
        "logits targets logit_lengths target_lengths",
        {"reduction": "mean"},
        kind="other",
        input="logits",
        target="targets",
    ),
    _A + "load": entry("read", "uri", path="uri"),
    _A + "info": entry("harmless"),
    _A + "save": entry("harmless"),
    **same(
        "Wav2Vec2Model Conformer Emformer Tacotron2 WaveRNN ConvTasNet DeepSpeech RNNT HDemucs Wav2Letter",
        entry("model"),
        _A + "models.",
    ),
}
