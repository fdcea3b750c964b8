"""JPEG XL to pixels, through the optional pillow-jxl-plugin.

Its decoder takes whole files only, and looks at no limit: here the header is read first. Of a
picture of several frames it hands over the last, of a deep one eight bits: these imagecodecs
decodes, which in turn knows nothing of colour profiles.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from PIL import Image, ImageFile

from generator.core.errors import DecodeError

# What cameras and editors say in a picture takes kilobytes.
_MAX_METADATA = 1 << 20

# ISO/IEC 18181-1, table D.2: width over height.
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def is_installed() -> bool:
    """Tell whether the extra package is there, and load it: late, for most folders hold none."""
    try:
        import pillow_jxl  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


class Header(Struct, frozen=True):
    """What a codestream says at its beginning: its sides as stored, bits a channel, one frame."""

    width: int
    height: int
    bits: int
    still: bool


class Contents(Struct, frozen=True):
    """The parts of a file that are of use; metadata is empty if there is none."""

    codestream: bytes
    exif: bytes
    xmp: bytes


class JxlFile(ImageFile.ImageFile):
    """A picture as Pillow opens it; its pixels are there from the beginning, upright.

    `DecompressionBombError` if there would be more of them than Pillow's limit.
    """

    format = "JXL"
    format_description = "JPEG XL"

    def _open(self) -> None:
        assert self.fp is not None
        found = contents(self.fp.read())
        header = read_header(found.codestream)
        pixels = header.width * header.height
        if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
            raise Image.DecompressionBombError(f"{pixels} pixels")
        # Of what is not still, the depth is unknown.
        self.bits = header.bits or 8
        self._pixels: Image.Image | None = self._decode(found.codestream, header)
        self._size, self._mode = self._pixels.size, self._pixels.mode
        if found.exif:
            self.info["exif"] = found.exif
        if found.xmp:
            self.info["xmp"] = found.xmp

    def _decode(self, codestream: bytes, header: Header) -> Image.Image:
        import pillow_jxl  # noqa: PLC0415

        try:
            # No threads of its own: the pictures are what runs in parallel.
            _, info, body, profile, _ = pillow_jxl.Decoder(num_threads=0)(codestream)
            if profile:
                self.info["icc_profile"] = profile
            if header.still and header.bits == 8:
                return Image.frombytes(info.mode, (info.width, info.height), body)
            return first_frame(codestream, header.bits)
        except (KeyboardInterrupt, MemoryError):
            raise
        # Its decoder is written in Rust, whose panics are no ordinary exceptions.
        except BaseException as error:
            what = "the file is damaged or truncated: its data cannot be read to the end"
            raise DecodeError(what, "copy it from the camera or a backup once more") from error

    def load(self) -> Any:
        """Hand over the pixels."""
        if self._pixels is not None:
            self.im = self._pixels.im
            self._pixels = None
        return super().load()


def first_values(codestream: bytes) -> Any:
    """Decode the first frame, upright, to an array of values as deep as they are."""
    # Late: its import is felt, and most folders hold no such picture.
    import imagecodecs  # noqa: PLC0415

    return imagecodecs.jpegxl_decode(codestream, index=0, keeporientation=False, numthreads=1)


def first_frame(codestream: bytes, bits: int) -> Image.Image:
    """Decode the first frame, and scale its `bits` a channel to eight; 0 if unknown."""
    import numpy as np  # noqa: PLC0415

    frame = first_values(codestream)
    if frame.dtype != np.uint8:
        most = 1 if frame.dtype.kind == "f" else (1 << (bits or 16)) - 1
        frame = np.round(np.clip(frame / most, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(frame)


def contents(body: bytes) -> Contents:
    """Take a file apart, a container or a naked codestream (ISO/IEC 18181-2, section 9)."""
    if body[:2] == b"\xff\x0a":
        return Contents(body, b"", b"")
    stream = b""
    exif = xmp = b""
    for kind, data in _boxes(body):
        if kind == b"jxlc":
            stream += data
        elif kind == b"jxlp":
            stream += data[4:]
        elif kind == b"Exif" and not exif:
            # In front stands how far on the TIFF header is.
            exif = b"Exif\0\0" + data[4 + int.from_bytes(data[:4], "big") :]
        elif kind == b"xml " and not xmp:
            xmp = data
    return Contents(stream, exif, xmp)


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes of a container by type, those compressed with Brotli as what they hold."""
    at = 0
    while at + 8 <= len(body):
        size, kind, start = int.from_bytes(body[at : at + 4], "big"), body[at + 4 : at + 8], at + 8
        if size == 1:
            size, start = int.from_bytes(body[at + 8 : at + 16], "big"), at + 16
        end = at + size if size else len(body)
        if end < start:
            return
        data = body[start:end]
        at = end
        if kind == b"brob":
            kind, data = data[:4], _unpacked(data[4:])
        yield kind, data


def _unpacked(data: bytes) -> bytes:
    import imagecodecs  # noqa: PLC0415

    try:
        return bytes(imagecodecs.brotli_decode(data, out=_MAX_METADATA))
    except imagecodecs.BrotliError:
        return b""


class _Bits:
    """Reads a codestream's header bit by bit, the lowest of each byte first."""

    def __init__(self, body: bytes) -> None:
        self._value = int.from_bytes(body, "little")

    def take(self, count: int) -> int:
        """Take so many bits as a whole number."""
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        return taken

    def choose(self, *choices: tuple[int, int]) -> int:
        """Take a number of one of four (offset, bits), told by two bits: U32 of the standard."""
        offset, bits = choices[self.take(2)]
        return offset + self.take(bits)


def read_header(codestream: bytes) -> Header:
    """Read size, depth and whether there is one frame (ISO/IEC 18181-1, annex D).

    A preview is not followed: what comes after it counts as unknown, so as not still.
    """
    bits = _Bits(codestream[2:66])
    width, height = _size(bits)
    if bits.take(1):
        return Header(width, height, 8, still=True)
    still = not bits.take(1) or _is_still(bits)
    return Header(width, height, _depth(bits) if still else 0, still)


def _size(bits: _Bits) -> tuple[int, int]:
    by_eight = bits.take(1)

    def side() -> int:
        if by_eight:
            return 8 * (1 + bits.take(5))
        return bits.choose((1, 9), (1, 13), (1, 18), (1, 30))

    height = side()
    ratio = bits.take(3)
    if ratio == 0:
        return side(), height
    over, under = _RATIOS[ratio]
    return height * over // under, height


def _is_still(bits: _Bits) -> bool:
    """Read past what may be said beside the depth; false for a preview or an animation."""
    bits.take(3)
    if bits.take(1):
        _size(bits)
    return not bits.take(1) and not bits.take(1)


def _depth(bits: _Bits) -> int:
    if bits.take(1):
        return bits.choose((32, 0), (16, 0), (24, 0), (1, 6))
    return bits.choose((8, 0), (10, 0), (12, 0), (1, 6))
