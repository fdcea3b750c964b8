"""The output folder: only ours is touched, whatever happened to it or to our records."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec
import pytest
from click.testing import CliRunner

from generator.cli import cli
from generator.core.errors import ConfigError
from generator.output import content, publish
from generator.output.manifest import open_manifest, save_begun
from generator.state import store
from tests.support.desks import at_desk
from tests.support.mounts import run_with_mounts
from tests.support.pictures import chart, gps_exif, save
from tests.support.records import recorded, records
from tests.support.sites import Site, clean_tree, command, folders, scraps, stamps, tree

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are POSIX's")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of two pictures and a text, not built; its variants are quick to make."""
    site = Site(tmp_path / "site")
    site.settings('[images]\nmax_dimensions = [32]\ndefault_dimension = 32\nformats = ["jpeg"]\n')
    site.photo("a.jpg", 1)
    site.photo("coast/b.jpg", 2)
    site.text("about.md", "# About\n\nWords.\n")
    return site


def without(found: Mapping[str, str], *paths: str) -> dict[str, str]:
    return {path: body for path, body in found.items() if path not in paths}


def refusal(site: Site, output: Path | None = None) -> str:
    """Build, which must be refused as a matter of settings, and return what is said."""
    with pytest.raises(ConfigError) as caught:
        site.build(output=output)
    assert caught.value.exit_code == 2
    assert caught.value.problems[0].hint
    return str(caught.value)


# Folders that are not ours.


def test_s10_a_folder_with_foreign_files_is_refused_before_anything_is_written(site: Site) -> None:
    site.write("output/thesis.txt", b"the only copy")
    site.write("output/drafts/1.txt", b"too")
    before = stamps(site.output)

    said = refusal(site)

    assert str(site.output) in said
    assert stamps(site.output) == before
    assert folders(site.output) == {"drafts"}


def test_a_folder_with_hidden_files_only_is_taken(site: Site) -> None:
    site.write("output/.git/HEAD", b"ref: refs/heads/main\n")
    site.write("output/.gitkeep", b"")

    report = site.build()

    assert report.exit_code == 0
    assert (site.output / ".git/HEAD").read_bytes() == b"ref: refs/heads/main\n"
    assert (site.output / ".gitkeep").read_bytes() == b""


def test_s10_a_file_in_the_place_of_the_output_folder_is_refused(site: Site) -> None:
    site.write("output", b"a file")

    refusal(site)

    assert site.output.read_bytes() == b"a file"


# Foreign files within ours.


def test_s10_a_foreign_file_in_the_way_stops_the_build_before_any_writing(
    site: Site,
) -> None:
    site.build()
    site.write("output/contact/index.html", b"hand-made")
    before = stamps(site.output)

    site.text("contact.md", "# Contact\n\nOurs.\n")
    said = refusal(site)

    assert "contact/index.html" in said.replace("\\", "/")
    assert stamps(site.output) == before


def test_s10_a_foreign_file_where_a_folder_is_needed_stops_the_build(site: Site) -> None:
    site.build()
    site.write("output/contact", b"hand-made")
    before = stamps(site.output)

    site.text("contact.md", "# Contact\n\nOurs.\n")
    refusal(site)

    assert stamps(site.output) == before


@posix
def test_s10_nothing_is_written_through_a_link_in_the_output(site: Site, tmp_path: Path) -> None:
    site.build()
    elsewhere = tmp_path / "elsewhere"
    (site.output / "coast").rename(elsewhere)
    (site.output / "coast").symlink_to(elsewhere)
    before = stamps(elsewhere)

    site.photo("coast/c.jpg", 3)
    refusal(site)

    assert stamps(elsewhere) == before


@posix
def test_s10_a_link_in_the_place_of_a_page_is_not_followed(site: Site, tmp_path: Path) -> None:
    site.build()
    letter = tmp_path / "letter.html"
    letter.write_bytes(b"private")
    (site.output / "about/index.html").unlink()
    (site.output / "about/index.html").symlink_to(letter)

    site.build()

    assert letter.read_bytes() == b"private"
    assert not (site.output / "about/index.html").is_symlink()
    assert "About" in site.html("about/index.html")


def test_s10_a_file_of_ours_that_somebody_changed_is_not_removed_but_named(site: Site) -> None:
    site.build()
    page = site.output / "about/index.html"
    page.write_bytes(b"improved by hand")

    (site.root / "content/about.md").unlink()
    report = site.build()

    assert page.read_bytes() == b"improved by hand"
    assert [problem.where for problem in report.problems] == ["output/about/index.html"]


