"""What went wrong once when somebody tried hard to make it go wrong."""

import json
import os
import re
import shutil
import socket
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core import files
from generator.core.errors import ConfigError, Problem, TemplateError
from generator.library.photo import read_files, read_photo
from generator.output import publish
from generator.output.manifest import Manifest, save_manifest
from generator.state import store
from tests.support.pictures import (
    chart,
    disc,
    encoded,
    exif,
    iptc_segment,
    png_chunk,
    with_chunk,
    with_segment,
)
from tests.support.records import staged
from tests.support.sites import Site, clean_tree, scraps, tree


@pytest.fixture(autouse=True)
def fine_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust stamps at once, so that a second build may find that nothing is to do."""
    monkeypatch.setattr(files, "CLOCK_TICK_NS", -1_000_000_000)


def test_sources_that_return_to_an_earlier_state_are_built_again(site: Site) -> None:
    site.photo("one.jpg")
    site.build()
    before = tree(site.output)
    added = site.photo("two.jpg", 1)
    stamp = site.root / ".cache" / store.LAST
    remembered = stamp.read_bytes()
    site.build()
    # As after a kill between publishing and remembering.
    stamp.write_bytes(remembered)
    added.unlink()

    assert site.build().files_removed > 0
    assert tree(site.output) == before


def test_an_emptied_output_is_filled_again_although_all_records_of_it_are_lost(site: Site) -> None:
    site.photo("one.jpg")
    site.build()
    before = tree(site.output)
    shutil.rmtree(site.root / ".cache/outputs")
    shutil.rmtree(site.output)

    site.build()

    assert tree(site.output) == before


@pytest.mark.parametrize("recorded", [True, False])
def test_half_a_file_of_a_build_killed_at_once_is_no_obstacle(site: Site, recorded: bool) -> None:
    site.photo("one.jpg")
    half = publish._beside(".nojekyll")
    site.write(f"output/{half}", b"half")
    if recorded:
        save_manifest(
            Manifest("output", begun=staged(".nojekyll")),
            site.root / ".cache",
        )

    assert site.build().exit_code == 0
    assert scraps(site) == []


@pytest.mark.parametrize("name", ["zip/a.zip", "full/one.jpg", "one/index.html"])
def test_half_a_file_is_told_of_by_nobody_if_the_build_that_finds_it_removes_it(
    site: Site, name: str
) -> None:
    site.photo("one.jpg")
    site.photo("a/two.jpg")
    site.text("a/index.md", "---\ndownload: true\n---\n")
    site.build()
    (path,) = [each for each in tree(site.output) if re.sub(r"\.\w{8}\.zip", ".zip", each) == name]
    site.write(f"output/{publish._beside(path)}", b"half")
    strange = site.write("output/zip/.mine.part", b"whole")
    shutil.rmtree(site.cache)
    report = site.build()

    assert [each.where for each in report.problems] == ["output/zip/.mine.part"]
    assert scraps(site) == [str(strange)]


def test_s10_cleaning_a_copy_of_a_site_spares_the_original(site: Site) -> None:
    site.photo("one.jpg")
    outside = site.root.parent / "outside"
    site.build()
    site.build(output=outside)
    before = tree(site.output), tree(outside)
    copy = site.root.parent / "copy"
    shutil.copytree(site.root, copy)

    publish.remove_all(copy / ".cache")

    assert (tree(site.output), tree(outside)) == before
    assert not (copy / "output").exists()


def test_a_moved_site_still_knows_its_output(site: Site) -> None:
    site.photo("one.jpg")
    gone = site.photo("two.jpg", 1)
    site.build()
    site.root.rename(moved := site.root.with_name("moved"))
    (moved / "pictures" / gone.name).unlink()
    there = Site.__new__(Site)
    there.root, there.output = moved, moved / "output"

    there.build()

    assert not (there.output / "full/two.jpg").exists()


def test_s10_cleaning_after_a_failed_build_never_follows_a_link(site: Site) -> None:
    photo = site.photo("one.jpg")
    site.write("templates/photo.html", b"{% bad %}")
    with pytest.raises(TemplateError):
        site.build()
    site.output.mkdir(exist_ok=True)
    (site.output / "full").symlink_to(site.root / "pictures")

    publish.remove_all(site.root / ".cache")

    assert photo.exists()


def test_s10_a_failed_build_claims_no_file_that_it_only_meant_to_write(site: Site) -> None:
    site.photo("one.jpg")
    about = site.text("about.md", "# About\n")
    site.write("templates/photo.html", b"{% bad %}")
    with pytest.raises(TemplateError):
        site.build()
    mine = site.write("output/about/index.html", b"mine")
    about.unlink()

    publish.remove_all(site.root / ".cache")

    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("inside", ["note.txt", ""])
def test_s10_a_folder_in_the_way_is_refused_before_anything_is_switched_or_makes_room(
    site: Site, inside: str
) -> None:
    site.photo("one.jpg")
    site.build()
    before = dict(tree(site.output))
    (site.output / "two/index.html").mkdir(parents=True)
    site.photo("two.jpg", 1)
    if inside:
        site.write(f"output/two/index.html/{inside}", b"mine")
        with pytest.raises(ConfigError, match="in the way"):
            site.build()
        assert tree(site.output) == before | {
            path: each for path, each in tree(site.output).items() if path.endswith(inside)
        }
    else:
        site.build()
        assert tree(site.output) == clean_tree(site, site.root.with_name("twin"))


def test_s10_a_new_folder_in_the_place_of_the_output_is_somebody_else_s(site: Site) -> None:
    site.photo("one.jpg")
    site.build()
    shutil.rmtree(site.output)
    mine = site.write("output/index.html", b"mine")

    with pytest.raises(ConfigError, match="did not make"):
        site.build()
    assert mine.read_bytes() == b"mine"


def test_an_empty_marking_file_of_the_user_s_is_taken_over(site: Site) -> None:
    site.photo("one.jpg")
    site.write("output/.nojekyll", b"")

    assert site.build().exit_code == 0


def test_a_strict_build_knows_beforehand_what_it_would_leave_alone(site: Site) -> None:
    site.photo("one.jpg")
    gone = site.photo("two.jpg", 1)
    site.build()
    site.write("output/full/two.jpg", b"changed by hand")
    gone.unlink()
    before = tree(site.output)

    report = site.build(strict=True)

    assert not report.published
    assert [problem.where for problem in report.problems] == ["output/full/two.jpg"]
    assert tree(site.output) == before


def test_a_template_behind_a_link_is_not_used(site: Site) -> None:
    site.photo("one.jpg")
    site.build()
    before = tree(site.output)
    elsewhere = site.write("elsewhere.html", b"changed")
    (site.root / "templates").mkdir()
    (site.root / "templates/404.html").symlink_to(elsewhere)

    site.build(force=True)

    assert tree(site.output) == before


def test_a_failure_that_may_pass_is_not_remembered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.photo("one.jpg")
    lost = site.photo("two.jpg", 1)
    body = lost.read_bytes()
    lost.write_bytes(body + b"\0")
    whole = Path.open

    def refuse(path: Path, *arguments: object, **options: object) -> object:
        if path.name == "two.jpg":
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, *arguments, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        report = site.build()
    assert [problem.passing for problem in report.problems] == [True]

    assert site.build().photos == 2


def test_i11_a_picture_that_lies_twice_survives_the_loss_of_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.photo("a/x.jpg")
    site.photo("b/x.jpg")
    from generator import steps
    from generator.design import make_design

    def then_lose(*arguments: object) -> object:
        first.unlink(missing_ok=True)
        return make_design(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "make_design", then_lose)
    report = site.build()

    assert (report.photos, report.exit_code) == (1, 1)
    monkeypatch.undo()
    assert site.build().photos == 1
    assert (site.output / "b/x/index.html").exists()


def test_i11_a_photo_that_changes_before_it_is_copied_is_left_out_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.photo("one.jpg")
    changing = site.photo("two.jpg", 1)
    from generator import rendering, steps

    render = rendering.render_planned

    def then_change(*arguments: object, **options: object) -> object:
        results = render(*arguments, **options)  # type: ignore[arg-type]
        os.utime(changing, ns=(1, 1))
        return results

    monkeypatch.setattr(steps, "render_planned", then_change)
    report = site.build()

    assert [problem.where for problem in report.problems] == ["pictures/two.jpg"]
    assert report.photos == 1
    assert not (site.output / "full/two.jpg").exists()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a/index.md", "---\ncover: x.jpg#part\n---\n"),
        ("a/index.md", "---\ncover: '//['\n---\n"),
        ("about.md", "![x](a/x.jpg#part)"),
        ("about.md", "[x](//[y) ![z](//a\u2100b)"),
        ("about.md", "---\ndate: 2025-W01-1\n---\n"),
        ("a/x.md", "---\ndate: 2025-W01-1\n---\n"),
        ("about.md", "---\ntitle: !!timestamp foo\n---\n"),
        ("about.md", "---\nreverse: !!bool foo\n---\n"),
        ("about.md", "---\ntitle: !!int ''\n---\n"),
        ("about.md", "> " * 900 + "x"),
        ("about.md", "- " * 900 + "x"),
        ("blog/index.markdown", "# Twin\n"),
    ],
)
def test_no_text_stops_a_build(site: Site, path: str, text: str) -> None:
    site.photo("a/x.jpg")
    site.text("blog/index.md", "# Blog\n")
    site.text(path, text)

    report = site.build()

    assert report.photos == 1
    assert (site.output / "blog/index.html").exists()


def test_pages_that_run_out_of_names_are_told_apart_all_the_same(site: Site) -> None:
    from generator.core.routes import mark

    site.photo("x.jpg")
    for name, slug in (("one", "x"), ("two", "x-jpg"), ("three", f"x-{mark('x.jpg')}")):
        site.text(f"{name}.md", f"---\nslug: {slug}\n---\n{name}\n")

    report = site.build()

    # The three texts, the photo, the front page, the search and what is missing.
    assert report.pages == 7
    assert len(list(site.output.rglob("index.html"))) == 6


def test_i3_a_broken_jpeg_is_told_to_be_broken(site: Site) -> None:
    site.photo("one.jpg")
    site.write("pictures/x.jpg", b"\xff\xd8\xff garbage")

    (problem,) = site.build().problems

    assert problem.what.startswith("the file is damaged")


def test_a_pack_in_the_place_of_another_is_no_good(site: Site) -> None:
    site.photo("one.jpg")
    site.photo("two.jpg", 1)
    site.build()
    before = tree(site.output)
    one, two, *_ = sorted((site.root / ".cache/variants").glob("??/*"))
    body = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(body)
    shutil.rmtree(site.output)

    site.build()

    assert tree(site.output) == before


def test_a_file_in_the_place_of_a_folder_of_the_cache_does_no_harm(site: Site) -> None:
    site.photo("one.jpg")
    site.build()
    before = tree(site.output)
    site.write(".cache/variants/zz", b"")

    site.build(force=True)

    assert tree(site.output) == before


def test_a_photo_may_be_called_like_a_part_of_the_page(site: Site) -> None:
    for name in ("main", "newest", "content"):
        site.photo(f"a/{name}.jpg")

    site.build()

    assert site.html("a/index.html").count('id="main"') == 1


def test_grey_with_transparency_keeps_its_look(site: Site) -> None:
    grey = chart(40, 30).convert("LA")
    grey.putpixel((0, 0), (0, 0))
    site.write("pictures/grey.png", encoded(grey, "PNG"))

    assert site.build().exit_code == 0
    assert list((site.output / "image").glob("grey.*-40.png"))


posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and sockets are POSIX's")


@posix
def test_i10_what_is_no_regular_file_is_named_and_never_opened(site: Site) -> None:
    site.photo("good.jpg")
    (site.pictures / "folder.jpg").mkdir()
    elsewhere = site.write("elsewhere.jpg", b"")
    os.mkfifo(site.pictures / "pipe.jpg")
    (site.pictures / "link.jpg").symlink_to(elsewhere)
    (site.pictures / "device.jpg").symlink_to("/dev/zero")
    (site.pictures / "loop.jpg").symlink_to("loop.jpg")
    (site.pictures / "up").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as listener:
        there = Path.cwd()
        os.chdir(site.pictures)
        try:
            listener.bind("socket.jpg")
        finally:
            os.chdir(there)
    done = site.run("build", "--json")

    said = json.loads(done.stdout)
    assert (done.returncode, said["photos"]) == (0, 1)
    assert {(each["where"], each["code"]) for each in said["problems"]} == {
        *((f"pictures/{name}", "irregular-file") for name in ("pipe.jpg", "socket.jpg")),
        *((f"pictures/{name}", "symbolic-link") for name in ("link.jpg", "device.jpg")),
        *((f"pictures/{name}", "symbolic-link") for name in ("loop.jpg", "up")),
    }


@posix
def test_i10_many_links_are_one_line(small: Site) -> None:
    small.photo("good.jpg")
    for number in range(21):
        (small.pictures / f"{number}.jpg").symlink_to("good.jpg")

    (problem,) = small.build().problems

    assert problem.where == "pictures/0.jpg"
    assert "20 more" in problem.what


@posix
def test_i10_a_picture_that_becomes_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    found = read_photo("pipe.jpg", tmp_path)
    assert isinstance(found, Problem)
    assert found.passing


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_i10_a_picture_that_may_not_be_read_is_named(site: Site) -> None:
    site.photo("good.jpg")
    site.photo("secret.jpg", 1).chmod(0)
    (problem,) = site.build().problems
    assert (problem.where, problem.code) == ("pictures/secret.jpg", "unreadable-file")


def test_i11_a_photo_that_goes_after_it_was_listed_costs_itself_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.photo("one.jpg")
    gone = site.photo("two.jpg", 1)
    from generator import steps
    from generator.library.scan import scan

    def after_it_went(*arguments: object, **options: object) -> object:
        gone.unlink(missing_ok=True)
        return scan(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "scan", after_it_went)
    report = site.build()

    assert report.photos == 1
    assert [problem.where for problem in report.problems] == ["pictures/two.jpg"]


def text_bomb() -> bytes:
    """Pack a hundred megabytes of text into a chunk of a PNG."""
    body = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)
    return with_chunk(encoded(chart(), "PNG"), png_chunk(b"zTXt", body), b"IDAT")


def crowded_tiff() -> bytes:
    """Write a TIFF whose directory claims all the entries there can be."""
    body = bytearray(encoded(chart(), "TIFF"))
    (at,) = struct.unpack_from("<I", body, 4)
    struct.pack_into("<H", body, at, 65_535)
    return bytes(body)


METADATA_BOMBS: dict[str, Callable[[], bytes]] = {
    "text.png": text_bomb,
    "long.jpg": lambda: encoded(chart(), "JPEG", exif=exif(t270="<b>x</b>" * 7500).tobytes()),
    "words.jpg": lambda: with_segment(
        encoded(chart(), "JPEG"), iptc_segment((25, b"word %d" % n) for n in range(3000))
    ),
    "lies.jpg": lambda: encoded(chart(), "JPEG").replace(
        b"\xff\xdb", b"\xff\xe1\0\x1eExif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(12) + b"\xff\xdb", 1
    ),
}


@pytest.mark.parametrize("name", METADATA_BOMBS)
def test_i2_metadata_of_any_size_costs_neither_the_photo_nor_the_page(
    site: Site, name: str
) -> None:
    site.write(f"pictures/{name}", METADATA_BOMBS[name]())
    report = site.build()
    assert (report.photos, report.problems) == (1, ())
    page = site.html(f"{name.partition('.')[0]}/index.html")
    assert len(page) < 40_000
    assert "<b>x" not in page


def test_i2_a_directory_of_all_the_entries_there_can_be_is_a_picture_or_named(site: Site) -> None:
    site.photo("good.jpg")
    site.write("pictures/crowded.tif", crowded_tiff())
    report = site.build()
    assert report.photos + len(report.problems) == 2


def test_i1_the_limit_holds_in_every_process(site: Site) -> None:
    site.settings(f"{Site.SETTINGS}max_pixels = 5000\n")
    for number in range(6):
        site.photo(f"{number}.jpg", number)
        site.photo(f"small{number}.jpg", number, 60, 40)
    done = site.run("build", "--json", "--jobs", "2")

    said = json.loads(done.stdout)
    assert said["photos"] == 6
    assert {each["where"] for each in said["problems"]} == {f"pictures/{n}.jpg" for n in range(6)}
    assert {each["hint"] for each in said["problems"]} == {
        "raise images.max_pixels if this is a real photograph"
    }


def test_i13_a_large_picture_whose_pixels_tell_something_is_read_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("pictures/large.png", encoded(disc(200), "PNG"))
    site.photo("plain.jpg", 1, 300, 200)
    assert [read_files([name], site.pictures, svg=False) != [None] for name in LARGE] == [True] * 2
    monkeypatch.setattr("generator.library.photo._MOST_BESIDE", 30_000)
    found = [read_files([name], site.pictures, svg=False) for name in LARGE]
    assert [each == [None] for each in found] == [True, False]
    assert site.build().photos == 2


LARGE = ("large.png", "plain.jpg")
