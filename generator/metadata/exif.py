"""The EXIF of a picture: its tags by name, each read on its own, in whatever way it was written.

Numbers and types are those of EXIF 2.32 (CIPA DC-008), and of Windows for what begins with XP.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from PIL import ExifTags, Image

from generator.core.errors import is_of_the_system
from generator.core.model import Location
from generator.core.text import clean_text, decoded, utf_16

T = TypeVar("T")

_RATING, _RATING_PERCENT = 0x4746, 0x4749
_MAKER_NOTE = 0x927C


def safely(read: Callable[[], T], otherwise: T) -> T:
    """Return what a reader says, or the default if the data makes it raise, whatever it raises.

    What the machine raises is not the data's.
    """
    try:
        return read()
    except Exception as error:  # damaged metadata costs the metadata, never the photo
        if is_of_the_system(error):
            raise
        return otherwise


def tags_of(image: Image.Image) -> Image.Exif:
    """Return the main directory as the file has it; Pillow's own adds an orientation out of XMP.

    Raises whatever Pillow does on damage; reads no pixels.
    """
    if hasattr(image, "tag_v2"):
        return image.getexif()
    tags = Image.Exif()
    if isinstance(body := image.info.get("exif"), bytes):
        tags.load(body)
    return tags


class Exif:
    """The tags of the main, the Exif and the GPS directory; empty where they are damaged."""

    def __init__(self, image: Image.Image) -> None:
        main = safely(lambda: tags_of(image), Image.Exif())
        self._tags: dict[int, Any] = {}
        directories: tuple[Callable[[], dict[int, Any]], ...] = (
            lambda: dict(main),
            lambda: main.get_ifd(ExifTags.IFD.Exif),
        )
        for read in directories:
            found: dict[int, Any] = safely(read, {})
            self._tags.update(found)
        self._gps: Mapping[int, Any] = safely(lambda: main.get_ifd(ExifTags.IFD.GPSInfo), {})
        self._little = main.endian == "<"
        self.has_preview = safely(lambda: bool(main.get_ifd(ExifTags.IFD.IFD1)), otherwise=False)
        self.has_maker_note = bool(self._tags.get(_MAKER_NOTE))

    @property
    def has_location(self) -> bool:
        """Whether there is as much as half a position, sensible or not."""
        return bool({ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude} & set(self._gps))

    def _value(self, name: str) -> Any:
        return self._tags.get(ExifTags.Base[name].value)

    def _bytes(self, name: str) -> bytes:
        """Return a text as it was stored; Pillow takes it for Latin-1."""
        value = self._value(name)
        if isinstance(value, str):
            with contextlib.suppress(UnicodeEncodeError):
                return value.encode("latin-1")
        return value if isinstance(value, bytes) else b""

    def text(self, name: str) -> str:
        """Read a text, which ought to be ASCII and often is UTF-8 or Latin-1."""
        return clean_text(self._bytes(name))

    def copyright(self) -> str:
        """Read Copyright: the photographer's and the editor's, with NUL between them (4.6.4 D)."""
        parts = (clean_text(part) for part in self._bytes("Copyright").split(b"\0")[:2])
        return ", ".join(part for part in parts if part)

    def number(self, name: str) -> float | None:
        """Read a number of sensible size; None if there is none."""
        value = self._value(name)
        return safely(lambda: _positive(value[0] if isinstance(value, tuple) else value), None)

    def stars(self) -> tuple[str, str]:
        """Return the rating that Windows writes, in stars and in per cent."""
        return self._raw(_RATING), self._raw(_RATING_PERCENT)

    def _raw(self, tag: int) -> str:
        value = self._tags.get(tag)
        return "" if value is None else clean_text(str(value))

    def windows(self, name: str) -> str:
        """Read a text of the Windows Explorer: UTF-16, little-endian, ended by NUL."""
        value = self._value(name)
        return clean_text(value.decode("utf-16-le", "replace")) if isinstance(value, bytes) else ""

    def comment(self) -> str:
        """Read UserComment: eight bytes name its character set (4.6.5 D), not always the truth."""
        value = self._value("UserComment")
        if not isinstance(value, bytes):
            return clean_text(value)
        charset, body = value[:8].rstrip(b"\0 ").upper(), value[8:].strip(b" ")
        match charset:
            case b"UNICODE":
                text = self._unicode(body)
            case b"JIS":
                text = _japanese(body)
            case b"ASCII":
                text = utf_16(body) if b"\0" in body.strip(b"\0") else decoded(body.strip(b"\0"))
            case b"":
                text = decoded(body.strip(b"\0"))
            case _:
                text = decoded(value)
        # A camera's own numbers are no words.
        return "" if re.search(r"[\1-\x08\x0e-\x1f]", text) else clean_text(text)

    def _unicode(self, body: bytes) -> str:
        """Read what calls itself UTF-16, and is ASCII or UTF-8 where some programs write it."""
        words = body.strip(b"\0")
        if b"\0" not in words and words.isascii():
            return words.decode()
        return utf_16(body, "utf-16-le" if self._little else "utf-16-be")

    def moment(self, which: str) -> str:
        """Join the date, sub-seconds and offset of the original or the digitised picture."""
        fraction = re.match(r"\d+", self.text(f"SubsecTime{which}"), re.ASCII)
        date = self.text(f"DateTime{which}")[:19]
        return f"{date}{'.' + fraction[0] if fraction else ''}{self.text(f'OffsetTime{which}')}"

    def location(self) -> Location | None:
        """Read the position as degrees; None if it is absent or not on Earth."""
        latitude = self._degrees(ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S")
        longitude = self._degrees(ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W")
        return on_earth(latitude, longitude)

    def _degrees(self, tag: int, reference_tag: int, negative: str) -> float | None:
        if tag not in self._gps:
            return None
        degrees, minutes, seconds = (float(part) for part in self._gps[tag])
        value = degrees + minutes / 60 + seconds / 3600
        reference = clean_text(self._gps.get(reference_tag)).upper()
        return -value if reference.startswith(negative) else value


def on_earth(latitude: float | None, longitude: float | None) -> Location | None:
    """Make a position of two numbers; None if one is missing, no number or beyond the poles."""
    if latitude is None or longitude is None:
        return None
    # Zero over zero is no number, and is not within any bounds.
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Location(latitude, longitude)


def _japanese(body: bytes) -> str:
    """Read JIS X 0208 as ISO-2022-JP (JIS X 0202), or as what is written in its place."""
    for encoding in ("iso2022_jp", "utf-8", "shift_jis", "euc_jp"):
        with contextlib.suppress(UnicodeDecodeError):
            return body.strip(b"\0").decode(encoding)
    return ""


def _positive(value: Any) -> float | None:
    number = float(value)
    return number if 1e-6 <= number < 1e7 else None
