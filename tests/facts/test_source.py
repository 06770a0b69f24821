"""Reading files as Python does, and refusing those that it can't."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from trainlint.facts import FactsError, lower, read, source_from_bytes, source_from_text

DECODED = {
    "utf-8": ("x = 'é'\n".encode(), "x = 'é'\n"),
    "byte order mark": (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
    "latin-1 by comment": (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
    "comment on the second line": (b"#!python\n# vim: set fileencoding=cp1252 :\n'\x80'\n", None),
    "carriage returns": (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
    "empty": (b"", ""),
}


@pytest.mark.parametrize(("data", "text"), DECODED.values(), ids=DECODED.keys())
def test_file_is_decoded_as_python_does(tmp_path: Path, data: bytes, text: str | None) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(data)
    source = read(path)
    assert source.text == (text if text is not None else data.decode("cp1252"))
    assert (source.path, source.cells, source.digest) == (str(path), None, hashlib.sha256(data).hexdigest())
    lower(source)


def test_text_has_the_digest_of_its_bytes() -> None:
    text = "x = 'é'\n"
    assert source_from_text("a.py", text) == source_from_bytes("a.py", text.encode())


def test_byte_order_mark_of_a_text_is_no_part_of_the_program() -> None:
    assert source_from_text("a.py", "\ufeffx = 1\n").text == "x = 1\n"


REFUSED = {
    "undecodable byte": (b"x = 1\ny = '\xc3\xa9\xff'\n", "a.py:2:7: byte 0xff can't be decoded as utf-8"),
    "unknown encoding": (b"# coding: klingon\n", "a.py:1: unknown encoding: klingon"),
    "unknown encoding on the second line": (b"#!python\n# coding: klingon\n", "a.py:2: unknown encoding: klingon"),
    "undecodable first line": (b"x = '\xff'\n", "a.py:1:6: byte 0xff can't be decoded as utf-8"),
    "null byte": (b"x = 1\ny = '\0'\n", "a.py:2:6: holds a null byte: this is no Python text"),
    "utf-16": ("x = 1\n".encode("utf-16"), "a.py:1:1: byte 0xff can't be decoded as utf-8"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_file_that_is_no_text_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FactsError) as refused:
        source_from_bytes("a.py", data)
    assert str(refused.value) == message


def test_text_that_has_no_encoding_is_refused() -> None:
    with pytest.raises(FactsError, match=r"^a\.py:1:6: holds a character that UTF-8 can't encode$"):
        source_from_text("a.py", "x = '\ud800'\n")


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"gone\.py: can't be read: No such file"):
        read(tmp_path / "gone.py")
    with pytest.raises(FactsError, match="can't be read: "):
        read(tmp_path)


BROKEN = {
    "print 'a'\n": "a.py:1:7: can't be parsed: unexpected 'a' (this looks like Python 2: print statement)",
    "if a:\n    print a\n": "a.py:2:11: can't be parsed: unexpected a (this looks like Python 2: print statement)",
    "print >>f, 'a' % b, `c`\n": "a.py:1:21: can't be parsed: '`' is not a valid character in this position "
    "(this looks like Python 2: print statement)",
    "try: a\nexcept (B, C), d:\n    print d\n": "a.py:3:11: can't be parsed: unexpected d "
    "(this looks like Python 2: print statement)",
    "raise A, 'b'\n": "a.py:1:8: can't be parsed: unexpected , (this looks like Python 2: `raise X, message`)",
    "exec 'a' in b\n": "a.py:1:6: can't be parsed: unexpected 'a' (this looks like Python 2: exec statement)",
    "a = 5L\n": "a.py:1:5: can't be parsed: unexpected 5L (this looks like Python 2: long integer)",
    "if a <> b: c\n": "a.py:1:7: can't be parsed: unexpected > (this looks like Python 2: `<>`)",
    "def f(a, (b, c)): d\n": "a.py:1:10: can't be parsed: unexpected ( (this looks like Python 2: tuple parameter)",
    "x = 1\ny = (2,\n\n\n": "a.py:2:8: can't be parsed: unexpected end of the statement",
    "f(a b)\n": "a.py:1:5: can't be parsed: unexpected b",
    "def f():\nx\n": "a.py:2:1: can't be parsed: unexpected x, expected an indented block",
    "x\n  y\n": "a.py:2:3: can't be parsed: unexpected indentation",
    "x = 1\ny = 'a\n": "a.py:2:5: can't be parsed: unterminated string literal",
    "a = 1\nprint(b))\n": "a.py:2:9: can't be parsed: unmatched ')'",
    f"x = 1 '{'a' * 100}'\n": f"a.py:1:7: can't be parsed: unexpected '{'a' * 36}...",
}


@pytest.mark.parametrize("text", BROKEN)
def test_program_that_cannot_be_parsed_is_told_in_one_line(text: str) -> None:
    with pytest.raises(FactsError) as refused:
        lower(source_from_text("a.py", text))
    assert str(refused.value) == BROKEN[text]
    assert refused.value.path == "a.py"
    assert str(refused.value).startswith(f"a.py:{refused.value.line}:{refused.value.column}: ")


DEEP = {
    "parentheses": "(" * 20_000 + "1" + ")" * 20_000,
    "lists": "[" * 300 + "]" * 300,
    "brackets that are not closed": "x = " + "[" * 20_000,
    "brackets between calls": "f(a(), " * 5_000 + "1" + ")" * 5_000,
    "sums": "a" + "+a" * 20_000,
    "attributes": "a" + ".b" * 20_000,
    "calls": "(a" + "\n.b()" * 5_000 + ")",
    "negations": "not " * 20_000 + "a",
    "negations over lines": "(" + "not\n" * 5_000 + "a)",
    "lambdas": "lambda: " * 20_000 + "1",
    "conditionals": "a if b else " * 20_000 + "c",
    "conjunctions": "a" + " and a" * 20_000,
    "branches": "if a: b\n" + "elif c: d\n" * 20_000,
    "formatted strings": "f'{" * 500 + "1" + "}'" * 500,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(FactsError, match=r"^a\.py:1:") as refused:
        lower(source_from_text("a.py", text))
    assert "\n" not in str(refused.value)


SHALLOW = {
    "many calls": "f(1)\n" * 2_000,
    "a long table": f"x = [{'(1, [2]), ' * 2_000}]\n",
    "brackets in strings": "x = [\n" + '"(((",\n' * 2_000 + "]\n",
    "brackets in comments": "# (((\n" * 2_000 + "x = 1\n",
    "sixty levels": "[" * 60 + "]" * 60 + "\n",
    "a sum of a hundred": f"x = a{' + a' * 100}\n",
    "conjunctions apart": "x = a and b or c\n" * 1_500,
}


@pytest.mark.parametrize("text", SHALLOW.values(), ids=SHALLOW.keys())
def test_large_program_is_not_taken_for_a_deep_one(text: str) -> None:
    assert lower(source_from_text("a.py", text)).body


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('import torch\n\nx = u"a" b"b"\n', "a.py:3:"),
        ("try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass\n", "a.py:3:"),
    ],
)
def test_what_only_the_nodes_refuse_is_told_with_its_line(text: str, place: str) -> None:
    with pytest.raises(FactsError) as refused:
        lower(source_from_text("a.py", text))
    assert str(refused.value).startswith(place)
    assert "\n" not in str(refused.value)
