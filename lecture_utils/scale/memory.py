"""How much memory is free, and whether a table of items by items fits."""

import math
import os
import re
from pathlib import Path

GB = 1e9
TABLES = 3  # items x items, that EASE holds at a time
SHARE = 0.8  # of what is free; ratings, and what else runs, have the rest


CGROUP = Path("/sys/fs/cgroup")  # version 2: in a container its own limit


def find_free() -> float:
    """Return the free memory in bytes: what the machine has, or less where a cgroup limits it."""
    return min(_find_machine(), _find_group())


def _find_machine() -> float:
    """Return the free memory; all there is on a Mac; inf where neither is known."""
    try:
        found = re.search(r"MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text())
        return 1024 * int(found[1])
    except (OSError, TypeError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return math.inf


def _find_group() -> float:
    """Return what is left below the limit; inf without one. Cached files make room when asked."""
    try:
        limit, used = (int((CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        cached = re.search(r"^inactive_file (\d+)", (CGROUP / "memory.stat").read_text(), re.M)
        return max(0, limit - used + int(cached[1]))
    except (OSError, TypeError, ValueError):  # no such file, or the word "max"
        return math.inf


def check_room(num_items: int, limit: float | None) -> None:
    """Refuse to fill the memory with tables of `num_items` x `num_items` numbers.

    Args:
        num_items: how many items are to be weighed against each other.
        limit: GB that may be taken; None for SHARE of what is free.

    Raises:
        ValueError: They take more.
    """
    room = SHARE * find_free() if limit is None else limit * GB
    need = TABLES * 4 * num_items**2
    if need <= room:
        return
    fits = math.isqrt(int(room / (4 * TABLES)))
    fits -= fits % 1000 if fits >= 1000 else 0
    fewer = f"--items {fits}처럼 많이 본 영화만 견주거나, " if fits else ""
    raise ValueError(
        f"--model ease: 영화 {num_items:,}편을 서로 견주는 표 {TABLES}벌에 메모리가 "
        f"{need / GB:.3g}GB 드는데 쓸 수 있는 것은 {room / GB:.3g}GB입니다. {fewer}"
        "그런 표가 없는 --model ials를 주세요."
    )
