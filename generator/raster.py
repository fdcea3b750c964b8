"""Decoded pixels on their way to a variant: resampled, upright, in the colours of its gamut.

Eight-bit pixels stay Pillow's, and are averaged as they are encoded. What is deeper, and all that
is averaged in linear light, is planes of real numbers: those may overshoot, and are clipped only
when a variant is made of them.
"""

from collections.abc import Iterator
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image

from generator import colour, hdr
from generator.coding import Coding
from generator.colour import Gamut, Values
from generator.decode import upright
from generator.deep import Samples
from generator.geometry import turned
from generator.model import Size

Light = Literal["gamma", "linear"]
Floats = npt.NDArray[np.float32]


class Planes(Struct, frozen=True):
    """One plane (mode F) for grey, or three, and perhaps one of alpha, which multiplies them.

    Values are 0 to 1, of linear light or encoded by sRGB's curve, in some gamut of ours.
    """

    colours: tuple[Image.Image, ...]
    alpha: Image.Image | None
    light: Light


Raster = Image.Image | Planes


class Decoded(Struct, frozen=True):
    """The pixels of a file as they are stored, and what makes a picture of them."""

    pixels: Image.Image | Samples
    orientation: int
    coding: Coding


def resampled(raster: Raster, size: Size) -> Raster:
    """Resample with Lanczos (three lobes); the one place that does, and part of the recipe.

    Pillow multiplies colour by alpha before and divides it out after, so edges do not darken.
    """
    if isinstance(raster, Planes):
        alpha = None if raster.alpha is None else _resized(raster.alpha, size)
        return Planes(tuple(_resized(each, size) for each in raster.colours), alpha, raster.light)
    return _resized(raster, size)


def _resized(image: Image.Image, size: Size) -> Image.Image:
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS)


def finished(decoded: Decoded, size: Size, gamut: Gamut, light: Light) -> Raster:
    """Resample to an upright size, and make the pixels upright and of a gamut.

    The small picture is what is turned and converted, for that is cheaper; not so in linear
    light, which the source must be converted to before it is averaged.
    """
    stored = turned(size, decoded.orientation)
    pixels = _cropped(decoded)
    if light == "linear":
        raster: Raster = _averaged_in_linear_light(pixels, stored, decoded.coding, gamut)
    elif isinstance(pixels, Samples):
        small = _samples(_weighed(pixels, _identity(), stored), pixels.space)
        raster = _planes(*_converted(small, decoded.coding, gamut))
    else:
        small_image = _resized(pixels, stored)
        raster = colour.converted(small_image, decoded.coding.profile, gamut)
    return _upright(raster, decoded.orientation)


def _cropped(decoded: Decoded) -> Image.Image | Samples:
    pixels, box = decoded.pixels, decoded.coding.crop
    if box is None:
        return pixels
    if isinstance(pixels, Image.Image):
        return pixels.crop(box)
    left, top, right, bottom = box
    alpha = None if pixels.alpha is None else pixels.alpha[top:bottom, left:right]
    return Samples(pixels.colours[top:bottom, left:right], alpha, pixels.space)


def _averaged_in_linear_light(
    pixels: Image.Image | Samples, size: Size, coding: Coding, gamut: Gamut
) -> Planes:
    if isinstance(pixels, Samples):
        colours, alpha = _converted(pixels, coding, gamut)
        samples = Samples(colours, alpha, "RGB")
        return _weighed(samples, _linear(), size, light="linear")
    image = colour.converted(pixels, coding.profile, gamut)
    values = np.asarray(image)
    values = values.reshape(*values.shape[:2], -1)
    channels = values.shape[2] - (values.shape[2] in (2, 4))
    alpha = values[..., channels] * np.uint16(257) if channels < values.shape[2] else None
    samples = Samples(values[..., :channels], alpha, "RGB")
    return _weighed(samples, _linear()[::257], size, light="linear")


def _converted(samples: Samples, coding: Coding, gamut: Gamut) -> tuple[Values, Values | None]:
    """Convert deep values to a gamut, by way of tone mapping if their range is high."""
    colours, space = samples.colours, samples.space
    if coding.transfer:
        if space == "L":
            colours, space = np.repeat(colours, 3, axis=2), "RGB"
        colours = hdr.tone_mapped(colours, coding.primaries, coding.transfer)
    return colour.converted_deep(colours, space, coding.profile, gamut), samples.alpha


