"""Most photos are gone: a disk may not be mounted, and the site stays until somebody says so."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from generator.build import build
from generator.core.config import load_config
from generator.core.errors import ConfigError
from generator.core.model import Photo, photo_of
from generator.library import scan
from generator.library.photo import read_files
from generator.output import losses
from generator.report import Options, Report
from tests.support.albums import QUICK
from tests.support.desks import at_desk
from tests.support.sites import Site, clean_tree, stamps, tree

ARCHIVE = 24
HERE = 8

posix = pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX's")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site of 32 photos, 24 of them in a folder that could lie on a disk of its own; built."""
    site = Site(tmp_path_factory.mktemp("published") / "site")
    site.settings(QUICK)
    for number in range(ARCHIVE):
        site.photo(f"archive/{2000 + number % 3}/{number}.jpg", number, 24, 16)
    for number in range(HERE):
        site.photo(f"here/{number}.jpg", 100 + number, 24, 16)
    site.build()
    return site


@pytest.fixture
def site(published: Site, tmp_path: Path) -> Site:
    """The same once more, for a test to take apart."""
    shutil.copytree(published.root, tmp_path / "site")
    return Site(tmp_path / "site", is_there=True)


def refusal(site: Site) -> str:
    """Build, which must be refused with everything as it was, and return what is said."""
    before = (stamps(site.output), kept(site))
    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            site.build()
    assert (stamps(site.output), kept(site)) == before
    assert caught.value.problems[0].code == "photos-gone"
    assert caught.value.exit_code == 2
    return str(caught.value.problems[0])


def kept(site: Site) -> Mapping[str, tuple[int, int]]:
    found = dict(stamps(site.cache))
    del found["lock"]
    return found


def allowed(site: Site) -> Report:
    options = Options(may_remove_most=True)
    return build(site.root, site.output, load_config(site.root), options)