# Sources that are gone.


@pytest.mark.parametrize("loss", ["empty", "missing", "corrupt"])
def test_s11_a_site_whose_pictures_are_gone_is_not_emptied(site: Site, loss: str) -> None:
    site.build()
    before = stamps(site.output)

    if loss == "corrupt":
        for path in site.pictures.rglob("*.jpg"):
            path.write_bytes(path.read_bytes()[:300])
    else:
        shutil.rmtree(site.pictures)
        if loss == "empty":
            site.pictures.mkdir()
    said = refusal(site)

    assert "pictures" in said
    assert stamps(site.output) == before


# Records that are lost or damaged.


def test_s8_without_its_cache_a_site_is_recognised_and_not_rewritten(site: Site) -> None:
    site.build()
    before = stamps(site.output)

    shutil.rmtree(site.cache)
    report = site.build()

    assert (report.files_written, report.files_removed, report.problems) == (0, 0, ())
    assert stamps(site.output) == before


def test_s8_files_of_a_site_whose_records_are_lost_are_named_and_left(site: Site) -> None:
    site.build()
    shutil.rmtree(site.cache)
    (site.root / "content/about.md").unlink()

    report = site.build()
    again = site.build()

    assert [problem.where for problem in report.problems] == ["output/about/index.html"]
    assert (site.output / "about/index.html").exists()
    assert again.files_written == 0


