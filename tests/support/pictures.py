"""Pictures drawn for tests: charts on which every flip, turn, crop and channel swap shows."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

QUADRANTS = ((200, 40, 40), (40, 160, 60), (40, 60, 200), (220, 200, 60))


def chart(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """Draw four unlike quadrants under a ramp, a fine grid in one corner, a white mark in another.

    Another seed gives another picture of the same kind.
    """
    y, x = np.mgrid[0:height, 0:width]
    right, low = x >= width / 2, y >= height / 2
    colours = np.array(QUADRANTS, dtype=np.float64)
    pixels = colours[right.astype(int) + 2 * low.astype(int)]
    pixels = pixels * (0.6 + 0.4 * (x / max(1, width - 1))[..., None])
    grid = (x + y) % 2 == 0
    corner = (x < width / 4) & (y < height / 4)
    pixels[corner & grid] = 250
    pixels[(x > width * 0.9) & (y > height * 0.9)] = 255
    pixels += (37 * seed) % 61 - 30
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def soft(width: int = 96, height: int = 64) -> Image.Image:
    """Draw smooth waves of colour: what even a coarse codec keeps within a few steps."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = (np.sin(6 * x + 2 * y), np.cos(5 * y - x), np.sin(4 * x * y + 1))
    return Image.fromarray((np.stack(waves, axis=-1) * 90 + 128).astype(np.uint8), "RGB")


def save(image: Image.Image, path: Path, **options: Any) -> Path:
    """Save a picture, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def exif(orientation: int | None = None, **tags: Any) -> Image.Exif:
    """Make EXIF data: tags of the main and the Exif directory by their number, as t272=...."""
    data = Image.Exif()
    if orientation is not None:
        data[0x0112] = orientation
    for name, value in tags.items():
        data[int(name.removeprefix("t"))] = value
    return data


def gps_exif() -> Image.Exif:
    """Make EXIF data that tells a place: 65.05 north, 16.6 west."""
    data = Image.Exif()
    gps = data.get_ifd(0x8825)
    gps[1], gps[2] = "N", (65.0, 3.0, 0.0)
    gps[3], gps[4] = "W", (16.0, 36.0, 0.0)
    return data


def srgb_profile() -> bytes:
    """Return an sRGB profile, as editors embed it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
