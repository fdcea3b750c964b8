"""Lanczos resampling from its definition, in floating point: an oracle that is not our own output.

Turkowski, "Filters for Common Resampling Tasks" (1990): a sinc windowed by a wider sinc. Where a
picture gets smaller the kernel gets wider by as much; what of it falls off the edge is left out,
and the rest counts for the whole.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.profiles import SRGB, encoded, linear

LOBES = 3

Floats = npt.NDArray[np.float64]


Light = Literal["gamma", "linear"]


def resized(image: Image.Image, size: tuple[int, int], light: Light = "gamma") -> Image.Image:
    """Resample a picture of mode L, LA, RGB or RGBA, its colours weighted by its alpha."""
    pixels = np.asarray(image, dtype=np.float64).reshape(image.height, image.width, -1) / 255
    found = averaged(pixels, size, light=light, alpha=image.mode.endswith("A"))
    rounded = np.rint(found * 255).astype(np.uint8)
    return Image.fromarray(rounded[..., 0] if image.mode == "L" else rounded, image.mode)


def averaged(
    pixels: Floats, size: tuple[int, int], *, light: Light = "gamma", alpha: bool = False
) -> Floats:
    """Resample sRGB values from 0 to 1, cut off and not rounded at the end.

    In linear light it is not the values that are averaged, but what they shine. The last channel
    may be alpha, by which colours are weighted; it is a share, whatever the light.
    """
    colour, opacity = pixels, np.ones((*pixels.shape[:2], 1))
    if alpha:
        colour, opacity = pixels[..., :-1], pixels[..., -1:]
    if light == "linear":
        colour = linear(SRGB, colour)
    across, down = _weights(pixels.shape[1], size[0]), _weights(pixels.shape[0], size[1])
    opaque = _convolved(opacity, across, down)
    colour = _convolved(colour * opacity, across, down) / np.maximum(opaque, 1e-9)
    if light == "linear":
        colour = encoded(SRGB, colour)
    result: Floats = np.dstack([colour, opaque]) if alpha else colour
    return result.clip(0, 1)


def _convolved(pixels: Floats, across: Floats, down: Floats) -> Floats:
    result: Floats = np.einsum("yj,xi,jic->yxc", down, across, pixels, optimize=True)
    return result


def _weights(before: int, after: int) -> Floats:
    """Return how much each old pixel of a line (columns) counts for each new one (rows)."""
    scale = before / after
    centres = (np.arange(after) + 0.5) * scale
    distances = (np.arange(before) + 0.5 - centres[:, None]) / max(1.0, scale)
    lobes = np.sinc(distances) * np.sinc(distances / LOBES) * (np.abs(distances) < LOBES)
    weights: Floats = lobes / lobes.sum(axis=1, keepdims=True)
    return weights