def cut_at(part: int, parts: int) -> Callable[[bytes], bytes]:
    return lambda body: body[: len(body) * part // parts]


def flipped_at(part: int, parts: int) -> Callable[[bytes], bytes]:
    def flip(body: bytes) -> bytes:
        # What is empty already was damaged by the turn before, and nothing read it since.
        if not body:
            return body
        at = (len(body) - 1) * part // parts
        return body[:at] + bytes([body[at] ^ 0x20]) + body[at + 1 :]

    return flip


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    **{f"cut to {part}/9": cut_at(part, 9) for part in range(9)},
    **{f"flipped at {part}/6": flipped_at(part, 6) for part in range(7)},
    "replaced": lambda body: bytes(len(body)),
    "longer": lambda body: body + b"more",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_s8_a_killed_build_is_finished_whatever_its_notes_have_come_to(
    site: Site, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    site.build()
    manifest = open_manifest(site.output, site.cache)
    site.text("news.md", "# News\n")
    right = clean_tree(site, tmp_path / "clean")
    # It was in its place already, and the list of all files not yet written.
    page = site.write(
        "output/news/index.html", (tmp_path / "clean/output/news/index.html").read_bytes()
    )
    path = "news/index.html"
    left = (page.stat().st_size, page.stat().st_mtime_ns, b"")
    begun = records({path: recorded(path, "", {path: left})})
    save_begun(msgspec.structs.replace(manifest, begun=begun), site.cache)
    (notes,) = (site.cache / store.OUTPUTS).glob("*.begun")
    notes.write_bytes(damage(notes.read_bytes()))

    site.build()

    assert tree(site.output) == right
    assert not notes.exists()
    assert site.build().files_written == 0


def test_s8_records_of_another_version_are_not_believed(site: Site, tmp_path: Path) -> None:
    site.build()
    store.save(site.cache, store.MEMO, {"version": "0", "files": {"pictures/a.jpg": 1}})
    store.save(site.cache, store.LAST, ["nothing", "like it"])

    site.photo("a.jpg", 8)
    site.build()

    assert tree(site.output) == clean_tree(site, tmp_path / "clean")


# Names that change their nature.


def test_s6_a_picture_and_an_album_may_change_places(site: Site, tmp_path: Path) -> None:
    site.build()

    (site.pictures / "a.jpg").unlink()
    site.photo("a.jpg/inside.jpg", 3)
    site.build()
    assert tree(site.output) == clean_tree(site, tmp_path / "album")
    assert (site.output / "full/a.jpg/inside.jpg").is_file()

    shutil.rmtree(site.pictures / "a.jpg")
    site.photo("a.jpg", 4)
    site.build()
    assert tree(site.output) == clean_tree(site, tmp_path / "picture")
    assert (site.output / "full/a.jpg").is_file()


@pytest.mark.parametrize(("old", "new"), [("a.jpg", "A.jpg"), ("coast", "Coast")])
def test_s6_a_change_of_case_alone_is_a_new_name(
    site: Site, old: str, new: str, tmp_path: Path
) -> None:
    site.build()

    (site.pictures / old).rename(site.pictures / "aside")
    (site.pictures / "aside").rename(site.pictures / new)
    site.build()

    assert tree(site.output) == clean_tree(site, tmp_path / "clean")
    assert any(f"full/{new}" in path for path in tree(site.output))


def test_s6_two_pictures_may_swap_their_names(site: Site, tmp_path: Path) -> None:
    site.build()
    one, two, aside = site.pictures / "a.jpg", site.pictures / "coast/b.jpg", site.root / "aside"

    one.rename(aside)
    two.rename(one)
    aside.rename(two)
    report = site.build()

    assert report.variants_made == 0
    assert tree(site.output) == clean_tree(site, tmp_path / "clean")


# Originals.


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_g4_modes_follow_the_umask_and_not_the_sources(site: Site, mask: int) -> None:
    (site.pictures / "a.jpg").chmod(0o400)
    old = os.umask(mask)
    try:
        site.build()
    finally:
        os.umask(old)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in site.output.rglob("*") if path.is_file()}
    inside = {stat.S_IMODE(path.stat().st_mode) for path in site.output.rglob("*") if path.is_dir()}
    assert modes == {0o666 & ~mask}
    assert inside == {0o777 & ~mask}


@posix
def test_g4_nothing_but_bytes_is_copied(site: Site) -> None:
    source = site.pictures / "a.jpg"
    source.chmod(0o4755)
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(source, "user.xdg.origin.url", b"https://example.org/private")
            os.setxattr(source, "user.com.apple.metadata:kMDItemWhereFroms", b"where from")
        except OSError:
            pytest.skip("this disk keeps no attributes")
    os.utime(source, ns=(10**18, 10**18))

    site.build()

    every = [site.output, *site.output.rglob("*")]
    if hasattr(os, "listxattr"):
        assert {path: os.listxattr(path) for path in every if os.listxattr(path)} == {}
    files = {stat.S_IMODE(path.stat().st_mode) for path in every if path.is_file()}
    umask = os.umask(0)
    os.umask(umask)
    assert files == {0o666 & ~umask}
    assert (site.output / "full/a.jpg").stat().st_mtime_ns != 10**18


def test_s14_an_original_is_a_copy_of_its_own_byte_for_byte(site: Site) -> None:
    # Bytes after the picture belong to the file as well.
    source = site.pictures / "coast/b.jpg"
    source.write_bytes(source.read_bytes() + b"trailer")

    site.build()

    copied = site.output / "full/coast/b.jpg"
    assert copied.read_bytes() == source.read_bytes()
    assert copied.stat().st_ino != source.stat().st_ino
    assert (copied.stat().st_nlink, source.stat().st_nlink) == (1, 1)


@pytest.mark.parametrize("how", ["in place", "another file"])
def test_s14_an_edit_of_the_source_does_not_reach_what_was_published(site: Site, how: str) -> None:
    source, copied = site.pictures / "a.jpg", site.output / "full/a.jpg"
    before = source.read_bytes()
    site.build()

    source.chmod(0o600)
    if how == "in place":
        with source.open("r+b") as file:
            file.write(b"edited")
    else:
        source.unlink()

    assert copied.read_bytes() == before
    if sys.platform != "win32":
        assert stat.S_IMODE(copied.stat().st_mode) & 0o600 == 0o600


def grow(file: BinaryIO) -> None:
    file.seek(0, os.SEEK_END)
    file.write(b"more")


def shrink(file: BinaryIO) -> None:
    file.truncate(50)


def rewrite(file: BinaryIO) -> None:
    file.seek(120)
    file.write(b"other")


@pytest.mark.parametrize("change", [grow, shrink, rewrite])
def test_s14_a_source_that_changes_while_it_is_copied_is_left_out_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch, change: Callable[[BinaryIO], object]
) -> None:
    changing = site.pictures / "a.jpg"
    copy = content._copy

    def change_meanwhile(source: BinaryIO, target: BinaryIO, size: int, path: Path) -> None:
        if os.path.samestat(os.fstat(source.fileno()), changing.stat()):
            target.write(source.read(100))
            with changing.open("r+b") as file:
                change(file)
        copy(source, target, size, path)

    monkeypatch.setattr(content, "_copy", change_meanwhile)
    report = site.build()

    assert [problem.where for problem in report.problems] == ["pictures/a.jpg"]
    assert (report.photos, report.exit_code) == (1, 1)
    assert [path for path in tree(site.output) if path.startswith("full/")] == ["full/coast/b.jpg"]
    assert scraps(site) == []


