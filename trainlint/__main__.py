"""``python -m trainlint`` is ``trainlint``."""

import os
import sys

if sys.path[0] in {"", os.getcwd()}:
    # Python looks for modules in the current directory first, which is the linted project: nothing of it is to be run.
    # The command has its own folder there.
    sys.path[0] = os.path.dirname(sys.executable)

from trainlint.cli import main

sys.exit(main())
