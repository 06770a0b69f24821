"""Rule files as a pack's author would write them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

PAGE = '''"""Something is wrong.

    ## What it finds

    Something.

    ## Why it hurts

    It does.

    ## Bad

    ```python
    x = 1  # expect: {code}
    ```

    ## Good

    ```python
    x = 2
    ```

    ## When it keeps silent

    Otherwise.

    ## Remedy

    None.
    """
'''

RULE = """
from __future__ import annotations

from trainlint.findings import Level
from trainlint.rule import Rule


class Example(Rule):
    {page}
    code = "{code}"
    name = "{name}"
    level = Level.{level}
    options = {options}

    def check(self, trace):
        {body}
"""


def rule_source(
    code: str, name: str, level: str = "ERROR", *, body: str = "yield from ()", options: object = None
) -> str:
    """A rule file as a pack's author would write it; the body is that of ``check``."""
    indented = textwrap.indent(textwrap.dedent(body), " " * 8).strip()
    return RULE.format(
        page=PAGE.format(code=code), code=code, name=name, level=level, options=options or {}, body=indented
    )


MakePack = Callable[..., str]
