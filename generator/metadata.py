"""What a picture says about itself: EXIF, IPTC and XMP to Metadata.

Precedence, field by field; the first that says something wins:

    title        XMP dc:title, IPTC 2:05
    caption      XMP dc:description, IPTC 2:120, EXIF ImageDescription, EXIF UserComment
    keywords     XMP dc:subject and IPTC 2:25 together, each once, in that order
    taken        EXIF DateTimeOriginal, XMP exif:DateTimeOriginal, XMP photoshop:DateCreated,
                 IPTC 2:55 with 2:60, EXIF DateTimeDigitized
    the rest     EXIF

The order is that of the Metadata Working Group's guidelines (2.0, chapter 5), with XMP first
because programs that write only one of them write that one. All text is hostile: control
characters are dropped, lengths are bounded. Whatever cannot be read is left out.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException
from PIL import ExifTags, Image, ImageFile, IptcImagePlugin

from generator.model import Location, Metadata
from generator.text import clean_text, decoded

MAX_KEYWORDS = 100

T = TypeVar("T")

# What cameras write into ImageDescription by themselves.
_BOILERPLATE = re.compile(
    r"((olympus|minolta|konica|sony|kodak|samsung|nikon|casio|pentax|fuji|vivitar)\s*)*"
    r"(digital (still )?camera|exif[_ ]jpeg[_ ]picture|default|dsc|dcim\W.*|picture|image"
    r"|screenshot|maker:.*|jpeg)?\W*",
    re.IGNORECASE,
)

_MOMENT = re.compile(
    r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)"
    r"(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII)

_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XMP_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_metadata(image: ImageFile.ImageFile) -> Metadata:
    """Read all that a picture says; damage costs what it touches, and nothing raises."""
    exif = _safely(lambda: _Exif(image), _Exif(None))
    iptc = _safely(lambda: IptcImagePlugin.getiptcinfo(image), None) or {}
    xmp = _safely(lambda: _parse_xmp(image.info.get("xmp")), None)
    location = _safely(exif.location, None)
    taken, offset = _taken(exif, iptc, xmp)
    return Metadata(
        title=_xmp_text(xmp, _DC + "title") or _iptc_text(iptc, 5),
        caption=_caption(exif, iptc, xmp),
        keywords=_keywords(iptc, xmp),
        taken=taken,
        offset=offset,
        camera=_camera(exif.text("Make"), exif.text("Model")),
        lens=exif.text("LensModel"),
        focal_length=exif.number("FocalLength"),
        focal_length_35mm=exif.number("FocalLengthIn35mmFilm"),
        aperture=exif.number("FNumber"),
        exposure=exif.number("ExposureTime"),
        iso=_whole(exif.number("ISOSpeedRatings")),
        location=location,
        has_location=location is not None or exif.has_gps or _has_xmp_location(xmp),
    )


def _safely(read: Callable[[], T], otherwise: T) -> T:
    """Return what a reader says, or the default if the data makes it raise, whatever it raises."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - damaged metadata costs the metadata, never the photo
        return otherwise


