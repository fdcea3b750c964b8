"""One picture file to pixels: opened safely, upright, in sRGB.

The only way to a picture's pixels; drawings have none. Only formats of the table are tried, only by
their content, and no picture larger than the limit is given memory.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

import PIL
from PIL import (
    AvifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    ImageMath,
    UnidentifiedImageError,
)

from generator import jxl, raw
from generator.errors import DecodeError, LeftOut, NotAPicture
from generator.formats import BY_NAME, impostor, recognise
from generator.model import Size

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

_COPY_AGAIN = "copy it from the camera or a backup once more"


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
    with in_words(), _only_bombs(), path.open("rb") as file:
        yield _identify(file, path.suffix.lower())


def _identify(file: BinaryIO, suffix: str) -> ImageFile.ImageFile:
    head = file.read(64)
    name = recognise(head)
    if name is None:
        raise NotAPicture(impostor(head), "remove it, or give it its true suffix")
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
    return Image.open(file, formats=(name,))


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
        ) from error
    except UnidentifiedImageError as error:
        raise DecodeError("the file is damaged: its header cannot be read", _COPY_AGAIN) from error
    except MemoryError as error:
        what = "there is not enough memory to decode it"
        raise DecodeError(what, "free some", passing=True) from error
    except OSError as error:
        if error.errno is not None:
            what = f"cannot be read: {error.strerror}"
            raise DecodeError(what, "check its permissions", passing=True) from error
        raise _damage(error) from error
    except Exception as error:
        # Decoders raise whatever they like on damaged files: ValueError, SyntaxError, IndexError,
        # NotImplementedError have all been seen. Each costs this picture only.
        raise _damage(error) from error


def _damage(error: Exception) -> DecodeError:
    said = " ".join(str(error).split())
    if re.search(r"truncated|incomplete|end of file", said, re.IGNORECASE):
        return DecodeError("the file is truncated: it ends before the picture does", _COPY_AGAIN)
    if re.search(r"broken data stream|unrecognized data stream", said):
        return DecodeError("the file is damaged: its data cannot be read to the end", _COPY_AGAIN)
    if "could not create decoder" in said:
        return DecodeError("the file is damaged: its header makes no sense", _COPY_AGAIN)
    what = f"cannot be decoded: {said or type(error).__name__}"
    return DecodeError(what, "open and save it in an image editor")


def orientation_of(image: Image.Image) -> int:
    """Return how the stored pixels are turned, 1 to 8; 1 if the file says nothing sensible.

    Pillow turns TIFF by itself while loading; HEIC, JPEG XL and camera raw are handed over turned.
    """
    if image.format in ("TIFF", "JXL", "RAW"):
        return 1
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - EXIF of any damage costs the EXIF, never the picture
        return 1
    return value if value in _UPRIGHT else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn and mirror stored pixels as an EXIF orientation asks."""
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def has_alpha(image: Image.Image) -> bool:
    """Tell whether some pixel is not opaque; pixels are read only if the mode allows it."""
    if not image.has_transparency_data:
        return False
    alpha = resamplable(image).getchannel("A")
    return cast(tuple[int, int], alpha.getextrema())[0] < 255


def shrink_on_load(image: ImageFile.ImageFile, at_least: Size) -> None:
    """Let a JPEG decode at half, a quarter or an eighth, if that is still at least this size."""
    image.draft(None, (at_least.width, at_least.height))


def resamplable(image: Image.Image) -> Image.Image:
    """Read the pixels, in a mode whose values may be averaged: L, LA, RGB, RGBA, CMYK or LAB.

    Sixteen bits become eight by scaling, a palette becomes its colours.
    """
    image.load()
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bit(image)
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image.convert("RGBA") if "transparency" in image.info else image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale a deep greyscale picture to 0-255.

    Sixteen bits say how deep they are; of whole and real numbers, the largest value does.
    """
    whole = image.convert("I") if image.mode.startswith("I;16") else image
    deep = whole.convert("F")
    largest = cast(tuple[float, float], deep.getextrema())[1]
    is_deep = image.mode.startswith("I;16") or largest > 255
    scale = 1 / 257 if is_deep else 255.0 if 0 < largest <= 1 else 1.0
    grey = deep.point(lambda value: value * scale + 0.5).convert("L")
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey
    opaque = ImageMath.lambda_eval(lambda of: (of["whole"] != clear) * 255, whole=whole)
    return Image.merge("LA", (grey, opaque.convert("L"))).convert("RGBA")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert through the embedded profile to sRGB as L, RGB or RGBA, perceptual intent.

    Without a profile, or with a broken one, the values are taken as sRGB already.
    """
    if image.mode in ("LA", "RGBA"):
        colour = to_srgb(image.convert(image.mode[:-1]), profile).convert("RGB")
        colour.putalpha(image.getchannel("A"))
        return colour
    plain = {"CMYK": "RGB", "LAB": "RGB"}.get(image.mode, image.mode)
    transform = None if profile is None and image.mode != "LAB" else _transform(profile, image.mode)
    if transform is None:
        return image if image.mode == plain else image.convert(plain)
    return transform.apply(image)


@lru_cache(maxsize=16)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the transform to sRGB; None if the profile is unusable or changes nothing."""
    try:
        if profile is None:
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.ImageCmsTransform(
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return None if _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Tell whether a transform leaves a sample of all colours as it is, but for rounding."""
    if transform.input_mode == "L":
        sample = Image.linear_gradient("L")
        mapped = transform.apply(sample).convert("L")
    elif transform.input_mode == "RGB":
        sample = Image.frombytes(
            "RGB", (729, 1), bytes(v for i in range(729) for v in _grid_colour(i))
        )
        mapped = transform.apply(sample)
    else:
        return False
    pairs = zip(sample.tobytes(), mapped.tobytes(), strict=True)
    return max(abs(a - b) for a, b in pairs) <= 1


def _grid_colour(index: int) -> tuple[int, int, int]:
    """Return one of 729 colours, nine steps a channel, from black to white."""
    return (index // 81 * 255 // 8, index // 9 % 9 * 255 // 8, index % 9 * 255 // 8)


def decoder_version(input_format: str) -> str:
    """Name the versions of what decodes, resamples and encodes, for the keys of variants."""
    # Late: only the process that plans needs to ask.
    from importlib.metadata import version  # noqa: PLC0415

    from PIL import features  # noqa: PLC0415

    parts = ("libjpeg_turbo", "zlib", "webp", "avif", "littlecms2")
    names = " ".join(f"{name}={features.version(name)}" for name in parts)
    package = BY_NAME[input_format].package
    extra = f" {package}={version(package)}" if package else ""
    return f"pillow={PIL.__version__} {names} heif={version('pillow-heif')}{extra}"
