"""Originals without what they tell: no location, serial number, name, preview or maker note.

Nothing is searched for and taken out. Of each format is kept what the pixels need, byte for byte:
coded data, colour, orientation, animation, resolution. Everything else is left behind, whatever
it is, and a small new block of EXIF and a packet of XMP say the few things that may be told.
Scrubbing twice is scrubbing once. A picture that is shown rather than handed on can be bare: then
not even that is left. Pure.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

from generator.containers.parts import (
    EOI,
    PNG_SIGNATURE,
    SOI,
    Data,
    MalformedError,
    Part,
    boxes,
    gif_blocks,
    jpeg_segments,
    png_chunks,
    riff_chunks,
    webp_chunks,
)
from generator.privacy.exif_writer import Facts, exif_block, read_facts
from generator.privacy.rebuild import box, rebuilt_heif, rebuilt_tiff
from generator.privacy.rights import Rights, rights_packet

# Raise by one whenever the same original comes out with other bytes.
SCRUB_VERSION = 2

_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"

# More than any profile has, and little enough to unpack.
_LARGEST_PROFILE = 32 << 20
_LARGEST_TEXT = 1 << 20


def scrub(data: bytes, format_name: str, rights: Rights | None = None) -> bytes:
    """Return a picture file of a format of the table without what it tells beside its pixels.

    Decoded pixels and coded data are what they were; of several pictures in a JPEG or TIFF the
    first is kept. MalformedError if that cannot be done for certain.
    """
    scrubber = _SCRUBBERS.get(format_name)
    if scrubber is None:
        raise MalformedError(f"files of the kind {format_name} are not understood well enough")
    try:
        return scrubber(data, rights or Rights())
    except (struct.error, IndexError) as error:
        raise MalformedError(str(error)) from error


def bare(data: bytes, format_name: str, packet: bytes = b"") -> bytes:
    """Return a JPEG, PNG or WebP of one picture as it is coded, beside it at most a packet of XMP.

    Its colours are those that browsers see where nothing is said of them. MalformedError if it
    cannot be understood, or is of a kind that browsers do not show.
    """
    strip = _STRIPPERS.get(format_name)
    if strip is None:
        raise MalformedError(f"files of the kind {format_name} are not shown")
    try:
        return strip(data, packet)
    except (struct.error, IndexError) as error:
        raise MalformedError(str(error)) from error


def _jpeg(data: bytes, rights: Rights) -> bytes:
    """Keep the tables, frames and scans (T.81), JFIF's resolution, Adobe's transform, the profile.

    JFIF is ITU-T T.871; the markers of Exif, ICC and Adobe are those of CIPA DC-008, ICC.1:2022
    annex B.4 and Adobe's Technical Note 5116.
    """
    parts = list(jpeg_segments(data))
    bodies = {marker: _bodies(data, parts, marker) for marker in (0xE0, 0xE1, 0xE2, 0xEE)}
    exif = _first(bodies[0xE1], _EXIF)[len(_EXIF) :]
    block, packet = exif_block(read_facts(exif), rights), rights_packet(rights)
    jfif, adobe = _first(bodies[0xE0], b"JFIF\0"), _first(bodies[0xEE], b"Adobe")
    profile = _jpeg_profile(bodies[0xE2])
    # A thumbnail would follow the resolution: its size becomes nothing.
    segments = [_segment(0xE0, jfif[:12] + b"\0\0")] if len(jfif) >= 14 else []
    segments += [_segment(0xE1, _EXIF + block)] if block else []
    segments += [_segment(0xE1, _XMP + packet)] if packet else []
    segments += profile
    segments += [_segment(0xEE, adobe[:12])] if len(adobe) >= 12 else []
    kept = [data[part.start : part.end] for part in parts if _is_picture(part)]
    return b"".join((SOI, *segments, *kept, EOI))


def _is_picture(part: Part) -> bool:
    """Tell whether a segment makes pixels: frames, tables, scans and what belongs to them."""
    return 0xC0 <= part.kind[1] <= 0xDF and part.kind not in (SOI, EOI)


def _bodies(data: bytes, parts: Iterable[Part], marker: int) -> list[bytes]:
    return [data[part.body : part.body_end] for part in parts if part.kind[1] == marker]


def _first(bodies: Iterable[bytes], signature: bytes) -> bytes:
    return next((body for body in bodies if body.startswith(signature)), b"")


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg_profile(bodies: Iterable[bytes]) -> list[bytes]:
    """Return the segments of a profile, in their order; none if they do not make one."""
    found = sorted(body for body in bodies if body.startswith(_ICC) and len(body) > 14)
    profile = _profile(b"".join(body[14:] for body in found))
    pieces = [profile[at : at + 65519] for at in range(0, len(profile), 65519)]
    return [
        _segment(0xE2, _ICC + bytes((number, len(pieces))) + piece)
        for number, piece in enumerate(pieces, 1)
    ]


def _profile(profile: bytes) -> bytes:
    """Return an ICC profile as long as it says it is; empty if it is none (ICC.1:2022, 7.2)."""
    size = int.from_bytes(profile[:4], "big")
    return profile[:size] if min(size, len(profile)) >= 132 and profile[36:40] == b"acsp" else b""


# Frames of eight bits, Huffman-coded, in order or progressive; their tables, intervals and scans.
# What decodes as CMYK is no browser's business.
_FRAMES, _TABLES_AND_SCANS = (0xC0, 0xC1, 0xC2), (0xC4, 0xDA, 0xDB, 0xDD)
_PLAIN_JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"


def _bare_jpeg(data: bytes, packet: bytes) -> bytes:
    """Keep one frame and what it needs; JFIF and Adobe, for they say how colours are coded."""
    parts = list(jpeg_segments(data))
    frames = [body for marker in _FRAMES for body in _bodies(data, parts, marker)]
    if len(frames) != 1 or frames[0][5] not in (1, 3):
        raise MalformedError("it is a JPEG that browsers do not show")
    jfif = _first(_bodies(data, parts, 0xE0), b"JFIF\0")
    adobe = _first(_bodies(data, parts, 0xEE), b"Adobe")
    segments = [_segment(0xE0, _PLAIN_JFIF)] if jfif else []
    segments += [_segment(0xE1, _XMP + packet)] if packet else []
    segments += [_segment(0xEE, adobe[:12])] if len(adobe) >= 12 else []
    needed = (*_FRAMES, *_TABLES_AND_SCANS)
    kept = [data[part.start : part.end] for part in parts if part.kind[1] in needed]
    return b"".join((SOI, *segments, *kept, EOI))


# PNG, third edition, section 11: what makes pixels, colour, resolution and animation.
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA sBIT sRGB cICP mDCV cLLI mDCv cLLi bKGD pHYs"
    b" acTL fcTL fdAT".split()
)

_PNG_XMP = b"XML:com.adobe.xmp\0"


def _png(data: bytes, rights: Rights) -> bytes:
    parts = list(png_chunks(data))
    header, *others = (each for part in parts for each in _png_chunk(data, part))
    block, packet = exif_block(_png_facts(data, parts), rights), rights_packet(rights)
    new = [_chunk(b"eXIf", block)] if block else []
    new += [_chunk(b"iTXt", _PNG_XMP + b"\0\0\0\0" + packet)] if packet else []
    return b"".join((PNG_SIGNATURE, header, *new, *others))


def _bare_png(data: bytes, packet: bytes) -> bytes:
    kinds = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
    kept = [data[part.start : part.end] for part in png_chunks(data) if part.kind in kinds]
    said = [_chunk(b"iTXt", _PNG_XMP + b"\0\0\0\0" + packet)] if packet else []
    return b"".join((PNG_SIGNATURE, kept[0], *said, *kept[1:]))


def _png_chunk(data: bytes, part: Part) -> list[bytes]:
    if part.kind in _PNG_KEPT:
        return [data[part.start : part.end]]
    return _png_profile(data[part.body : part.body_end]) if part.kind == b"iCCP" else []


def _png_facts(data: bytes, parts: Iterable[Part]) -> Facts:
    said = raw = b""
    for part in parts:
        body = data[part.body : part.body_end]
        if part.kind == b"eXIf":
            said = body
        elif part.kind in (b"tEXt", b"zTXt"):
            raw = raw or _raw_profile(part.kind, body)
    return read_facts(said or raw)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png_profile(body: bytes) -> list[bytes]:
    """Return the chunk of a profile without its name and without what follows its data."""
    packed = body.partition(b"\0")[2][1:]
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, _LARGEST_PROFILE)
    except zlib.error:
        return []
    if not unpacker.eof or not _profile(profile):
        return []
    used = packed[: len(packed) - len(unpacker.unused_data)]
    return [_chunk(b"iCCP", b"ICC profile\0\0" + used)]


def _raw_profile(kind: bytes, body: bytes) -> bytes:
    """Return the EXIF that some programs write into a text, in hexadecimal (ImageMagick)."""
    name, _, text = body.partition(b"\0")
    if name not in (b"Raw profile type exif", b"Raw profile type APP1"):
        return b""
    try:
        if kind == b"zTXt":
            text = zlib.decompressobj().decompress(text[1:], _LARGEST_TEXT)
        # Three lines stand before: nothing, the kind, the length.
        said = bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except (zlib.error, ValueError):
        return b""
    return said.removeprefix(_EXIF)


_VP8X_ICC, _VP8X_ALPHA, _VP8X_EXIF, _VP8X_XMP, _VP8X_KEPT = 0x20, 0x10, 0x08, 0x04, 0x12


def _webp(data: bytes, rights: Rights) -> bytes:
    """Keep the chunks of pixels (RFC 9649, section 2.7), their header told what else is there."""
    parts = list(webp_chunks(data))
    found = {part.kind: data[part.body : part.body_end] for part in reversed(parts)}
    kept = [
        chunk
        for part in parts
        for chunk in _webp_chunk(data, part, (b"ANIM", b"ALPH", b"VP8 ", b"VP8L"))
    ]
    header = found.get(b"VP8X", b"")
    if len(header) >= 10:
        facts = read_facts(found.get(b"EXIF", b"").removeprefix(_EXIF))
        profile = _profile(found.get(b"ICCP", b""))
        block, packet = exif_block(facts, rights), rights_packet(rights)
        flags = header[0] & _VP8X_KEPT
        flags |= _VP8X_ICC * bool(profile) | _VP8X_EXIF * bool(block) | _VP8X_XMP * bool(packet)
        first = [_riff(b"VP8X", bytes((flags, 0, 0, 0)) + header[4:10])]
        first += [_riff(b"ICCP", profile)] if profile else []
        last = [_riff(b"EXIF", block)] if block else []
        last += [_riff(b"XMP ", packet)] if packet else []
        kept = [*first, *kept, *last]
    return _riff(b"RIFF", b"WEBP" + b"".join(kept))


def _bare_webp(data: bytes, packet: bytes) -> bytes:
    """Keep the frame and its alpha; a header only if there is something beside the frame."""
    found = {part.kind: data[part.body : part.body_end] for part in webp_chunks(data)}
    alpha = [_riff(b"ALPH", found[b"ALPH"])] if b"ALPH" in found else []
    said = [_riff(b"XMP ", packet)] if packet else []
    kind = next((kind for kind in (b"VP8 ", b"VP8L") if kind in found), None)
    if kind is None:
        raise MalformedError("there is no picture in this WebP")
    chunks = [*alpha, _riff(kind, found[kind]), *said]
    if alpha or said:
        width, height, has_alpha = _webp_frame(kind, found[kind])
        flags = _VP8X_ALPHA * (bool(alpha) or has_alpha) | _VP8X_XMP * bool(said)
        numbers = struct.pack("<4B", flags, 0, 0, 0)
        numbers += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks.insert(0, _riff(b"VP8X", numbers))
    return _riff(b"RIFF", b"WEBP" + b"".join(chunks))


def _webp_frame(kind: bytes, frame: bytes) -> tuple[int, int, bool]:
    """Read width, height and alpha of a frame (RFC 6386, section 9.1; RFC 9649, section 3.4)."""
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", frame, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", frame, 6)
    return width & 0x3FFF, height & 0x3FFF, False


def _webp_chunk(data: bytes, part: Part, kinds: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield a chunk if it is one of pixels; of a frame, what is in it is chosen like that again."""
    body = data[part.body : part.body_end]
    if part.kind in kinds:
        yield _riff(part.kind, body)
    elif part.kind == b"ANMF" and b"ANIM" in kinds:
        inside = riff_chunks(data, part.body + 16, part.body_end)
        chunks = (each for sub in inside for each in _webp_chunk(data, sub, kinds[1:]))
        yield _riff(part.kind, body[:16] + b"".join(chunks))


