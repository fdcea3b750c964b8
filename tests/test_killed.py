"""Builds killed one after the other, with edits between them, and what is left in their way."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generator.output.content import Original, SourceChangedError
from tests.support.sites import Site, clean_tree, scraps, surroundings, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends as a kill does on POSIX")

# Runs a build that ends, as if it were killed, where the first argument says.
KILLED = """
import os, sys
from generator import steps
from generator.output import publish
from generator.cli import main

def killed(*arguments):
    os._exit(9)

where = sys.argv.pop(1)
if where == "before the switch":
    publish._switch = killed
elif where == "before removals":
    publish.sync_folders = killed
elif where == "while it writes":
    publish.sync = killed
elif where == "full":
    def full(*arguments):
        raise OSError(28, "No space left on device", "x")
    publish._stage = full
main()
"""


def build(site: Site, where: str) -> int:
    """Build in a process that ends there; return its exit status."""
    command = [sys.executable, "-c", KILLED, where, "build", "--jobs", "1", "--quiet"]
    return subprocess.run(
        command, cwd=site.root, env=surroundings(), capture_output=True, check=False
    ).returncode


@pytest.mark.parametrize("where", ["before the switch", "before removals"])
def test_s1_two_killed_builds_and_an_edit_between_leave_nothing(
    small: Site, tmp_path: Path, where: str
) -> None:
    small.photo("coast/one.jpg", 1)
    small.build()
    for seed in (2, 3):
        small.photo("coast/one.jpg", seed)
        assert build(small, where) == 9
    small.photo("coast/one.jpg", 4)

    small.build()

    assert tree(small.output) == clean_tree(small, tmp_path / "clean")
    assert scraps(small) == []


def test_s1_a_killed_build_of_a_folder_without_records_is_swept(
    small: Site, tmp_path: Path
) -> None:
    small.photo("coast/one.jpg", 1)
    small.build()
    shutil.rmtree(small.cache)
    small.photo("coast/two.jpg", 2)
    assert build(small, "while it writes") == 9
    assert scraps(small) != []
    (small.pictures / "coast/two.jpg").unlink()

    small.build()

    assert tree(small.output) == clean_tree(small, tmp_path / "clean")
    assert scraps(small) == []


def test_s3_a_build_that_failed_leaves_no_notes(small: Site) -> None:
    small.photo("one.jpg", 1)
    small.build()
    small.photo("two.jpg", 2)
    assert build(small, "full") == 1
    (small.pictures / "two.jpg").unlink()

    small.build()

    assert not [*small.cache.glob("outputs/*.begun")]


def test_s9_an_output_folder_that_was_emptied_is_filled_again(small: Site) -> None:
    small.photo("one.jpg", 1)
    small.build()
    before = tree(small.output)
    for path in small.output.iterdir():
        if path.name[0] != ".":
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert small.build().exit_code == 0
    assert tree(small.output) == before


def test_s10_a_folder_with_a_link_in_the_place_of_a_file_is_refused_beforehand(
    small: Site, tmp_path: Path
) -> None:
    small.photo("one.jpg", 1)
    small.build()
    before = tree(small.output)
    place = small.output / "index.html"
    place.unlink()
    place.mkdir()
    (place / "mine").symlink_to(tmp_path, target_is_directory=True)
    small.photo("two.jpg", 2)

    done = small.run("build")

    assert (done.returncode, "is in the way" in done.stderr) == (2, True)
    assert (place / "mine").is_symlink()
    assert {path for path in tree(small.output) if "two" in path} == set()
    assert before


def test_s10_a_file_put_where_a_killed_build_would_have_written_is_not_overwritten(
    small: Site,
) -> None:
    small.photo("one.jpg", 1)
    small.build()
    small.photo("two.jpg", 2)
    assert build(small, "before the switch") == 9
    mine = small.write("output/two/index.html", b"mine")

    done = small.run("build")

    assert (done.returncode, "is in the way" in done.stderr) == (2, True)
    assert mine.read_bytes() == b"mine"


def test_s11_a_picture_that_changes_while_others_make_way_for_it_costs_itself_alone(
    small: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.photo("a.jpg", 1)
    small.photo("z/c.jpg", 3)
    small.build()
    (small.pictures / "A.jpg").mkdir()
    small.photo("A.jpg/b.jpg", 2)
    copy_to = Original.copy_to

    def changes(original: Original, target: object) -> None:
        if original.photo.path == "A.jpg/b.jpg":
            raise SourceChangedError(original.photo.path)
        copy_to(original, target)  # type: ignore[arg-type]

    monkeypatch.setattr(Original, "copy_to", changes)

    small.build()

    shutil.rmtree(small.pictures / "A.jpg")
    assert tree(small.output) == clean_tree(small, tmp_path / "clean")


def test_s9_a_folder_behind_a_link_is_told_by_verify(small: Site, tmp_path: Path) -> None:
    small.photo("one.jpg", 1)
    small.build()
    (small.output / "full").rename(tmp_path / "moved")
    (small.output / "full").symlink_to(tmp_path / "moved")

    done = small.run("check", "--verify")

    assert (done.returncode, "behind a link" in done.stderr) == (1, True)
