"""The standard library: what its functions do to models, data and numbers; built-ins stand beneath ``builtins``."""

from __future__ import annotations

from trainlint.knowledge.schema import Entry, entry, same

_HARMLESS = entry("harmless")
_REPORT = entry("report")
_RANDOM = entry("operation", op="none", random=True)
_ELEMENTS = entry("passthrough", "iterable")
_DECORATOR = entry("wrap", kind="other")
_TARGET = entry("call", "group target name args kwargs", function="target", args="args")

TABLE: dict[str, Entry] = {
    "builtins.print": _REPORT,
    "builtins.open": entry("read", "file mode", {"mode": "r"}, path="file"),
    **same("exit quit", entry("exit"), "builtins."),
    **same("object Exception", entry("base", kind="plain"), "builtins."),
    **same("ABC", entry("base", kind="plain"), "abc."),
    **same("Generic Protocol", entry("base", kind="plain"), "typing."),
    **same("Enum IntEnum StrEnum Flag IntFlag", entry("base", kind="enum"), "enum."),
    **same("dataclasses.field dataclasses.dataclass", entry("harmless")),
    **same("dataclasses.astuple", entry("operation", op="none")),
    **same("input help id hash repr dir vars callable breakpoint", _HARMLESS, "builtins."),
    "random.seed": entry("seed", "a", what="python"),
    "random.Random": entry("generator", "x"),
    **same("shuffle sample choice choices", _RANDOM, "random."),
    **same(
        "random randint randrange uniform gauss normalvariate betavariate getrandbits",
        entry("operation", op="none", creates=True, random=True, gives="number"),
        "random.",
    ),
    **same("getstate setstate", _HARMLESS, "random."),
    "copy.deepcopy": entry("copy", "x memo"),
    "copy.copy": entry("passthrough", "x"),
    "pickle.dump": entry("save", "obj file protocol", object="obj", path="file"),
    "pickle.load": entry("read", "file", path="file"),
    "pickle.dumps": _HARMLESS,
    "pickle.loads": entry("operation", op="none"),
    "json.dump": entry("report", "obj fp"),
    "json.dumps": entry("operation", "obj", op="none", cuts=True, gives="text"),
    "json.load": entry("read", "fp", path="fp"),
    "json.loads": entry("operation", "s", op="none"),
    "csv.reader": entry("read", "csvfile", path="csvfile"),
    "csv.DictReader": entry("read", "f", path="f"),
    **same("csv.writer csv.DictWriter", entry("logger", "f")),
    "logging.getLogger": entry("logger", "name"),
    **same("info warning warn error debug critical exception log", _REPORT, "logging."),
    **same("basicConfig StreamHandler FileHandler Formatter disable captureWarnings", _HARMLESS, "logging."),
    "os.listdir": entry("listing", "path", path="path"),
    "os.scandir": entry("listing", "path", path="path"),
    "os.walk": entry("listing", "top", path="top"),
    "os._exit": entry("exit", "status"),
    "sys.exit": entry("exit", "status"),
    "sys.stdout.write": _REPORT,
    "sys.stderr.write": _REPORT,
    **same("glob iglob", entry("listing", "pathname", path="pathname"), "glob."),
    **same("chain.from_iterable islice cycle", _ELEMENTS, "itertools."),
    **same("wraps lru_cache cache singledispatch total_ordering", _DECORATOR, "functools."),
    **same("contextmanager closing", _DECORATOR, "contextlib."),
    **same("nullcontext suppress redirect_stdout ExitStack", _HARMLESS, "contextlib."),
    "threading.Thread": _TARGET,
    "multiprocessing.Process": _TARGET,
    "atexit.register": entry("at_exit", "func"),
    "warnings.warn": _HARMLESS,
}