class _Exif:
    """The EXIF tags of a picture by name, each read on its own."""

    def __init__(self, image: Image.Image | None) -> None:
        self._tags: dict[int, Any] = {}
        self._gps: Mapping[int, Any] = {}
        if image is None:
            return
        exif = image.getexif()
        for read in (lambda: exif, lambda: exif.get_ifd(ExifTags.IFD.Exif)):
            self._tags.update(_safely(lambda read=read: dict(read()), {}))  # type: ignore[misc]
        self._gps = _safely(lambda: exif.get_ifd(ExifTags.IFD.GPSInfo), {})

    @property
    def has_gps(self) -> bool:
        return bool({ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude} & set(self._gps))

    def _value(self, name: str) -> Any:
        return self._tags.get(ExifTags.Base[name].value)

    def text(self, name: str) -> str:
        """Read a text; Pillow takes it for Latin-1, where programs write UTF-8 all the same."""
        value = self._value(name)
        if isinstance(value, str):
            with contextlib.suppress(UnicodeEncodeError):
                value = decoded(value.encode("latin-1"))
        return clean_text(value)

    def number(self, name: str) -> float | None:
        value = self._value(name)
        return _safely(lambda: _positive(value[0] if isinstance(value, tuple) else value), None)

    def comment(self) -> str:
        """Read UserComment: eight bytes name its character set (EXIF 2.32, 4.6.5 D)."""
        value = self._value("UserComment")
        if isinstance(value, bytes):
            charset, body = value[:8], value[8:]
            if charset.startswith(b"UNICODE"):
                return clean_text(body.decode(_utf_16(body), "replace"))
            return clean_text(body if charset.rstrip(b"\0 ") in (b"ASCII", b"") else value)
        return clean_text(value)

    def moment(self, which: str) -> str:
        """Join the date, sub-seconds and offset of the original or the digitised picture."""
        fraction = re.match(r"\d+", self.text(f"SubsecTime{which}"), re.ASCII)
        date = self.text(f"DateTime{which}")[:19]
        return f"{date}{'.' + fraction[0] if fraction else ''}{self.text(f'OffsetTime{which}')}"

    def location(self) -> Location | None:
        """Read the position as degrees; None if it is absent or not on Earth."""
        latitude = self._degrees(ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S")
        longitude = self._degrees(ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W")
        if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
            return None
        return Location(latitude, longitude)

    def _degrees(self, tag: int, reference_tag: int, negative: str) -> float | None:
        if tag not in self._gps:
            return None
        degrees, minutes, seconds = (float(part) for part in self._gps[tag])
        value = degrees + minutes / 60 + seconds / 3600
        if value != value:  # noqa: PLR0124 - zero over zero is not a number
            return None
        reference = clean_text(self._gps.get(reference_tag)).upper()
        return -value if reference.startswith(negative) else value


def _utf_16(body: bytes) -> str:
    """Tell the byte order of UTF-16: by its mark, else by where most of its zeros are."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-16-be" if body[::2].count(0) > body[1::2].count(0) else "utf-16-le"


def _positive(value: Any) -> float | None:
    number = float(value)
    return number if 1e-6 <= number < 1e7 else None


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _camera(make: str, model: str) -> str:
    """Join maker and model without saying the maker twice: `NIKON CORPORATION`, `NIKON Z 6_2`."""
    if not make or not model:
        return make or model
    first = make.split(maxsplit=1)[0]
    return model if model.lower().startswith(first.lower()) else f"{make} {model}"


def _parse_xmp(packet: object) -> Element | None:
    """Parse an XMP packet without entities; None if there is none, or no XML in it."""
    if isinstance(packet, str):
        packet = packet.encode()
    if not isinstance(packet, bytes):
        return None
    try:
        root: Element = defusedxml.ElementTree.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _xmp_values(xmp: Element | None, name: str) -> list[str]:
    """Return the values of an XMP property: an attribute, plain text, or the items of an array.

    An array of languages gives the default one first (XMP part 1, 8.2.2.4).
    """
    if xmp is None:
        return []
    for description in xmp.iter(_RDF + "Description"):
        if name in description.attrib:
            return [clean_text(description.attrib[name])]
        found = description.find(name)
        if found is not None:
            items = sorted(found.iter(_RDF + "li"), key=lambda li: li.get(_XML_LANG) != "x-default")
            texts = [item.text for item in items] if items else [found.text]
            return [text for text in map(clean_text, texts) if text]
    return []


def _xmp_text(xmp: Element | None, name: str) -> str:
    values = _xmp_values(xmp, name)
    return values[0] if values else ""


def _has_xmp_location(xmp: Element | None) -> bool:
    return bool(_xmp_text(xmp, _XMP_EXIF + "GPSLatitude"))


def _iptc_values(iptc: Mapping[tuple[int, int], Any], dataset: int) -> list[str]:
    """Return the values of an IPTC-IIM dataset of record 2 (IIM 4.2, section 6)."""
    value = iptc.get((2, dataset), [])
    return [clean_text(each) for each in (value if isinstance(value, list) else [value])]


def _iptc_text(iptc: Mapping[tuple[int, int], Any], dataset: int) -> str:
    return next(iter(_iptc_values(iptc, dataset)), "")


def _caption(exif: _Exif, iptc: Mapping[tuple[int, int], Any], xmp: Element | None) -> str:
    candidates = (
        _xmp_text(xmp, _DC + "description"),
        _iptc_text(iptc, 120),
        exif.text("ImageDescription"),
        _safely(exif.comment, ""),
    )
    return next((text for text in candidates if not _BOILERPLATE.fullmatch(text)), "")


def _keywords(iptc: Mapping[tuple[int, int], Any], xmp: Element | None) -> tuple[str, ...]:
    words = [*_xmp_values(xmp, _DC + "subject"), *_iptc_values(iptc, 25)]
    return tuple(dict.fromkeys(word for word in words if word))[:MAX_KEYWORDS]


def _taken(
    exif: _Exif, iptc: Mapping[tuple[int, int], Any], xmp: Element | None
) -> tuple[str, str]:
    """Return when the picture was taken, as wall time and offset; empty where nothing says so."""
    for text in (
        exif.moment("Original"),
        _xmp_text(xmp, _XMP_EXIF + "DateTimeOriginal"),
        _xmp_text(xmp, _PHOTOSHOP + "DateCreated"),
        _iptc_date(iptc),
        exif.moment("Digitized"),
    ):
        wall, offset = parse_taken(text)
        if wall:
            return wall, offset
    return "", ""


def _iptc_date(iptc: Mapping[tuple[int, int], Any]) -> str:
    """Join IPTC date (CCYYMMDD) and time (HHMMSS+HHMM) in ISO 8601."""
    day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", _iptc_text(iptc, 55), re.ASCII)
    if not day:
        return ""
    date = f"{day[1]}-{day[2]}-{day[3]}"
    clock = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?", _iptc_text(iptc, 60), re.ASCII)
    if not clock:
        return date
    zone = f"{clock[4]}:{clock[5]}" if clock[4] else ""
    return f"{date}T{clock[1]}:{clock[2]}:{clock[3]}{zone}"


def parse_taken(text: str) -> tuple[str, str]:
    """Divide a moment into wall time in ISO 8601 and its offset; empty if it is not a real one.

    Reads EXIF's way of writing (colons in the date) and XMP's (seconds, time and zone are
    optional). All-zero and all-blank dates mean unknown, as do dates before photography.
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
    if moment.year < 1826:
        return "", ""
    if hour is None:
        return moment.date().isoformat(), ""
    wall = moment.isoformat() + (f".{fraction[:6]}" if fraction else "")
    offset = "+00:00" if zone == "Z" else zone or ""
    return wall, offset if offset == "" or _OFFSET.fullmatch(offset) else ""
