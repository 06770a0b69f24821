"""``python -m trainlint`` is ``trainlint``."""

import sys

from trainlint.cli import main

sys.exit(main())
