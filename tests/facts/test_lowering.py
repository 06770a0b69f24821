"""What statements and expressions are lowered to."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import facts, nodes

from trainlint.facts import ir


def only(text: str) -> Any:
    """The single statement of a program."""
    (statement,) = facts(text).body
    return statement


def value(text: str) -> Any:
    return only(f"x = {text}\n").value


def slices(text: str, found: list[Any]) -> list[str]:
    return [text[node.start : node.end] for node in found]


LITERALS = {
    "None": None,
    "True": True,
    "1_000": 1000,
    "0xFf": 255,
    "0b11": 3,
    "0o17": 15,
    "00": 0,
    "9223372036854775807": 2**63 - 1,
    "1e-3": 0.001,
    "5.": 5.0,
    "'a'": "a",
    '"""a"b"""': 'a"b',
    "''": "",
    "''''''": "",
    "r'\\d'": "\\d",
    "'\\d'": "\\d",
    "'\\x41\\u00e9\\U0001F600\\N{EM DASH}\\101\\0'": "Aé😀—A\0",
    "'a\\\nb'": "ab",
    "'\\\\n\\''": "\\n'",
    "'a' \"b\" '''c'''": "abc",
    "('a'\n  'b')": "ab",
    "u'é'": "é",
}


@pytest.mark.parametrize("text", LITERALS)
def test_literal_has_its_value(text: str) -> None:
    found = value(text)
    assert isinstance(found, ir.Constant)
    assert (found.value, type(found.value)) == (LITERALS[text], type(LITERALS[text]))


def test_line_ends_in_strings_are_newlines() -> None:
    assert only("x = '''a\r\nb\rc'''\r\n").value.value == "a\nb\nc"


OPAQUE = {
    "b'a'": "bytes",
    "rB'a' b'b'": "bytes",
    "1j": "complex",
    "...": "ellipsis",
    "1e999": "number",
    "9223372036854775808": "number",
    "0x" + "f" * 400: "number",
    "1" * 5000: "number",
    "'\\ud800'": "string",
}


@pytest.mark.parametrize("text", OPAQUE)
def test_literal_that_cannot_be_kept_is_opaque(text: str) -> None:
    found = value(text)
    assert isinstance(found, ir.Opaque)
    assert found.kind == OPAQUE[text]


