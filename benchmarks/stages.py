"""CPU seconds of the generator's own functions, by stage, in one process.

Nothing of the generator is repeated here: its jobs are planned and rendered as in a build, with
stopwatches around the functions that the stages consist of.
"""

import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from generator.core.config import Config
from generator.core.formats import OUTPUTS
from generator.core.model import Job, Library, Photo, Recipe, Theme
from generator.library.photo import read_photo
from generator.pixels import codec, colour, decode, encode, raster, resample
from generator.pixels.resample import Raster
from generator.planning.plan import make_plan
from generator.state import store, workers

# What no generator can do without: the pixels out of their file, and into those of the site.
CODECS = ("decode", *OUTPUTS)

P = ParamSpec("P")
R = TypeVar("R")


class Stopwatches:
    """CPU seconds of this process, all its threads together, by what they were spent on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add what happens meanwhile to a stage."""
        started = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - started

    def around(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """Return a function that does the same, and adds what it takes to a stage."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.stage(name):
                return function(*args, **kwargs)

        return timed

    def around_each_format(
        self, function: Callable[[Raster, Recipe, bytes | None], bytes]
    ) -> Callable[..., bytes]:
        """Return an encoder that does the same, with a stage for each format."""

        def timed(pixels: Raster, recipe: Recipe, larger: bytes | None = None) -> bytes:
            with self.stage(recipe.format):
                return function(pixels, recipe, larger)

        return timed


def stage_seconds(pictures: Path, scratch: Path, config: Config) -> dict[str, float]:
    """Read and render every picture of a folder, and return the CPU seconds of each stage.

    Variants are kept in a scratch folder, which is then removed.
    """
    decode.prepare(config.images.max_pixels)
    # As in every process that renders in a build.
    workers._reuse_memory()
    watches = Stopwatches()
    with watches.stage("read"):
        photos = [_read(path, pictures) for path in _paths(pictures)]
    jobs = _jobs(photos, config)
    with _watched(watches), watches.stage("render"):
        for job in jobs:
            _render(job, pictures, scratch)
    shutil.rmtree(scratch)
    return _in_order(watches.seconds)


def codec_seconds(stages: Mapping[str, float]) -> float:
    """Return what decoding and encoding take of the stages."""
    return sum(stages.get(name, 0.0) for name in CODECS)


def _paths(pictures: Path) -> list[str]:
    return [
        path.relative_to(pictures).as_posix()
        for path in sorted(pictures.rglob("*"))
        if path.is_file()
    ]


def _read(path: str, pictures: Path) -> Photo:
    found = read_photo(path, pictures)
    if not isinstance(found, Photo):
        raise SystemExit(f"{path} cannot be measured: {found}")
    return found


def _jobs(photos: Sequence[Photo], config: Config) -> tuple[Job, ...]:
    """Plan the work as a build does: in its order, the same picture once."""
    library = Library(tuple(photos), (), Theme({}, "", ()))
    plan, _ = make_plan(config, library, encode.engine)
    return plan.jobs


def _render(job: Job, pictures: Path, scratch: Path) -> None:
    rendered = encode.render_job(job, pictures, scratch)
    if rendered.problem is not None:
        raise SystemExit(f"cannot be measured: {rendered.problem}")


@contextmanager
def _watched(watches: Stopwatches) -> Iterator[None]:
    """Put stopwatches around the functions that rendering calls; none of them calls another."""
    with (
        patch.object(encode, "_decode", watches.around("decode", encode._decode)),
        patch.object(raster, "resized", watches.around("resize", resample.resized)),
        patch.object(resample, "resized", watches.around("resize", resample.resized)),
        patch.object(raster, "upright", watches.around("turn", decode.upright)),
        patch.object(colour, "converted", watches.around("colour", colour.converted)),
        patch.object(encode, "encode", watches.around_each_format(codec.encode)),
        patch.object(store, "put_pack", watches.around("keep", store.put_pack)),
    ):
        yield


def _in_order(seconds: Mapping[str, float]) -> dict[str, float]:
    """Sort the stages as a photograph goes through them; what is left of rendering comes last."""
    names = ("read", "decode", "resize", "turn", "colour", *OUTPUTS, "keep")
    stages = {name: seconds[name] for name in names if name in seconds}
    stages["rest"] = seconds["render"] - sum(stages.values()) + stages["read"]
    return stages
