"""The few facts of EXIF that may be told: read from any block, written to a new and small one.

Only what is listed here is taken over, and only if it looks as it should: a maker note, a serial
number, a position or a thumbnail has no way through. Tags are those of EXIF 2.32 (CIPA DC-008).
"""

import re
import struct
from collections.abc import Callable, Mapping

from msgspec import Struct

from generator.containers.parts import (
    TIFF_BYTES,
    Data,
    Directory,
    MalformedError,
    Tiff,
    tiff_directories,
    tiff_directory,
    tiff_header,
    tiff_numbers,
)
from generator.core.text import clean_text
from generator.privacy.rights import Rights

ORIENTATION = 274
EXIF_POINTER = 34665

_ARTIST, _COPYRIGHT, _INTEROPERABILITY = 315, 33432, 40965
_ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 2, 3, 4, 5, 7

_LONGEST_TEXT = 100


class Value(Struct, frozen=True, gc=False):
    """The value of a TIFF entry: its type, how many, and their bytes."""

    type: int
    count: int
    body: bytes


Entries = Mapping[int, Value]


class Facts(Struct, frozen=True):
    """What may be told: entries of the main, the Exif and the interoperability directory."""

    order: str = "<"
    main: Entries = {}
    exif: Entries = {}
    interoperability: Entries = {}


def text_value(text: str) -> Value:
    """Return a text as the value of an entry."""
    body = text.encode() + b"\0"
    return Value(_ASCII, len(body), body)


def _text(value: Value, order: str) -> Value | None:
    said = clean_text(value.body)[:_LONGEST_TEXT].strip()
    return text_value(said) if value.type == _ASCII and said else None


def _like(pattern: bytes) -> Callable[[Value, str], Value | None]:
    """Return the reader of a text of digits that must look like this."""
    whole = re.compile(pattern)

    def read(value: Value, order: str) -> Value | None:
        said = value.body.rstrip(b"\0 ")
        return text_value(said.decode("ascii")) if whole.fullmatch(said) else None

    return read


def _one(kind: int) -> Callable[[Value, str], Value | None]:
    """Return the reader of one number, the first if there are more."""

    def read(value: Value, order: str) -> Value | None:
        if value.type != kind or not value.count:
            return None
        return Value(kind, 1, value.body[: TIFF_BYTES[kind]])

    return read


def _orientation(value: Value, order: str) -> Value | None:
    known = {struct.pack(f"{order}H", each) for each in range(1, 9)}
    return value if value.type == _SHORT and value.body in known else None


def _version(value: Value, order: str) -> Value | None:
    return value if value.type == _UNDEFINED and re.fullmatch(rb"\d{4}", value.body) else None


_Readers = Mapping[int, Callable[[Value, str], Value | None]]

_MOMENT = _like(rb"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")
_OFFSET = _like(rb"[+-]\d\d:\d\d")
_FRACTION = _like(rb"\d{1,9}")

_MAIN: _Readers = {
    271: _text,  # Make
    272: _text,  # Model
    ORIENTATION: _orientation,
    282: _one(_RATIONAL),  # XResolution
    283: _one(_RATIONAL),  # YResolution
    296: _one(_SHORT),  # ResolutionUnit
    306: _MOMENT,  # DateTime
    531: _one(_SHORT),  # YCbCrPositioning
}

_EXIF: _Readers = {
    33434: _one(_RATIONAL),  # ExposureTime
    33437: _one(_RATIONAL),  # FNumber
    34855: _one(_SHORT),  # PhotographicSensitivity
    36864: _version,  # ExifVersion
    36867: _MOMENT,  # DateTimeOriginal
    36868: _MOMENT,  # DateTimeDigitized
    36880: _OFFSET,  # OffsetTime
    36881: _OFFSET,  # OffsetTimeOriginal
    36882: _OFFSET,  # OffsetTimeDigitized
    37386: _one(_RATIONAL),  # FocalLength
    37520: _FRACTION,  # SubSecTime
    37521: _FRACTION,  # SubSecTimeOriginal
    37522: _FRACTION,  # SubSecTimeDigitized
    40961: _one(_SHORT),  # ColorSpace
    42036: _text,  # LensModel
}

