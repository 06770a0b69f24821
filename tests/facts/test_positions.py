"""Each node lies where Python's own parser sees it."""

from __future__ import annotations

import ast
import os
import tokenize
from pathlib import Path

import pytest
from positions import FORMATTED_STRINGS, facts, misplaced, nodes

from trainlint.facts import ir

SNIPPETS = {
    "parentheses": "x = ((a) . b)(((c)), (d)) [ (e) : : (f) ]\n",
    "parenthesised tuples": "x = ((1, 2), (3,), ())\nfor a, in ((b),): pass\nfor (c, d) in e, : pass\n",
    "comments between tokens": (
        "x = [  # one (\n    a,  # two ]\n    # three\n    b\n    ,\n]\nf(  # four\n    c = d  # five\n    ,)\n"
    ),
    "continuations": "x = a + \\\n    b \\\n  . c\nif d and \\\n   e: \\\n   f = g; \\\n   h = i\ny = 1 \\\n\nz = 2\n",
    "continuation on an empty line": "a = 1\n\\\n\nb = 2\n  \\\n\nc = 3\n",
    "carriage returns": "if a:\r\n    b = '''x\r\n  y'''\r\n\r\n    # c\r\n    d = e\r\nf(g,\r\n  h)\r\n",
    "lone carriage returns": "a = b\rif c:\r  d = e\r",
    "form feeds": "a = 1\n\x0c\n\x0cdef f(): pass\nif b:\n    c = 1\n\x0c\n    d = 2\n",
    "line separators that are none": "a = '\u2028\x0b\x1c'; b = c  # \u2029 \x85\nd = e\n",
    "wide characters": "ä = 'ü𝔘' + ß.ö['é'] # ünï\nλ(ñ, ç=ø)\n",
    "no newline at the end": "if a:\n    b = c",
    "no newline after a comment": "a = b\n# c",
    "tabs": "if a:\n\tb = c\n\tif d:\n\t\te = f\n",
    "semicolons": "a = 1; b = 2 ;c = 3;\nif d: e; f;\nwhile g: h = (\n  1); i = j\n",
    "odd indentation": "if a:\n        b\nelse:\n  c\n  # d\n      # e\n# f\n  g\n",
    "empty lines and comments": (
        "\n\n# a\n\nb\n\n\n  # c\ndef d():\n\n    # e\n\n    f\n    # g\n\n  # h\n\n# i\nj\n\n"
    ),
    "operators": "a = not b and c or - d ** ~ e // f @ g << h >> i & j | k ^ l % + m\n",
    "comparisons": "a = b<c<=d == e!=f not   in g is h is \\\n not i in j > k >= l\n",
    "conditional": "a = (b if c else\n     d if e else f)\n",
    "displays": "a = [*b, c, ], {*d, 1}, {**e, f: g, 'h' : i , }, [ ], { }\n",
    "comprehensions": (
        "[a for b, c in d if e if f for g in h]\n{ a : b for c in d }\n{a for b in c}\nf(a for b in c)\n"
        "((a) for b in c)\n"
    ),
    "asynchronous": (
        "async def f():\n    async for a in b: await c\n    async with d as e, f: pass\n"
        "    return [g async for h in i]\n"
    ),
    "lambdas": "a = lambda: 0\nb = lambda c, /, d=1, *e, f, g=2, **h: (c, d)\ni = lambda *, j: j\nk = lambda*l:l\n",
    "parameters": (
        "def f(a, b: c = d, /, e=f, *, g: h, i = j, **k: l) -> m: pass\ndef n(*o: p, q): pass\ndef r(s,): pass\n"
    ),
    "calls": "f(a, *b, c=d, **e)\ng(*a, *b, )\nh ( )\ni( j = (yield) )\nprint(*(k), ** {'l': m})\n",
    "subscripts": "a[b], a[b, c], a[b,], a[:], a[b:], a[:c], a[::d], a[b:c:d, ..., e], a[(b, c)], a[lambda: b:c]\nd[\n  :, e : f\n]\n",
    "decorators": (
        "@a\n# b\n@c.d(e)\n\ndef f(): pass\nclass G:\n\n    @h\n\n    # i\n    @ j\n    async def k(self): pass\n"
    ),
    "classes": (
        "class A: pass\nclass B(): pass\nclass C(A, *d, metaclass=M, **e): f = 1\nclass G(A,):\n    '''Doc.'''\n"
    ),
    "statements": (
        "del a, b[c], (d)\ndel(e); global g , h\nassert i, j\nassert(k)\nraise\nraise l from m\nraise(n)\n"
        "def o():\n    nonlocal p\n    return\n    return(q)\n    return r, s\n"
    ),
    "assignments": (
        "a = b = c, d = e\n(f), [g, *h] = i\nj: k\nl.m: n = o\np[q]: r\ns **= t; u >>= v ; w //= x ; y@=z\n"
    ),
    "imports": (
        "import a . b . c as d, e\nfrom . import f\nfrom ... g import (h as i,\n  j,  # k\n)\n"
        "from .l import *\nfrom...m import n\n"
    ),
    "loops": "for a, b in c, d: break\nelse: pass\nwhile (e): continue\nelse:\n    f\n\nfor(g)in(h):i\n",
    "branches": "if a: b\nelif(c): d\n# e\nelif f:\n    g\nelse: h\nif i:\n    j\nelse:\n    if k: l\n",
    "with": (
        "with a: pass\nwith a as b, c as (d, e): pass\nwith (a): pass\nwith (a, b) as c: pass\nwith(yield): pass\n"
    ),
    "try": (
        "try: a\nexcept: b\ntry:\n    c\nexcept d: e\nexcept (f, g) as h :\n    i\n# j\nelse: k\nfinally :\n    l\n"
    ),
    "yields": "def f():\n    a = yield\n    b = yield c, d\n    yield(e)\n    g((yield from h), (yield))\n",
    "walrus": "if (a := b) and (c:= d): e(f := g)\n[h := 1, i]\nj[k := 2]\n",
    "strings": "a = 'b' \"c\" # d\ne = ('f'\n  r'g\\\\'  # h\n  '''i\n  j''' u'k') . join(l)\nm = b'n' rb'o'\n",
    "numbers": "a = 1_000 + 0xFF + 0b1 + 0o7 + 1e10 + .5 + 5. + 1j + 00 + 10 ** 400\nb = 1 .real\nc = 1e999\n",
    "singletons": "a = None, True, False, ..., __debug__, NotImplemented\n",
    "match as a name": "match = case = type = 1\nmatch[case](type)\nprint(match, * case)\n",
    "match": (
        "match a, b:\n    case c: d\n\n    # e\n    case 1 | -2 | 3+4j | 'f' 'g' | None if h > i:\n        j\n"
        "    case [k, *_, (l)] | (k, l): m\n    case {'n': o, p.q: r, **s,}: t\n    case {}: u\n"
        "    case v.w(x, y=z,) as aa: bb\n"
        "    case []|(): pass\n    case 1, *cc: dd\n    case (ee): ff\n    case _: gg\n# hh\nii\n"
    ),
}


