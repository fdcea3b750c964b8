"""Which variants a photo gets: formats, sizes, recipes and the keys of their results. Pure."""

from collections.abc import Callable
from functools import cache

import msgspec
from msgspec import Struct

from generator.config import ImageSettings
from generator.formats import OUTPUTS, web_format
from generator.geometry import ladder
from generator.model import Photo, Recipe
from generator.rights import RIGHTS_FROM, rights_of, rights_packet
from generator.store import digest_of


class Variants(Struct, frozen=True):
    """The variants of one photo.

    `steps` are their longest sides, ascending; `shown` are the formats of `<picture>` in the order
    a browser shall try them, each with its key. The alias is one variant more, or one of those.
    """

    steps: tuple[int, ...]
    shown: tuple[tuple[str, str], ...]
    alias_format: str
    alias_key: str
    alias_index: int
    recipes: tuple[tuple[str, Recipe], ...]


class _Shape(Struct, frozen=True):
    """What photos have in common that get the same recipes."""

    longest: int
    format: str
    transparent: bool
    wide: bool
    deep: bool
    rights: str


class _Menu(Struct, frozen=True):
    steps: tuple[int, ...]
    shown: tuple[Recipe, ...]
    alias: Recipe
    alias_index: int


def planner(images: ImageSettings, engine: Callable[[str], str]) -> Callable[[Photo], Variants]:
    """Return the function that plans the variants of a photo under these settings.

    `engine` names the software that will render pictures of an input format.
    """
    engine = cache(engine)
    menu = cache(lambda shape: _menu(shape, images, engine(shape.format)))
    encoded = cache(msgspec.msgpack.encode)

    def variants(photo: Photo) -> Variants:
        shape = _Shape(
            longest=photo.size.longest,
            format=photo.format,
            transparent=photo.transparent,
            wide=photo.wide,
            deep=photo.deep,
            rights=rights_packet(rights_of(photo.metadata, images.rights)).decode(),
        )
        chosen: _Menu = menu(shape)
        keys = {
            recipe: digest_of(encoded(recipe), photo.digest.encode())
            for recipe in (*chosen.shown, chosen.alias)
        }
        return Variants(
            steps=chosen.steps,
            shown=tuple((recipe.format, keys[recipe]) for recipe in chosen.shown),
            alias_format=chosen.alias.format,
            alias_key=keys[chosen.alias],
            alias_index=chosen.alias_index,
            recipes=tuple((key, recipe) for recipe, key in keys.items()),
        )

    return variants


def _menu(shape: _Shape, images: ImageSettings, engine: str) -> _Menu:
    """Choose sizes and formats; a transparent picture gets WebP or PNG in the place of JPEG.

    A drawing is one file, which is all sizes.
    """
    if shape.format == "SVG":
        drawing = Recipe(engine, "svg", 0, "", (shape.longest,), (shape.longest,))
        return _Menu(drawing.outputs, (drawing,), drawing, 0)
    steps = ladder(shape.longest, images.max_dimensions)
    alias_step = min(images.default_dimension, shape.longest)
    chain = tuple(sorted({*steps, alias_step}, reverse=True))

    def recipe(name: str, outputs: tuple[int, ...]) -> Recipe:
        quality = getattr(images.quality, name, 0)
        effort = "" if name == "jpeg" else images.effort
        return Recipe(
            engine=engine,
            format=name,
            quality=quality,
            effort=effort,
            chain=chain,
            outputs=outputs,
            light=images.light,
            gamut="p3" if shape.wide and images.profile == "keep" else "srgb",
            bits=10 if shape.deep and name == "avif" else 8,
            rights=shape.rights if max(outputs) >= RIGHTS_FROM else "",
        )

    opaque_only = {name for name in OUTPUTS if not OUTPUTS[name].alpha}
    instead = "webp" if "webp" in images.formats else "png"
    wanted = {
        instead if shape.transparent and name in opaque_only else name for name in images.formats
    }
    shown = tuple(recipe(name, steps) for name in OUTPUTS if name in wanted)
    web = web_format(shape.format, transparent=shape.transparent)
    for each in shown:
        if each.format == web and alias_step in steps:
            return _Menu(steps, shown, each, steps.index(alias_step))
    return _Menu(steps, shown, recipe(web, (alias_step,)), 0)
