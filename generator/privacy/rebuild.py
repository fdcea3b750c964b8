"""Picture files whose parts point at each other, TIFF and HEIF, written anew with what they need.

The coded data of the picture is copied, byte for byte; what pointed at it is written again, and
what nothing needs is not there. An AVIF of ours is told more that way. Pure.
"""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence, Set

from msgspec import Struct, structs

from generator.containers.parts import (
    Entry,
    Heif,
    Item,
    MalformedError,
    Part,
    Tiff,
    boxes,
    heif,
    tiff_directories,
    tiff_header,
    tiff_numbers,
)
from generator.privacy.exif_writer import (
    Facts,
    Value,
    directories,
    exif_block,
    read_facts,
    rights_entries,
)
from generator.privacy.rights import Rights, rights_packet

# The entries that make pixels, colour and resolution (TIFF 6.0; technical notes 1 and 2; ICC.1).
_TIFF_KEPT = frozenset(
    map(
        int,
        "254 255 256 257 258 259 262 263 266 277 278 280 281 284 290 291 292 293 297 301 317 318"
        " 319 320 321 322 323 326 327 328 332 334 336 338 339 340 341 347 529 530 531 532"
        " 34675".split(),
    )
)
_KIND, _COMPRESSION, _XMP_TAG = 254, 259, 700
_STRIPS, _TILES = (273, 279), (324, 325)
_DNG_VERSION, _SUB_PICTURES = 50706, 330
_OLD_JPEG = 6


def rebuilt_tiff(data: bytes, rights: Rights) -> bytes:
    """Write the first picture of a TIFF again, its strips or tiles untouched.

    MalformedError if it is not where the entries say, or if it is only the preview of a raw file.
    """
    tiff = tiff_header(data)
    page = next(iter(tiff_directories(data)), None)
    if page is None:
        raise MalformedError("there is no picture in this TIFF")
    entries = {entry.tag: entry for entry in page.entries}
    _refuse_raw(data, tiff, entries)
    pieces = _pieces(data, tiff, entries)
    tags = _STRIPS if _STRIPS[0] in entries else _TILES
    body, places = bytearray(16 if tiff.big else 8), []
    for piece in pieces:
        places.append(len(body))
        body += piece + b"\0" * (len(piece) % 2)
    facts = read_facts(data)
    main = dict(facts.main) | {
        tag: Value(entry.type, entry.count, data[entry.start : entry.end])
        for tag, entry in entries.items()
        if tag in _TIFF_KEPT
    }
    main |= rights_entries(rights)
    main |= dict(zip(tags, (_numbers(tiff, places), _numbers(tiff, map(len, pieces))), strict=True))
    if packet := rights_packet(rights):
        main[_XMP_TAG] = Value(1, len(packet), packet)
    mark = {"<": b"II", ">": b"MM"}[tiff.order]
    if tiff.big:
        body[:16] = mark + struct.pack(f"{tiff.order}HHHQ", 43, 8, 0, len(body))
    else:
        body[:8] = mark + struct.pack(f"{tiff.order}HI", 42, len(body))
    return bytes(body) + directories(Tiff(tiff.order, tiff.big, len(body)), main, facts)


def _refuse_raw(data: bytes, tiff: Tiff, entries: Mapping[int, Entry]) -> None:
    reduced = _KIND in entries and tiff_numbers(data, tiff, entries[_KIND])[0] & 1
    if _DNG_VERSION in entries or (reduced and _SUB_PICTURES in entries):
        raise MalformedError("it is a camera raw file")


def _pieces(data: bytes, tiff: Tiff, entries: Mapping[int, Entry]) -> list[bytes]:
    """Return the strips or tiles of a picture."""
    for at, size in (_STRIPS, _TILES):
        if at in entries and size in entries:
            starts, sizes = (tiff_numbers(data, tiff, entries[tag]) for tag in (at, size))
            break
    else:
        raise MalformedError("the TIFF does not say where its pixels are")
    compressed = _COMPRESSION in entries and tiff_numbers(data, tiff, entries[_COMPRESSION])
    if compressed == (_OLD_JPEG,):
        raise MalformedError("its pixels are JPEG in a way that was given up in 1995")
    if len(starts) != len(sizes) or sum(sizes) > len(data):
        raise MalformedError("the TIFF does not say where its pixels are")
    if any(at + size > len(data) for at, size in zip(starts, sizes, strict=True)):
        raise MalformedError("the pixels reach beyond the end")
    return [data[at : at + size] for at, size in zip(starts, sizes, strict=True)]


def _numbers(tiff: Tiff, numbers: Iterable[int]) -> Value:
    values = list(numbers)
    kind, letter = (16, "Q") if tiff.big else (4, "I")
    return Value(kind, len(values), struct.pack(f"{tiff.order}{len(values)}{letter}", *values))


