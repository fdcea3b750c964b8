"""Pictures of more than eight bits a channel to 16-bit values, which Pillow has no mode for.

PNG, AVIF, JPEG 2000 and JPEG XL are read by imagecodecs, TIFF by tifffile, HEIF by pillow-heif.
Pillow has opened the file before, so its format and size are known to be within the limits.
"""

import io
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image, ImageFile

from generator.pixels import jxl
from generator.pixels.coding import CIELAB, ICCLAB, Space
from generator.pixels.deep_colour import Values

Array = npt.NDArray[Any]

# TIFF 6.0: tags, and the photometric interpretations that are read.
_PHOTOMETRIC, _ORIENTATION, _SAMPLES, _EXTRA, _FORMAT, _PLANAR = 262, 274, 277, 338, 339, 284
_INVERTED, _UNSIGNED, _REAL, _ASSOCIATED = 0, 1, 3, 1
_SPACES: dict[int, tuple[Space, int]] = {
    0: ("L", 1),
    1: ("L", 1),
    2: ("RGB", 3),
    5: ("CMYK", 4),
    CIELAB: ("LAB", 3),
    ICCLAB: ("LAB", 3),
}


class Samples(Struct, frozen=True):
    """Values of 16 bits: colours (height, width, channels), alpha (height, width) or none.

    Colours are not multiplied by alpha. LAB is encoded as in ICC profiles, version 4.
    """

    colours: Values
    alpha: Values | None
    space: Space


class _Header(Struct, frozen=True):
    """What a reader must know of a file: Pillow's mode, bits a channel, tags if it is a TIFF."""

    mode: str
    bits: int
    tags: dict[int, Any]


class UnreadableError(ValueError):
    """The picture is of a kind that only Pillow reads, with what it loses."""


def read_samples(image: ImageFile.ImageFile, data: bytes, bits: int) -> Samples:
    """Read the stored pixels of a file at full depth; UnreadableError if that cannot be done.

    TIFF is turned as it asks, as Pillow does; all else is as it is stored. Pillow reads the
    pixels first, for it knows what is damage, and raises as it does.
    """
    # Once it has turned a TIFF, it forgets that it had to.
    header = _Header(image.mode, bits, _tags(image))
    image.load()
    reader = _READERS.get(image.format or "")
    if reader is None:
        raise UnreadableError(f"no deep pixels are read from {image.format}")
    try:
        samples = reader(data, header)
    except UnreadableError:
        raise
    except Exception as error:
        # Whatever a decoder raises: Pillow has read the picture, if with less depth.
        raise UnreadableError(str(error)) from error
    width, height = image.size
    if samples.colours.shape[:2] != (height, width):
        raise UnreadableError("two decoders do not agree about its size")
    return samples


def _tags(image: ImageFile.ImageFile) -> dict[int, Any]:
    """Return the tags of a TIFF, without those whose values cannot be read."""
    found: dict[int, Any] = {}
    for tag in getattr(image, "tag_v2", ()):
        with suppress(Exception):
            found[tag] = image.tag_v2[tag]  # type: ignore[attr-defined]
    return found


def of_greys(image: Image.Image) -> Samples:
    """Take over a loaded greyscale picture of a mode that Pillow keeps deep: I;16, I or F.

    Sixteen bits say how deep they are; of whole and real numbers, the largest value does.
    """
    values = np.asarray(image)
    colours = values.astype(np.uint16) if image.mode.startswith("I;16") else _by_largest(values)
    clear = image.info.get("transparency")
    alpha = (values != clear) * np.uint16(65535) if isinstance(clear, int) else None
    return Samples(colours[..., None], alpha, "L")


def _png(data: bytes, header: _Header) -> Samples:
    return _with_alpha(imagecodecs.png_decode(data), header.bits)


def _avif(data: bytes, header: _Header) -> Samples:
    return _with_alpha(imagecodecs.avif_decode(data, index=0, numthreads=1), header.bits)


def _jpeg2000(data: bytes, header: _Header) -> Samples:
    if header.mode not in ("I;16", "L", "LA", "RGB", "RGBA"):
        raise UnreadableError(f"JPEG 2000 of mode {header.mode}")
    return _with_alpha(imagecodecs.jpeg2k_decode(data, numthreads=1), header.bits)


def _jxl(data: bytes, header: _Header) -> Samples:
    return _with_alpha(jxl.first_values(jxl.contents(data).codestream), header.bits)


def _heif(data: bytes, header: _Header) -> Samples:
    # Late, for its import is felt and most folders hold no HEIC.
    import pillow_heif  # noqa: PLC0415

    del header
    file = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, hdr_to_16bit=True)
    return _with_alpha(np.asarray(file[file.primary_index]), 16)


def _with_alpha(values: Array, bits: int) -> Samples:
    """Divide grey or RGB from alpha, and scale whole numbers of so many bits to 16."""
    if values.ndim == 2:
        values = values[..., None]
    channels = values.shape[2]
    if values.dtype.kind != "u" or channels > 4:
        raise UnreadableError("values of an unknown kind")
    scaled = _scaled(values, bits)
    colours = channels - (channels in (2, 4))
    alpha = scaled[..., colours] if colours < channels else None
    return Samples(
        np.ascontiguousarray(scaled[..., :colours]), alpha, "L" if colours == 1 else "RGB"
    )


