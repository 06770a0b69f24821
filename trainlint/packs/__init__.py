"""Rule packs, one file a rule: packages behind the entry point group ``trainlint.rules``, and folders of projects.

The engine names no rule.
"""

from trainlint.packs.errors import PackError
from trainlint.packs.loader import is_beneath, load_file, load_folder, load_rules
from trainlint.packs.page import Page, PageError, parse_page
from trainlint.packs.registry import Registry, RuleEntry

__all__ = [
    "PackError",
    "Page",
    "PageError",
    "Registry",
    "RuleEntry",
    "is_beneath",
    "load_file",
    "load_folder",
    "load_rules",
    "parse_page",
]