# Properties that make pixels, colour and how they are turned (ISO/IEC 23008-12, section 6.5;
# ISO/IEC 14496-12, 12.1; AV1 in HEIF, section 2.3).
_PROPERTIES_KEPT = frozenset(
    b"ispe pixi colr av1C hvcC vvcC avcC jpgC lhvC oinf tols irot imir clap pasp auxC a1op a1lx"
    b" lsel rloc clli mdcv cclv amve".split()
)
_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
_ESSENTIAL = 0x8000


class _NewItem(Struct, frozen=True):
    """An item to be written; `properties` number those of the new file, essential ones marked."""

    id: int
    kind: bytes
    body: bytes
    inside: bool = False
    properties: tuple[int, ...] = ()


def box(kind: bytes, *bodies: bytes) -> bytes:
    """Write a box; a full one begins with its version and flags."""
    size = sum(map(len, bodies))
    if size + 8 < 1 << 32:
        return b"".join((struct.pack(">I4s", size + 8, kind), *bodies))
    return b"".join((struct.pack(">I4sQ", 1, kind, size + 16), *bodies))


def rebuilt_heif(data: bytes, rights: Rights) -> bytes:
    """Write the primary picture of a HEIF or AVIF file again: its tiles, its transparency.

    Coded data and the properties of pixels are copied. MalformedError if it is an animation, or
    made in a way that nobody knows.
    """
    found = heif(data)
    kinds = _top(data)
    if b"moov" in kinds or b"ftyp" not in kinds:
        raise MalformedError("it is an animation")
    needed = _needed(data, found)
    if max(needed) > 0xFFF0 or not needed <= found.items.keys():
        raise MalformedError("its items make no sense")
    return _rewritten(data, found, needed, _about(found, data, rights, max(needed) + 1))


def told_avif(data: bytes, profile: bytes, packet: bytes) -> bytes:
    """Add an ICC profile and a packet of XMP to an AVIF of one picture, as an encoder writes it.

    Either may be empty. Where nclx stays beside the profile, readers that know both obey the
    profile (ISO/IEC 23000-22, 7.3.6). MalformedError if the file is not understood.
    """
    found = heif(data)
    about = [_NewItem(max(found.items) + 1, b"mime", packet)] if packet else []
    return _rewritten(data, found, found.items.keys(), about, profile)


def _rewritten(
    data: bytes,
    found: Heif,
    needed: Set[int],
    about: Iterable[_NewItem],
    profile: bytes = b"",
) -> bytes:
    """Write these items again, and what is said about the primary one."""
    numbers, boxed = _properties(found, needed)
    items = [_copied(data, found.items[each], numbers) for each in sorted(needed)]
    properties = b"".join(data[part.start : part.end] for part in boxed)
    if profile:
        properties += box(b"colr", b"prof", profile)
        number = len(boxed) + 1
        items = [_coloured(item, number) if item.id == found.primary else item for item in items]
    about = tuple(about)
    references = [
        reference
        for reference in found.references
        if reference[0] in (b"dimg", b"auxl", b"prem") and {reference[1], *reference[2]} <= needed
    ]
    references += [(b"cdsc", item.id, (found.primary,)) for item in about]
    brands = _top(data)[b"ftyp"]
    return _heif(
        data[brands.body : brands.end], found.primary, (*items, *about), references, properties
    )


def _top(data: bytes) -> dict[bytes, Part]:
    """Return the boxes of a file up to where there are none; whatever follows is a trailer."""
    found: dict[bytes, Part] = {}
    try:
        for part in boxes(data):
            found.setdefault(part.kind, part)
    except MalformedError:
        pass
    return found


def _needed(data: bytes, found: Heif) -> set[int]:
    """Return the items that the primary one is made of: what it derives from, and its alpha."""
    needed: set[int] = set()
    more = {found.primary}
    while more:
        needed |= more
        more = set()
        for kind, source, targets in found.references:
            if kind == b"dimg" and source in needed:
                more |= {*targets} - needed
            elif kind == b"auxl" and not needed.isdisjoint(targets) and source not in needed:
                more |= {source} if _is_alpha(data, found.items.get(source)) else set()
    return needed


def _is_alpha(data: bytes, item: Item | None) -> bool:
    return item is not None and any(
        part.kind == b"auxC" and data[part.body + 4 : part.end].partition(b"\0")[0] in _ALPHA
        for part in item.properties
    )


