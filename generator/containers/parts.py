"""What picture files are made of, byte by byte: segments, chunks, blocks, boxes, directories.

Walkers over bytes, pure. They say where each part lies and never read outside of the data;
MalformedError where it makes no sense. What a part means is its reader's to say.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

Data = bytes | bytearray | memoryview

# JPEG markers (ITU-T T.81, table B.1).
SOI, EOI, SOS = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# No picture of a person's has more: TIFF directories in a row, entries in one of them.
MAX_DIRECTORIES = 1000
MAX_ENTRIES = 4096

# A marker, after bytes to pass over: what fills up to it, stuffed ones, and restarts.
_NEXT_MARKER = re.compile(rb"\xff+([^\xff\x00])", re.DOTALL)
_END_OF_SCAN = re.compile(rb"\xff+([^\xff\x00\xd0-\xd7])", re.DOTALL)


class MalformedError(ValueError):
    """The bytes are not what their format says."""


class Part(Struct, frozen=True, gc=False):
    """A part of a file: `data[start:end]`, of which `data[body:body_end]` is what it holds."""

    kind: bytes
    start: int
    end: int
    body: int
    body_end: int


def _fits(end: int, limit: int, what: str) -> None:
    if end > limit:
        raise MalformedError(f"{what} reaches beyond the end")


def jpeg_segments(data: Data, start: int = 0) -> Iterator[Part]:
    """Yield the segments of a JPEG from SOI to EOI; the kind is the marker, both bytes of it.

    That of SOS ends where its entropy-coded data does, its body where that begins. What lies
    between segments without being one is passed over, as decoders do; what follows EOI, such as
    a second picture, is no part (ITU-T T.81, B.1 and B.2).
    """
    if bytes(data[start : start + 2]) != SOI:
        raise MalformedError("no JPEG begins here")
    yield Part(SOI, start, start + 2, start + 2, start + 2)
    at = start + 2
    while found := _NEXT_MARKER.search(data, at):
        kind, at = b"\xff" + found[1], found.end()
        if kind == EOI:
            yield Part(EOI, at - 2, at, at, at)
            return
        if kind[1] in range(0xD0, 0xD8) or kind[1] == 0x01:
            # Alone, these mean nothing.
            continue
        if kind[1] < 0xC0 or kind == SOI:
            raise MalformedError(f"no segment begins with {kind.hex()}")
        part = _jpeg_segment(data, kind, at)
        yield part
        at = part.end
    raise MalformedError("the JPEG has no end")


def _jpeg_segment(data: Data, kind: bytes, at: int) -> Part:
    _fits(at + 2, len(data), "a segment")
    (length,) = struct.unpack_from(">H", data, at)
    if length < 2:
        raise MalformedError("a segment is shorter than its length")
    end = body_end = at + length
    _fits(end, len(data), "a segment")
    if kind == SOS:
        found = _END_OF_SCAN.search(data, end)
        if found is None:
            raise MalformedError("the JPEG has no end")
        end = found.start()
    return Part(kind, at - 2, end, at + 2, body_end)


def png_chunks(data: Data) -> Iterator[Part]:
    """Yield the chunks of a PNG up to IEND (PNG, third edition, section 5.3)."""
    if bytes(data[:8]) != PNG_SIGNATURE:
        raise MalformedError("no PNG begins here")
    at, kind = 8, b""
    while kind != b"IEND":
        _fits(at + 12, len(data), "a chunk")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        _fits(end, len(data), "a chunk")
        yield Part(kind, at, end, at + 8, end - 4)
        at = end


def webp_chunks(data: Data) -> Iterator[Part]:
    """Yield the chunks of a WebP, as far as its header says it goes (RFC 9649, section 2.3)."""
    if len(data) < 12 or bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"WEBP":
        raise MalformedError("no WebP begins here")
    (size,) = struct.unpack_from("<I", data, 4)
    _fits(size + 8, len(data), "the picture")
    yield from riff_chunks(data, 12, size + 8)


def riff_chunks(data: Data, start: int, end: int) -> Iterator[Part]:
    """Yield the RIFF chunks between two places; padding belongs to the chunk before it."""
    _fits(end, len(data), "a list of chunks")
    at = start
    while at < end:
        _fits(at + 8, end, "a chunk")
        kind, length = struct.unpack_from("<4sI", data, at)
        body_end = at + 8 + length
        _fits(body_end, end, "a chunk")
        # Some writers forget the padding of the last.
        after = min(body_end + length % 2, end)
        yield Part(kind, at, after, at + 8, body_end)
        at = after


def gif_blocks(data: Data) -> Iterator[Part]:
    """Yield the blocks of a GIF, its trailer last (GIF89a specification, sections 17 to 27).

    The header with the screen and its colours is of kind b"GIF", an extension bears its two
    bytes, an image is b",", the trailer b";".
    """
    if bytes(data[:4]) != b"GIF8" or len(data) < 13:
        raise MalformedError("no GIF begins here")
    at = 13 + _colours(data[10])
    _fits(at, len(data), "the palette")
    yield Part(b"GIF", 0, at, 13, at)
    while True:
        _fits(at + 1, len(data), "a block")
        kind = bytes(data[at : at + 1])
        if kind == b";":
            yield Part(kind, at, at + 1, at + 1, at + 1)
            return
        part = _gif_block(data, kind, at)
        yield part
        at = part.end


def _gif_block(data: Data, kind: bytes, at: int) -> Part:
    if kind == b"!":
        _fits(at + 2, len(data), "a block")
        kind, body = bytes(data[at : at + 2]), at + 2
    elif kind == b",":
        _fits(at + 10, len(data), "a block")
        # The least code size stands before the blocks of codes.
        body = at + 10 + _colours(data[at + 9]) + 1
    else:
        raise MalformedError(f"no block begins with {kind.hex()}")
    end = _gif_blocks_end(data, body)
    return Part(kind, at, end, body, end)


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: Data, at: int) -> int:
    while True:
        _fits(at + 1, len(data), "a block")
        length = data[at]
        at += 1 + length
        if not length:
            return at


def boxes(data: Data, start: int = 0, end: int | None = None) -> Iterator[Part]:
    """Yield the boxes between two places (ISO/IEC 14496-12, 4.2; ISO/IEC 15444-1, annex I.4).

    The body of a full box, or of one of kind `uuid`, begins with its version or identifier.
    """
    at, limit = start, len(data) if end is None else end
    _fits(limit, len(data), "a list of boxes")
    while at < limit:
        _fits(at + 8, limit, "a box")
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            _fits(at + 16, limit, "a box")
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        box_end = limit if size == 0 else at + size
        if box_end < body:
            raise MalformedError("a box is shorter than its header")
        _fits(box_end, limit, "a box")
        yield Part(kind, at, box_end, body, box_end)
        at = box_end


class Entry(Struct, frozen=True, gc=False):
    """An entry of a TIFF directory, which lies at `at`; its value is `data[start:end]`."""

    tag: int
    type: int
    count: int
    at: int
    start: int
    end: int


class Directory(Struct, frozen=True):
    """A TIFF directory: its entries, and the place of the one that follows, or 0."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    following: int


