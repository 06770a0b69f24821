"""The page's style: readable on a screen, in the dark, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6675; --line: #d8dde4; --paper: #ffffff; --panel: #f6f7f9;
  --error: #b3261e; --warning: #9a5b00; --advice: #3b5f8a; --good: #23703f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #a3adba; --line: #3a424e; --paper: #14181e;
  --panel: #1c222b; --error: #ff8a80; --warning: #ffb74d; --advice: #90b8e8; --good: #7fd09a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 1.6rem; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 32px 0 12px; border-bottom: 1px solid var(--line); padding-bottom: 4px; }
h3 { font-size: 1rem; margin: 0 0 4px; }
p { margin: 4px 0; }
header p { color: var(--soft); }
header .good { color: var(--good); font-weight: 600; }
header .bad { color: var(--error); font-weight: 600; }
article { border-left: 4px solid var(--advice); background: var(--panel); padding: 10px 14px; margin: 10px 0; }
article.error { border-color: var(--error); }
article.warning { border-color: var(--warning); }
.level { text-transform: uppercase; font-size: .72rem; letter-spacing: .05em; margin-right: 4px; color: var(--advice); }
.error .level { color: var(--error); }
.warning .level { color: var(--warning); }
.where { float: right; margin-left: 1em; overflow-wrap: anywhere; color: var(--soft); font-weight: 400; font-size: .85rem; }
.evidence { color: var(--soft); font-size: .88rem; overflow-wrap: anywhere; }
p.advice::before { content: "→ "; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 18px; }
figure { margin: 0; padding: 12px; border: 1px solid var(--line); border-radius: 4px; min-width: 0; }
figcaption { font-weight: 600; margin-bottom: 6px; }
figure svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .grid { stroke: var(--line); stroke-width: .7; }
svg .axis { stroke: var(--soft); fill: none; }
svg path.band { stroke: var(--soft); stroke-dasharray: 4 4; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 6px 0 0; padding: 0;
  font-size: .82rem; }
.legend svg { display: inline-block; width: 22px; height: 8px; margin-right: 5px; }
.pixels { image-rendering: pixelated; max-width: 100%; }
.empty { color: var(--soft); }
@media print { article, figure { break-inside: avoid; } }
"""
