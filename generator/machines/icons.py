"""The icons of a site: of one of its pictures, or of the first letter of its title.

A theme that has a static file of an icon's name has its own.
"""

import io
import json
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial

import msgspec
import PIL
from PIL import Image, ImageDraw, ImageFont, ImageOps

from generator.core import routes
from generator.core.digest import digest_of
from generator.core.errors import Problem
from generator.core.layout import SETTINGS
from generator.core.model import Asset, Icon
from generator.core.routes import folded
from generator.planning.plan import Plan, PlannedPhoto
from generator.planning.words import lookup, nearest
from generator.views.addresses import link_address
from generator.views.told import told
from generator.views.values import Site

MANIFEST_PATH = "manifest.webmanifest"

# Raise by one whenever the same icon is drawn to other pixels.
ICON_VERSION = 2

# The colours of the theme: see static/site.css.
PAPER = "#fbfaf8"
ACCENT = "#1f5f8b"

# By name, the side in pixels: for tabs, for iOS, and for what installs or searches.
_APPLE = "apple-touch-icon.png"
_SIZES = {"icon-48.png": 48, _APPLE: 180, "icon-192.png": 192, "icon-512.png": 512}
_INSTALLED = ("icon-192.png", "icon-512.png")

# Edges are drawn this much larger.
_FINE = 4
# All of a pixel.
_INK = 255

_Shape = Callable[[ImageDraw.ImageDraw, int], None]


def icons_of(plan: Plan) -> tuple[Icon, ...]:
    """Return the icons that the theme does not bring itself."""
    theirs = {asset.name for asset in plan.theme.assets}
    photo = _chosen(plan)
    return tuple(
        _icon(name, size, plan, photo) for name, size in _SIZES.items() if name not in theirs
    )


def icon_path(icon: Icon) -> str:
    """Return where an icon lies in the site, under a name that changes whenever it does."""
    return routes.asset_path(Asset(icon.name, "", icon_identity(icon)))


def icon_identity(icon: Icon) -> str:
    """Return a digest of all that decides how an icon looks."""
    return digest_of(msgspec.msgpack.encode((icon, ICON_VERSION, PIL.__version__, PAPER, ACCENT)))


def icon_problems(plan: Plan) -> tuple[Problem, ...]:
    """Say why the picture that the settings name is not the icon."""
    wanted = plan.config.site.icon
    if not wanted or _chosen(plan) is not None:
        return ()
    formats = {folded(each.photo.path): each.photo.format for each in plan.all_photos()}
    found = lookup(wanted, "", formats)
    what = "is in an unlisted album" if found else "there is no such picture"
    if found == "SVG":
        what = "is a drawing"
    hint = "name another photo" if found else nearest(wanted, {path: path for path in formats})
    return (
        Problem(SETTINGS, f"site.icon: {wanted!r}: {what}", hint, "warning", code="icon-not-found"),
    )


def _chosen(plan: Plan) -> PlannedPhoto | None:
    if not plan.config.site.icon:
        return None
    photos = {
        folded(each.photo.path): each
        for each in plan.root.all_photos()
        if each.photo.format != "SVG"
    }
    found = lookup(plan.config.site.icon, "", {path: path for path in photos})
    return photos[found] if found is not None else None


def _icon(name: str, size: int, plan: Plan, photo: PlannedPhoto | None) -> Icon:
    if photo is None:
        return Icon(name, size, _initial(plan.config.site.title))
    steps = photo.sources[-1].steps
    narrow = min(1.0, 1 / photo.photo.size.ratio, photo.photo.size.ratio)
    enough = (i for i, step in enumerate(steps) if step.longest * narrow >= max(_SIZES.values()))
    index = next(enough, len(steps) - 1)
    return Icon(name, size, "", photo.shown, index, photo.words.focus)


def _initial(title: str) -> str:
    """Return the first letter or digit of a title, as a capital; empty if it has none."""
    return next((char.upper()[:1] for char in title if char.isalnum()), "")


