"""What was done to published files: builds see it by size, time and kind, `--verify` by content."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from generator.cli import cli
from generator.core.errors import ConfigError
from generator.core.files import walk
from generator.output.manifest import open_manifest, save_begun
from generator.output.verify import verify
from tests.support.records import staged
from tests.support.sites import Site, folders, stamps, tree

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and names are POSIX's")

VARIANT = "image/a.jpg"


@pytest.fixture
def built(small: Site) -> Site:
    """A site with every kind of file: pages, variants, originals, icons, feeds, an archive."""
    small.settings(
        '[site]\nbase_url = "https://example.org/"\nicon = "a.jpg"\n'
        '[images]\nmax_dimensions = [32]\ndefault_dimension = 32\nformats = ["jpeg"]\n'
        "[albums]\ndownload = true\n[build]\njobs = 1\n"
    )
    small.photo("a.jpg", 1)
    small.photo("coast/b.jpg", 2)
    small.photo("coast/c.jpg", 3)
    small.text("a.md", "---\ndate: 2024-05-06\n---\n")
    small.text("about.md", "# About\n\nWords.\n")
    small.build()
    return small


def run(site: Site, *options: str) -> tuple[int, str, str]:
    arguments = ["check", "--verify", "--site", str(site.root), *options]
    done = CliRunner().invoke(cli, arguments)
    return done.exit_code, done.stdout, done.stderr


def found(site: Site) -> dict[str, Any]:
    code, out, _ = run(site, "--json")
    result: dict[str, Any] = json.loads(out)
    assert code == (1 if result["problems"] else 0)
    return result


def faults(site: Site) -> list[tuple[str, str]]:
    """Return code and place of all that is found."""
    return [
        (each["code"], each["where"].removeprefix("output/")) for each in found(site)["problems"]
    ]


def unheard(done: int, total: int) -> None:
    """Take no notice of progress."""


def unseen(place: Path, change: Callable[[Path], object]) -> None:
    """Change a file so that its size and time tell nothing of it."""
    before = place.stat()
    change(place)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert place.stat().st_size == before.st_size


def flip(place: Path) -> None:
    body = bytearray(place.read_bytes())
    body[len(body) // 2] ^= 1
    place.write_bytes(body)


def test_s9_a_site_as_it_was_built_is_0_and_nothing_is_written(built: Site) -> None:
    before = stamps(built.root), folders(built.root)
    code, out, _ = run(built)
    sizes = [entry.stat().st_size for _, entry in walk(built.output)]

    assert code == 0
    assert f"{len(sizes)} files as written" in out
    assert found(built) == {"files": len(sizes), "bytes": sum(sizes), "problems": []}
    assert (stamps(built.root), folders(built.root)) == before


def test_s9_any_changed_byte_of_any_file_is_found_and_mended(built: Site) -> None:
    right = tree(built.output)
    for path in right:
        unseen(built.output / path, flip)

    # Neither size nor time tell, so that a build has nothing to do.
    assert built.build().files_written == 0
    problems = found(built)["problems"]
    assert sorted(each["where"].removeprefix("output/") for each in problems) == sorted(right)
    assert {each["code"] for each in problems} == {"not-as-written"}
    assert all("remove it and build again" in each["hint"] for each in problems)

    for path in right:
        (built.output / path).unlink()
    assert built.build().files_written == len(right)
    assert tree(built.output) == right
    assert faults(built) == []


def test_s9_two_files_that_were_swapped_with_their_times_are_found_and_mended_by_force(
    built: Site,
) -> None:
    right = tree(built.output)
    one, two = (built.output / f"full/coast/{name}.jpg" for name in "bc")
    bodies = [path.read_bytes() for path in (one, two)]
    for path, body in zip((one, two), reversed(bodies), strict=True):
        kept = path.stat()
        path.write_bytes(body[: kept.st_size].ljust(kept.st_size, b"\0"))
        os.utime(path, ns=(kept.st_mtime_ns, kept.st_mtime_ns))

    assert faults(built) == [
        ("not-as-written", "full/coast/b.jpg"),
        ("not-as-written", "full/coast/c.jpg"),
    ]
    built.build(force=True)
    assert faults(built) == []
    assert tree(built.output) == right


def test_s9_what_is_missing_or_was_cut_is_found_and_the_next_build_makes_it(built: Site) -> None:
    right = tree(built.output)
    (built.output / VARIANT).unlink()
    shutil.rmtree(built.output / "coast")
    page = built.output / "index.html"
    page.write_bytes(page.read_bytes()[:100])

    problems = found(built)["problems"]
    assert {(each["code"], each["where"]) for each in problems} == {
        ("missing-file", f"output/{VARIANT}"),
        ("missing-file", "output/coast/index.html"),
        ("missing-file", "output/coast/b/index.html"),
        ("missing-file", "output/coast/c/index.html"),
        ("not-as-written", "output/index.html"),
    }
    assert {each["hint"] for each in problems} == {"build again, and it is made anew"}
    built.build()
    assert faults(built) == []
    assert tree(built.output) == right


def test_s9_what_lies_in_the_place_of_a_file_is_found(built: Site) -> None:
    place = built.output / VARIANT
    place.unlink()
    place.mkdir()
    (place / "mine.txt").write_bytes(b"mine")

    assert faults(built) == [("not-as-written", VARIANT), ("unknown-file", f"{VARIANT}/mine.txt")]


@posix
def test_s9_a_link_in_the_place_of_a_file_is_found_whatever_it_leads_to(
    built: Site, tmp_path: Path
) -> None:
    place = built.output / VARIANT
    place.rename(tmp_path / "moved.jpg")
    place.symlink_to(tmp_path / "moved.jpg")

    assert faults(built) == [("not-as-written", VARIANT)]
    built.build()
    assert faults(built) == []
    assert not place.is_symlink()


@posix
def test_s9_a_file_that_is_not_ours_is_named_whatever_it_is_called(built: Site) -> None:
    built.write("output/CNAME", b"photos.example.org")
    built.write("output/.git/HEAD", b"ref: refs/heads/main\n")
    built.write(os.fsdecode(b"output/coast/\xff\n.txt"), b"mine")

    assert faults(built) == [
        ("unknown-file", "CNAME"),
        ("unknown-file", "coast/\\xff\n.txt"),
    ]
    assert "\n." not in run(built)[2]


def test_s9_a_file_that_was_only_touched_is_as_it_was_written(built: Site) -> None:
    for path in built.output.rglob("*"):
        os.utime(path, (1, 1))

    assert faults(built) == []


def test_s9_what_cannot_be_compared_yet_is_2_and_says_why(built: Site) -> None:
    manifest = open_manifest(built.output, built.cache)
    save_begun(
        msgspec.structs.replace(manifest, begun=staged("x/index.html")),
        built.cache,
    )
    with pytest.raises(ConfigError, match="a build is at work here") as caught:
        verify(built.output, built.cache, unheard)
    assert caught.value.exit_code == 2
    built.build(force=True)
    assert verify(built.output, built.cache, unheard).problems == ()

    shutil.rmtree(built.cache)
    with pytest.raises(ConfigError, match="build it first"):
        verify(built.output, built.cache, unheard)


def test_s9_a_build_that_ended_meanwhile_is_not_taken_for_damage(built: Site) -> None:
    def build_beside(done: int, total: int) -> None:
        if done == 1:
            built.photo("a.jpg", 9)
            built.build()

    with pytest.raises(ConfigError, match="verify"):
        verify(built.output, built.cache, build_beside)


def deleted(place: Path) -> None:
    place.unlink()


def shortened(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-1])


def emptied(place: Path) -> None:
    place.write_bytes(b"")


def replaced_by_another(place: Path) -> None:
    root = next(folder for folder in place.parents if folder.name == "output")
    place.write_bytes((root / "robots.txt").read_bytes())


def replaced_by_folders(place: Path) -> None:
    place.unlink()
    (place / "empty/too").mkdir(parents=True)


def replaced_by_link(place: Path) -> None:
    place.rename(place.with_name("moved"))
    place.symlink_to("moved")


def replaced_by_link_to_nowhere(place: Path) -> None:
    place.unlink()
    place.symlink_to("nowhere")


def replaced_by_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def replaced_by_a_folder_of_its_time(place: Path) -> None:
    before = place.stat()
    place.unlink()
    place.mkdir()
    os.utime(place, ns=(before.st_mtime_ns, before.st_mtime_ns))


DAMAGES = (deleted, shortened, emptied, replaced_by_another, replaced_by_folders)
ON_POSIX = (
    *(replaced_by_link, replaced_by_link_to_nowhere, replaced_by_pipe),
    replaced_by_a_folder_of_its_time,
)


# A picture under its old address, a variant, an original, a page, icons and so on.
KINDS = (
    *("image/a.jpg", "image/coast/b.*-32.jpg", "full/coast/b.jpg", "about/index.html"),
    *("static/icon-192.*", "static/site.*", "zip/coast.*", "feed.xml", "search.json", "404.html"),
)


@pytest.mark.parametrize(
    "damage", [*DAMAGES, *(pytest.param(each, marks=posix) for each in ON_POSIX)]
)
def test_s9_whatever_is_done_to_a_file_by_hand_the_next_build_makes_it_anew(
    built: Site, damage: Callable[[Path], object]
) -> None:
    right = tree(built.output)
    for kind in KINDS:
        damage(min(built.output.glob(kind)))

    report = built.build()

    assert report.files_written == len(KINDS)
    found = tree(built.output)
    assert {path: found[path] for path in found if not path.endswith("moved")} == right
    assert report.variants_made == 0


def test_s9_a_folder_of_somebody_in_the_place_of_a_page_is_named_and_left(built: Site) -> None:
    page = built.output / "about/index.html"
    page.unlink()
    built.write("output/about/index.html/letter.txt", b"the only copy")

    done = built.run("build")

    assert done.returncode == 2
    assert "index.html: is in the way and was not made by fastphoto" in done.stderr
    assert (page / "letter.txt").read_bytes() == b"the only copy"


def test_s9_verify_and_privacy_are_two_questions(built: Site) -> None:
    code, _, err = run(built, "--privacy")
    assert (code, "choose one" in err) == (2, True)
