"""Durations as people write them: seconds as a number, or text such as 90s, 10m, 1h30m, 2d."""

import math
import re
from datetime import timedelta

Duration = float | str | timedelta
"""Seconds, text such as "1h30m", or a timedelta."""

LONGEST_MS = 100 * 366 * 86_400_000
"""A hundred years."""

TEXT = r"(?:[0-9]{1,9}(?:ms|s|m|h|d))+"
"""What a duration written as text looks like, as a regular expression."""

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")


def milliseconds(duration: Duration) -> int:
    """A duration in whole milliseconds.

    Raises:
        ValueError: it is negative, longer than a hundred years, or not written as a duration.
    """
    if isinstance(duration, timedelta):
        duration = duration.total_seconds()
    if isinstance(duration, str):
        value: float = _parsed(duration)
    else:
        value = duration * 1_000
    if not (math.isfinite(value) and 0 <= value <= LONGEST_MS):
        raise ValueError(f"duration {duration!r}: must lie between 0 and a hundred years")
    return round(value)


def _parsed(text: str) -> int:
    if not re.fullmatch(TEXT, text.lower()):
        raise ValueError(f"duration {text!r}: write seconds, or for instance 90s, 10m, 1h30m, 2d")
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text.lower()))
