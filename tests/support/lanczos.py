"""Lanczos resampling from its definition, in floating point: an oracle that is not our own output.

Turkowski, "Filters for Common Resampling Tasks" (1990): a sinc windowed by a wider sinc. Where a
picture gets smaller the kernel gets wider by as much; what of it falls off the edge is left out,
and the rest counts for the whole.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

LOBES = 3

Floats = npt.NDArray[np.float64]


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resample a picture of mode L, RGB or RGBA, its colours weighted by its alpha."""
    pixels = np.asarray(image, dtype=np.float64)
    pixels = pixels.reshape(image.height, image.width, -1)
    alpha = pixels[..., 3:] if image.mode == "RGBA" else np.full((*pixels.shape[:2], 1), 255.0)
    across, down = _weights(image.width, size[0]), _weights(image.height, size[1])
    opacity = _convolved(alpha, across, down)
    colour = _convolved(pixels[..., :3] * alpha, across, down) / np.maximum(opacity, 1e-9)
    both = np.dstack([colour, opacity]) if image.mode == "RGBA" else colour
    rounded = np.rint(np.clip(both, 0, 255)).astype(np.uint8)
    return Image.fromarray(rounded[..., 0] if image.mode == "L" else rounded, image.mode)


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
