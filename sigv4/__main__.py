"""`python -m sigv4`."""

import sys

from .cli import main

sys.exit(main())
