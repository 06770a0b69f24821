"""Rule packs: packages behind the entry point group ``trainlint.rules``, one file a rule. The engine names no rule."""

from trainlint.packs.errors import PackError
from trainlint.packs.loader import load_rules
from trainlint.packs.page import Page, PageError, parse_page
from trainlint.packs.registry import Registry, RuleEntry

__all__ = ["PackError", "Page", "PageError", "Registry", "RuleEntry", "load_rules", "parse_page"]
