"""Which variants a photo gets: formats, sizes, recipes and the keys of their results. Pure."""

from collections.abc import Callable
from functools import cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from generator.core.config import ImageSettings
from generator.core.digest import digest_of
from generator.core.formats import OUTPUTS, PUBLISHED, web_format
from generator.core.geometry import ladder, moving_step, of_distinct_width
from generator.core.model import Form, Photo, Recipe
from generator.privacy.rights import RIGHTS_FROM, Rights, rights_of, rights_packet

_KEY_SIZE = 16


class Menu(Struct, frozen=True):
    """What all photos of a shape get: recipes, each once, and each as its keys are made of it.

    `steps` are the longest sides of variants, ascending. The first of the recipes, as many as are
    `shown`, are the formats of `<picture>` in the order a browser shall try them. The alias is by
    the recipe of its number, and the variant of its index. What moves is by the last, if any is.
    `endings` is what the names of the variants end with that every browser shows. Two menus with
    the same `identity` make the same of a photo, and offer it alike.
    """

    steps: tuple[int, ...]
    recipes: tuple[Recipe, ...]
    encoded: tuple[bytes, ...]
    shown: int
    alias: int
    alias_index: int
    moves: bool
    endings: tuple[str, ...]
    identity: bytes

    def __hash__(self) -> int:
        # Of all its parts that takes long, and menus are counted by the photo.
        return hash(self.identity)

    @property
    def count(self) -> int:
        """How many files they are."""
        return sum(len(each.outputs) for each in self.recipes)


class Variants(Struct, frozen=True, gc=False):
    """The variants of one photo: those of its menu, by the keys of what the recipes make of it."""

    menu: Menu
    keys: bytes

    def key(self, number: int) -> str:
        """Return the key of what a recipe makes of the photo."""
        return self.keys[number * _KEY_SIZE :][:_KEY_SIZE].hex()

    @property
    def steps(self) -> tuple[int, ...]:
        """Their longest sides, ascending."""
        return self.menu.steps

    @property
    def shown(self) -> tuple[tuple[str, str], ...]:
        """The formats of `<picture>` in the order a browser shall try them, each with its key."""
        recipes = self.menu.recipes[: self.menu.shown]
        return tuple((each.format, self.key(number)) for number, each in enumerate(recipes))

    @property
    def alias_format(self) -> str:
        """The format of the alias, which is one variant more, or one of those."""
        return self.menu.recipes[self.menu.alias].format

    @property
    def alias_key(self) -> str:
        """The key of the alias."""
        return self.key(self.menu.alias)

    @property
    def animations(self) -> tuple[tuple[str, int], ...]:
        """The keys and longest sides of those that move: one, or none."""
        if not self.menu.moves:
            return ()
        return ((self.key(len(self.menu.recipes) - 1), self.menu.recipes[-1].outputs[0]),)

    @property
    def recipes(self) -> tuple[tuple[str, Recipe], ...]:
        """The recipes, each with the key of what it makes of the photo."""
        return tuple((self.key(number), each) for number, each in enumerate(self.menu.recipes))


class _Shape(Struct, frozen=True):
    """What photos have in common that get the same recipes; `moving` is a longest side, or 0."""

    engine: str
    longest: int
    steps: tuple[int, ...]
    format: str
    transparent: bool
    wide: bool
    deep: bool
    rights: str
    moving: int


def planner(images: ImageSettings, engine: Callable[[str], str]) -> Callable[[Photo], Variants]:
    """Return the function that plans the variants of a photo under these settings.

    `engine` names the software that will render pictures of an input format.
    """
    engine = cache(engine)
    menus: dict[tuple[Form, Rights], Menu] = {}

    @cache
    def menu(shape: _Shape) -> Menu:
        return _menu(shape, images)

    def menu_of(photo: Photo, rights: Rights) -> Menu:
        form = photo.form
        moving = form.frames > 1 and _moving(photo, images)
        shape = _Shape(
            engine=engine(form.format),
            longest=form.size.longest,
            steps=of_distinct_width(form.size, ladder(form.size.longest, images.max_dimensions)),
            format=form.format,
            transparent=form.transparent,
            wide=form.wide,
            deep=form.deep,
            rights=rights_packet(rights).decode(),
            moving=moving,
        )
        return menu(shape)

    def variants(photo: Photo) -> Variants:
        rights = rights_of(photo.metadata, images.rights)
        seen = (photo.form, rights)
        chosen = menus.get(seen)
        if chosen is None:
            chosen = menus[seen] = menu_of(photo, rights)
        digest = photo.digest.encode()
        keys = (bytes.fromhex(digest_of(each, digest)) for each in chosen.encoded)
        return Variants(chosen, b"".join(keys))

    return variants


def _menu(shape: _Shape, images: ImageSettings) -> Menu:
    shown, alias, alias_index = _stills(shape, images)
    moving = (_animation(shape, images),) if shape.moving else ()
    recipes = tuple(dict.fromkeys((*shown, alias, *moving)))
    steps = shown[-1].outputs
    suffix = PUBLISHED[shown[-1].format].suffixes[0]
    encoded = tuple(map(msgspec.msgpack.encode, recipes))
    offered = (len(shown), recipes.index(alias), alias_index)
    return Menu(
        steps=steps,
        recipes=recipes,
        encoded=encoded,
        shown=len(shown),
        alias=recipes.index(alias),
        alias_index=alias_index,
        moves=shape.moving > 0,
        endings=tuple(f"-{step}{suffix}" for step in steps),
        identity=bytes.fromhex(digest_of(*encoded, msgspec.msgpack.encode(offered))),
    )


def _stills(shape: _Shape, images: ImageSettings) -> tuple[tuple[Recipe, ...], Recipe, int]:
    """Choose sizes and formats; a transparent picture gets WebP or PNG in the place of JPEG.

    A drawing is one file, which is all sizes. Returns the recipes that are shown, that of the
    alias, and the number of its variant.
    """
    if shape.format == "SVG":
        drawing = Recipe(shape.engine, "svg", 0, "", (shape.longest,), (shape.longest,))
        return (drawing,), drawing, 0
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
            return shown, each, steps.index(alias_step)
    return shown, _recipe(shape, images, web, chain, (alias_step,)), 0


def _moving(photo: Photo, images: ImageSettings) -> int:
    """Choose the size of an animation: the default dimension, or a smaller step if frames are many.

    The size is its longest side.
    """
    steps = (*images.max_dimensions, images.default_dimension)
    return moving_step(photo.size, photo.form.frames, images.default_dimension, steps)


def _animation(shape: _Shape, images: ImageSettings) -> Recipe:
    """Choose WebP, which every browser plays, whatever formats are asked for."""
    still = _recipe(shape, images, "webp", (shape.moving,), (shape.moving,))
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
