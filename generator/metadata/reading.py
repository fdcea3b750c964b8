"""What a picture says about itself: EXIF, IPTC, XMP and sidecars to Metadata.

Precedence, field by field; the first that says something wins:

    title        XMP dc:title, IPTC 2:05, EXIF XPTitle
    headline     XMP photoshop:Headline, IPTC 2:105
    caption      XMP dc:description, IPTC 2:120, EXIF ImageDescription, UserComment, XPComment,
                 XPSubject
    alt          XMP Iptc4xmpCore:AltTextAccessibility, Iptc4xmpCore:ExtDescrAccessibility
    keywords     XMP dc:subject, IPTC 2:25, EXIF XPKeywords and the last parts of the paths
                 together, each once
    paths        XMP lr:hierarchicalSubject, digiKam:TagsList, MicrosoftPhoto:LastKeywordXMP,
                 mediapro:CatalogSets
    rating       XMP xmp:Rating, MicrosoftPhoto:Rating, EXIF Rating, RatingPercent
    label        XMP xmp:Label
    creator      XMP dc:creator, IPTC 2:80, EXIF Artist, XPAuthor
    credit       XMP photoshop:Credit, IPTC 2:110
    copyright    XMP dc:rights, IPTC 2:116, EXIF Copyright
    license      XMP xmpRights:WebStatement, cc:license
    usage_terms  XMP xmpRights:UsageTerms
    place        XMP Iptc4xmpCore:Location with photoshop:City, State and Country,
                 Iptc4xmpExt:LocationCreated, Iptc4xmpExt:LocationShown,
                 IPTC 2:92, 2:90, 2:95, 2:101
    taken        EXIF DateTimeOriginal, XMP exif:DateTimeOriginal, XMP photoshop:DateCreated,
                 IPTC 2:55 with 2:60, EXIF DateTimeDigitized
    location     EXIF, XMP exif:GPSLatitude and exif:GPSLongitude
    the rest     EXIF

The order is that of the Metadata Working Group's guidelines (2.0, chapter 5), with XMP first
because programs that write only one of them write that one. Whatever a sidecar says comes before
all that the file says, for it was said last. All text is hostile: control characters are dropped,
lengths are bounded. Whatever cannot be read is left out.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
from PIL import ImageFile

from generator.core.model import Location, Metadata, Private
from generator.metadata import iptc, xmp
from generator.metadata.exif import Exif, on_earth, safely
from generator.metadata.iptc import Iptc
from generator.metadata.moments import first_moment
from generator.metadata.xmp import Xmp

MAX_KEYWORDS = 100
MAX_DEPTH = 10

# What cameras and programs write into a caption by themselves.
_BOILERPLATE = re.compile(
    r"((olympus|minolta|konica|sony|kodak|samsung|nikon|casio|pentax|fuji|vivitar)\s*)*"
    r"(digital (still )?camera|exif[_ ]jpeg[_ ]picture|default|dsc|dcim\W.*|picture|image"
    r"|screenshot|maker:.*|jpeg|created with gimp|oplus_\d+|filter: .*|\{.*\})?\W*",
    re.IGNORECASE,
)

# What programs keep among keywords for themselves.
_INTERNAL = re.compile(r"darktable\||_digikam_", re.IGNORECASE)

# Keywords that stand in a tree, and what divides their levels; names may hold the other.
_PATHS = (
    ("lr:hierarchicalSubject", "|"),
    ("digiKam:TagsList", "/"),
    ("MicrosoftPhoto:LastKeywordXMP", "/"),
    ("mediapro:CatalogSets", "|"),
)

# Where programs note who is in a picture. They make keywords of the names too.
_PEOPLE = (
    "mwg-rs:Name",
    "MPReg:PersonDisplayName",
    "acdsee-rs:Name",
    "Iptc4xmpExt:PersonInImage",
)

# An address with the name of a host, and no character that must be written otherwise (RFC 3986;
# letters of all scripts as RFC 3987 has them).
_CHARACTER = r"(?:[^\s\"#%<>\[\\\]^`{|}]|%[0-9A-Fa-f]{2})"
_ADDRESS = re.compile(
    r"https?://[\w-]+(?:\.[\w-]+)*\.?(?::\d{1,5})?"
    rf"(?:[/?]{_CHARACTER}*)?(?:#{_CHARACTER}*)?",
    re.IGNORECASE,
)

# A coordinate as XMP writes it: degrees, minutes, perhaps seconds (ISO 16684-2, GPSCoordinate).
_COORDINATE = re.compile(
    r"(\d{1,3}),(\d{1,2}(?:\.\d{1,9})?)(?:,(\d{1,2}(?:\.\d{1,9})?))?([NSEW])", re.ASCII
)


def read_metadata(image: ImageFile.ImageFile) -> Metadata:
    """Read all that a picture says; damage costs what it touches, and nothing raises."""
    exif = Exif(image)
    records: Iptc = safely(lambda: iptc.datasets(image), {})
    described: Xmp = safely(lambda: xmp.parse(image.info["xmp"]), ())
    spoken = (of_xmp(described), _of_iptc(records), _of_exif(exif))
    said = _first_of(*spoken)
    taken, offset = first_moment(
        exif.moment("Original"), *_xmp_moments(described), _iptc_moment(records),
        exif.moment("Digitized"),
    )  # fmt: skip
    whole = msgspec.structs.replace(
        said,
        keywords=_distinct(word for each in spoken for word in each.keywords),
        taken=taken,
        offset=offset,
        location=safely(exif.location, None) or said.location,
        private=tuple(_private(image, exif, described)),
    )
    return _without_people(whole)


def overlaid(sidecar: Metadata, file: Metadata) -> Metadata:
    """Put what a sidecar says before what the file says, field by field.

    Keywords come from one of them, for one that was taken away shall not come back. So does a
    moment: from the file if the sidecar only repeats it, for that often loses the offset.
    """
    said = _first_of(sidecar, file)
    by_words = sidecar if sidecar.keywords or sidecar.keyword_paths else file
    is_repeated = not sidecar.offset and file.taken.startswith(sidecar.taken[:19])
    by_time = file if is_repeated else sidecar
    whole = msgspec.structs.replace(
        said,
        keywords=by_words.keywords,
        keyword_paths=by_words.keyword_paths,
        people=_distinct((*sidecar.people, *file.people)),
        taken=by_time.taken,
        offset=by_time.offset,
    )
    return _without_people(whole)


def _without_people(said: Metadata) -> Metadata:
    """Take the names of those in a picture away from its keywords, which become pages."""
    if not said.people:
        return said
    names = {name.casefold() for name in said.people}
    return msgspec.structs.replace(
        said,
        keywords=tuple(word for word in said.keywords if word.casefold() not in names),
        keyword_paths=tuple(
            path for path in said.keyword_paths if names.isdisjoint(map(str.casefold, path))
        ),
    )


def _first_of(*spoken: Metadata) -> Metadata:
    """Take each field from the first that says something in it; a rating of 0 says something."""
    said = {}
    for name in Metadata.__struct_fields__:
        values = (getattr(each, name) for each in spoken)
        said[name] = next((each for each in values if each not in ("", (), None)), None)
    return Metadata(**{name: value for name, value in said.items() if value is not None})


def of_xmp(said: Xmp) -> Metadata:
    """Read all that an XMP packet says, in a picture or beside it."""
    taken, offset = first_moment(*_xmp_moments(said))
    paths = _paths(said)
    words = xmp.values(said, "dc:subject")
    return Metadata(
        title=_meant(xmp.text(said, "dc:title")),
        headline=_meant(xmp.text(said, "photoshop:Headline")),
        caption=_meant(xmp.text(said, "dc:description")),
        alt=xmp.text(
            said, "Iptc4xmpCore:AltTextAccessibility", "Iptc4xmpCore:ExtDescrAccessibility"
        ),
        keywords=_distinct((*words, *(path[-1] for path in paths))),
        keyword_paths=paths,
        people=_distinct(xmp.everywhere(said, *_PEOPLE)),
        rating=_first_rating(
            _stars(xmp.text(said, "xmp:Rating")), _percent(xmp.text(said, "MicrosoftPhoto:Rating"))
        ),
        label=xmp.text(said, "xmp:Label"),
        creator=_joined(xmp.values(said, "dc:creator")),
        credit=xmp.text(said, "photoshop:Credit"),
        copyright=xmp.text(said, "dc:rights"),
        license=next(
            filter(is_address, xmp.values(said, "xmpRights:WebStatement")),
            next(filter(is_address, xmp.values(said, "cc:license")), ""),
        ),
        usage_terms=xmp.text(said, "xmpRights:UsageTerms"),
        place=_xmp_place(said),
        taken=taken,
        offset=offset,
        location=_xmp_location(said),
    )


def _of_iptc(said: Iptc) -> Metadata:
    return Metadata(
        title=_meant(iptc.text(said, 5)),
        headline=_meant(iptc.text(said, 105)),
        caption=_meant(iptc.text(said, 120)),
        keywords=_distinct(iptc.values(said, 25)),
        creator=_joined(iptc.values(said, 80)),
        credit=iptc.text(said, 110),
        copyright=iptc.text(said, 116),
        place=_place(iptc.text(said, number) for number in (92, 90, 95, 101)),
    )


def _of_exif(said: Exif) -> Metadata:
    stars, percent = said.stars()
    authors = said.windows("XPAuthor").split(";")
    return Metadata(
        title=_meant(said.windows("XPTitle")),
        caption=_meant(
            said.text("ImageDescription"),
            safely(said.comment, ""),
            said.windows("XPComment"),
            said.windows("XPSubject"),
        ),
        keywords=_distinct(said.windows("XPKeywords").split(";")),
        rating=_first_rating(_stars(stars), _percent(percent)),
        creator=_joined(said.text("Artist").split(";")) or _joined(authors),
        copyright=said.copyright(),
        camera=_camera(said.text("Make"), said.text("Model")),
        lens=said.text("LensModel"),
        focal_length=said.number("FocalLength"),
        focal_length_35mm=said.number("FocalLengthIn35mmFilm"),
        aperture=said.number("FNumber"),
        exposure=said.number("ExposureTime"),
        iso=_whole(said.number("ISOSpeedRatings")),
    )


def _private(image: ImageFile.ImageFile, exif: Exif, said: Xmp) -> Iterator[Private]:
    """Yield what the file tells of persons and things, in the order that `Private` names it."""
    if exif.has_location or xmp.says(said, "exif:GPSLatitude", "exif:GPSLongitude"):
        yield "location"
    numbers = ("BodySerialNumber", "LensSerialNumber", "CameraSerialNumber")
    names = ("aux:SerialNumber", "aux:LensSerialNumber", "exifEX:BodySerialNumber")
    # Cameras fill in zeros where there is no number.
    has_number = any(exif.text(name).strip("0 ") for name in numbers)
    if has_number or xmp.says(said, *names, "exifEX:LensSerialNumber"):
        yield "serial number"
    if exif.text("CameraOwnerName") or xmp.says(said, "aux:OwnerName", "exifEX:CameraOwnerName"):
        yield "owner name"
    if xmp.says(said, *_PEOPLE):
        yield "face names"
    if exif.has_maker_note:
        yield "maker notes"
    resources = image.info.get("photoshop")
    # Photoshop's two resources of a thumbnail.
    has_thumbnail = isinstance(resources, dict) and not {0x0409, 0x040C}.isdisjoint(resources)
    if exif.has_preview or has_thumbnail or xmp.says(said, "xmpGImg:image"):
        yield "preview"


def _meant(*texts: str) -> str:
    """Return the first text that was written by a person."""
    return next((text for text in texts if not _BOILERPLATE.fullmatch(text)), "")


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name.strip() for name in names if name.strip()))


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    """Return each keyword once, as it was first written; case does not tell two apart."""
    found: dict[str, str] = {}
    for word in map(str.strip, words):
        if word and not _INTERNAL.match(word):
            found.setdefault(word.casefold(), word)
    return tuple(found.values())[:MAX_KEYWORDS]


def _paths(said: Xmp) -> tuple[tuple[str, ...], ...]:
    """Return the keywords that stand in a tree, from the first property that has any."""
    for name, divider in _PATHS:
        paths: dict[tuple[str, ...], tuple[str, ...]] = {}
        for value in xmp.values(said, name):
            levels = tuple(level.strip() for level in value.split(divider) if level.strip())
            if levels and not _INTERNAL.match(value) and len(levels) <= MAX_DEPTH:
                paths.setdefault(tuple(map(str.casefold, levels)), levels)
        if paths:
            return tuple(paths.values())[:MAX_KEYWORDS]
    return ()


def _first_rating(*ratings: int | None) -> int | None:
    return next((rating for rating in ratings if rating is not None), None)


def _stars(text: str) -> int | None:
    """Read a rating of -1 to 5; what is beyond becomes the nearest, no number none."""
    number = safely(lambda: float(text), None)
    return None if number is None or number != number else round(max(-1.0, min(5.0, number)))  # noqa: PLR0124


def _percent(text: str) -> int | None:
    """Read a rating as Windows writes it: 1, 25, 50, 75 and 99 per cent are 1 to 5 stars."""
    number = _bounded(text, 0, 100)
    return None if number is None else round(number / 25) + 1 if number else 0


def _bounded(text: str, low: float, high: float) -> float | None:
    number = safely(lambda: float(text), None)
    return number if number is not None and low <= number <= high else None


def is_address(text: str) -> bool:
    """Tell whether a text is an address on the web, and may be linked to."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _place(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of places, each once: a city may be a country."""
    return tuple({name.casefold(): name for name in names if name}.values())


