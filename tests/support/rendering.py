"""A picture given as its bytes, to its variants: what a build makes of one file, without a site."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from generator.core.config import ImageSettings, QualitySettings
from generator.core.formats import OUTPUTS
from generator.core.model import Job, Photo
from generator.library.photo import read_photo
from generator.pixels.encode import encode_photo
from generator.planning.variants import planner

# For measurements of colour: what codecs do to it is not what is measured.
FAITHFUL = QualitySettings(avif=100, webp=100, jpeg=100)


class Rendering(Struct, frozen=True):
    """A photo, and its variants by format, ascending in size."""

    photo: Photo
    variants: dict[str, list[bytes]]


def read(body: bytes, folder: Path) -> Photo:
    """Put a picture in a folder, and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "photo").write_bytes(body)
    photo = read_photo("photo", folder)
    assert isinstance(photo, Photo), photo
    return photo


def rendered(
    body: bytes,
    folder: Path,
    *steps: int,
    formats: tuple[str, ...] = tuple(OUTPUTS),
    **settings: Any,
) -> Rendering:
    """Make the variants of a picture with these longest sides (else its own), of best quality."""
    photo = read(body, folder)
    sides = steps or (photo.size.longest,)
    images = ImageSettings(
        max_dimensions=tuple(sorted(sides)),
        default_dimension=max(sides),
        formats=formats,  # type: ignore[arg-type]
        **{"quality": FAITHFUL, **settings},
    )
    recipes = planner(images, lambda name: "test")(photo).recipes
    made = encode_photo(Job(photo, recipes), folder)
    stills = {recipe.format: made[key] for key, recipe in recipes if not recipe.animated}
    return Rendering(photo, stills)