def test_s11_an_empty_folder_of_most_photos_stops_the_build(site: Site, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    shutil.move(site.pictures / "archive", disk)
    (site.pictures / "archive").mkdir()

    said = refusal(site)

    assert said == (
        "pictures/archive: 24 of the 32 photos that the site shows are gone, all of them from here,"
        " where none is left (mount the disk or bring them back; if they are meant to go:"
        " fastphoto build --allow-removals)"
    )
    (site.pictures / "archive").rmdir()
    assert "pictures/archive" in refusal(site)

    # Nothing of it was forgotten.
    shutil.move(disk, site.pictures / "archive")
    report = site.build()
    assert (report.variants_made, report.files_written, report.files_removed) == (0, 0, 0)


def test_s11_if_they_are_to_go_they_go(site: Site, tmp_path: Path) -> None:
    shutil.rmtree(site.pictures / "archive")

    report = allowed(site)

    assert (report.photos, report.exit_code) == (HERE, 0)
    assert tree(site.output) == clean_tree(site, tmp_path / "clean")
    assert site.build().photos == HERE


def test_s11_the_command_stops_with_status_2_and_goes_on_if_told_to(site: Site) -> None:
    shutil.rmtree(site.pictures / "archive")
    before = stamps(site.output)

    checked = site.run("check")
    stopped = site.run("build")

    assert (checked.returncode, "photos that the site shows are gone" in checked.stderr) == (
        1,
        True,
    )
    assert (stopped.returncode, stopped.stdout) == (2, "")
    assert "24 of the 32" in stopped.stderr
    assert stamps(site.output) == before
    assert site.run("build", "--allow-removals").returncode == 0
    assert "archive/index.html" not in tree(site.output)


@posix
def test_s11_pictures_on_another_disk_are_missed_too(site: Site, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    shutil.move(site.pictures, disk)
    site.pictures.symlink_to(disk)
    assert site.build().photos == ARCHIVE + HERE

    shutil.rmtree(disk / "archive")
    refusal(site)
    shutil.rmtree(disk)
    with pytest.raises(ConfigError, match="there is no such folder"):
        site.build()

    assert "archive/index.html" in tree(site.output)


@pytest.mark.parametrize("part", [0, 0.6], ids=["unreadable", "cut short"])
def test_s11_photos_that_can_no_longer_be_read_are_gone_too(site: Site, part: float) -> None:
    before = stamps(site.output)
    for path in (site.pictures / "archive").rglob("*.jpg"):
        body = path.read_bytes()
        path.write_bytes(body[: int(len(body) * part)] or b"nothing")

    with pytest.raises(ConfigError) as caught:
        site.build()

    assert caught.value.problems[0].code == "photos-gone"
    assert len(caught.value.problems) == 1 + ARCHIVE
    assert stamps(site.output) == before


def test_s11_another_version_remembers_what_the_one_before_published(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "SCAN_VERSION", 0)
    shutil.rmtree(site.pictures / "archive")

    refusal(site)


def test_s11_each_output_has_what_it_shows(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.move(site.pictures / "archive", tmp_path / "disk")
    site.build(output=other)
    shutil.move(tmp_path / "disk", site.pictures / "archive")
    shutil.rmtree(site.pictures / "here")

    site.build(output=tmp_path / "third")
    shutil.rmtree(site.pictures / "archive/2000")
    site.build(output=other)

    shutil.rmtree(site.pictures / "archive/2001")
    refusal(site)


def moved(site: Site) -> None:
    (site.pictures / "archive").rename(site.pictures / "past")


def renamed(site: Site) -> None:
    for number, path in enumerate(sorted(site.pictures.rglob("*.jpg"))):
        path.rename(path.with_name(f"new-{number}.jpg"))


def exported_anew(site: Site) -> None:
    for number, path in enumerate(sorted(site.pictures.rglob("*.jpg"))):
        site.photo(str(path.relative_to(site.pictures)), 500 + number, 24, 16)


def converted(site: Site) -> None:
    for number, path in enumerate(sorted(site.pictures.rglob("*.jpg"))):
        path.unlink()
        site.photo(str(path.relative_to(site.pictures).with_suffix(".png")), 500 + number, 24, 16)


def few_removed(site: Site) -> None:
    for number in range(20):
        (site.pictures / f"archive/{2000 + number % 3}/{number}.jpg").unlink()


def another_format(site: Site) -> None:
    site.settings(QUICK.replace('"jpeg"', '"webp"'))


def another_size(site: Site) -> None:
    site.settings(QUICK.replace("16", "20") + 'originals = "none"\n')


def ignored(site: Site) -> None:
    site.settings(QUICK + '[albums]\nignore = ["archive"]\n')


def ignored_by_suffix(site: Site) -> None:
    site.settings(QUICK + '[albums]\nignore = ["archive/*.jpg"]\n')


def rated(site: Site) -> None:
    site.settings(QUICK + "[gallery]\nmin_rating = 3\n")
    said = '<rdf:Description xmlns:x="http://ns.adobe.com/xap/1.0/" x:Rating="5"/>'
    rdf = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{said}</rdf:RDF>'
    site.write("pictures/here/1.xmp", rdf.encode())


@pytest.mark.parametrize(
    "change",
    [
        *(moved, renamed, exported_anew, converted, few_removed, another_format),
        *(another_size, ignored, ignored_by_suffix, rated),
    ],
)
def test_s11_what_is_meant_is_done_without_a_question(
    site: Site, change: Callable[[Site], None]
) -> None:
    change(site)

    assert site.build().exit_code == 0


@pytest.mark.parametrize(
    ("shown", "gone", "stops"),
    [
        *((20, 20, False), (21, 21, True), (40, 20, False), (41, 21, True), (42, 21, False)),
        *((43, 22, True), (10_000, 5_000, False), (10_000, 5_001, True)),
    ],
)
def test_s11_more_than_half_and_more_than_20(
    published: Site, tmp_path: Path, shown: int, gone: int, stops: bool
) -> None:
    read = read_files(["here/0.jpg"], published.pictures, svg=False)
    (photo,) = (each for each in read if isinstance(each, Photo))
    photos = [
        photo_of(
            f"{number}.jpg", f"{number:016x}" + 48 * "0", photo.stamp, photo.form, photo.metadata
        )
        for number in range(shown)
    ]
    output, cache = tmp_path / "output", tmp_path / "cache"
    losses.note_shown(photos, output, cache)

    assert (losses.loss(photos[gone:], output, cache, lambda path: False) is not None) == stops
    assert losses.loss(photos[gone:], output, cache, lambda path: True) is None


def test_s11_a_server_shows_the_last_good_site_and_says_how_to_go_on(
    site: Site, tmp_path: Path
) -> None:
    before = stamps(site.output)
    with at_desk(site) as watched:
        watched.idle()
        shutil.move(site.pictures / "archive", tmp_path / "disk")
        watched.looked()
        (trouble,) = watched.desk.state().trouble
        assert "--allow-removals" in str(trouble)
        assert b"archive" in watched.body("index.html")
        assert watched.desk.answer("archive/index.html") is not None
        assert stamps(site.output) == before
        shutil.move(tmp_path / "disk", site.pictures / "archive")
        watched.looked()
        assert watched.desk.state().trouble == ()
    assert stamps(site.output) == before
    shutil.rmtree(site.pictures / "archive")
    with at_desk(site, options=Options(may_remove_most=True)) as watched:
        watched.idle()
        assert watched.desk.state().trouble == ()
    assert "archive/index.html" not in tree(site.output)