def _riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _gif(data: bytes, rights: Rights) -> bytes:
    """Keep screen, images and their timing, how often they repeat, and the profile."""
    return b"".join(_gif_block(data, part) for part in gif_blocks(data))


def _gif_block(data: bytes, part: Part) -> bytes:
    body = data[part.body : part.body_end]
    if part.kind in (b"GIF", b",", b"!\xf9", b";"):
        return data[part.start : part.end]
    if part.kind == b"!\xff" and body[:14] in (
        b"\x0bNETSCAPE2.0\x03\x01",
        b"\x0bANIMEXTS1.0\x03\x01",
    ):
        return part.kind + body[:16] + b"\0"
    if part.kind == b"!\xff" and body.startswith(b"\x0bICCRGBG1012"):
        return data[part.start : part.end]
    return b""


def _bmp(data: bytes, rights: Rights) -> bytes:
    """Keep headers, palette and pixels (BITMAPFILEHEADER, BITMAPINFOHEADER and its successors)."""
    if len(data) < 26 or data[:2] != b"BM":
        raise MalformedError("no BMP begins here")
    pixels_at, header_size = struct.unpack_from("<II", data, 10)
    header_end = 14 + header_size
    if not header_end <= pixels_at <= len(data) or header_size < 12:
        raise MalformedError("the header of the BMP makes no sense")
    header = bytearray(data[14:header_end])
    size = _bmp_size(header)
    # Before the pixels there may be more than colours.
    colours = data[header_end:pixels_at][: _bmp_colours(header)]
    if pixels_at + size > len(data):
        raise MalformedError("the pixels of the BMP reach beyond the end")
    profile = b""
    if header_size >= 124:
        # An embedded profile is kept; the name of one in a file is not.
        profile_at, profile_size = struct.unpack_from("<II", header, 112)
        if header[56:60] == b"DEBM":
            profile = _profile(data[14 + profile_at : 14 + profile_at + profile_size])
        elif header[56:60] == b"KNIL":
            header[56:60] = b"BGRs"
        place = header_size + len(colours) + size if profile else 0
        struct.pack_into("<II", header, 112, place, len(profile))
    start = header_end + len(colours)
    head = b"BM" + struct.pack("<III", start + size + len(profile), 0, start)
    pixels = data[pixels_at : pixels_at + size]
    return b"".join((head, header, colours, pixels, profile))