class Tiff(Struct, frozen=True):
    """How a TIFF writes: byte order `<` or `>`, and whether it is BigTIFF; `first` directory.

    All places are counted from its header, with which the data must begin.
    """

    order: str
    big: bool
    first: int


# Bytes of a value, by its type (TIFF 6.0, section 2; BigTIFF adds 16 to 18).
TIFF_BYTES = {
    **{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4},
    **{16: 8, 17: 8, 18: 8},
}

_WHOLE = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}


def tiff_header(data: Data) -> Tiff:
    """Read the header of a TIFF, or of the EXIF that is one."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise MalformedError("no TIFF begins here")
    (version,) = struct.unpack_from(f"{order}H", data, 2)
    if version == 42:
        return Tiff(order, False, *struct.unpack_from(f"{order}I", data, 4))
    if version == 43 and len(data) >= 16:
        return Tiff(order, True, *struct.unpack_from(f"{order}Q", data, 8))
    raise MalformedError("no TIFF begins here")


def tiff_directories(data: Data) -> Iterator[Directory]:
    """Yield the chain of directories of a TIFF, each a page; those inside them are not followed."""
    tiff = tiff_header(data)
    seen: set[int] = set()
    at = tiff.first
    while at:
        if at in seen or len(seen) == MAX_DIRECTORIES:
            raise MalformedError("the directories have no end")
        seen.add(at)
        directory = tiff_directory(data, tiff, at)
        yield directory
        at = directory.following


def tiff_directory(data: Data, tiff: Tiff, at: int) -> Directory:
    """Read one directory (TIFF 6.0, section 2).

    An entry of a type that nobody knows, or whose value lies outside, is left out.
    """
    number, place = ("Q", "Q") if tiff.big else ("H", "I")
    entry_size, width = (20, 8) if tiff.big else (12, 4)
    first = at + struct.calcsize(f"<{number}")
    _fits(first, len(data), "a directory")
    (count,) = struct.unpack_from(tiff.order + number, data, at)
    if count > MAX_ENTRIES:
        raise MalformedError(f"a directory has {count:,} entries")
    last = first + entry_size * count
    _fits(last + width, len(data), "a directory")
    entries = []
    for each in range(first, last, entry_size):
        tag, kind, values = struct.unpack_from(f"{tiff.order}HH{place}", data, each)
        size = TIFF_BYTES.get(kind, 0) * values
        if kind not in TIFF_BYTES:
            continue
        start = each + 4 + width
        if size > width:
            (start,) = struct.unpack_from(tiff.order + place, data, start)
        if start + size <= len(data):
            entries.append(Entry(tag, kind, values, each, start, start + size))
    (following,) = struct.unpack_from(tiff.order + place, data, last)
    return Directory(at, last + width, tuple(entries), following)


def tiff_numbers(data: Data, tiff: Tiff, entry: Entry) -> tuple[int, ...]:
    """Return the whole numbers of an entry; MalformedError if it holds something else."""
    if entry.type not in _WHOLE:
        raise MalformedError(f"tag {entry.tag} holds no whole numbers")
    return struct.unpack_from(f"{tiff.order}{entry.count}{_WHOLE[entry.type]}", data, entry.start)


class Item(Struct, frozen=True):
    """An item of a HEIF file: a picture, or what is said of one.

    Its bytes are those of its `extents`, in order; they lie in the file, or, if it is `inside`,
    in the box idat of the metadata: both are given as places in the file. An item of another kind
    of construction has no extents. `properties` are boxes in ipco, where `indexes` number them
    from 1; those that a reader must understand have 0x8000 added.
    """

    id: int
    kind: bytes
    extents: tuple[tuple[int, int], ...]
    inside: bool
    properties: tuple[Part, ...]
    indexes: tuple[int, ...]


class Heif(Struct, frozen=True):
    """The metadata of a HEIF file: its primary item, all items, and references between them.

    A reference is its kind, such as `thmb`, the item it is from, and those it is to.
    """

    primary: int
    items: dict[int, Item]
    references: tuple[tuple[bytes, int, tuple[int, ...]], ...]


def heif(data: Data) -> Heif:
    """Read the metadata of a HEIF or AVIF file (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12)."""
    meta = _only(b"meta", boxes(data))
    inside = {part.kind: part for part in boxes(data, meta.body + 4, meta.end)}
    if not {b"pitm", b"iinf", b"iloc"} <= inside.keys():
        raise MalformedError("there is no list of items")
    fields = _Fields(data, inside[b"pitm"])
    primary = fields.number(2 if fields.version == 0 else 4)
    idat = inside.get(b"idat")
    places = _locations(data, inside[b"iloc"], idat)
    boxed, indexes = _properties(data, inside.get(b"iprp"))
    items = {}
    for item, kind in _item_kinds(data, inside[b"iinf"]).items():
        extents, is_inside = places.get(item, ((), False))
        own = tuple(each for each in indexes.get(item, ()) if 0 < each & 0x7FFF <= len(boxed))
        properties = tuple(boxed[(each & 0x7FFF) - 1] for each in own)
        items[item] = Item(item, kind, extents, is_inside, properties, own)
    references = tuple(_references(data, inside[b"iref"])) if b"iref" in inside else ()
    return Heif(primary, items, references)


def _only(kind: bytes, parts: Iterator[Part]) -> Part:
    for part in parts:
        if part.kind == kind:
            return part
    raise MalformedError(f"there is no box {kind.decode('latin-1')}")


class _Fields:
    """Reads the numbers of a full box one after the other, never beyond its end."""

    def __init__(self, data: Data, box: Part) -> None:
        self._data, self.at, self._end = data, box.body, box.end
        word = self.number(4)
        self.version, self.flags = word >> 24, word & 0xFFFFFF

    def number(self, size: int) -> int:
        _fits(self.at + size, self._end, "a box")
        value = int.from_bytes(self._data[self.at : self.at + size], "big")
        self.at += size
        return value


def _item_kinds(data: Data, iinf: Part) -> dict[int, bytes]:
    fields = _Fields(data, iinf)
    fields.number(2 if fields.version == 0 else 4)
    kinds: dict[int, bytes] = {}
    for part in boxes(data, fields.at, iinf.end):
        if part.kind != b"infe":
            continue
        info = _Fields(data, part)
        if info.version < 2:
            raise MalformedError("the list of items is of a kind that pictures do not have")
        item = info.number(2 if info.version == 2 else 4)
        info.number(2)
        kinds[item] = info.number(4).to_bytes(4, "big")
    return kinds


def _locations(
    data: Data, iloc: Part, idat: Part | None
) -> dict[int, tuple[tuple[tuple[int, int], ...], bool]]:
    """Return for each item its extents as places in the file, and whether they are in idat."""
    fields = _Fields(data, iloc)
    sizes = fields.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if fields.version in (1, 2) else 0
    wide = 4 if fields.version == 2 else 2
    places = {}
    for _ in range(fields.number(wide)):
        item = fields.number(wide)
        method = fields.number(2) & 15 if fields.version else 0
        fields.number(2)
        base = fields.number(base_size)
        extents = []
        count = fields.number(2)
        if count > 1 and not offset_size + length_size + index_size:
            raise MalformedError("items lie nowhere")
        for _ in range(count):
            fields.number(index_size)
            start = base + fields.number(offset_size)
            extents.append((start, fields.number(length_size)))
        places[item] = _placed(data, extents, method, idat)
    return places


def _placed(
    data: Data, extents: list[tuple[int, int]], method: int, idat: Part | None
) -> tuple[tuple[tuple[int, int], ...], bool]:
    if method > 1 or (method == 1 and idat is None):
        return (), False
    first, limit = (idat.body, idat.end) if method == 1 and idat else (0, len(data))
    placed = []
    for start, length in extents:
        # No length means all there is (ISO/IEC 14496-12, 8.11.3.3).
        end = first + start + length if length else limit
        _fits(end, limit, "an item")
        _fits(first + start, end, "an item")
        placed.append((first + start, end))
    return tuple(placed), method == 1


def _properties(data: Data, iprp: Part | None) -> tuple[list[Part], dict[int, list[int]]]:
    """Return the boxes in ipco, and for each item the numbers of its own."""
    inside = list(boxes(data, iprp.body, iprp.end)) if iprp else []
    boxed = [
        part for ipco in inside if ipco.kind == b"ipco" for part in boxes(data, ipco.body, ipco.end)
    ]
    found: dict[int, list[int]] = defaultdict(list)
    for ipma in inside:
        if ipma.kind != b"ipma":
            continue
        fields = _Fields(data, ipma)
        for _ in range(fields.number(4)):
            item = fields.number(2 if fields.version < 1 else 4)
            found[item] += (_property_index(fields) for _ in range(fields.number(1)))
    return boxed, found


def _property_index(fields: _Fields) -> int:
    """Read the number of a property; the first bit says whether it is essential."""
    if fields.flags & 1:
        return fields.number(2)
    value = fields.number(1)
    return value & 0x7F | (value & 0x80) << 8


def _references(data: Data, iref: Part) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    wide = 4 if _Fields(data, iref).version else 2
    for part in boxes(data, iref.body + 4, iref.end):
        # A box, but not a full one: no version stands before its numbers.
        numbers = part.end - part.body - 2
        count = int.from_bytes(data[part.body + wide : part.body + wide + 2], "big")
        if numbers != wide * (count + 1):
            raise MalformedError("a reference has no end")
        ids = [part.body, *range(part.body + wide + 2, part.end, wide)]
        first, *others = (int.from_bytes(data[at : at + wide], "big") for at in ids)
        yield part.kind, first, tuple(others)
