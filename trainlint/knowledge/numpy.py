"""NumPy, and the libraries that read and turn arrays: pandas, SciPy, PIL, OpenCV, h5py, joblib, matplotlib, ..."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_CUT = entry("operation", op="none", cuts=True)
_RANDOM = entry("operation", op="none", cuts=True, random=True)
_DRAWN = entry("operation", op="none", cuts=True, random=True, creates=True)
_NEW = entry("operation", op="none", creates=True)
_REPORT = entry("report")
_HARMLESS = entry("harmless")


def _reads(path: str) -> Entry:
    return entry("read", path, path=path)


def _op(op: str, parameter: str = "x") -> Entry:
    return entry("operation", parameter, op=op, cuts=True)


TABLE: dict[str, Entry] = {
    "numpy.random.seed": entry("seed", "seed", what="numpy"),
    "numpy.random.default_rng": entry("generator", "seed"),
    "numpy.random.RandomState": entry("generator", "seed"),
    "numpy.random.Generator": entry("generator", "bit_generator"),
    **same("get_state set_state", _HARMLESS, "numpy.random."),
    **same("shuffle permutation choice", _RANDOM, "numpy.random."),
    **same(
        "rand randn randint random uniform normal beta binomial standard_normal random_sample poisson dirichlet",
        _DRAWN,
        "numpy.random.",
    ),
    **same("argmax argmin argsort", _op("argmax", "a"), "numpy."),
    **same("round around", _op("round", "a"), "numpy."),
    **same("rint floor ceil trunc", _op("round"), "numpy."),
    "numpy.sign": _op("sign"),
    "numpy.exp": _op("exp"),
    **same("log log2 log10 log1p", _op("log"), "numpy."),
    **same("abs absolute", _op("abs"), "numpy."),
    "numpy.clip": _op("clamp", "a"),
    "numpy.tanh": _op("tanh"),
    **same("equal not_equal greater less greater_equal less_equal", _op("compare", "x1"), "numpy."),
    **same("isclose allclose", _op("compare", "a"), "numpy."),
    **same("zeros ones empty full eye arange zeros_like ones_like full_like empty_like", _NEW, "numpy."),
    **same("linspace logspace geomspace", entry("operation", op="none", creates=True, spaced=True), "numpy."),
    **same("load fromfile", _reads("file"), "numpy."),
    **same("loadtxt genfromtxt", _reads("fname"), "numpy."),
    "numpy.memmap": _reads("filename"),
    **same("save savez savez_compressed savetxt", _REPORT, "numpy."),
    **same("set_printoptions errstate seterr", _HARMLESS, "numpy."),
    **same("read_csv read_table", _reads("filepath_or_buffer"), "pandas."),
    "pandas.read_json": _reads("path_or_buf"),
    **same("read_parquet read_feather", _reads("path"), "pandas."),
    "pandas.read_excel": _reads("io"),
    "pandas.read_pickle": _reads("filepath_or_buffer"),
    "pandas.read_hdf": _reads("path_or_buf"),
    "pandas.set_option": _HARMLESS,
    "PIL.Image.open": _reads("fp"),
    "cv2.imread": _reads("filename"),
    "cv2.VideoCapture": _reads("filename"),
    **same("imwrite imshow waitKey setNumThreads", _HARMLESS, "cv2."),
    "h5py.File": _reads("name"),
    "lmdb.open": _reads("path"),
    "zarr.open": _reads("store"),
    "nibabel.load": _reads("filename"),
    "soundfile.read": _reads("file"),
    "librosa.load": _reads("path"),
    "imageio.imread": _reads("uri"),
    "skimage.io.imread": _reads("fname"),
    "scipy.io.loadmat": _reads("file_name"),
    "scipy.special.softmax": entry("operation", "x axis", op="softmax", dim="axis", cuts=True),
    "scipy.special.log_softmax": entry("operation", "x axis", op="log_softmax", dim="axis", cuts=True),
    "scipy.special.expit": entry("operation", "x", op="sigmoid", cuts=True),
    **same("scipy.stats.pearsonr scipy.stats.spearmanr scipy.stats.kendalltau", entry("metric")),
    "joblib.dump": entry("save", "value filename", object="value", path="filename"),
    "joblib.load": _reads("filename"),
    "dill.dump": entry("save", "obj file", object="obj", path="file"),
    "cloudpickle.dump": entry("save", "obj file", object="obj", path="file"),
    "yaml.dump": _REPORT,
    **same("yaml.safe_load yaml.load", _reads("stream")),
}
