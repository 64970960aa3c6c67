"""How much memory this process has taken; imports nothing that takes some itself."""

import resource
import sys


def peak_mb() -> float:
    """Return the largest resident memory of this process so far in MB."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
