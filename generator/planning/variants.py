"""Which variants a photo gets: formats, sizes, recipes and the keys of their results. Pure."""

from collections.abc import Callable
from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from generator.core.config import ImageSettings
from generator.core.digest import digest_of
from generator.core.formats import OUTPUTS, web_format
from generator.core.geometry import ladder, moving_step, of_distinct_width
from generator.core.model import Photo, Recipe, Size
from generator.privacy.rights import RIGHTS_FROM, rights_of, rights_packet


class Variants(Struct, frozen=True):
    """The variants of one photo.

    `steps` are their longest sides, ascending; `shown` are the formats of `<picture>` in the order
    a browser shall try them, each with its key. The alias is one variant more, or one of those.
    `animations` are the keys and longest sides of those that move: one, or none.
    """

    steps: tuple[int, ...]
    shown: tuple[tuple[str, str], ...]
    alias_format: str
    alias_key: str
    alias_index: int
    animations: tuple[tuple[str, int], ...]
    recipes: tuple[tuple[str, Recipe], ...]


class _Shape(Struct, frozen=True):
    """What photos have in common that get the same recipes."""

    engine: str
    longest: int
    steps: tuple[int, ...]
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
    menu = cache(lambda shape: _menu(shape, images))
    encoded = cache(msgspec.msgpack.encode)

    @cache
    def steps(size: Size) -> tuple[int, ...]:
        return of_distinct_width(size, ladder(size.longest, images.max_dimensions))

    def variants(photo: Photo) -> Variants:
        shape = _Shape(
            engine=engine(photo.format),
            longest=photo.size.longest,
            steps=steps(photo.size),
            format=photo.format,
            transparent=photo.form.transparent,
            wide=photo.form.wide,
            deep=photo.form.deep,
            rights=rights_packet(rights_of(photo.metadata, images.rights)).decode(),
        )
        chosen: _Menu = menu(shape)
        moving = (_animation(photo, shape, images),) if photo.form.frames > 1 else ()
        keys = {
            recipe: digest_of(encoded(recipe), photo.digest.encode())
            for recipe in (*chosen.shown, chosen.alias, *moving)
        }
        return Variants(
            steps=chosen.steps,
            shown=tuple((recipe.format, keys[recipe]) for recipe in chosen.shown),
            alias_format=chosen.alias.format,
            alias_key=keys[chosen.alias],
            alias_index=chosen.alias_index,
            animations=tuple((keys[recipe], recipe.outputs[0]) for recipe in moving),
            recipes=tuple((key, recipe) for recipe, key in keys.items()),
        )

    return variants


def _menu(shape: _Shape, images: ImageSettings) -> _Menu:
    """Choose sizes and formats; a transparent picture gets WebP or PNG in the place of JPEG.

    A drawing is one file, which is all sizes.
    """
    if shape.format == "SVG":
        drawing = Recipe(shape.engine, "svg", 0, "", (shape.longest,), (shape.longest,))
        return _Menu(drawing.outputs, (drawing,), drawing, 0)
    steps = shape.steps
    alias_step = min(images.default_dimension, shape.longest)
    chain = tuple(sorted({*steps, alias_step}, reverse=True))

    opaque_only = {name for name in OUTPUTS if not OUTPUTS[name].alpha}
    instead = "webp" if "webp" in images.formats else "png"
    wanted = {
        instead if shape.transparent and name in opaque_only else name for name in images.formats
    }
    shown = tuple(_recipe(shape, images, name, chain, steps) for name in OUTPUTS if name in wanted)
    web = web_format(shape.format, transparent=shape.transparent)
    for each in shown:
        if each.format == web and alias_step in steps:
            return _Menu(steps, shown, each, steps.index(alias_step))
    return _Menu(steps, shown, _recipe(shape, images, web, chain, (alias_step,)), 0)


def _animation(photo: Photo, shape: _Shape, images: ImageSettings) -> Recipe:
    """Choose the size of an animation: the default dimension, or a smaller step if frames are many.

    WebP, which every browser plays, whatever formats are asked for.
    """
    steps = (*images.max_dimensions, images.default_dimension)
    longest = moving_step(photo.size, photo.form.frames, images.default_dimension, steps)
    still = _recipe(shape, images, "webp", (longest,), (longest,))
    return replace(still, animated=True)


def _recipe(
    shape: _Shape,
    images: ImageSettings,
    name: str,
    chain: tuple[int, ...],
    outputs: tuple[int, ...],
) -> Recipe:
    return Recipe(
        engine=shape.engine,
        format=name,
        quality=getattr(images.quality, name, 0),
        effort="" if name == "jpeg" else images.effort,
        chain=chain,
        outputs=outputs,
        light=images.light,
        gamut="p3" if shape.wide and images.profile == "keep" else "srgb",
        bits=10 if shape.deep and name == "avif" else 8,
        rights=shape.rights if max(outputs) >= RIGHTS_FROM else "",
    )
