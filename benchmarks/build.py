"""Measure builds: `python benchmarks/build.py FOLDER`; the README here says how to read it."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

# The package measured is the one beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from drawing import SETTINGS, draw_photo, draw_photos
from sites import Built, Site, let_files_settle, temporary_site
from stages import CODECS, codec_seconds, stage_seconds
from table import Row, show, spread

_UNCHANGED_REBUILDS = 5


def main() -> None:
    """Measure what the command line asks for."""
    options = _options()
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, ", end="")
    print(f"Python {platform.python_version()}; medians, with the least and the most")
    if options.folder is not None:
        with temporary_site() as site:
            site.gather(options.folder, options.count)
            measure_folder(site, options.jobs, options.repeat)
    if options.unchanged:
        with temporary_site() as site:
            measure_unchanged(site, options.unchanged, options.jobs, options.repeat)
    if options.growth:
        fewer, more = sorted(options.growth)
        measure_growth(fewer, more, options.jobs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure builds of photographs.")
    parser.add_argument("folder", type=Path, nargs="?", help="build the photographs below it")
    parser.add_argument("--count", type=_at_least_one, metavar="N", help="only the first N of them")
    parser.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="processes that render; 0: one a core"
    )
    parser.add_argument(
        "--repeat", type=_at_least_one, default=3, metavar="N", help="builds to measure; 3"
    )
    parser.add_argument(
        "--unchanged",
        type=_at_least_one,
        metavar="N",
        help="draw N small photographs, and rebuild them with nothing or one of them changed",
    )
    parser.add_argument(
        "--growth",
        type=_at_least_one,
        nargs=2,
        metavar="N",
        help="draw so many small photographs, then so many, and build each from nothing",
    )
    options = parser.parse_args()
    if not (options.folder or options.unchanged or options.growth):
        parser.error("name a FOLDER of photographs, or ask for --unchanged N or --growth N N")
    return options


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def measure_folder(site: Site, jobs: int, repeat: int) -> None:
    """Print the stages and the whole builds of a site, measured by turns.

    What else the machine does then slows both, and leaves their ratio.
    """
    let_files_settle()
    stages, builds, rebuilds = [], [], []
    for _ in range(repeat):
        stages.append(stage_seconds(site.pictures, site.root.parent / "scratch", site.config))
        builds.append(site.build(jobs))
        rebuilds.append(site.build(jobs))
        site.clean()
    photos = builds[0].report.photos
    show(
        f"CPU time by stage: {photos} photographs in one process",
        ("stage", "CPU s", "min - max", "ms a photo", "share %"),
        _stage_rows(stages, photos),
    )
    show(
        "Whole build: `python -m generator build`, from nothing",
        ("measured", "unit", "median", "min - max"),
        _build_rows(builds, rebuilds, stages),
    )


def _stage_rows(stages: Sequence[dict[str, float]], photos: int) -> list[Row]:
    whole = [sum(each.values()) for each in stages]
    by_name = {name: [each[name] for each in stages] for name in stages[0]} | {"all": whole}
    return [
        (
            name,
            *spread(seconds),
            f"{median(seconds) / photos * 1e3:,.1f}",
            f"{median(seconds) / median(whole) * 100:.1f}",
        )
        for name, seconds in by_name.items()
    ]


def _build_rows(
    builds: Sequence[Built], rebuilds: Sequence[Built], stages: Sequence[dict[str, float]]
) -> list[Row]:
    report = builds[0].report
    codecs = [codec_seconds(each) for each in stages]
    names = ", ".join(name for name in stages[0] if name in CODECS)
    ratios = [build.cpu / alone for build, alone in zip(builds, codecs, strict=True)]
    rates = [report.photos / build.wall for build in builds]
    return [
        ("wall time", "s", *_wall(builds)),
        ("CPU time of all processes", "CPU s", *_cpu(builds)),
        (f"codecs alone: {names}", "CPU s", *spread(codecs)),
        ("CPU time / codecs alone", "x", *spread(ratios)),
        ("photographs a second", "1/s", *spread(rates)),
        ("variants made", "", f"{report.variants_made:,}", ""),
        ("photographs in", "MB", f"{report.bytes_in / 1e6:,.1f}", ""),
        ("site out", "MB", f"{report.bytes_out / 1e6:,.1f}", ""),
        ("peak memory of all processes", "MB", *_memory(builds)),
        ("rebuild, nothing changed", "s", *_wall(rebuilds)),
    ]


def measure_unchanged(site: Site, count: int, jobs: int, repeat: int) -> None:
    """Print what rebuilds of many photographs take, with nothing and with one of them changed."""
    site.settings(SETTINGS)
    paths = draw_photos(site.pictures, count)
    let_files_settle()
    first = site.build(jobs)
    unchanged = [site.build(jobs) for _ in range(_UNCHANGED_REBUILDS)]
    opened_unchanged = site.pictures_opened()
    changed = []
    for number in range(repeat):
        _change(paths[0], count + number)
        let_files_settle()
        changed.append(site.build(jobs))
    _change(paths[0], count + repeat)
    opened_changed = site.pictures_opened()
    report = first.report
    show(
        f"Rebuilds: {report.photos:,} photographs in {report.albums} albums",
        ("measured", "unit", "median", "min - max"),
        [
            ("first build", "s", f"{first.wall:,.1f}", ""),
            ("first build: peak memory of all processes", "MB", f"{first.memory / 1e6:,.0f}", ""),
            ("files of the site", "", f"{report.files:,}", ""),
            ("nothing changed: rebuild", "s", *_wall(unchanged)),
            ("nothing changed: without starting Python", "s", *_inside(unchanged)),
            ("nothing changed: CPU time", "CPU s", *_cpu(unchanged)),
            ("nothing changed: peak memory", "MB", *_memory(unchanged)),
            ("nothing changed: photographs opened", "", f"{opened_unchanged:,}", ""),
            ("one changed: rebuild", "s", *_wall(changed)),
            ("one changed: CPU time of all processes", "CPU s", *_cpu(changed)),
            ("one changed: photographs opened", "", f"{opened_changed:,}", ""),
            ("one changed: files written", "", f"{changed[0].report.files_written:,}", ""),
            ("one changed: peak memory of all processes", "MB", *_memory(changed)),
        ],
    )


def measure_growth(fewer: int, more: int, jobs: int) -> None:
    """Print what memory first builds of few and of many photographs take, and each photograph."""
    builds = []
    for count in (fewer, more):
        with temporary_site() as site:
            site.settings(SETTINGS)
            draw_photos(site.pictures, count)
            let_files_settle()
            builds.append(site.build(jobs))
    peaks = [build.memory for build in builds]
    each = (peaks[1] - peaks[0]) / max(1, more - fewer)
    show(
        f"First builds: {fewer:,} and {more:,} photographs",
        ("measured", "unit", "median"),
        [
            (f"{fewer:,}: peak memory of all processes", "MB", f"{peaks[0] / 1e6:,.0f}"),
            (f"{more:,}: peak memory of all processes", "MB", f"{peaks[1] / 1e6:,.0f}"),
            ("memory for each photograph more", "kB", f"{each / 1e3:,.2f}"),
        ],
    )


def _wall(builds: Sequence[Built]) -> Row:
    return spread([build.wall for build in builds])


def _cpu(builds: Sequence[Built]) -> Row:
    return spread([build.cpu for build in builds])


def _inside(builds: Sequence[Built]) -> Row:
    return spread([build.report.seconds for build in builds])


def _memory(builds: Sequence[Built]) -> Row:
    return spread([build.memory / 1e6 for build in builds], 0)


def _change(path: Path, number: int) -> None:
    # Taken when it was, and so at its place in the album: the pages of others stay as they are.
    draw_photo(path, number, minute=0)


if __name__ == "__main__":
    main()