# What Adobe RGB without a profile is known by (DCF 2.0).
_INTEROPERABLE: _Readers = {1: _like(rb"R98|R03"), 2: _version}


def read_facts(block: Data) -> Facts:
    """Read what may be told from a block of EXIF, or from a TIFF; damage costs what it touches."""
    try:
        tiff = tiff_header(block)
        first = next(iter(tiff_directories(block)))
    except (MalformedError, StopIteration):
        return Facts()
    exif = _inside(block, tiff, first, EXIF_POINTER)
    interoperability = exif and _inside(block, tiff, exif, _INTEROPERABILITY)
    return Facts(
        tiff.order,
        _chosen(block, tiff, first, _MAIN),
        _chosen(block, tiff, exif, _EXIF),
        _chosen(block, tiff, interoperability, _INTEROPERABLE),
    )


def _inside(block: Data, tiff: Tiff, directory: Directory, pointer: int) -> Directory | None:
    """Return the directory that an entry points to, if there is one."""
    for entry in directory.entries:
        if entry.tag == pointer:
            try:
                (at,) = tiff_numbers(block, tiff, entry)
                return tiff_directory(block, tiff, at)
            except ValueError:
                return None
    return None


def _chosen(block: Data, tiff: Tiff, directory: Directory | None, readers: _Readers) -> Entries:
    found: dict[int, Value] = {}
    for entry in directory.entries if directory else ():
        if entry.tag in readers and entry.end - entry.start < 1000:
            raw = Value(entry.type, entry.count, bytes(block[entry.start : entry.end]))
            if value := readers[entry.tag](raw, tiff.order):
                found[entry.tag] = value
    return found


def exif_block(facts: Facts, rights: Rights) -> bytes:
    """Write facts and rights as a new block of EXIF; empty if there is nothing to say."""
    main = {**facts.main, **rights_entries(rights)}
    if not (main or facts.exif):
        return b""
    header = {"<": b"II*\0", ">": b"MM\0*"}[facts.order] + struct.pack(f"{facts.order}I", 8)
    return header + directories(Tiff(facts.order, False, 8), main, facts)


def rights_entries(rights: Rights) -> Entries:
    """Return rights as entries of the main directory."""
    said = {_ARTIST: rights.creator, _COPYRIGHT: rights.copyright}
    return {tag: text_value(text) for tag, text in said.items() if text}


def directories(tiff: Tiff, main: Entries, facts: Facts) -> bytes:
    """Write a main directory, to lie at the place `tiff` names, and the others of facts behind."""
    levels = ((main, EXIF_POINTER), (facts.exif, _INTEROPERABILITY), (facts.interoperability, 0))
    written, at = b"", tiff.first
    for index, (entries, pointer) in enumerate(levels):
        more = any(below for below, _ in levels[index + 1 :])
        if not (entries or more or index == 0):
            break
        whole = dict(entries)
        if more:
            # How large it is does not depend on where it points.
            whole[pointer] = _place(tiff, 0)
            whole[pointer] = _place(tiff, at + len(_directory(tiff, whole, at)))
        body = _directory(tiff, whole, at)
        written += body
        at += len(body)
    return written


def _place(tiff: Tiff, at: int) -> Value:
    return Value(
        16 if tiff.big else _LONG, 1, struct.pack(tiff.order + ("Q" if tiff.big else "I"), at)
    )


def _directory(tiff: Tiff, entries: Entries, at: int) -> bytes:
    """Write one directory to lie at a place, with its values behind it (TIFF 6.0, section 2)."""
    number, place, width = ("Q", "Q", 8) if tiff.big else ("H", "I", 4)
    values_at = at + struct.calcsize(f"<{number}") + len(entries) * (4 + 2 * width) + width
    rows, values = [struct.pack(tiff.order + number, len(entries))], bytearray()
    for tag, value in sorted(entries.items()):
        if len(value.body) <= width:
            held = value.body.ljust(width, b"\0")
        else:
            held = struct.pack(tiff.order + place, values_at + len(values))
            values += value.body + b"\0" * (len(value.body) % 2)
        rows.append(struct.pack(f"{tiff.order}HH{place}", tag, value.type, value.count) + held)
    return b"".join((*rows, bytes(width), values))
