"""Text of unknown origin made harmless, for pages and for terminals."""

import codecs
import os
import re
import unicodedata

MAX_TEXT = 2000

# Joiners shape scripts and emoji; these two marks of direction stand for themselves.
_SHAPING = "\u200c\u200d\u200e\u200f"


def clean_text(value: object) -> str:
    """Return text of any origin as one line without control characters, at most `MAX_TEXT` long.

    Bytes are read as UTF-8, or as Latin-1 where they are not; NUL pads and ends them.
    """
    if isinstance(value, bytes):
        value = decoded(value[: 4 * MAX_TEXT])
    if not isinstance(value, str):
        return ""
    line = value.lstrip("\0").partition("\0")[0][: 2 * MAX_TEXT]
    kept = "".join(" " if c in "\r\n\t" else c for c in line if c in "\r\n\t" or _is_harmless(c))
    return unicodedata.normalize("NFC", " ".join(kept.split()))[:MAX_TEXT]


def decoded(value: bytes) -> str:
    """Read bytes as UTF-8, or as Latin-1 where they are not; a last character may be cut off.

    Latin-1 as Windows means it: quotation marks and dashes where ISO 8859-1 has control codes.
    """
    reader = codecs.getincrementaldecoder("utf-8")()
    try:
        whole = reader.decode(value)
        # A last byte that begins a character is UTF-8 cut short only if there was some before.
        if not reader.getstate()[0] or not whole.isascii():
            return whole
    except UnicodeDecodeError:
        pass
    return value.decode("cp1252", "ignore")


def utf_16(value: bytes, usual: str = "utf-16-le") -> str:
    """Read UTF-16: its byte order is that of its mark, of where its zeros are, or the usual one."""
    if value.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return value.decode("utf-16", "replace")
    high, low = value[::2].count(0), value[1::2].count(0)
    if high != low:
        usual = "utf-16-be" if high > low else "utf-16-le"
    return value.decode(usual, "replace")


def _is_harmless(char: str) -> bool:
    return char in _SHAPING or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Cn", "Co")


def is_unicode(text: str) -> bool:
    """Tell whether a text is all Unicode: no name of a file with bytes that are no UTF-8."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def spelt(path: str) -> str:
    r"""Return the path of a file as Unicode: bytes that are no UTF-8 are written like \xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


# What never is a character (Unicode, 23.7).
_NEVER = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
# Beside that, control characters but for those that part words and lines, and what reorders the
# characters around it up to the end of a paragraph.
_UNSEEN = re.compile(rf"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e{_NEVER}]")


def clean_lines(text: str) -> str:
    """Return a text of many lines without control characters and without what reorders a line."""
    return _UNSEEN.sub("", text)


def visible(text: str) -> str:
    r"""Return the text with control, bidi and undecodable characters written as escapes.

    So that no file name and no caption can move the cursor, colour or reorder the terminal.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
