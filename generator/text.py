"""Text of unknown origin made harmless, for pages and for terminals; and dates in words."""

import unicodedata

MAX_TEXT = 2000

# Joiners shape scripts and emoji; these two marks of direction stand for themselves.
_SHAPING = "\u200c\u200d\u200e\u200f"

# They reorder the characters around them, up to the end of a paragraph.
_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def clean_text(value: object) -> str:
    """Return text of any origin as one line without control characters, at most `MAX_TEXT` long.

    Bytes are read as UTF-8, or as Latin-1 where they are not; NUL ends them.
    """
    if isinstance(value, bytes):
        value = decoded(value[: 4 * MAX_TEXT])
    if not isinstance(value, str):
        return ""
    line = value.partition("\0")[0][: 2 * MAX_TEXT]
    kept = "".join(" " if c in "\r\n\t" else c for c in line if c in "\r\n\t" or _is_harmless(c))
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:MAX_TEXT]


def decoded(value: bytes) -> str:
    """Read bytes as UTF-8, or as Latin-1 where they are not."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_harmless(char: str) -> bool:
    return char in _SHAPING or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co")


def clean_lines(text: str) -> str:
    """Return a text of many lines without control characters and without what reorders a line."""
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return text
    return "".join(
        c for c in text if c in "\r\n\t" or not (c in _OVERRIDES or unicodedata.category(c) == "Cc")
    )


def visible(text: str) -> str:
    r"""Return the text with control, bidi and undecodable characters written as escapes.

    So that no file name and no caption can move the cursor, colour or reorder the terminal.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def long_date(iso: str) -> str:
    """Write the day of an ISO 8601 date in words: 3 May 2025."""
    year, month, day = (int(part) for part in iso[:10].split("-"))
    return f"{day} {_MONTHS[month - 1]} {year}"