def _weighed(samples: Samples, table: Floats, size: Size, light: Light = "gamma") -> Planes:
    """Resample values, looked up in a table and multiplied by alpha, one plane at a time."""
    alpha = None if samples.alpha is None else samples.alpha.astype(np.float32) / 65535

    def plane(channel: int) -> Image.Image:
        values = table[samples.colours[..., channel]]
        return _resized(Image.fromarray(values if alpha is None else values * alpha), size)

    colours = tuple(plane(channel) for channel in range(samples.colours.shape[2]))
    return Planes(colours, None if alpha is None else _resized(Image.fromarray(alpha), size), light)


def _samples(planes: Planes, space: Literal["L", "RGB", "CMYK", "LAB"]) -> Samples:
    colours, alpha = _values(planes)
    return Samples(_whole(colours, 65535), None if alpha is None else _whole(alpha, 65535), space)


def _planes(colours: Values, alpha: Values | None) -> Planes:
    """Take over deep values as planes, at their own size."""
    height, width = colours.shape[:2]
    return _weighed(Samples(colours, alpha, "RGB"), _identity(), Size(width, height))


def _values(planes: Planes) -> tuple[Floats, Floats | None]:
    """Return colours (height, width, channels), no longer multiplied by alpha, and alpha."""
    colours = np.stack([np.asarray(each) for each in planes.colours], axis=-1)
    if planes.alpha is None:
        return colours, None
    alpha = np.asarray(planes.alpha)
    return colours / np.maximum(alpha, 1e-5)[..., None], alpha


def _whole(values: Floats, top: int) -> Values:
    whole: Values = (np.clip(values, 0, 1) * np.float32(top) + np.float32(0.5)).astype(np.uint16)
    return whole


def _upright(raster: Raster, orientation: int) -> Raster:
    if not isinstance(raster, Planes):
        return upright(raster, orientation)
    alpha = None if raster.alpha is None else upright(raster.alpha, orientation)
    colours = tuple(upright(each, orientation) for each in raster.colours)
    return Planes(colours, alpha, raster.light)


def eight_bit(raster: Raster) -> Image.Image:
    """Return pixels as Pillow encodes them: L, RGB or RGBA, with nothing carried along."""
    if isinstance(raster, Planes):
        channels = tuple(_channels(raster, 255))
        bands = [Image.fromarray(each.astype(np.uint8)) for each in channels]
        if raster.alpha is not None and len(bands) == 2:
            bands = [bands[0], bands[0], bands[0], bands[1]]
        return bands[0] if len(bands) == 1 else Image.merge("RGBA"[: len(bands)], bands)
    # Encoders would copy what Pillow carries along: comments, resolution, profile, XMP.
    raster.info = {}
    return raster


def ten_bit(raster: Planes) -> Values:
    """Return values of 0 to 1023: (height, width), or with 2, 3 or 4 channels, alpha last."""
    channels = tuple(_channels(raster, 1023))
    return channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)


def _channels(raster: Planes, top: int) -> Iterator[Values]:
    """Yield the channels of planes as encoded whole numbers of 0 to `top`, alpha last."""
    colours, alpha = _values(raster)
    if raster.light == "linear":
        whole = _curve(top)[_whole(colours, 65535)]
    else:
        whole = _whole(colours, top)
    yield from np.moveaxis(whole, -1, 0)
    if alpha is not None:
        yield _whole(alpha, top)


@cache
def _identity() -> Floats:
    return np.linspace(0, 1, 65536, dtype=np.float32)


@cache
def _linear() -> Floats:
    """Decode sRGB's curve (IEC 61966-2-1)."""
    x = np.linspace(0, 1, 65536)
    light: Floats = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )
    return light


@cache
def _curve(top: int) -> Values:
    """Encode 16-bit linear light with sRGB's curve in whole numbers of 0 to `top`."""
    x = np.linspace(0, 1, 65536)
    curved = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    encoded: Values = np.rint(curved * top).astype(np.uint16)
    return encoded
