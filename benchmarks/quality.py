"""Score what the encoders make of photographs: `python benchmarks/quality.py FOLDER`.

The README here says how to read it.
"""

import argparse
import io
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import get_args, get_type_hints

import numpy as np
from PIL import Image, features
from ssimulacra2 import compute_ssimulacra2  # type: ignore[import-untyped]

# The package measured is the one beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from table import Row, show

from generator.core.config import Config, ImageSettings
from generator.core.formats import PICTURE_SUFFIXES
from generator.core.model import Job, Photo, Recipe
from generator.library.photo import read_photo
from generator.pixels import decode
from generator.pixels.codec import encode
from generator.pixels.encode import encode_photo

# What the default qualities aim at: good, with differences to be seen only side by side.
TARGET = 75.0

_EFFORTS: tuple[str, ...] = get_args(get_type_hints(ImageSettings, include_extras=True)["effort"])
_STEPS_FROM_DEFAULT = (-10, -5, 0, 5, 10)


@dataclass(frozen=True)
class Encoder:
    """A format at an effort; a format that has no efforts goes by an empty one."""

    format: str
    effort: str

    def __str__(self) -> str:
        return f"{self.format} {self.effort}".rstrip()


@dataclass(frozen=True)
class Variants:
    """All photographs at one quality: the score of each, and what they took together."""

    encoder: Encoder
    quality: int
    scores: tuple[float, ...]
    pixels: int
    bits: int
    cpu: float


def main() -> None:
    """Measure what the command line asks for."""
    options = _options()
    config = Config()
    decode.prepare(config.images.max_pixels)
    photos = list(_photos(options.folder))
    if not photos:
        raise SystemExit(f"{options.folder}: there are no photographs without transparency")
    libraries = ("avif", "webp", "libjpeg_turbo")
    print(f"Pillow {version('pillow')}, ", end="")
    print(", ".join(f"{name} {features.version(name)}" for name in libraries), end=", ")
    print(f"ssimulacra2 {version('ssimulacra2')}, Python {platform.python_version()}")
    encoders = tuple(_encoders(options.effort))
    for size in options.size:
        large_enough = [photo for photo in photos if photo.size.longest >= size]
        if not large_enough:
            raise SystemExit(f"{options.folder}: no photograph has {size} pixels")
        _show(size, _measure(large_enough, options.folder, size, encoders, config.images))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Score what encoders make of photographs.")
    parser.add_argument("folder", type=Path, help="the photographs below it")
    parser.add_argument(
        "--size", type=int, nargs="+", default=[640], metavar="N", help="longest sides; 640"
    )
    parser.add_argument(
        "--effort", nargs="+", choices=_EFFORTS, default=_EFFORTS, help="efforts; all of them"
    )
    return parser.parse_args()


def _photos(folder: Path) -> Iterator[Photo]:
    """Read the photographs below a folder; the score knows no transparency."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            photo = read_photo(path.relative_to(folder).as_posix(), folder)
            if not isinstance(photo, Photo):
                raise SystemExit(f"cannot be measured: {photo}")
            if not photo.form.transparent:
                yield photo


def _encoders(efforts: Sequence[str]) -> Iterator[Encoder]:
    for name in ImageSettings().quality.__struct_fields__:
        yield from [Encoder(name, "")] if name == "jpeg" else [Encoder(name, e) for e in efforts]


def _measure(
    photos: Sequence[Photo],
    folder: Path,
    size: int,
    encoders: Sequence[Encoder],
    images: ImageSettings,
) -> list[Variants]:
    pixels = [_reduced(photo, folder, size) for photo in photos]
    return [
        _variants(pixels, encoder, getattr(images.quality, encoder.format) + step)
        for encoder in encoders
        for step in _STEPS_FROM_DEFAULT
    ]


def _reduced(photo: Photo, folder: Path, size: int) -> bytes:
    """Return a photograph as a build reduces it, losslessly."""
    recipe = Recipe("", "png", quality=0, effort="fast", chain=(size,), outputs=(size,))
    return encode_photo(Job(photo, (("", recipe),)), folder)[""][0]


def _variants(originals: Sequence[bytes], encoder: Encoder, quality: int) -> Variants:
    recipe = Recipe("", encoder.format, quality, encoder.effort, chain=(), outputs=())
    scores, pixels, bits, cpu = [], 0, 0, 0.0
    for original in originals:
        image = _loaded(original)
        started = time.process_time()
        encoded = encode(image, recipe)
        cpu += time.process_time() - started
        scores.append(compute_ssimulacra2(io.BytesIO(original), io.BytesIO(encoded)))
        pixels += image.width * image.height
        bits += 8 * len(encoded)
    return Variants(encoder, quality, tuple(scores), pixels, bits, cpu)


def _loaded(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    image.info = {}
    return image


def _show(size: int, measured: Sequence[Variants]) -> None:
    """Print the scores by quality, and every encoder at the quality that reaches the target."""
    about = f"{len(measured[0].scores)} photographs, longest side {size} pixels"
    show(
        f"SSIMULACRA2 by quality: {about}",
        ("encoder", "quality", "median", "min - max", "bits a pixel"),
        [_quality_row(each) for each in measured],
    )
    curves = [list(each) for _, each in groupby(measured, key=lambda each: each.encoder)]
    show(
        f"At a median of {TARGET:.0f}: {about}",
        ("encoder", "quality", "bits a pixel", "bytes", "CPU ms a megapixel", "time"),
        list(_target_rows(curves)),
    )


def _quality_row(each: Variants) -> Row:
    scores = each.scores
    return (
        str(each.encoder),
        f"{each.quality}",
        f"{median(scores):.1f}",
        f"{min(scores):.1f} - {max(scores):.1f}",
        f"{each.bits / each.pixels:.2f}",
    )


def _target_rows(curves: Sequence[Sequence[Variants]]) -> Iterator[Row]:
    """Compare each encoder with the first one of its format."""
    for _, efforts in groupby(curves, key=lambda curve: curve[0].encoder.format):
        first: tuple[float, float] | None = None
        for curve in efforts:
            name = str(curve[0].encoder)
            reached = _at_target(curve)
            if reached is None:
                yield (name, "not reached", "", "", "", "")
                continue
            quality, bits, milliseconds = reached
            first = first or (bits, milliseconds)
            yield (
                name,
                f"{quality:.1f}",
                f"{bits:.2f}",
                f"x {bits / first[0]:.2f}",
                f"{milliseconds:.0f}",
                f"x {milliseconds / first[1]:.1f}",
            )


def _at_target(curve: Sequence[Variants]) -> tuple[float, float, float] | None:
    """Interpolate the quality, the bits a pixel and the milliseconds a megapixel at the target."""
    medians = [median(each.scores) for each in curve]
    if not min(medians) <= TARGET <= max(medians):
        return None
    quality = np.interp(TARGET, medians, [each.quality for each in curve])
    logarithms = [np.log(each.bits / each.pixels) for each in curve]
    milliseconds = [each.cpu * 1e9 / each.pixels for each in curve]
    return (
        float(quality),
        float(np.exp(np.interp(TARGET, medians, logarithms))),
        float(np.interp(TARGET, medians, milliseconds)),
    )


if __name__ == "__main__":
    main()