def _xmp_place(said: Xmp) -> tuple[str, ...]:
    core = ("Iptc4xmpCore:Location", "photoshop:City", "photoshop:State", "photoshop:Country")
    if place := _place(xmp.text(said, name) for name in core):
        return place
    parts = ("Sublocation", "City", "ProvinceState", "CountryName")
    for location in ("Iptc4xmpExt:LocationCreated", "Iptc4xmpExt:LocationShown"):
        if place := _place(xmp.field(said, location, f"Iptc4xmpExt:{part}") for part in parts):
            return place
    return ()


def _xmp_location(said: Xmp) -> Location | None:
    latitude, longitude = (xmp.text(said, f"exif:GPS{axis}") for axis in ("Latitude", "Longitude"))
    return on_earth(_degrees(latitude, "NS"), _degrees(longitude, "EW"))


def _degrees(text: str, directions: str) -> float | None:
    match = _COORDINATE.fullmatch(text)
    if match is None or match[4] not in directions:
        return None
    value = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -value if match[4] in "SW" else value


def _whole(number: float | None) -> int | None:
    return None if number is None else round(number)


def _camera(make: str, model: str) -> str:
    """Join maker and model without saying the maker twice: `NIKON CORPORATION`, `NIKON Z 6_2`."""
    if not make or not model:
        return make or model
    first = make.split(maxsplit=1)[0]
    return model if model.lower().startswith(first.lower()) else f"{make} {model}"


def _xmp_moments(said: Xmp) -> tuple[str, str]:
    return xmp.text(said, "exif:DateTimeOriginal"), xmp.text(said, "photoshop:DateCreated")


def _iptc_moment(said: Iptc) -> str:
    """Join IPTC date (CCYYMMDD) and time (HHMMSS+HHMM) in ISO 8601."""
    day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", iptc.text(said, 55), re.ASCII)
    if not day:
        return ""
    date = f"{day[1]}-{day[2]}-{day[3]}"
    clock = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?", iptc.text(said, 60), re.ASCII)
    if not clock:
        return date
    zone = f"{clock[4]}:{clock[5]}" if clock[4] else ""
    return f"{date}T{clock[1]}:{clock[2]}:{clock[3]}{zone}"
