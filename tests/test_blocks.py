"""Records in blocks: what a site comes to is known without a walk, and few blocks are made anew."""

import os
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core import files
from generator.core.model import OutputFile, TextOrigin
from generator.machines import hosting
from generator.machines.hosting import Host, refusals, tallied
from generator.output import blocks
from generator.output.blocks import Records, packed, records_of, without
from generator.output.manifest import Manifest, difference, is_intact, open_manifest, pending
from generator.output.publish import Changes, publish
from generator.output.record import Record
from tests.support.records import recorded

# Of every limit, something that small sites are beyond or not.
PICKY = (Host("all", 9, 2, 12, 4), Host("crowds", folder_files=3))

# Units of any number of files, in few folders, of few sizes: so the largest are often equal.
names = [f"{folder}{name}" for folder in ("", "a/", "a/b/", "c/") for name in "xyz"]
units = st.dictionaries(
    st.integers(0, 20), st.dictionaries(st.sampled_from(names), st.integers(0, 3), min_size=1)
)
edits = st.lists(st.tuples(units, st.sets(st.integers(0, 20))), max_size=6)


def made(unit: int, sizes: Mapping[str, int]) -> Record:
    # No two units have a path in common.
    return recorded(str(unit), "1", {f"{path}{unit}": (sizes[path], 0, bytes(8)) for path in sizes})


@given(edits)
def test_what_is_tallied_in_blocks_is_what_a_walk_finds(
    edits: list[tuple[dict[int, dict[str, int]], set[int]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", 4)
        patch.setattr(hosting, "HOSTS", PICKY)
        known = Records()
        there: dict[int, dict[str, int]] = {}
        for changed, gone in edits:
            fresh = {str(unit): made(unit, sizes) for unit, sizes in changed.items()}
            known = Records((*packed(fresh.items()), *without(known, {*fresh, *map(str, gone)})))
            there = {unit: each for unit, each in there.items() if unit not in gone} | changed
            walked = {f"{path}{unit}": there[unit][path] for unit in there for path in there[unit]}

            tally, found = known.tally(), tallied([([*walked], [*walked.values()])])
            assert dict(known.items()) == {str(unit): made(unit, there[unit]) for unit in there}
            assert tally.files == found.files
            assert tally.bytes == found.bytes
            assert tally.largest == found.largest
            assert tally.folders.items() <= found.folders.items()
            assert refusals(tally) == refusals(found)
            # All but those just made and what was left of others are full.
            assert sum(len(records_of(block)) < 4 for block in known.blocks) <= 2


def site_of(count: int, changed: int | None = None) -> list[OutputFile]:
    """Return the files of a site, two for each of so many photos."""
    return [
        OutputFile(path, "other" if number == changed else "one", TextOrigin(path))
        for number in range(count)
        for path in (f"image/{number:05}.jpg", f"{number:05}/index.html")
    ]


def published(site: Sequence[OutputFile], root: Path) -> Changes:
    output, cache = root / "output", root / ".cache"
    manifest = open_manifest(output, cache)
    found = difference(site, pending(site, manifest, ()), manifest)
    return publish(found, lambda file: file.identity.encode(), manifest, output, cache)


def read_blocks(root: Path) -> list[bytes]:
    manifest = open_manifest(root / "output", root / ".cache")
    return [bytes(block) for block in manifest.units.blocks]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "SIZE", 10)
    # Waiting for the disk takes longer than all the rest.
    monkeypatch.setattr(files, "_SYNC_EACH", 0)
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.mark.usefixtures("small_blocks")
def test_a_unit_that_changed_leaves_the_blocks_of_others_as_they_were(tmp_path: Path) -> None:
    published(site_of(100), tmp_path)
    before = read_blocks(tmp_path)

    changes = published(site_of(100, changed=42), tmp_path)

    after = read_blocks(tmp_path)
    assert [*changes.written] == ["image/00042.jpg", "00042/index.html"]
    assert len(before) == 20
    assert len(set(before) - set(after)) == 1
    assert sum(map(len, map(records_of, after))) == 200
    assert changes.tally.files == 200
    assert (
        pending(site_of(100, 42), open_manifest(tmp_path / "output", tmp_path / ".cache"), ()) == []
    )


@pytest.mark.usefixtures("small_blocks")
def test_blocks_stay_few_however_often_a_site_changes(tmp_path: Path) -> None:
    for changed in range(0, 50, 7):
        published(site_of(50, changed), tmp_path)

    counts = [len(records_of(block)) for block in read_blocks(tmp_path)]
    assert sum(counts) == 100
    assert len(counts) <= 12


@pytest.mark.usefixtures("small_blocks")
def test_of_what_was_to_be_written_those_are_told_that_were_not_right(tmp_path: Path) -> None:
    published(site_of(20), tmp_path)
    site = site_of(20)
    manifest = open_manifest(tmp_path / "output", tmp_path / ".cache")
    found = difference(site, site, manifest)
    (tmp_path / "output" / site[7].path).unlink()

    changes = publish(
        found, lambda file: b"one", manifest, tmp_path / "output", tmp_path / ".cache"
    )

    assert ([*changes.written], len(changes.written)) == ([site[7].path], 1)
    assert changes.tally.files == 40


@pytest.mark.usefixtures("small_blocks")
def test_s1_a_build_that_only_removed_and_was_killed_at_its_end_leaves_no_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(site_of(20), tmp_path)

    def killed(manifest: Manifest, cache: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("generator.output.publish.save_begun", killed)
        with pytest.raises(KeyboardInterrupt):
            published(site_of(19), tmp_path)
    changes = published(site_of(19), tmp_path)

    assert is_intact(tmp_path / "output", tmp_path / ".cache", changes.token)
    assert changes.tally.files == 38


@pytest.mark.usefixtures("small_blocks")
def test_a_first_publication_takes_next_to_no_memory_for_each_photo(tmp_path: Path) -> None:
    # Twice: Python's own table of names may happen to grow meanwhile, by megabytes, but not again.
    few, many = (
        min(peak(site_of(count), tmp_path / f"{count}-{turn}") for turn in range(2))
        for count in (200, 800)
    )

    assert (many - few) / 600 < 200


def peak(site: Sequence[OutputFile], root: Path) -> int:
    """Return the bytes that are taken at most while a site is published."""
    found = difference(site, site, Manifest("output"))
    tracemalloc.start()
    try:
        publish(found, lambda file: b"", Manifest("output"), root / "output", root / ".cache")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
