"""What a published file tells that its photographer may not want told: an independent reader.

It shares no code with what makes or scrubs files, and trusts no container: wherever in the bytes
a directory of EXIF, a packet of XMP, a record of IPTC, a second picture or a film begins, it is
read. A find counts only if its structure holds, for compressed pixels hold any few bytes by chance.
"""

import base64
import re
import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

Kind = Literal["location", "serial", "owner", "face", "maker-note", "preview", "trailer", "path"]


class Finding(Struct, frozen=True):
    """Something that a file tells: its kind, which is a stable code, and how it does."""

    kind: Kind
    detail: str


# What is unpacked to look into: more than any text in a picture, little enough for any machine.
_MOST_UNPACKED = 16 << 20


def findings(data: bytes) -> tuple[Finding, ...]:
    """Read all that a file tells, each once, in the order of their kinds."""
    found = set(_told(data)) | set(_behind(data))
    for picture in _embedded(data):
        found |= set(findings(picture))
    for inside in _unpacked(data):
        found |= set(_told(inside))
    return tuple(sorted(found, key=lambda each: (each.kind, each.detail)))


def _told(data: bytes) -> Iterator[Finding]:
    yield from _exif(data)
    yield from _xmp(data)
    yield from _iptc(data)
    yield from _pictures(data)


# EXIF 2.32, section 4.6; DNG 1.7; Windows' own tags.
_TAGS: Mapping[int, tuple[Kind, str]] = {
    0x927C: ("maker-note", "EXIF MakerNote"),
    0xC634: ("maker-note", "DNGPrivateData"),
    0xA431: ("serial", "EXIF BodySerialNumber"),
    0xA435: ("serial", "EXIF LensSerialNumber"),
    0xC62F: ("serial", "EXIF CameraSerialNumber"),
    0xA430: ("owner", "EXIF CameraOwnerName"),
    0x9C9D: ("owner", "EXIF XPAuthor"),
}
_GPS, _DIRECTORIES = 0x8825, (0x8769, 0xA005)
_PREVIEW, _SUB_PICTURES, _KIND, _IIM = 0x0201, 0x014A, 0x00FE, 0x83BB
_STRIPS, _TILES = 0x0111, 0x0144

_TIFF = re.compile(rb"II[*+]\0|MM\0[*+]")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_LONG_SIZES = _SIZES | {16: 8, 17: 8, 18: 8, 129: 1}


class _Field(Struct, frozen=True):
    tag: int
    type: int
    count: int
    value: bytes


