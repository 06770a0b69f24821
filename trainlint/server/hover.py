"""What is shown for the place under the pointer: the page of a finding's rule, and what the trace knows of a name."""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from trainlint.findings import Place
from trainlint.packs import Registry
from trainlint.server.diagnostics import to_range
from trainlint.server.folder import Outcome
from trainlint.server.places import Places
from trainlint.trace.outline import about

_WORD = re.compile(r"[^\W\d]\w*")


def hover(outcome: Outcome, places: Places, registry: Registry, uri: str, position: lsp.Position) -> lsp.Hover | None:
    """None where there is nothing to say."""
    found = places.locate(uri)
    if found is None or found[0] not in outcome.program.modules:
        return None
    key, cell = found
    offset = places.offset(key, cell, position.line, position.character)
    parts: list[str] = []
    span = None
    for diagnosis in outcome.report.diagnoses:
        place = diagnosis.finding.place
        if place.path == key and place.start <= offset <= place.end:
            entry = registry.find(diagnosis.finding.code)
            if entry is not None:
                parts.append(f"### {entry.code} {entry.name}\n\n{entry.page.markdown}")
                span = span or to_range(places.span(place))
    word = _word_at(outcome.program.sources[key].text, offset)
    if word is not None:
        name, start = word
        known = about(outcome.runs, key, name, lambda place: places.in_words(place, key))
        if known:
            parts.insert(0, "  \n".join(known))
            span = to_range(places.span(Place(key, start, start + len(name))))
    if not parts:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, "\n\n---\n\n".join(parts)), span)


def _word_at(text: str, offset: int) -> tuple[str, int] | None:
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    for match in _WORD.finditer(text, start, len(text) if end < 0 else end):
        if match.start() <= offset <= match.end():
            return match.group(), match.start()
    return None