@pytest.mark.parametrize("text", SNIPPETS.values(), ids=SNIPPETS.keys())
def test_snippet_lies_where_python_sees_it(text: str) -> None:
    assert misplaced(text) == []


FORMATTED = {
    "values": "a = f'b{c}d{ e . f }' f\"{g!r:>{h}.{i}}\" 'j'\nk = l\n",
    "braces and escapes": "a = f'{{{b}}}\\n\\N{EM DASH}{c}'; d = e\n",
    "self-documenting": "a = f'{b=}{c = !r}{d=:5}'; e = f\n",
    "several lines": "a = f'''b\n{c}\n  {\n  d}''' ; e = f\n",
    "nested": 'a = f\'{b["c"]}{f"{d}"}\' + e\n',
}


@pytest.mark.parametrize("text", FORMATTED.values(), ids=FORMATTED.keys())
def test_names_in_formatted_strings_are_exact(text: str) -> None:
    names = [node for node in nodes(facts(text)) if isinstance(node, ir.Name)]
    assert {text[name.start : name.end] for name in names} == {name.id for name in names}
    assert {name.id for name in names} == {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert not FORMATTED_STRINGS or misplaced(text) == []


# Newer than the oldest Python that runs these tests: the facts must know them wherever they run.
NEWER = {
    "except*": "try:\n    aa\nexcept* bb as cc:\n    dd\nexcept *(ee, ff): gg\nhh\n",
    "type statement": "type aa[bb: cc, *dd, **ee] = ff[bb]\ngg\ntype hh = ii; jj\n",
    "type parameters": "def aa[bb = int, *cc = *dd, **ee](ff: bb) -> gg: hh\nclass ii[jj](kk): ll\nclass mm[nn]: oo\n",
    "nested quotes": "aa = f'{bb['cc']}' + dd\n",
    "comment in a formatted string": "aa = f'''{\n  bb  # cc '\n}''' + dd\n",
    "template string": "aa = t'{bb!r:{cc}}' + dd\n",
    "exceptions without parentheses": "try: aa\nexcept bb, cc: dd\nee\n",
    "starred annotation and index": "def aa(*bb: *cc): dd\nee[ff, *gg]; hh\n",
}


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER.keys())
def test_newer_syntax_keeps_positions_exact(text: str) -> None:
    found = list(nodes(facts(text)))
    names = [node for node in found if isinstance(node, ir.Name)]
    assert [text[name.start : name.end] for name in names] == [name.id for name in names]
    last = max(names, key=lambda name: name.start)
    assert text[last.start :].rstrip() == last.id
    definitions = [node for node in found if isinstance(node, (ir.FunctionDef, ir.ClassDef))]
    assert all(text.startswith(node.name, node.name_start) for node in definitions)


def library_files() -> list[Path]:
    """Files of Python's standard library: at most 150, small enough to take seconds in all."""
    folder = Path(os.__file__).parent
    files = [path for pattern in ("*.py", "*/*.py") for path in sorted(folder.glob(pattern))]
    chosen = [
        path
        for path in files
        if 500 < path.stat().st_size < 16_000 and not {"test", "site-packages", "idlelib"} & set(path.parts)
    ]
    return chosen[:150]


@pytest.mark.parametrize("path", library_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_standard_library_lies_where_python_sees_it(path: Path) -> None:
    with tokenize.open(path) as file:
        text = file.read()
    assert misplaced(text) == []


@pytest.mark.parametrize("path", library_files()[::10], ids=lambda path: path.name)
def test_definitions_name_and_end_where_they_do(path: Path) -> None:
    with tokenize.open(path) as file:
        text = file.read()
    for node in nodes(facts(text)):
        if isinstance(node, (ir.FunctionDef, ir.ClassDef)):
            assert text[node.name_start : node.name_start + len(node.name)] == node.name
            assert _is_definition(text[: node.start].rpartition("\n")[2], text[node.start : node.body_end])


def _is_definition(indent: str, definition: str) -> bool:
    (outer,) = ast.parse(f"if 1:\n {indent}{definition}").body
    assert isinstance(outer, ast.If)
    return len(outer.body) == 1 and isinstance(outer.body[0], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