class _Block:
    """A block that looks like a TIFF: reads its directories, nothing outside."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data, self.start = data, start
        self.order = "<" if data[start : start + 1] == b"I" else ">"
        self.big = 0x2B in data[start + 2 : start + 4]
        self.first = self._number(start + 8, 8) if self.big else self._number(start + 4, 4)

    def _number(self, at: int, size: int) -> int:
        piece = self.data[at : at + size]
        return int.from_bytes(piece, "little" if self.order == "<" else "big")

    def numbers(self, field: _Field) -> tuple[int, ...]:
        """Return the whole numbers of a field; none if it holds others."""
        size = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}.get(field.type)
        if size is None:
            return ()
        order: Literal["little", "big"] = "little" if self.order == "<" else "big"
        return tuple(
            int.from_bytes(field.value[at : at + size], order)
            for at in range(0, len(field.value), size)
        )

    def directory(self, offset: int) -> tuple[list[_Field], int] | None:
        """Return the fields of a directory and where the next is; None if it is none."""
        head, row, width = (8, 20, 8) if self.big else (2, 12, 4)
        at = self.start + offset
        count = self._number(at, head)
        end = at + head + count * row
        if offset < 8 or not 0 < count < 2000 or end > len(self.data):
            return None
        read = [self._field(each, width) for each in range(at + head, end, row)]
        fields = [field for field in read if field is not None]
        # By chance, no row of fields has only types that exist and values that are there.
        if len(fields) < (count + 1) // 2:
            return None
        return fields, self._number(end, width)

    def _field(self, at: int, width: int) -> _Field | None:
        tag, kind = self._number(at, 2), self._number(at + 2, 2)
        count = self._number(at + 4, width)
        size = _LONG_SIZES.get(kind, 0) * count
        where = at + 4 + width
        if size > width:
            where = self.start + self._number(where, width)
        if not size or where + size > len(self.data):
            return None
        return _Field(tag, kind, count, self.data[where : where + size])


def _exif(data: bytes) -> Iterator[Finding]:
    for found in _TIFF.finditer(data):
        block = _Block(data, found.start())
        offset, seen = block.first, set[int]()
        while offset and offset not in seen and len(seen) < 100:
            seen.add(offset)
            directory = block.directory(offset)
            if directory is None:
                break
            fields, following = directory
            yield from _fields(block, fields, 0)
            if len(seen) > 1 and _is_preview(block, fields):
                yield Finding("preview", "a thumbnail in EXIF or TIFF")
            offset = following


def _is_preview(block: _Block, fields: Sequence[_Field]) -> bool:
    """Tell whether a further directory is a small picture of the first."""
    tags = {field.tag for field in fields}
    reduced = any(field.tag == _KIND and block.numbers(field)[:1] == (1,) for field in fields)
    embedded = block.start > 0 and not tags.isdisjoint((_STRIPS, _TILES))
    return reduced or embedded or _PREVIEW in tags


def _fields(block: _Block, fields: Sequence[_Field], depth: int) -> Iterator[Finding]:
    for field in fields:
        yield from _field(block, field, depth)


def _field(block: _Block, field: _Field, depth: int) -> Iterator[Finding]:
    if field.tag in _TAGS and field.value.strip(b"\0 "):
        yield Finding(*_TAGS[field.tag])
    elif field.tag == _GPS:
        yield from _gps(block, field)
    elif field.tag == _SUB_PICTURES:
        yield Finding("preview", "a picture within a TIFF")
    elif field.tag == _IIM:
        yield from _datasets(field.value)
    elif field.tag in _DIRECTORIES and depth < 3:
        for offset in block.numbers(field):
            if directory := block.directory(offset):
                yield from _fields(block, directory[0], depth + 1)


def _gps(block: _Block, field: _Field) -> Iterator[Finding]:
    for offset in block.numbers(field):
        directory = block.directory(offset)
        # Some cameras write a directory with no more than its version.
        if directory and any(each.tag != 0 for each in directory[0]):
            yield Finding("location", "EXIF GPS")


# Names of XMP properties, whatever prefix stands for their schema.
_PROPERTIES: Mapping[Kind, str] = {
    "location": (
        r"GPS(?:Latitude|Longitude|DestLatitude|DestLongitude|Position|AreaInformation)"
        r"|City|Location|SubLocation|Sublocation|LocationShown|LocationCreated|Geotag"
    ),
    "serial": r"(?:Body|Lens|Camera)?SerialNumber",
    "owner": r"(?:Camera)?OwnerName",
    "face": r"RegionInfo|Regions|PersonInImage|PersonInImageWDetails|PersonDisplayName",
    "maker-note": r"[A-Za-z]*[Mm]aker[Nn]ote",
    "preview": r"Thumbnails|PageImage",
}
_XMP_START = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:RDF|xmpmeta)[\s>]")
_XMP_NAMES = {
    kind: re.compile(rf"[<\s][A-Za-z_][\w.-]*:({names})(?=[\s=/>])".encode())
    for kind, names in _PROPERTIES.items()
}


def _xmp(data: bytes) -> Iterator[Finding]:
    if b"R\0D\0F" in data:
        # UTF-16, of which the names are ASCII.
        yield from _xmp(data.replace(b"\0", b""))
    start = _XMP_START.search(data)
    if start is None:
        return
    # A long packet lies in pieces; one without an end goes on for ever.
    end = data.rfind(b"RDF>", start.start())
    packet = data[start.start() : end if end > 0 else len(data)]
    for kind, names in _XMP_NAMES.items():
        for name in {found[1].decode() for found in names.finditer(packet)}:
            yield Finding(kind, f"XMP {name}")


# IIM 4.2, section 6: where a picture was taken.
_PLACES = {26: "content location", 27: "content location", 90: "city", 92: "sublocation"}
_RESOURCE = re.compile(rb"8BIM\x04\x04")


def _iptc(data: bytes) -> Iterator[Finding]:
    for found in _RESOURCE.finditer(data):
        # A name, padded to an even length, and a length stand before the records.
        name = found.end() + (data[found.end()] | 1) + 1 if found.end() < len(data) else len(data)
        length = int.from_bytes(data[name : name + 4], "big")
        yield from _datasets(data[name + 4 : name + 4 + length])


def _datasets(record: bytes) -> Iterator[Finding]:
    at = 0
    while record[at : at + 1] == b"\x1c" and at + 5 <= len(record):
        number, dataset = record[at + 1], record[at + 2]
        length = int.from_bytes(record[at + 3 : at + 5], "big")
        if number == 2 and dataset in _PLACES and length:
            yield Finding("location", f"IPTC {_PLACES[dataset]}")
        at += 5 + length


_JPEG = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]")
_FILM = re.compile(rb"ftyp[\x20-\x7e]{4}")
_THUMBNAIL = re.compile(rb"thmb")
_FILM_BRANDS = (b"mp4", b"iso", b"qt", b"M4V", b"avc", b"3gp", b"MSNV", b"mmp4", b"dash")


def _pictures(data: bytes) -> Iterator[Finding]:
    """Find whole pictures and films within a file, beside the one that it is."""
    own = _own_streams(data)
    for found in _JPEG.finditer(data, 1):
        if found.start() not in own and _is_jpeg(data, found.start()):
            yield Finding("preview", "a second JPEG")
    for found in _FILM.finditer(data, 5):
        size = int.from_bytes(data[found.start() - 4 : found.start()], "big")
        if found[0][4:].startswith(_FILM_BRANDS) and 16 <= size <= 256 and size % 4 == 0:
            yield Finding("trailer", "a film")
    if data[4:8] == b"ftyp" and any(
        _is_reference(data, m.start()) for m in _THUMBNAIL.finditer(data)
    ):
        yield Finding("preview", "a thumbnail in HEIF")


def _is_reference(data: bytes, at: int) -> bool:
    """Tell whether here is a reference between items, from one to a number of others."""
    size = int.from_bytes(data[at - 4 : at], "big")
    count = int.from_bytes(data[at + 6 : at + 8], "big")
    wide_count = int.from_bytes(data[at + 8 : at + 10], "big")
    return size in (12 + 2 * count, 14 + 4 * wide_count) and size > 12


def _own_streams(data: bytes) -> Collection[int]:
    """Return where the strips of a TIFF begin, which may be JPEG each."""
    if not _TIFF.match(data):
        return ()
    block = _Block(data, 0)
    directory = block.directory(block.first)
    fields = directory[0] if directory else ()
    own = [block.numbers(field) for field in fields if field.tag in (_STRIPS, _TILES)]
    return {place for places in own for place in places}


def _is_jpeg(data: bytes, at: int) -> bool:
    """Tell whether a JPEG begins here: tables and one frame follow each other up to a scan."""
    at += 2
    framed = False
    for _ in range(200):
        marker, length = data[at + 1 : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 1] != b"\xff" or length < 2 or at + 2 + length > len(data):
            return False
        if marker == b"\xda":
            return framed
        framed |= marker[0] in range(0xC0, 0xD0) and marker[0] not in (0xC4, 0xC8, 0xCC)
        at += 2 + length
    return False


def _behind(data: bytes) -> Iterator[Finding]:
    """Tell what follows a picture that is over."""
    for signature, end_of in _ENDS.items():
        if data.startswith(signature):
            end = end_of(data)
            if end is not None and end < len(data):
                yield Finding("trailer", f"{len(data) - end:,} bytes behind the picture")


_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def _jpeg_end(data: bytes) -> int | None:
    at = 2
    while (found := _SCAN_END.search(data, at)) is not None:
        at = found.end()
        marker = found[0][1]
        if marker == 0xD9:
            return at
        at += int.from_bytes(data[at : at + 2], "big")
    return None


def _png_end(data: bytes) -> int | None:
    for kind, _, end in _png_chunks(data, 8):
        if kind == b"IEND":
            return end
    return None


def _png_chunks(data: bytes, at: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the chunks of a PNG: kind, body, where it ends."""
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : end - 4], end
        at = end