def _scaled(values: Array, bits: int) -> Values:
    if bits == 16:
        return values.astype(np.uint16, copy=False)
    largest = 2**bits - 1
    table = np.rint(np.arange(largest + 1) * (65535 / largest)).astype(np.uint16)
    scaled: Values = table[np.minimum(values, largest)]
    return scaled


def _tiff(data: bytes, header: _Header) -> Samples:
    tags, bits = header.tags, header.bits
    space, channels = _SPACES.get(tags.get(_PHOTOMETRIC, -1), ("L", 0))
    samples = tags.get(_SAMPLES, 1)
    extra = tags.get(_EXTRA, ())
    if not channels or samples - channels not in (0, 1):
        raise UnreadableError("a TIFF of this photometric interpretation")
    # Late, for its import is felt and few folders hold such TIFFs.
    import tifffile  # noqa: PLC0415

    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        values = file.pages[0].asarray(maxworkers=1)
    if tags.get(_PLANAR, 1) == 2 and values.ndim == 3:
        values = np.moveaxis(values, 0, -1)
    values = values.reshape(*values.shape[:2], samples)
    form = tags.get(_FORMAT, (_UNSIGNED,))
    if space == "LAB":
        scaled = _lab(values, signed=tags.get(_PHOTOMETRIC) == CIELAB)
    else:
        scaled = _of_form(values, bits, form)
    colours = np.ascontiguousarray(scaled[..., :channels])
    if tags.get(_PHOTOMETRIC) == _INVERTED:
        colours = 65535 - colours
    alpha = scaled[..., channels] if samples > channels and extra and extra[0] in (1, 2) else None
    if alpha is not None and extra[0] == _ASSOCIATED:
        colours = _divided(colours, alpha)
    return _turned(Samples(colours, alpha, space), tags.get(_ORIENTATION, 1))


def _of_form(values: Array, bits: int, form: object) -> Values:
    """Scale the values of a TIFF."""
    kind = form[0] if isinstance(form, tuple) else form
    if kind == _REAL and values.dtype.kind == "f":
        return _by_largest(values)
    if kind != _UNSIGNED or values.dtype.kind != "u":
        raise UnreadableError("values with a sign")
    return _scaled(values >> (bits - 16) if bits > 16 else values, min(bits, 16))


def _by_largest(values: Array) -> Values:
    """Scale numbers that do not say what white is: 1, 255 or 65,535, whichever hardly any exceeds.

    Whole numbers with a sign have their zero in the middle.
    """
    real = np.nan_to_num(values.astype(np.float32))
    if values.dtype.kind == "i" and float(real.min(initial=0)) < 0:
        real += 32768
    top = float(np.quantile(real, 0.999)) if real.size else 0.0
    scale = 65535 if top <= 1 else 257 if top <= 255 else 1
    scaled: Values = np.rint(np.clip(real * np.float32(scale), 0, 65535)).astype(np.uint16)
    return scaled


def _lab(values: Array, *, signed: bool) -> Values:
    """Encode L*a*b* as ICC profiles do, version 4.

    a and b are signed in CIELab, offset in ICCLab; whose 16 bits have 65,280 for 100 and steps of
    a 256th, as in ICC profiles of version 2.
    """
    steps = np.arange(256.0 if values.dtype == np.uint8 else 65536.0)
    if values.dtype == np.uint8:
        lightness, chroma = steps * 257, (steps + 128) % 256 * 257 if signed else steps * 257
    elif signed:
        lightness, chroma = steps, (((steps + 32768) % 65536 - 32768) / 256 + 128) * 257
    else:
        lightness = chroma = steps * 65535 / 65280
    tables = [np.rint(np.clip(each, 0, 65535)).astype(np.uint16) for each in (lightness, chroma)]
    encoded = np.empty(values.shape, np.uint16)
    for channel in range(values.shape[2]):
        encoded[..., channel] = tables[channel in (1, 2)][values[..., channel]]
    return encoded


def _divided(colours: Values, alpha: Values) -> Values:
    """Divide colours by the alpha they were multiplied by, one channel at a time."""
    whole = np.maximum(alpha, 1).astype(np.uint32)
    divided = np.empty_like(colours)
    for channel in range(colours.shape[2]):
        parts = colours[..., channel].astype(np.uint32) * 65535 // whole
        divided[..., channel] = np.minimum(parts, 65535)
    return divided


def _turned(samples: Samples, orientation: object) -> Samples:
    def turn(values: Array) -> Array:
        if orientation in (5, 6, 7, 8):
            values = values.swapaxes(0, 1)
        if orientation in (3, 4, 7, 8):
            values = values[::-1]
        if orientation in (2, 3, 6, 7):
            values = values[:, ::-1]
        return np.ascontiguousarray(values)

    alpha = None if samples.alpha is None else turn(samples.alpha)
    return Samples(turn(samples.colours), alpha, samples.space)


_READERS: dict[str, Callable[[bytes, _Header], Samples]] = {
    "PNG": _png,
    "TIFF": _tiff,
    "AVIF": _avif,
    "HEIF": _heif,
    "JPEG2000": _jpeg2000,
    "JXL": _jxl,
}
