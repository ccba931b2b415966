"""`python -m motiongpt.cli`, which `accelerate launch -m` needs."""

import sys

from motiongpt.cli import main

sys.exit(main())