def _riff_end(data: bytes) -> int:
    (size,) = struct.unpack_from("<I", data.ljust(8, b"\0"), 4)
    return 8 + int(size) + int(size) % 2


def _gif_end(data: bytes) -> int | None:
    at = 13 + (6 << (data[10] & 7) if data[10:11] and data[10] & 0x80 else 0)
    while at < len(data) and data[at] in (0x21, 0x2C):
        if data[at] == 0x2C:
            flags = data[at + 9] if at + 9 < len(data) else 0
            at += 11 + (6 << (flags & 7) if flags & 0x80 else 0)
        else:
            at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return at + 1 if data[at : at + 1] == b";" else None


_ENDS: Mapping[bytes, Callable[[bytes], int | None]] = {
    b"\xff\xd8\xff": _jpeg_end,
    b"\x89PNG\r\n\x1a\n": _png_end,
    b"RIFF": _riff_end,
    b"GIF8": _gif_end,
}

_PNG = re.compile(rb"\x89PNG\r\n\x1a\n")
_EMBEDDED = re.compile(rb"(?i:data:image/[^,]{1,80};base64),([A-Za-z0-9+/\s]+)")
_HEXADECIMAL = re.compile(rb"\n\s*\w+\n\s*\d+\n([0-9a-fA-F\s]+)")


