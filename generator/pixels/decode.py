"""One picture file to pixels: opened safely, whole or not at all, upright.

The only way to a picture's pixels; drawings have none. Only formats of the table are tried, only by
their content, and no picture larger than the limit is given memory.
"""

import errno
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import PIL
from PIL import (
    AvifImagePlugin,
    Image,
    ImageFile,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from generator.containers import png
from generator.core.errors import (
    DecodeError,
    LeftOut,
    NotAPicture,
    is_of_the_machine,
    is_of_the_system,
)
from generator.core.files import Bounded, open_regular
from generator.core.formats import BY_NAME, impostor, recognise
from generator.core.model import Size
from generator.metadata.exif import safely, tags_of
from generator.pixels import jxl, raw

T = TypeVar("T")

_ORIENTATION_TAG = 0x0112

# EXIF 2.32, section 4.6.4 A, tag 274: how stored pixels become upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_ANIMATED = frozenset(("GIF", "WEBP", "PNG", "AVIF"))

_COPY_AGAIN = "copy it from the camera or a backup once more"

# What systems say to places in a file where there can be none.
_POINTS_OUTSIDE = (errno.EINVAL, errno.EOVERFLOW)


# What Pillow's table of TIFF layouts lacks: L*a*b* of sixteen bits and ICC's, real numbers of
# sixteen bits, grey with alpha. Opened as something of that many bits, whose data is there or not,
# they are read by tifffile only.
for _order, _raw in ((b"II", "RGB;16L"), (b"MM", "RGB;16B")):
    _layouts: dict[Any, Any] = {
        (_order, 8, (1,), 1, (16, 16, 16), ()): ("RGB", _raw),
        (_order, 9, (1,), 1, (16, 16, 16), ()): ("RGB", _raw),
        (_order, 9, (1,), 1, (8, 8, 8), ()): ("RGB", "RGB"),
        (_order, 2, (3,), 1, (16, 16, 16), ()): ("RGB", _raw),
        **{
            (_order, grey, (1,), 1, (16, 16), (alpha,)): ("LA", "LA;16B")
            for grey in (0, 1)
            for alpha in (1, 2)
        },
    }
    TiffImagePlugin.OPEN_INFO |= _layouts


def prepare(max_pixels: int) -> None:
    """Set the limits of this process; every process that decodes calls it first."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    # One thread a picture: the pictures are what runs in parallel, and bytes stay the same.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1


@contextmanager
def opened(path: Path) -> Iterator[ImageFile.ImageFile]:
    """Open a picture by its content; its header is read, its pixels are not.

    DecodeError says in words why a file cannot be used, here and while its pixels are read.
    """
    with in_words(), _only_bombs(), Bounded(_unbuffered(path)) as file:
        try:
            image = _identify(file, path.suffix.lower())
        except UnidentifiedImageError as error:
            if not _is_tiff(file):
                raise
            what = "the file is damaged, or a TIFF of a layout that is not read"
            raise DecodeError(what, "export it as RGB of 8 or 16 bits") from error
        yield image


def _unbuffered(path: Path) -> io.RawIOBase:
    return open_regular(path).detach()


def _is_tiff(file: BinaryIO) -> bool:
    """Tell whether a file begins as a TIFF does."""
    file.seek(0)
    return recognise(file.read(64)) == "TIFF"


def _identify(file: BinaryIO, suffix: str) -> ImageFile.ImageFile:
    head = file.read(64)
    name = recognise(head)
    if name is None:
        hint = (
            "remove it, or give it its true suffix" if any(head) else f"{_COPY_AGAIN}, or remove it"
        )
        raise NotAPicture(impostor(head), hint)
    if name == "TIFF" and raw.is_raw(file, suffix):
        name = "RAW"
    if not can_open(name):
        raise LeftOut(BY_NAME[name].kind)
    file.seek(0)
    match name:
        case "JXL":
            return jxl.JxlFile(file)
        case "RAW":
            return raw.RawFile(file)
        case "HEIF":
            _register_heif()
    pixels, said = png.divide(file) if name == "PNG" else (file, {})
    image = Image.open(pixels, formats=(name,))
    image.info.update(said)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # Pillow turns TIFF by what XMP says if the file itself says nothing.
        with suppress(Exception):
            image.getexif()[_ORIENTATION_TAG] = image.tag_v2.get(_ORIENTATION_TAG, 1)
    return image


@lru_cache(maxsize=len(BY_NAME))
def can_open(name: str) -> bool:
    """Tell whether a picture of an input format can be opened, for some need a package more."""
    installed = {"JXL": jxl.is_installed, "RAW": raw.is_installed}.get(name)
    return installed is None or installed()


@lru_cache(maxsize=1)
def _register_heif() -> None:
    # Late, for its import is felt and most folders hold no HEIC. Its global hook is Pillow's way.
    import pillow_heif  # noqa: PLC0415

    pillow_heif.register_heif_opener(thumbnails=False)


@contextmanager
def _only_bombs() -> Iterator[None]:
    """Silence Pillow's warnings, except the one that a picture is too large, which is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


@contextmanager
def in_words() -> Iterator[None]:
    """Turn whatever a decoder raises into a DecodeError that a photographer understands."""
    try:
        yield
    except (DecodeError, KeyboardInterrupt):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        pixels = re.search(r"(\d+) pixels", str(error))
        count = f"{int(pixels[1]) / 1e6:,.0f}" if pixels else "too many"
        limit = (Image.MAX_IMAGE_PIXELS or 0) / 1e6
        raise DecodeError(
            f"{count} megapixels by its header, more than the limit of {limit:,.0f}",
            "raise images.max_pixels if this is a real photograph",
            code="picture-too-large",
        ) from error
    except UnidentifiedImageError as error:
        raise DecodeError("the file is damaged: its header cannot be read", _COPY_AGAIN) from error
    except MemoryError as error:
        what = "there is not enough memory to decode it"
        hint = "free some, or raise build.max_memory"
        raise DecodeError(what, hint, passing=True, code="out-of-memory") from error
    except OSError as error:
        if is_of_the_machine(error):
            raise
        raise (_refusal(error) if is_of_the_system(error) else _damage(error)) from error
    except Exception as error:
        # Decoders raise whatever they like on damaged files: ValueError, SyntaxError, IndexError,
        # NotImplementedError have all been seen. Each costs this picture only.
        raise _damage(error) from error


def steadily(read: Callable[[], T]) -> T:
    """Read a picture, and once more if the system refused that: disks and connections stumble."""
    try:
        with in_words():
            return read()
    except DecodeError as error:
        if error.code != "unreadable-file":
            raise
    with in_words():
        return read()


def _refusal(error: OSError) -> DecodeError:
    """Say why the system does not let a file be read."""
    if error.errno in _POINTS_OUTSIDE:
        return DecodeError("the file is damaged: it points outside of itself", _COPY_AGAIN)
    what, hint = f"cannot be read: {error.strerror}", "check its permissions"
    return DecodeError(what, hint, passing=True, code="unreadable-file")


def _damage(error: Exception) -> DecodeError:
    said = " ".join(str(error).split())
    if re.search(r"truncated|incomplete|end of file", said, re.IGNORECASE):
        return DecodeError("the file is truncated: it ends before the picture does", _COPY_AGAIN)
    if re.search(r"broken data stream|unrecognized data stream", said):
        return DecodeError("the file is damaged: its data cannot be read to the end", _COPY_AGAIN)
    if "could not create decoder" in said or isinstance(error, LookupError | TypeError):
        return DecodeError("the file is damaged: its header makes no sense", _COPY_AGAIN)
    what = f"cannot be decoded: {said or type(error).__name__}"
    return DecodeError(what, "open and save it in an image editor")


def orientation_of(image: Image.Image) -> int:
    """Return how the stored pixels are turned, 1 to 8; 1 if the file says nothing sensible.

    Only EXIF counts: what XMP says of it no browser obeys. Pillow turns TIFF by itself while
    loading; HEIC, JPEG XL and camera raw are handed over turned.
    """
    if image.format in ("TIFF", "JXL", "RAW"):
        return 1
    # EXIF of any damage costs the EXIF, never the picture.
    value = safely(lambda: tags_of(image).get(_ORIENTATION_TAG, 1), 1)
    return value if value in _UPRIGHT else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn and mirror stored pixels as an EXIF orientation asks."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def tells_by_pixels(image: Image.Image) -> bool:
    """Tell whether it takes the pixels to know if a picture is transparent, or how it moves."""
    return image.has_transparency_data or image.format in _ANIMATED - {"PNG"}


def has_alpha(image: Image.Image, bits: int = 8) -> bool:
    """Tell whether some pixel is not opaque; pixels are read only if the mode allows it.

    One colour that stands for transparent in a picture of more than eight bits is believed.
    """
    if not image.has_transparency_data or (bits > 8 and "transparency" in image.info):
        return image.has_transparency_data
    alpha = resamplable(image).getchannel("A")
    return cast(tuple[int, int], alpha.getextrema())[0] < 255


def frames_of(image: ImageFile.ImageFile, size: Size) -> int:
    """Count the frames of an animation, 1 for all else; DecodeError if they are too many to decode.

    Pages of a TIFF and the further pictures of a camera are no frames. Nor is the picture that a
    PNG shows where nothing moves, if it is none of the animation's: that one is the still.
    """
    if image.format not in _ANIMATED:
        return 1
    try:
        frames = int(getattr(image, "n_frames", 1)) - frames_before(image)
    except Exception as error:
        if is_of_the_system(error):
            raise
        what = "it is an animation whose frames cannot be counted: it is damaged or truncated"
        raise DecodeError(what, _COPY_AGAIN) from error
    limit = Image.MAX_IMAGE_PIXELS or 0
    if frames * size.width * size.height > limit > 0:
        pixels = frames * size.width * size.height / 1e6
        raise DecodeError(
            f"{frames:,} frames of together {pixels:,.0f} megapixels, more than the limit of"
            f" {limit / 1e6:,.0f}",
            "raise images.max_pixels if this is a real animation",
            code="picture-too-large",
        )
    return frames


def frames_before(image: ImageFile.ImageFile) -> int:
    """Count the pictures in front of an animation that are no part of it: none, or one in a PNG."""
    return int(bool(getattr(image, "default_image", False)))


def shrink_on_load(image: ImageFile.ImageFile, at_least: Size) -> None:
    """Let a JPEG decode at half, a quarter or an eighth, if that is still at least this size."""
    image.draft(None, (at_least.width, at_least.height))


def resamplable(image: Image.Image) -> Image.Image:
    """Read the pixels, in a mode whose values may be averaged: L, LA, RGB, RGBA, CMYK or LAB.

    A palette becomes its colours.
    """
    image.load()
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def decoder_version(input_format: str) -> str:
    """Name the versions of what decodes, resamples and encodes, for the keys of variants."""
    # Late: only the process that plans needs to ask.
    from importlib.metadata import version  # noqa: PLC0415

    from PIL import features  # noqa: PLC0415

    parts = ("libjpeg_turbo", "zlib", "webp", "avif", "littlecms2")
    names = " ".join(f"{name}={features.version(name)}" for name in parts)
    package = BY_NAME[input_format].package
    packages = ("pillow-heif", "imagecodecs", "tifffile", *((package,) if package else ()))
    said = " ".join(f"{name}={version(name)}" for name in packages)
    return f"pillow={PIL.__version__} {names} {said}"
