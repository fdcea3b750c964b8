"""Camera raw files to pixels, developed by LibRaw through the optional rawpy.

Developed plainly: the camera's white balance and no guess at brightness, so that pictures taken
alike look alike. The colours are those of Display P3, which holds nearly all that screens show.
"""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from PIL import ExifTags, Image, ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from generator.containers import icc
from generator.core.errors import DecodeError
from generator.core.formats import BY_NAME

# TIFF/EP (ISO 12234-2) and DNG 1.4: what tells raw pixels from a picture, and a DNG from a TIFF.
_PHOTOMETRIC, _MAKE, _SUB_DIRECTORIES, _XMP, _DNG_VERSION = 262, 271, 330, 700, 50706
_RAW_PIXELS = (32803, 34892)

# No camera writes more directories into a file.
_MAX_DIRECTORIES = 32

# LibRaw's word for how the camera was held: the sides are exchanged.
_ON_ITS_SIDE = (5, 6)


def is_installed() -> bool:
    """Tell whether the extra package is there, and load it: late, for most folders hold none."""
    # One thread a picture: the pictures are what runs in parallel.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        import rawpy  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def is_raw(file: BinaryIO, suffix: str) -> bool:
    """Tell a camera raw file from a picture in TIFF, which most of them are beside their thumbnail.

    By its pixels, or by a camera's name in a file that goes by the suffix of raw files.
    """
    for index, directory in enumerate(_directories(file)):
        if _DNG_VERSION in directory or directory.get(_PHOTOMETRIC) in _RAW_PIXELS:
            return True
        if index == 0 and _MAKE in directory and suffix in BY_NAME["RAW"].suffixes:
            return True
    return False


def _directories(file: BinaryIO) -> Iterator[ImageFileDirectory_v2]:
    """Yield the directories of a TIFF, the main ones and those inside, as far as any is sound."""
    file.seek(0)
    head = file.read(8)
    head += file.read(8) if b"+" in head[2:4] else b""
    seen: set[int] = set()
    # Whatever the damage is: Pillow's reader, which comes next, has the words for it.
    with suppress(Exception):
        ahead = [ImageFileDirectory_v2(head).next]
        while ahead and len(seen) < _MAX_DIRECTORIES:
            at = ahead.pop(0)
            if at in seen:
                continue
            seen.add(at)
            file.seek(at)
            directory = ImageFileDirectory_v2(head)
            directory.load(file)
            yield directory
            ahead += filter(None, (*directory.get(_SUB_DIRECTORIES, ()), directory.next))


class RawFile(ImageFile.ImageFile):
    """A raw file as Pillow opens it; developed when its pixels are asked for, upright.

    `DecompressionBombError` if there would be more of them than Pillow's limit.
    """

    format = "RAW"
    format_description = "camera raw"

    def _open(self) -> None:
        assert self.fp is not None
        self._body = self.fp.read()
        self._half = self._developed = False
        with _opened(self._body) as raw:
            sizes = raw.sizes
        pixels = max(sizes.raw_width * sizes.raw_height, sizes.width * sizes.height)
        if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
            raise Image.DecompressionBombError(f"{pixels} pixels")
        sides = (sizes.width, sizes.height)
        self._size = sides[::-1] if sizes.flip in _ON_ITS_SIDE else sides
        self._mode = "RGB"
        self._noted = Image.Exif()
        # What cannot be read of it costs no more than that.
        with suppress(Exception):
            self._noted = noted(self._body)
            self.info["exif"] = self._noted.tobytes()
            if xmp := self._noted.get(_XMP):
                self.info["xmp"] = xmp
        self.info["icc_profile"] = icc.coded_profile(icc.P3, icc.SRGB_TRANSFER)

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:
        """Develop at half the size, which is much faster, if that is still at least this size."""
        if size is not None:
            self._half = all(
                side >= 2 * wanted for side, wanted in zip(self.size, size, strict=True)
            )

    def load(self) -> Any:
        """Develop, once."""
        if not self._developed:
            image = Image.fromarray(develop(self._body, half=self._half, bits=8))
            self._developed = True
            self._size, self.im = image.size, image.im
        return super().load()

    def getexif(self) -> Image.Exif:
        """Return what the camera noted."""
        return self._noted


def develop(body: bytes, *, half: bool, bits: int) -> Any:
    """Return the upright picture as rows of red, green and blue in 8 or 16 bits, in Display P3.

    At half the size each square of four cells becomes one pixel, which needs no guessing.
    """
    import rawpy  # noqa: PLC0415

    with _opened(body) as raw:
        return raw.postprocess(
            half_size=half,
            output_bps=bits,
            use_camera_wb=True,
            no_auto_bright=True,
            output_color=rawpy.ColorSpace.P3D65,
            gamma=(2.4, 12.92),
        )


@contextmanager
def _opened(body: bytes) -> Iterator[Any]:
    """Open a raw file with LibRaw; DecodeError says why it cannot be developed."""
    import rawpy  # noqa: PLC0415

    try:
        with _mute(), rawpy.imread(io.BytesIO(body)) as raw:
            yield raw
    except rawpy.LibRawFileUnsupportedError as error:
        what = "this kind of camera raw file is not known to the installed rawpy"
        raise DecodeError(what, "install a newer one, or convert the file to DNG") from error
    except (rawpy.LibRawIOError, rawpy.LibRawDataError) as error:
        what = "the file is truncated or damaged: its data cannot be read to the end"
        raise DecodeError(what, "copy it from the camera or a backup once more") from error
    except rawpy.LibRawUnsufficientMemoryError as error:
        raise MemoryError from error
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        said = error.args[0] if error.args else ""
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        what = f"cannot be developed: {said or type(error).__name__}"
        raise DecodeError(what, "convert it to DNG or JPEG") from error


@contextmanager
def _mute() -> Iterator[None]:
    """Keep LibRaw from writing to the terminal by itself: what matters, it raises too."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def noted(body: bytes) -> Image.Exif:
    """Read what the camera noted; most makers' files are TIFF in all but the first bytes.

    Raises whatever Pillow does if that is damaged.
    """
    exif = Image.Exif()
    if body.startswith(b"FUJIFILM"):
        at, size = struct.unpack_from(">II", body, 84)
        with Image.open(io.BytesIO(body[at : at + size]), formats=("JPEG",)) as preview:
            return preview.getexif()
    if body[4:8] == b"ftyp":
        return _exif_of_cr3(body)
    if body[:2] in (b"II", b"MM"):
        exif.endian, order = ("<", "little") if body[:2] == b"II" else (">", "big")
        exif.load_from_fp(io.BytesIO(body), int.from_bytes(body[4:8], order))  # type: ignore[arg-type]
    return exif


def _exif_of_cr3(body: bytes) -> Image.Exif:
    """Read the boxes CMT1, CMT2 and CMT4 of a CR3: its main, its Exif and its GPS directory.

    They stand at its beginning; there is no specification, but
    https://github.com/lclevy/canon_cr3.
    """

    def directory(name: bytes) -> Image.Exif:
        found = Image.Exif()
        at = body.find(name, 0, 1 << 16)
        if at >= 4:
            found.load(body[at + 4 : at - 4 + int.from_bytes(body[at - 4 : at], "big")])
        return found

    exif = directory(b"CMT1")
    exif.get_ifd(ExifTags.IFD.Exif).update(directory(b"CMT2"))
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(directory(b"CMT4"))
    return exif