def _properties(found: Heif, needed: Collection[int]) -> tuple[dict[int, int], list[Part]]:
    """Number the properties that are kept anew; return also their boxes, in that order."""
    numbers: dict[int, int] = {}
    boxed: list[Part] = []
    for item in (found.items[each] for each in sorted(needed)):
        for index, part in zip(item.indexes, item.properties, strict=True):
            number = index & ~_ESSENTIAL
            if part.kind in _PROPERTIES_KEPT and number not in numbers:
                boxed.append(part)
                numbers[number] = len(boxed)
            elif part.kind not in _PROPERTIES_KEPT and index & _ESSENTIAL:
                raise MalformedError("it is made in a way that is not known")
    return numbers, boxed


def _copied(data: bytes, item: Item, numbers: Mapping[int, int]) -> _NewItem:
    if not item.extents and item.kind != b"iden":
        raise MalformedError("the data of an item is not where it should be")
    if sum(end - start for start, end in item.extents) > len(data):
        raise MalformedError("items overlap")
    body = b"".join(data[start:end] for start, end in item.extents)
    kept = (index for index in item.indexes if index & ~_ESSENTIAL in numbers)
    properties = (numbers[index & ~_ESSENTIAL] | index & _ESSENTIAL for index in kept)
    return _NewItem(item.id, item.kind, body, item.inside, tuple(properties))


def _coloured(item: _NewItem, number: int) -> _NewItem:
    """Give an item one property more, before its last, which is the nclx of libavif."""
    *others, last = item.properties
    return structs.replace(item, properties=(*others, number, last))


def _about(found: Heif, data: bytes, rights: Rights, first: int) -> Iterable[_NewItem]:
    """Yield new items with the facts and rights that may be told (ISO/IEC 23008-12, annex A)."""
    block = exif_block(_facts(found, data), rights)
    if block:
        yield _NewItem(first, b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + block)
    if packet := rights_packet(rights):
        yield _NewItem(first + bool(block), b"mime", packet)


def _facts(found: Heif, data: bytes) -> Facts:
    for item in found.items.values():
        if item.kind == b"Exif" and item.extents:
            body = b"".join(data[start:end] for start, end in item.extents[:1])
            return read_facts(body[4 + int.from_bytes(body[:4], "big") :])
    return Facts()


def _heif(
    brands: bytes,
    primary: int,
    items: Sequence[_NewItem],
    references: Sequence[tuple[bytes, int, tuple[int, ...]]],
    properties: bytes,
) -> bytes:
    """Write a HEIF file of these items; what is inside lies in idat, the rest behind."""
    entries = [_entry(item, primary) for item in items]
    owned = [item for item in items if item.properties]
    idat = b"".join(item.body for item in items if item.inside)
    handler = bytes(8) + b"pict" + bytes(13)
    parts = [
        box(b"hdlr", handler),
        box(b"pitm", bytes(4), struct.pack(">H", primary)),
        box(b"iinf", bytes(4), struct.pack(">H", len(entries)), *entries),
        box(b"iref", bytes(4), *map(_reference, references)) if references else b"",
        box(
            b"iprp",
            box(b"ipco", properties),
            box(b"ipma", b"\0\0\0\1", struct.pack(">I", len(owned)), *map(_associated, owned)),
        ),
        box(b"idat", idat) if idat else b"",
    ]
    head = box(b"ftyp", brands)
    # How large the list of places is does not depend on the places.
    size = len(box(b"meta", bytes(4), *parts, _places(items, 0)))
    meta = box(b"meta", bytes(4), *parts, _places(items, len(head) + size + 8))
    data = b"".join(item.body for item in items if not item.inside)
    if len(head) + size + 8 + len(data) >= 1 << 32:
        raise MalformedError("it is larger than 4 GB")
    return b"".join((head, meta, box(b"mdat", data)))


def _entry(item: _NewItem, primary: int) -> bytes:
    """Write the entry of an item (ISO/IEC 14496-12, 8.11.6); all but the primary are hidden."""
    flags = 0 if item.id == primary else 1
    name = b"\0application/rdf+xml\0" if item.kind == b"mime" else b"\0"
    return box(b"infe", struct.pack(">IHH4s", 2 << 24 | flags, item.id, 0, item.kind), name)


def _reference(reference: tuple[bytes, int, tuple[int, ...]]) -> bytes:
    kind, source, targets = reference
    return box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))


def _associated(item: _NewItem) -> bytes:
    count = len(item.properties)
    return struct.pack(f">HB{count}H", item.id, count, *item.properties)


def _places(items: Iterable[_NewItem], at: int) -> bytes:
    """Write where items lie: from `at` on one after the other, or so within idat."""
    rows, inside = [], 0
    for item in items:
        if not item.body:
            continue
        start = inside if item.inside else at
        rows.append(struct.pack(">HHHHII", item.id, item.inside, 0, 1, start, len(item.body)))
        if item.inside:
            inside += len(item.body)
        else:
            at += len(item.body)
    return box(b"iloc", struct.pack(">IBBH", 1 << 24, 0x44, 0, len(rows)), *rows)