PLAIN = st.one_of(
    st.integers(0, 2**63 - 1), st.floats(0, allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)


@given(PLAIN | st.text(st.characters(exclude_categories=["Cs"])))
def test_written_literal_is_read_back(expected: bool | int | float | str | None) -> None:
    found = value(repr(expected))
    assert isinstance(found, ir.Constant)
    assert (found.value, type(found.value)) == (expected, type(expected))


def test_formatted_string_keeps_text_and_values() -> None:
    text = "x = f'a{b}\\n{c.d!r:>{w}}' 'e{{}}' rf'\\{f()}'\n"
    found = only(text).value
    assert isinstance(found, ir.FString)
    assert found.text == "a{}\n{}e{{}}\\{}"
    assert [type(node).__name__ for node in found.values] == ["Name", "Opaque", "Call"]
    assert slices(text, found.values[1].children) == ["c.d", "w"]


def test_bytes_next_to_nothing_else_keep_no_children() -> None:
    assert value("b'a' b'b'").children == []


def test_attribute_span_ends_with_its_name() -> None:
    text = "x = ( a . b ) . c\n"
    found = only(text).value
    assert slices(text, [found, found.value]) == ["( a . b ) . c", "a . b"]


def test_call_keeps_kinds_of_arguments() -> None:
    text = "f(a, *b, c=d, **e)\n"
    found = only(text).value
    assert [(argument.keyword, argument.star) for argument in found.args] == [(None, 0), (None, 1), ("c", 0), (None, 2)]
    assert slices(text, found.args) == ["a", "*b", "c=d", "**e"]


def test_parameters_keep_kinds_defaults_and_annotations() -> None:
    text = "def f(a, /, b: int = 1, *c, d=2, **e): pass\n"
    params = only(text).params
    kinds = [(param.name, param.kind) for param in params]
    assert kinds == [("a", "positional"), ("b", "positional"), ("c", "args"), ("d", "keyword"), ("e", "kwargs")]
    assert slices(text, params) == ["a", "b: int = 1", "c", "d=2", "e"]
    assert params[1].annotation.id == "int"


def test_comparison_keeps_all_operators() -> None:
    found = value("a < b is not c not in d")
    assert found.ops == ["<", "is not", "not in"]
    assert [right.id for right in found.rights] == ["b", "c", "d"]


def test_subscript_with_a_comma_has_a_tuple() -> None:
    assert isinstance(value("a[b]").index, ir.Name)
    assert [type(index).__name__ for index in value("a[b:c, ::2]").index.elements] == ["Slice", "Slice"]
    assert len(value("a[b,]").index.elements) == 1


def test_dictionary_marks_unpacking() -> None:
    assert [item.key and item.key.value for item in value("{'a': 1, **b}").items] == ["a", None]


def test_comprehension_keeps_conditions_by_generator() -> None:
    found = value("{k: v for k, v in a if b if c for d in e}")
    assert (found.kind, found.element.id, found.value.id) == ("dict", "k", "v")
    assert [len(generator.conditions) for generator in found.generators] == [2, 0]


def test_headers_are_the_spans_of_compound_statements() -> None:
    text = (
        "if a :\n  pass\nelif b: pass\nfor c in d : pass\nwhile e: pass\nwith (f as g, h,): pass\n"
        "try : pass\nexcept I as j : pass\nmatch k :\n  case l if m: pass\n"
        "async def n(o) -> p : pass\nclass Q ( R ) : pass\nclass S : pass\n"
    )
    kinds = (ir.If, ir.For, ir.While, ir.With, ir.Try, ir.Handler, ir.Match, ir.Case, ir.FunctionDef, ir.ClassDef)
    found = sorted((node for node in nodes(facts(text)) if isinstance(node, kinds)), key=lambda node: node.start)
    assert slices(text, found) == [
        *("if a", "elif b", "for c in d", "while e", "with (f as g, h,)", "try", "except I as j", "match k"),
        *("case l if m", "async def n(o) -> p", "class Q ( R )", "class S"),
    ]


def test_elif_is_an_if_alone_in_orelse() -> None:
    found = only("if a: b\nelif c: d\nelse: e\n")
    (inner,) = found.orelse
    assert isinstance(inner, ir.If)
    assert len(inner.orelse) == 1


def test_try_keeps_its_parts() -> None:
    found = only("try: a\nexcept B as c: d\nexcept: e\nelse: f\nfinally: g; h\n")
    assert [(handler.type and handler.type.id, handler.name) for handler in found.handlers] == [
        ("B", "c"),
        (None, None),
    ]
    assert [len(part) for part in (found.body, found.orelse, found.finalbody)] == [1, 1, 2]


def test_with_items_have_targets() -> None:
    found = only("async with a() as b, c: pass\n")
    assert found.is_async
    assert [item.target and item.target.id for item in found.items] == ["b", None]


def test_delete_has_one_target_for_each_name() -> None:
    assert [target.id for target in only("del (a, b)\n").targets] == ["a", "b"]
    assert [target.id for target in only("del a, b\n").targets] == ["a", "b"]


def test_match_tells_names_and_the_constants_of_the_subject() -> None:
    text = (
        "match a:\n  case 1 | 'b': pass\n  case [2, c, *d]: pass\n"
        "  case E.F as g if h: pass\n  case {'i': j, **k}: pass\n"
    )
    cases = only(text).cases
    assert [case.names for case in cases] == [[], ["c", "d"], ["g"], ["j", "k"]]
    assert [slices(text, case.constants) for case in cases] == [["1", "'b'"], [], ["E.F"], []]
    assert cases[2].guard.id == "h"


GENERATORS = {
    "def f():\n  yield 1\n": True,
    "def f():\n  x = yield\n": True,
    "def f():\n  if a:\n    yield from b\n": True,
    "def f():\n  def g():\n    yield\n": False,
    "def f():\n  return lambda: (yield)\n": False,
    "def f():\n  return (a for b in c)\n": False,
    "def f():\n  def g(): pass\n  yield\n": True,
    "def f():\n  class G:\n    def h(self): yield\n  return 1\n": False,
}


@pytest.mark.parametrize("text", GENERATORS)
def test_generator_is_told_from_function(text: str) -> None:
    assert only(text).is_generator is GENERATORS[text]


def test_definition_ends_with_its_last_statement() -> None:
    text = "class A:\n  def f(self):\n    if a:\n      b()  # c\n\n    # d\n\ne\n"
    outer = facts(text).body[0]
    assert isinstance(outer, ir.ClassDef)
    (inner,) = outer.body
    assert isinstance(inner, ir.FunctionDef)
    assert text[: inner.body_end].endswith("b()")
    assert outer.body_end == inner.body_end


def test_imports_are_found_wherever_they_stand() -> None:
    text = (
        "import a.b as c, d\nif e:\n  from f import g as h, i\ndef j():\n  from . import k\n  from ..l.m import *\n"
        "  import a.b\nclass N:\n  try: import o\n  except ImportError: o = None\n"
    )
    assert facts(text).imports == ["a.b", "d", "f", "f.g", "f.i", ".", ".k", "..l.m", "o"]


def test_import_keeps_aliases() -> None:
    text = "from ..a . b import (c as d,\n  e)\n"
    found = only(text)
    assert (found.module, found.level) == ("a.b", 2)
    assert [(alias.name, alias.asname) for alias in found.names] == [("c", "d"), ("e", None)]
    assert slices(text, found.names) == ["c as d", "e"]


def test_statements_tell_their_lines() -> None:
    text = (
        "a = 1\nb(\n  c,\n); d = '''e\nf'''\n@g\n# h\n@i\ndef j(\n  k,\n): pass\n"
        "if (l\n    and m):\n  n\nelse:\n  o \\\n    .p\n"
    )
    assert [(span.first, span.last) for span in facts(text).statements] == [
        *((1, 1), (2, 4), (4, 5), (6, 11), (11, 11), (12, 13), (14, 14), (16, 17)),
    ]


def test_lines_start_where_python_starts_them() -> None:
    assert facts("a\r\nb\rc\n'\x0c\u2028'\n").line_starts == [0, 3, 5, 7, 12]
    assert facts("").line_starts == [0]


def test_empty_programs_have_no_statements() -> None:
    assert [facts(text).body for text in ("", "\n", "# a", "\n\n  # b\n")] == [[]] * 4


def test_parser_is_loaded_only_to_parse() -> None:
    program = (
        "import sys, trainlint.facts as facts\n"
        "source = facts.source_from_text('a.py', 'b = 1')\n"
        "assert not {'libcst', 'torch'} & set(sys.modules)\n"
        "data = facts.encode(facts.lower(source))\n"
        "assert 'libcst.native' in sys.modules and 'libcst' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
