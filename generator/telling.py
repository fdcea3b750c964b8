"""What commands say in the end, in lines. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from generator.core.formats import remedy
from generator.core.layout import CACHE, PICTURES
from generator.core.text import visible
from generator.report import Report

if TYPE_CHECKING:
    from generator.audit import Audit
    from generator.check import Findings
    from generator.machines.hosting import Refusal
    from generator.output.verify import Verified
    from generator.start.migration import Migration
    from generator.stats import Share, Stats


def migrated(migration: "Migration") -> Iterator[str]:
    """Say what was carried over from another generator, and what was not."""
    copied = f"{counted(migration.photos, 'photo')} copied ({megabytes(migration.bytes)})"
    yield f"{copied}, {counted(migration.texts, 'text')}; the old site is as it was."
    yield from (f"set: {each}" for each in migration.settings)
    yield from (f"left: {each}" for each in migration.left)
    if migration.strays:
        kinds = ", ".join(counted(count, kind) for kind, count in migration.strays)
        yield f"left: {kinds}"


_HDR = {
    "gain map": "with a gain map, shown without it",
    "hlg": "in HLG, tone-mapped",
    "pq": "in PQ, tone-mapped",
}


def summary(report: Report) -> Iterator[str]:
    """Say in a few lines what a build came to."""
    found = (counted(report.photos, "photo"), counted(report.albums, "album"))
    yield f"{' in '.join(found)}, {counted(report.pages, 'page')}"
    made = f"{counted(report.variants_made, 'variant')} made, {report.variants_reused:,} reused"
    out = f"{megabytes(report.bytes_out)} out in {counted(report.files, 'file')}"
    yield f"{made}; {megabytes(report.bytes_in)} in, {out}"
    if report.described < report.photos:
        yield f"with an alt text, a caption or a title: {report.described:,} of {found[0]}"
    yield from _in_passing(report.hosts, report.strays)
    if report.hdr:
        total = counted(sum(count for _, count in report.hdr), "HDR photo")
        yield f"{total}: {', '.join(f'{count:,} {_HDR[kind]}' for kind, count in report.hdr)}"
    severities = Counter(problem.severity for problem in report.problems)
    problems = "".join(
        f"; {counted(severities[severity], severity)}"
        for severity in ("error", "warning")
        if severities[severity]
    )
    if not report.published:
        yield f"Nothing published, for --strict allows no problems{problems}"
    elif report.files_written or report.files_removed:
        changed = (
            f"{counted(report.files_written, 'file')} written, {report.files_removed:,} removed"
        )
        yield f"{changed} in {report.output} in {report.seconds:.1f} s{problems}"
    else:
        yield f"Nothing changed in {report.output} in {report.seconds:.2f} s{problems}"


def _in_passing(hosts: Iterable["Refusal"], strays: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Say which hosts would not take the site, and what lies among the pictures."""
    for refusal in hosts:
        yield f"too much for {refusal.host}: {refusal.why}"
    if kinds := [_left_out(*each) for each in strays]:
        yield f"left out: {', '.join(kinds)}"


def _left_out(kind: str, count: int) -> str:
    """Count the files of a kind that were left out, and say what would have them built."""
    hint = remedy(kind)
    return f"{counted(count, kind)} ({hint})" if hint else counted(count, kind)


def counted(number: int, noun: str) -> str:
    """Say how many of something there are: what follows the noun itself stays as it is."""
    thing = re.split(r" (?=below |without )", noun, maxsplit=1)
    thing[0] += "" if number == 1 else "s"
    return f"{number:,} {' '.join(thing)}"


def megabytes(count: int) -> str:
    """Say how many bytes there are, in megabytes."""
    return f"{count / 1e6:,.1f} MB"


def checked(found: "Findings", *, verbose: bool) -> Iterator[str]:
    """Say in a few lines what a check came to."""
    without = len(found.undescribed)
    yield f"{counted(found.photos, 'photo')} in {counted(found.albums, 'album')}"
    with_words = f"{found.with_alt:,} have an alt text, {found.with_caption:,} a caption"
    yield f"{with_words}, {found.with_title:,} a title; {without:,} none of them"
    for path in found.undescribed if verbose else ():
        yield visible(f"without words: {PICTURES}/{path}")
    yield from _in_passing(found.hosts, found.strays)
    yield f"{counted(len(found.problems), 'problem')} found" if found.problems else "nothing found"


def audited(audit: "Audit") -> Iterator[str]:
    """Say what the reader of published files came to."""
    found = counted(len(audit.problems), "finding") + ": build again; report what stays"
    told = found if audit.problems else "nothing that the settings forbid"
    yield f"{counted(audit.files - audit.verbatim, 'file')} read, {told}"
    if audit.verbatim:
        alone = audit.verbatim == 1
        as_is, they = ("as it is", "it") if alone else ("as they are", "they")
        left = f"{counted(audit.verbatim, 'original')} published {as_is}, and not read"
        yield f"{left}: {they} may tell locations and more"


def verified(found: "Verified") -> Iterator[str]:
    """Say what the comparison of a site with what was written came to."""
    told = f"{counted(len(found.problems), 'problem')} found" if found.problems else "nothing else"
    yield f"{counted(found.files, 'file')} as written ({megabytes(found.bytes)}), {told}"


def tabled(stats: "Stats") -> Iterator[str]:
    """Say in tables what a site holds."""
    rows = [
        (
            _indented(album.path, album.title),
            f"{album.photos:,}",
            _megabytes_or_none(album.bytes),
            _span(album.first, album.last),
        )
        for album in stats.albums
    ]
    total = ("all", f"{stats.photos:,}", megabytes(stats.bytes), "")
    yield from _table((("album", "photos", "bytes", "taken"), *rows, total))
    for heading, shares in (
        ("format", stats.formats),
        ("camera", stats.cameras),
        ("lens", stats.lenses),
    ):
        yield ""
        yield from _table(((heading, "photos", "bytes", ""), *map(_share_row, shares)))
    yield ""
    yield from _in_passing((), stats.strays)
    built = f"{counted(stats.output_files, 'file')}, {megabytes(stats.output_bytes)}"
    if stats.output_folders > 1:
        built += f" in {counted(stats.output_folders, 'output folder')}"
    yield f"built: {built if stats.output_files else 'nothing yet'}"
    yield f"{CACHE}/: {megabytes(stats.cache_bytes)}"


def _indented(path: str, title: str) -> str:
    """Set an album below the one it is in."""
    return f"{'  ' * (path.count('/') + 1 if path else 0)}{title}"


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} to {last}"


def _megabytes_or_none(count: int) -> str:
    return megabytes(count) if count else ""


def _share_row(share: "Share") -> tuple[str, ...]:
    return share.name or "unknown", f"{share.photos:,}", megabytes(share.bytes), ""


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Set rows of name, numbers and a remark in columns, by the width they have on a terminal."""
    # Late: only a table needs it.
    from rich.cells import cell_len  # noqa: PLC0415

    shown = [tuple(map(visible, row)) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    for name, *numbers, remark in shown:
        cells = [name + " " * (widths[0] - cell_len(name))]
        cells += [each.rjust(width) for each, width in zip(numbers, widths[1:-1], strict=True)]
        yield "  ".join((*cells, remark)).rstrip()
