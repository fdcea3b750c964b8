"""Make the variants that are missing: what the store has is left out, the rest is worked off."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.core.errors import Problem
from generator.core.geometry import DRAFT_RATIO
from generator.core.layout import PICTURES
from generator.core.model import Job, Photo, Placeholder, Recipe
from generator.core.placeholders import Placeholders, placeholders_of, record_of
from generator.pixels.encode import kept_placeholder, render_job, try_job
from generator.privacy.originals import not_scrubbed, why_not
from generator.state import store
from generator.state.workers import Died, Workers

# Pillow keeps a pixel of any colour in four bytes; decoders have copies of their own beside it, as
# was measured. Deep values come beside that, and planes of real numbers where alpha or light asks
# for them.
_BYTES_A_PIXEL = {
    **{"JPEG": 4, "PNG": 7, "TIFF": 7, "BMP": 7, "GIF": 7},
    **{"HEIF": 8, "AVIF": 9, "WEBP": 16, "RAW": 20},
}
_BYTES_OF_OTHERS = 12
_BYTES_OF_DEPTH = 16
_BYTES_OF_PLANES = 8

# A progressive JPEG is held whole as it is coded, however small it is decoded.
_BYTES_OF_SCANS = 3

Progress = Callable[[int, int], None]


class Results(Struct, frozen=True):
    """How many variants were made, of how many photos, and which photos failed, by path.

    Placeholders go by the keys of what they were made of.
    """

    photos: int = 0
    variants: int = 0
    failures: dict[str, Problem] = {}
    placeholders: Placeholders = Placeholders()


def missing(jobs: Iterable[Job], cache: Path) -> list[Job]:
    """Return the jobs whose results are not in the store, without what is."""
    found = []
    for job in jobs:
        recipes = tuple(each for each in job.recipes if is_missing(*each, cache))
        if recipes:
            found.append(msgspec.structs.replace(job, recipes=recipes))
    return found


def is_missing(key: str, recipe: Recipe, cache: Path) -> bool:
    """Tell whether the store has no results of a recipe under a key."""
    return not store.has_pack(cache, key, len(recipe.outputs))


def checked(jobs: Iterable[Job], checkpoint: Callable[[], None]) -> Iterator[Job]:
    """Call `checkpoint` before each job, which may raise what ends the work."""
    for job in jobs:
        checkpoint()
        yield job


def render(
    jobs: Iterable[Job],
    count: int,
    pictures: Path,
    cache: Path,
    workers: Workers,
    max_memory: int,
    progress: Progress,
) -> Results:
    """Work off the jobs in the order given; what is decoded at once fits in `max_memory` bytes.

    There are `count` of them.
    """
    work = partial(render_job, pictures=pictures, cache=cache)
    failures: dict[str, Problem] = {}
    placeholders = bytearray()
    variants = 0
    if count:
        progress(0, count)
    for done, (job, result) in enumerate(workers.run(work, jobs, decoded_bytes, max_memory), 1):
        path = job.photo.path
        if isinstance(result, Died):
            failures[path] = _died(path)
        elif result.problem is not None:
            failures[path] = result.problem
        else:
            variants += result.variants
            if result.placeholder is not None:
                placeholders += record_of(job.shown, result.placeholder)
        progress(done, count)
    return Results(
        photos=count - len(failures),
        variants=variants,
        failures=failures,
        placeholders=Placeholders(bytes(placeholders)),
    )


def undecodable(
    jobs: Sequence[Job], pictures: Path, workers: Workers, max_memory: int, progress: Progress
) -> dict[str, Problem]:
    """Decode the photos of all jobs, and return those that cannot be, by path, and why."""
    found: dict[str, Problem] = {}
    if jobs:
        progress(0, len(jobs))
    tried = workers.run(partial(try_job, pictures=pictures), jobs, decoded_bytes, max_memory)
    for done, (job, result) in enumerate(tried, 1):
        path = job.photo.path
        if isinstance(result, Died):
            found[path] = _died(path)
        elif result is not None:
            found[path] = result
        progress(done, len(jobs))
    return found


def _died(path: str) -> Problem:
    place = f"{PICTURES}/{path}"
    return Problem(place, Died.what, Died.hint, passing=True, code="decoder-died")


def kept_placeholders(keys: Iterable[str], cache: Path, workers: Workers) -> Placeholders:
    """Make the placeholders of what the store keeps under these keys."""
    results = workers.run(partial(kept_placeholder, cache=cache), keys)
    return placeholders_of((key, each) for key, each in results if isinstance(each, Placeholder))


def unscrubbable(photos: Sequence[Photo], pictures: Path, workers: Workers) -> dict[str, Problem]:
    """Return the photos whose originals cannot be scrubbed, by path, and why."""
    found: dict[str, Problem] = {}
    task = partial(why_not, pictures=pictures)
    for photo, result in workers.run(task, photos):
        if isinstance(result, Died):
            found[photo.path] = not_scrubbed(photo, Died.what, Died.hint, passing=True)
        elif result is not None:
            found[photo.path] = result
    return found


def decoded_bytes(job: Job) -> int:
    """Estimate the memory of a decoded photo; a JPEG decodes smaller where that is enough."""
    photo, (_, recipe) = job.photo, job.recipes[0]
    each = _BYTES_A_PIXEL.get(photo.format, _BYTES_OF_OTHERS)
    each += _BYTES_OF_DEPTH if photo.form.deep else 0
    each += _BYTES_OF_PLANES if photo.form.transparent or recipe.light == "linear" else 0
    if photo.form.deep or recipe.light == "linear":
        return photo.size.width * photo.size.height * each
    decoded = _pixels(photo, max(recipe.chain[0] for _, recipe in job.recipes)) * each
    return max(decoded, photo.size.width * photo.size.height * _BYTES_OF_SCANS)


def _pixels(photo: Photo, longest: int) -> int:
    shrink, enough = 1, round(DRAFT_RATIO * longest)
    while photo.format == "JPEG" and shrink < 8 and photo.size.longest >= 2 * shrink * enough:
        shrink *= 2
    return photo.size.width * photo.size.height // shrink**2