def draw(icon: Icon, picture: bytes) -> bytes:
    """Return an icon as PNG; `picture` is what the store keeps under its key, if it has one."""
    with _unlimited():
        drawn = _cropped(picture, icon) if icon.key else _lettered(icon)
    profile = drawn.info.get("icc_profile")
    if icon.name == _APPLE and drawn.mode == "RGBA":
        # iOS shows black where there is nothing, and rounds the corners itself.
        ground = Image.new("RGBA", drawn.size, PAPER if icon.key else ACCENT)
        drawn = Image.alpha_composite(ground, drawn).convert("RGB")
    buffer = io.BytesIO()
    drawn.save(buffer, "PNG", optimize=True, icc_profile=profile)
    return buffer.getvalue()


@contextmanager
def _unlimited() -> Iterator[None]:
    """Lift the limit of pixels, which is for pictures: Pillow holds even letters to it."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _cropped(picture: bytes, icon: Icon) -> Image.Image:
    """Cut a square out of a picture, around its focus as far as that goes."""
    centering = (icon.focus[0] / 100, icon.focus[1] / 100)
    with Image.open(io.BytesIO(picture)) as whole:
        mode = "RGBA" if whole.has_transparency_data else "RGB"
        side = (icon.size, icon.size)
        lanczos = Image.Resampling.LANCZOS
        square = ImageOps.fit(whole.convert(mode), side, lanczos, centering=centering)
        square.info = {"icc_profile": whole.info.get("icc_profile")}
        return square


def _lettered(icon: Icon) -> Image.Image:
    """Draw a letter, or hills for one that the font does not have, on a ground with round edges."""
    letter = _drawable(icon.letter)
    drawn = Image.new("RGB", (icon.size, icon.size), ACCENT)
    drawn.paste(PAPER, mask=_smooth(icon.size, partial(_write, letter) if letter else _hills))
    drawn.putalpha(_smooth(icon.size, _ground))
    return drawn


def _smooth(side: int, shape: _Shape) -> Image.Image:
    """Return how much of each pixel a shape covers.

    In one channel: of all four, the largest icon took 40 MB, the most of a whole small build.
    """
    large = side * _FINE
    cover = Image.new("L", (large, large))
    shape(ImageDraw.Draw(cover), large)
    return cover.resize((side, side), Image.Resampling.BOX)


def _ground(pen: ImageDraw.ImageDraw, side: int) -> None:
    pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=side * 0.22, fill=_INK)


def _write(letter: str, pen: ImageDraw.ImageDraw, side: int) -> None:
    font, weight = ImageFont.load_default(side * 0.8), round(side * 0.016)
    left, top, right, bottom = font.getbbox(letter, stroke_width=weight)
    place = ((side - left - right) / 2, (side - top - bottom) / 2)
    pen.text(place, letter, _INK, font, stroke_width=weight, stroke_fill=_INK)


def _hills(pen: ImageDraw.ImageDraw, side: int) -> None:
    part = side / 16
    pen.circle((11 * part, 5.5 * part), 1.6 * part, fill=_INK)
    ridge = ((2, 12.5), (6, 6), (8.8, 10.2), (10.4, 8), (14, 12.5))
    pen.polygon([(x * part, y * part) for x, y in ridge], fill=_INK)


def _drawable(letter: str) -> str:
    """Return a letter as the font of Pillow has it, without its accents if need be; or nothing."""
    plain = unicodedata.normalize("NFD", letter)[:1]
    return next((each for each in (letter, plain) if each and _has_glyph(each)), "")


@cache
def _has_glyph(letter: str) -> bool:
    font = ImageFont.load_default(64)
    # What a font does not have, it shows as this, which no font has.
    return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def manifest(site: Site) -> str:
    """Return the web app manifest: how the site is called, and its icons (W3C appmanifest)."""
    said = {
        "name": site.title,
        "description": site.description,
        "lang": site.language,
        "dir": site.direction,
        "start_url": f"./{link_address('', site)}",
        "scope": "./",
        "display": "browser",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            {"src": site.assets[name], "sizes": f"{size}x{size}", "type": "image/png"}
            for name, size in _SIZES.items()
            if name in _INSTALLED
        ],
    }
    return json.dumps(told(said), ensure_ascii=False, indent=1) + "\n"
