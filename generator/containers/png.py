"""The chunks of a PNG: those beside the pixels are read here, and kept from the decoder.

Pillow gives up on a picture for a fault in any of its chunks. A PNG decoder shall pass over
faults in what the pixels do not need (PNG specification, third edition, section 13.2).
"""

import io
import os
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, cast

from msgspec import Struct

from generator.core.files import Bounded

# Chunks that do not have to be understood and yet change what is seen, with their length if it
# is fixed; and the frames of an animation.
_COLOUR = {
    **{b"tRNS": 0, b"iCCP": 0, b"sBIT": 0, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1},
    **{b"cICP": 4, b"mDCV": 24, b"cLLI": 8, b"acTL": 8},
}
_FRAMES = frozenset((b"fcTL", b"fdAT"))

_XMP_KEY = b"XML:com.adobe.xmp"
_EXIF_KEYS = (b"Raw profile type exif", b"Raw profile type APP1")

MAX_TEXT_BYTES = 4_000_000

# No picture has more; what lies behind is left to the decoder.
MAX_CHUNKS = 1_000_000


class _Chunk(Struct, frozen=True):
    """A chunk by its name, and where it begins and ends in the file, with length and checksum."""

    name: bytes
    start: int
    end: int


def divide(file: BinaryIO) -> tuple[BinaryIO, dict[str, bytes]]:
    """Return the file as a decoder shall see it, and the EXIF and XMP of the picture.

    They go by the names `exif`, which is there in any case, and `xmp`. Pixels are not read.
    """
    size = file.seek(0, os.SEEK_END)
    said = {"exif": b""}
    spans = [(0, 8)]
    seen_pixels = False
    for chunk in _chunks(file, size):
        seen_pixels = seen_pixels or chunk.name == b"IDAT"
        if _is_needed(file, chunk, seen_pixels=seen_pixels):
            start = spans.pop()[0] if spans[-1][1] == chunk.start else chunk.start
            spans.append((start, chunk.end))
        elif chunk.end - chunk.start <= MAX_TEXT_BYTES:
            said |= _metadata(chunk.name, _body(file, chunk))
    file.seek(0)
    return (_excerpt(file, spans) if len(spans) > 1 else file), said


def _chunks(file: BinaryIO, size: int) -> Iterator[_Chunk]:
    """Yield every chunk up to the end of the picture; the last may be cut short, or be the rest."""
    start = 8
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        head = file.read(8)
        if len(head) < 8 or not head[4:].isalpha():
            break
        end = start + 12 + int.from_bytes(head[:4], "big")
        yield _Chunk(head[4:], start, min(end, size))
        if end >= size or head[4:] == b"IEND":
            return
        start = end
    yield _Chunk(b"REST", start, size)


def _body(file: BinaryIO, chunk: _Chunk) -> bytes:
    file.seek(chunk.start + 8)
    return file.read(chunk.end - chunk.start - 12)


def _is_needed(file: BinaryIO, chunk: _Chunk, *, seen_pixels: bool) -> bool:
    """Tell whether a chunk has a part in the pixels, and can be used if it is not critical."""
    # The case of the first letter tells (section 5.4).
    if chunk.name[:1].isupper() or chunk.name in _FRAMES:
        return True
    if seen_pixels or chunk.name not in _COLOUR:
        return False
    body = _body(file, chunk)
    is_intact = zlib.crc32(chunk.name + body).to_bytes(4, "big") == file.read(4)
    return is_intact and len(body) > 0 and _COLOUR[chunk.name] in (0, len(body))


class _Excerpt(io.RawIOBase):
    """Some spans of a file as a file of their own."""

    def __init__(self, file: BinaryIO, spans: Sequence[tuple[int, int]]) -> None:
        self._file = file
        self._spans = spans
        # Where each span begins in the excerpt.
        self._starts = [0]
        for start, end in spans:
            self._starts.append(self._starts[-1] + end - start)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        index = bisect_right(self._starts, self._at) - 1
        if index >= len(self._spans):
            return 0
        start, end = self._spans[index]
        place = start + self._at - self._starts[index]
        self._file.seek(place)
        body = self._file.read(min(len(buffer), end - place))
        buffer[: len(body)] = body
        self._at += len(body)
        return len(body)


def _excerpt(file: BinaryIO, spans: Sequence[tuple[int, int]]) -> BinaryIO:
    return cast(BinaryIO, Bounded(_Excerpt(file, spans)))


def _metadata(name: bytes, body: bytes) -> dict[str, bytes]:
    """Read EXIF and XMP from the chunks that hold them (section 11.3); empty from any other."""
    if name == b"eXIf":
        return {"exif": body}
    if name not in (b"tEXt", b"zTXt", b"iTXt"):
        return {}
    key, _, rest = body.partition(b"\0")
    with suppress(zlib.error, ValueError):
        if key == _XMP_KEY:
            return {"xmp": _text(name, rest)}
        if key in _EXIF_KEYS:
            # ImageMagick's way: a name, a length, then the bytes as hexadecimal digits.
            profile = bytes.fromhex(_text(name, rest).split(maxsplit=2)[-1].decode("ascii"))
            return {"exif": profile} if profile.startswith(b"Exif\0\0") else {"xmp": profile}
    return {}


def _text(name: bytes, rest: bytes) -> bytes:
    """Return the text of a chunk after its keyword, unpacked up to a limit."""
    if name == b"tEXt":
        return rest
    if name == b"zTXt":
        return _unpacked(rest[1:])
    packed, _, text = rest[0:1], rest[1:2], rest[2:]
    text = text.partition(b"\0")[2].partition(b"\0")[2]
    return _unpacked(text) if packed == b"\1" else text


def _unpacked(packed: bytes) -> bytes:
    return zlib.decompressobj().decompress(packed, MAX_TEXT_BYTES)
