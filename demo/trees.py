"""Trees: spruces as dark shapes against a brighter sky."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageDraw

from light import Size
from noise import Field, fractal

Coordinates = NDArray[np.floating]

# Drawn this many times too large and shrunk, so that single twigs stay soft.
_FINER = 2


class Grove:
    """A sheet on which trees are drawn; positions are u and v as in a picture's frame."""

    def __init__(self, size: Size) -> None:
        """Start with an empty sheet for a picture of the given size."""
        self.size = size
        self._sheet = Pil.new("L", (size[0] * _FINER, size[1] * _FINER), 0)
        self._pen = ImageDraw.Draw(self._sheet)

    def _at(self, u: float, v: float) -> tuple[float, float]:
        width, height = self.size
        return (u * height + width / 2) * _FINER, v * height * _FINER

    def spruce(self, u: float, foot: float, tall: float, rng: np.random.Generator) -> None:
        """Draw one spruce: a thin top, and drooping boughs that end in ragged twigs."""
        lean = rng.normal(0, 0.012)
        slim = rng.uniform(0.12, 0.19)
        full = rng.uniform(0.75, 1.15)
        tiers = int(np.clip(tall * 330, 22, 84))
        twigs = int(np.clip(tall * 60, 5, 22))
        self._pen.polygon(
            [
                self._at(u - 0.011 * tall, foot),
                self._at(u + 0.011 * tall, foot),
                self._at(u + lean * tall, foot - tall),
            ],
            fill=255,
        )
        for tier in range(tiers):
            # Nothing grows on the first bit of trunk, and no two boughs are equally long.
            t = 0.05 + 0.93 * max((tier + rng.uniform(-0.5, 0.5)) / tiers, 0)
            base_u, base_v = u + lean * tall * t, foot - tall * t
            for side in (-1, 1):
                far = tall * slim * (1 - t) ** 0.8 * rng.uniform(0.5, 1.15) + 0.007 * tall
                drop = far * rng.uniform(0.15, 0.6) * (1.2 - t)
                thick = tall * (0.012 + 0.035 * (1 - t)) * full
                upper, lower = [], []
                for twig in range(twigs + 1):
                    s = twig / twigs
                    at_u = base_u + side * far * (s + rng.uniform(-0.3, 0.3) / twigs)
                    at_v = base_v + drop * (1.5 * s - 0.7 * s * s)
                    upper.append(self._at(at_u, at_v - 0.05 * thick))
                    hang = thick * rng.uniform(0.1, 1.0) * (1.05 - s) ** 0.6
                    lower.append(self._at(at_u + side * hang * rng.uniform(-0.1, 0.5), at_v + hang))
                self._pen.polygon(upper + lower[::-1], fill=255)

    def strip(self, ground: Field) -> None:
        """Fill everything below a line; `ground` gives its v for each of many even steps."""
        width, height = self.size
        across = np.linspace(-width / height / 2, width / height / 2, len(ground))
        points = [self._at(float(u), float(v)) for u, v in zip(across, ground, strict=True)]
        corners = [self._at(float(across[-1]), 1.1), self._at(float(across[0]), 1.1)]
        self._pen.polygon(points + corners, fill=255)

    def polygon(self, across: Coordinates, down: Coordinates) -> None:
        """Fill a shape given by the u and v of its corners."""
        points = [self._at(float(u), float(v)) for u, v in zip(across, down, strict=True)]
        self._pen.polygon(points, fill=255)

    def mask(self) -> Field:
        """Return how much of each pixel is covered by trees, 0 to 1."""
        shrunk = self._sheet.resize(self.size, Pil.Resampling.BOX)
        return np.asarray(shrunk, np.float32) / np.float32(255)


def plant(
    grove: Grove,
    rng: np.random.Generator,
    line: Field,
    sizes: tuple[float, float],
    count: int,
) -> None:
    """Plant a crowd of spruces along a ground line, in groups and with gaps."""
    span = grove.size[0] / grove.size[1] / 2
    places = rng.uniform(-span * 1.05, span * 1.05, count)
    rhythm = fractal(places.astype(np.float32) * 2.2, np.zeros(count, np.float32), 7, 3)
    for u, swell in zip(places, rhythm, strict=True):
        at = int(np.clip((u / span + 1) / 2 * (len(line) - 1), 0, len(line) - 1))
        tall = rng.uniform(*sizes) * (1 + 0.55 * float(swell)) * rng.choice([1, 1, 0.6, 1.2])
        grove.spruce(float(u), float(line[at]) + 0.006, float(tall), rng)
