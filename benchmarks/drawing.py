"""Many small photographs, no two alike, drawn in a moment."""

from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw

ALBUMS = 20

_SIZE = (160, 120)
_EXIF, _TAKEN = 0x8769, 0x9003

# As many sizes, and so as many files to look after, as a photograph of a real camera gets.
SETTINGS = """\
[images]
max_dimensions = [16, 24, 36, 54, 81, 122]
default_dimension = 54
"""


def draw_photos(pictures: Path, count: int) -> list[Path]:
    """Draw photographs into albums, each taken a minute after the one before."""
    paths = []
    for number in range(count):
        path = pictures / f"album-{number % ALBUMS + 1:02}" / f"photo-{number + 1:05}.jpg"
        path.parent.mkdir(exist_ok=True)
        draw_photo(path, number, minute=number)
        paths.append(path)
    return paths


def draw_photo(path: Path, number: int, minute: int) -> None:
    """Draw one photograph: the number decides its colours, the minute when it was taken."""
    sky = (number % 256, number // 256 % 256, 160)
    image = Image.new("RGB", _SIZE, sky)
    at = number % 100
    ImageDraw.Draw(image).ellipse((at, at // 2, at + 50, at // 2 + 50), fill=(240, 220, 90))
    exif = Image.Exif()
    taken = datetime(2020, 1, 1) + timedelta(minutes=minute)
    exif.get_ifd(_EXIF)[_TAKEN] = f"{taken:%Y:%m:%d %H:%M:%S}"
    image.save(path, exif=exif)
