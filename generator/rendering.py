"""What of a plan is rendered: what is to be written, or was never seen, and is not in the store."""

from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial

from generator.core.layout import PICTURES
from generator.core.model import (
    ArchiveOrigin,
    Icon,
    IconOrigin,
    Job,
    Recipe,
    StoreOrigin,
    Unit,
)
from generator.pixels.render import Results, checked, is_missing, render
from generator.planning.files import PhotoFiles, files_in
from generator.planning.plan import Plan, PlannedPhoto
from generator.report import Order
from generator.state.workers import Workers


def render_planned(
    order: Order,
    plan: Plan,
    to_write: Iterable[Unit],
    unseen: Container[str],
    workers: Workers,
    *,
    force: bool,
) -> Results:
    """Render what is to be written, or by these keys was never seen, and is not in the store.

    By `force` also what is.
    """

    def is_to_make(key: str, recipe: Recipe) -> bool:
        return force or is_missing(key, recipe, order.cache)

    tasks = [*_tasks(plan, to_write, unseen, is_to_make)]
    for photo, _ in tasks:
        order.listener.detail(f"to render {PICTURES}/{photo.path}")
    return render(
        checked((_job(*task) for task in tasks), order.listener.checkpoint),
        len(tasks),
        order.site / PICTURES,
        order.cache,
        workers,
        order.memory,
        partial(order.listener.progress, "Rendering photos"),
    )


def _tasks(
    plan: Plan,
    to_write: Iterable[Unit],
    unseen: Container[str],
    is_to_make: Callable[[str, Recipe], bool],
) -> Iterator[tuple[PlannedPhoto, tuple[int, ...]]]:
    """Yield the pictures of which something is to be made, each with the numbers of its recipes.

    The jobs themselves take much more memory than that.
    """
    photos, others = _divided(to_write)
    whole = {photo.variants.keys for photo in photos}
    keys = set(_stored_keys(others))
    for picture in plan.pictures:
        made = picture.variants
        if not (made.keys in whole or keys or picture.seen in unseen):
            continue
        numbers = tuple(
            number
            for number, (key, recipe) in enumerate(made.recipes)
            if (made.keys in whole or key in keys or key in unseen) and is_to_make(key, recipe)
        )
        if numbers:
            yield picture, numbers


def _divided(units: Iterable[Unit]) -> tuple[list[PlannedPhoto], list[Unit]]:
    """Divide units into the photos whose files some are, and the others."""
    photos: list[PlannedPhoto] = []
    others: list[Unit] = []
    for unit in units:
        if isinstance(unit, PhotoFiles):
            photos.append(unit.photo)
        else:
            others.append(unit)
    return photos, others


def _job(photo: PlannedPhoto, numbers: Iterable[int]) -> Job:
    recipes = photo.variants.recipes
    return Job(photo.photo, tuple(recipes[number] for number in numbers), photo.seen)


def _stored_keys(units: Iterable[Unit]) -> Iterator[str]:
    """Yield the keys that files are made of; feeds tell the sizes of some."""
    for file in files_in(units):
        match file.origin:
            case StoreOrigin(key) | IconOrigin(Icon(key=key)) if key:
                yield key
            case ArchiveOrigin(members):
                origins = (member.origin for member in members)
                yield from (each.key for each in origins if isinstance(each, StoreOrigin))
