"""Has the supervisor asked long work to end?

The queue cannot tell a running task, and a signal would kill it half way. So the supervisor makes a file
whose path its children know; a slice looks for it between two pages.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "ERP_STOP_FILE"


def asked() -> bool:
    """True when work in this process should end at the next good moment. False outside of a supervisor."""
    path = os.environ.get(VARIABLE, "")
    return path != "" and Path(path).exists()