def _embedded(data: bytes) -> Iterator[bytes]:
    """Yield the pictures that stand in a text, such as a drawing or a page, in base64."""
    for found in _EMBEDDED.finditer(data):
        digits = b"".join(found[1].split())
        # A digit alone at the end is no byte; more signs of padding than there must be are none.
        whole = len(digits) - (len(digits) % 4 == 1)
        yield base64.b64decode(digits[:whole] + b"==")


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what texts in PNG hold deflated, or in hexadecimal."""
    for found in _PNG.finditer(data):
        for kind, body, _ in _png_chunks(data, found.end()):
            if kind in (b"tEXt", b"zTXt", b"iTXt"):
                text = _text(kind, body)
                yield text
                if written := _HEXADECIMAL.match(text):
                    digits = b"".join(written[1].split())
                    yield bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))


def _text(kind: bytes, body: bytes) -> bytes:
    """Return the text of a chunk, inflated if it has to be."""
    text = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return text
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = text[:1] == b"\1"
        text = text[1:2] + text[2:].partition(b"\0")[2].partition(b"\0")[2]
    if not packed:
        return text
    try:
        return zlib.decompressobj().decompress(text[1:], _MOST_UNPACKED)
    except zlib.error:
        return b""


# Degrees with three decimals or more, which is a hundred metres; the sign may be a letter.
_NUMBER = re.compile(rb"(?<![\w.])-?(\d{1,3}\.(\d{3,15}))(?![\w.])")

# Both numbers of a position stand this close to each other, in bytes.
_CLOSE = 300

# Positions without their signs, by whole degrees.
Positions = Mapping[tuple[int, int], Collection[tuple[float, float]]]


def by_degree(positions: Iterable[tuple[float, float]]) -> Positions:
    """Sort positions, so that those near some numbers are found at once."""
    found: dict[tuple[int, int], set[tuple[float, float]]] = {}
    for place in positions:
        latitude, longitude = map(abs, place)
        # What is written may be rounded over a whole degree.
        for one in {int(latitude), int(latitude + 0.001)}:
            for other in {int(longitude), int(longitude + 0.001)}:
                found.setdefault((one, other), set()).add((latitude, longitude))
    return found


def names_position(page: bytes, known: Positions) -> bool:
    """Tell whether a text names a known position, both its numbers next to each other."""
    numbers = [
        (found.start(), float(found[1]), 10.0 ** -len(found[2])) for found in _NUMBER.finditer(page)
    ]
    return any(
        _is_known(known, (one, other), max(step, other_step))
        for (at, one, step), (next_at, other, other_step) in pairwise(numbers)
        if next_at - at <= _CLOSE
    )


def _is_known(known: Positions, pair: tuple[float, float], step: float) -> bool:
    """Tell whether two numbers are a position, in either order, but for the last decimal."""
    near = 1.01 * max(step, 1e-6)
    return any(
        abs(latitude - one) <= near and abs(longitude - other) <= near
        for one, other in (pair, pair[::-1])
        for latitude, longitude in known.get((int(one), int(other)), ())
    )


def names_path(data: bytes, path: bytes) -> bool:
    """Tell whether a file names a folder of this machine; one of a single name may be a link."""
    if path.count(b"/") + path.count(b"\\") < 2:
        return False
    return re.search(re.escape(path) + rb"(?![\w.-])", data) is not None