def _bmp_size(header: Data) -> int:
    """Return how many bytes the pixels of a BMP take."""
    if len(header) == 12:
        width, height, _, depth, compression, stated = *struct.unpack_from("<HHHH", header, 4), 0, 0
    elif len(header) in (40, 52, 56, 64, 108, 124):
        width, height, _, depth, compression, stated = struct.unpack_from("<iiHHII", header, 4)
    else:
        raise MalformedError("the header of the BMP is of a kind that nobody writes")
    if compression in (0, 3, 6):
        return int((width * depth + 31) // 32 * 4 * abs(height))
    if compression in (1, 2) and stated:
        return int(stated)
    raise MalformedError("the pixels of the BMP are packed in a way that nobody uses")


def _bmp_colours(header: bytearray) -> int:
    """Return how many bytes of masks and palette follow a header, which says so afterwards."""
    if len(header) == 12:
        (depth,) = struct.unpack_from("<H", header, 10)
        return 3 << depth if depth <= 8 else 0
    depth, compression = struct.unpack_from("<HI", header, 14)
    stated, important = struct.unpack_from("<II", header, 32)
    # Deeper pixels have no palette, or one that is mere advice.
    most = 1 << depth if depth <= 8 else 0
    count = min(stated or most, most)
    struct.pack_into("<II", header, 32, min(stated, most), min(important, most))
    masks = {3: 12, 6: 16}.get(compression, 0) if len(header) == 40 else 0
    return masks + 4 * count


_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_JP2_HEADER = (b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res ")


def _jpeg2000(data: bytes, rights: Rights) -> bytes:
    """Keep header and codestream (ISO/IEC 15444-1, annex I), its comments overwritten."""
    if not data.startswith(_JP2_SIGNATURE):
        return _codestream(data, 0, len(data))
    kept = []
    for part in boxes(data):
        if part.kind in (b"jP  ", b"ftyp"):
            kept.append(box(part.kind, data[part.body : part.end]))
        elif part.kind == b"jp2h":
            inside = (each for each in boxes(data, part.body, part.end) if each.kind in _JP2_HEADER)
            chosen = (box(each.kind, data[each.body : each.end]) for each in inside)
            kept.append(box(part.kind, b"".join(chosen)))
        elif part.kind == b"jp2c":
            kept.append(box(part.kind, _codestream(data, part.body, part.end)))
            return b"".join(kept)
    raise MalformedError("there is no picture in this JPEG 2000 file")


_SOT, _SOD, _EOC, _COM = 0xFF90, 0xFF93, 0xFFD9, 0xFF64


def _codestream(data: bytes, start: int, end: int) -> bytes:
    """Return a codestream up to its end, every comment zeros (ISO/IEC 15444-1, annex A).

    Comments keep their length, for headers of tiles say how long these are.
    """
    stream = bytearray(data[start:end])
    if stream[:2] != b"\xff\x4f":
        raise MalformedError("there is no codestream")
    at, tile_end = 2, 0
    while (marker := int.from_bytes(stream[at : at + 2], "big")) != _EOC:
        if marker == _SOD:
            at, tile_end = _after_tile(stream, at, tile_end), 0
            continue
        length = int.from_bytes(stream[at + 2 : at + 4], "big")
        after = at + 2 + length
        if length < 2 or after > len(stream):
            raise MalformedError("a segment of the codestream reaches beyond its end")
        if marker == _SOT:
            tile_end = _tile_end(stream, at)
        elif marker == _COM:
            stream[at + 4 : after] = bytes(length - 2)
        at = after
    return bytes(stream[: at + 2])


def _tile_end(stream: Data, at: int) -> int:
    """Return where a part of a tile ends; 0 if only the end of all says so."""
    (size,) = struct.unpack_from(">I", stream, at + 6)
    if size and not at + 14 <= at + size < len(stream):
        raise MalformedError("a tile reaches beyond the end")
    return at + size if size else 0


def _after_tile(stream: Data, at: int, tile_end: int) -> int:
    """Return where the coded data that begins here ends: where its header said, or with all."""
    if tile_end:
        if tile_end <= at:
            raise MalformedError("a tile ends before it begins")
        return tile_end
    found = re.compile(rb"\xff\xd9").search(stream, at)
    if found is None:
        raise MalformedError("the codestream has no end")
    return found.start()


_SCRUBBERS: dict[str, Callable[[bytes, Rights], bytes]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "GIF": _gif,
    "TIFF": rebuilt_tiff,
    "BMP": _bmp,
    "JPEG2000": _jpeg2000,
    "AVIF": rebuilt_heif,
    "HEIF": rebuilt_heif,
}

_STRIPPERS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "JPEG": _bare_jpeg,
    "PNG": _bare_png,
    "WEBP": _bare_webp,
}
