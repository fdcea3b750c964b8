"""Moments as pictures state them: read as written, and never converted."""

import re
from datetime import datetime

_MOMENT = re.compile(
    r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)"
    r"(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
# Photography begins with the first. After the second, a clock is wrong: whoever reads the feed of
# such a photo would have it first for ever, and no build may ask what year it is.
_YEARS = range(1826, 2101)
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII)


def first_moment(*texts: str) -> tuple[str, str]:
    """Return the first moment that is one, as wall time and offset; else both empty."""
    return next((moment for moment in map(parse_taken, texts) if moment[0]), ("", ""))


def parse_taken(text: str) -> tuple[str, str]:
    """Divide a moment into wall time in ISO 8601 and its offset; empty if it is not a real one.

    Reads EXIF's way of writing (colons in the date) and XMP's (seconds, time and zone are
    optional). All-zero and all-blank dates mean unknown, as do years that are not of `_YEARS`.
    """
    match = _MOMENT.match(text)
    if match is None:
        return "", ""
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(
            *map(int, (year, month, day, hour or 0, minute or 0, min(int(second or 0), 59)))  # type: ignore[arg-type]
        )
    except ValueError:
        return "", ""
    if moment.year not in _YEARS:
        return "", ""
    if hour is None:
        return moment.date().isoformat(), ""
    wall = moment.isoformat() + (f".{fraction[:6]}" if fraction else "")
    offset = "+00:00" if zone == "Z" else zone or ""
    return wall, offset if offset == "" or _OFFSET.fullmatch(offset) else ""