def test_s14_a_copy_that_came_out_otherwise_is_not_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(source: BinaryIO, target: BinaryIO, size: int, place: Path) -> None:
        # As file systems did that share blocks which are not on the disk yet.
        target.write(source.read().replace(b"JFIF", bytes(4)))

    monkeypatch.setattr(content, "_copy", lose)
    with pytest.raises(ConfigError):
        site.build()

    assert tree(site.output) == {}


SOURCES = ("pictures", "content", "templates", "site.toml")


def sources(site: Site) -> Mapping[str, object]:
    """Return what writing, or changing modes, would alter of all that is only read."""
    found = {}
    for path in [site.root / name for name in SOURCES] + list(site.root.rglob("*")):
        if path.relative_to(site.root).parts[0] in SOURCES:
            status = path.lstat()
            found[str(path)] = (status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
    return found


def test_s13_sources_are_never_written_to(site: Site) -> None:
    site.write("templates/static/user.css", b"body { color: red }")
    site.write("pictures/broken.jpg", b"nothing")
    before = sources(site)

    site.build()
    site.build(force=True)
    for arguments in (("check",), ("check", "--privacy"), ("stats",)):
        asked = CliRunner().invoke(cli, [*arguments, "--site", str(site.root)])
        assert asked.exit_code in (0, 1)
    with at_desk(site) as watched:
        watched.idle()
    publish.remove_all(site.cache)
    store.remove_all(site.cache)

    assert sources(site) == before
    assert not site.output.exists()


def test_s13_sources_may_be_read_only(site: Site, tmp_path: Path) -> None:
    site.write("templates/static/user.css", b"body { color: red }")
    right = clean_tree(site, tmp_path / "clean")
    for name in ("output", ".cache"):
        (site.root / name).mkdir()
    read_only = [f"mount --bind {each} {each}" for each in (".", "output", ".cache")]
    read_only.append("mount -o remount,bind,ro .")

    # Into the same folder as it is now, for the shell stands in what it was before.
    run = ["sh", "-c", 'cd "$PWD" && ! touch site.toml && exec "$@"', "sh", *command("build")]
    done = run_with_mounts(" && ".join(read_only), run, site.root)

    assert (done.returncode, tree(site.output)) == (0, right), done.stderr


def test_g2_originals_that_tell_where_they_were_taken_are_counted(site: Site) -> None:
    save(chart(seed=3), site.pictures / "there.jpg", exif=gps_exif())
    save(chart(seed=4), site.pictures / "coast/there.jpg", exif=gps_exif())

    report = site.build()

    (problem,) = report.problems
    assert problem.severity == "warning"
    assert problem.what.endswith("were taken: 2 of 4")
    assert 'originals = "scrub"' in problem.hint
    assert report.exit_code == 0


def test_g2_no_originals_are_published_if_the_settings_say_so(site: Site) -> None:
    save(chart(seed=3), site.pictures / "there.jpg", exif=gps_exif())
    site.build()
    assert (site.output / "full/there.jpg").exists()

    site.settings(Site.SETTINGS + 'originals = "none"\n')
    report = site.build()

    assert report.problems == ()
    assert [path for path in tree(site.output) if path.startswith("full/")] == []
    assert not (site.output / "full").exists()
    assert all("full/" not in page.read_text("utf-8") for page in site.output.rglob("*.html"))


# Several folders.


def test_two_output_folders_of_a_site_do_not_disturb_each_other(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    site.build()
    site.build(output=other)
    before = stamps(site.output)

    assert tree(other) == tree(site.output)
    assert site.build().files_written == 0
    assert site.build(output=other).files_written == 0
    assert stamps(site.output) == before


def test_s9_an_output_folder_that_was_moved_away_is_filled_again(site: Site) -> None:
    site.build()
    right = tree(site.output)
    shutil.rmtree(site.output)

    site.build()

    assert tree(site.output) == right


def test_s10_clean_removes_all_that_was_made_and_nothing_else(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    site.build()
    made = len(tree(site.output))
    site.build(output=other)
    site.write("output/coast/mine.txt", b"mine")
    (site.output / "404.html").write_bytes(b"changed by hand")

    count, problems = publish.remove_all(site.cache)
    store.remove_all(site.cache)

    # Of what is not ours anymore there is 404.html; the mark stays with mine.txt.
    assert count == 2 * made - 2
    assert [problem.where for problem in problems] == ["output/404.html"]
    assert set(tree(site.output)) == {"coast/mine.txt", "404.html", ".nojekyll"}
    assert folders(site.output) == {"coast"}
    assert not other.exists()
    assert not site.cache.exists()
