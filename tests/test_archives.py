"""The photos of an album in one file: what it holds, to the byte, and when it is written."""

import io
import re
import tracemalloc
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from PIL import Image

from generator.core.files import stamp_of
from generator.core.model import Form, Member, Metadata, PictureOrigin, Size, StoreOrigin, photo_of
from generator.output.content import Archive, Original
from generator.pages.language import Language
from generator.planning.archives import PlannedArchive
from tests.support.canaries import told_jpeg
from tests.support.crawl import Crawl, Element, read_page
from tests.support.pictures import chart, encoded, save
from tests.support.sites import Site, clean_tree, scraps, tree
from tests.test_privacy import check

DOWNLOAD = "---\ndownload: true\n---\n"


def archive(site: Site, name: str = "a") -> Path:
    (found,) = (site.output / "zip").glob(f"{name}.????????.zip")
    return found


def members(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as opened:
        assert opened.testzip() is None
        return {each: opened.read(each) for each in opened.namelist()}


def link(site: Site, path: str = "a/index.html") -> Element:
    links = read_page(site.html(path)).links()
    (found,) = [each for each in links if "download" in each.attributes]
    return found


def test_it_holds_the_originals_as_they_are(site: Site) -> None:
    for number, name in enumerate(("one.jpg", "Zwölf Uhr.JPG", "three.png")):
        site.photo(f"a/{name}", number)
    site.photo("a/within/other.jpg", 9)
    site.text("a/index.md", DOWNLOAD)
    site.text("a/one.md", "---\ndate: 2025-05-03T18:30:05\n---\n")
    site.text("a/three.md", "---\ndate: 1950-05-03\n---\n")
    site.build()

    sources = {each.name: each.read_bytes() for each in (site.pictures / "a").glob("*.*g")}
    sources |= {each.name: each.read_bytes() for each in (site.pictures / "a").glob("*.JPG")}
    assert members(archive(site)) == sources
    with ZipFile(archive(site)) as opened:
        told = {each.filename: each for each in opened.infolist()}
    assert {each.compress_type for each in told.values()} == {ZIP_STORED}
    assert told["one.jpg"].date_time == (2025, 5, 3, 18, 30, 4)
    assert told["three.png"].date_time == told["Zwölf Uhr.JPG"].date_time == (1980, 1, 1, 0, 0, 0)
    # Names that are not ASCII are UTF-8, and say so; no sizes stand behind the bytes only.
    assert {name for name, each in told.items() if each.flag_bits & 0x800} == {"Zwölf Uhr.JPG"}
    assert not any(each.flag_bits & 0x8 for each in told.values())


def test_the_albums_within_have_theirs_unless_they_say_otherwise(site: Site) -> None:
    site.settings(f"{site.SETTINGS}[albums]\ndownload = true\n[site]\ntitle = 'All of it'\n")
    for number, path in enumerate(("0", "a/1", "a/b/2", "c/3", "c/d/4")):
        site.photo(f"{path}.jpg", number)
    site.text("c/index.md", "---\ndownload: false\n---\n")
    site.text("c/d/index.md", DOWNLOAD)
    site.build()

    found = {
        re.sub(r"\.[0-9a-f]{8}\.", ".", path): [*members(site.output / path)]
        for path in tree(site.output)
        if path.startswith("zip/")
    }
    assert found == {
        "zip/all-of-it.zip": ["0.jpg"],
        "zip/a.zip": ["1.jpg"],
        "zip/a/b.zip": ["2.jpg"],
        "zip/c/d.zip": ["4.jpg"],
    }
    assert link(site, "index.html")["download"] == "all-of-it.zip"
    assert Crawl(site.output).broken() == []
    assert "download=" not in site.html("c/index.html")


@pytest.mark.parametrize("how", ["verbatim", "scrub", "none"])
def test_the_link_tells_its_size_to_the_byte(site: Site, tmp_path: Path, how: str) -> None:
    site.settings(f'{site.SETTINGS}originals = "{how}"\n')
    site.write("pictures/a/ü.jpg", told_jpeg(encoded(chart(200, 150), "JPEG")))
    site.photo("a/2.png", 2)
    site.text("a/index.md", DOWNLOAD)
    site.build()

    place = link(site)
    assert place.text == "Download 2 photos"
    assert place["href"] == f"../zip/{archive(site).name}"
    assert place["download"] == "a.zip"
    size = archive(site).stat().st_size
    said = read_page(site.html("a/index.html")).one("p", kind="facts download").text
    assert said == f"Download 2 photos (ZIP, {Language('en', {}).bytes(size)})"
    found = members(archive(site))
    entries = tuple(Member(name, "", "", "", StoreOrigin("", 0)) for name in found)
    assert PlannedArchive("", "", entries).size(map(len, found.values())) == size
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")


def test_there_is_none_while_the_text_that_may_forbid_it_cannot_be_read(site: Site) -> None:
    site.settings(f"{site.SETTINGS}[albums]\ndownload = true\n")
    for number, path in enumerate(("a/1", "b/2", "b/in/3")):
        site.photo(f"{path}.jpg", number)
    site.text("b/index.md", "---\ndownload: false\ntitel: B\n---\n")
    site.build()

    found = [path for path in tree(site.output) if path.endswith(".zip")]
    assert [path.partition(".")[0] for path in found] == ["zip/a"]


@pytest.mark.parametrize("mark", ["\u202a", "\u202e", "\u2066", "\u2069"])
def test_no_name_of_a_file_turns_the_direction_of_text(site: Site, mark: str) -> None:
    site.photo(f"a/photo{mark}gpj.jpg", 1)
    site.photo("a/\u05e9\u05dc\u05d5\u05dd \u0645\u06cc\u200c\u062e\u0648.jpg", 2)
    site.text("a/index.md", DOWNLOAD)
    site.build()

    names = [*members(archive(site)), *tree(site.output)]
    assert [name for name in names if mark in name] == []
    assert "full/a/\u05e9\u05dc\u05d5\u05dd \u0645\u06cc\u200c\u062e\u0648.jpg" in names
    assert [name for name in names if name.startswith("photo_gpj-")]


def test_originals_are_scrubbed_in_it_too(site: Site) -> None:
    body = told_jpeg(encoded(chart(), "JPEG"))
    site.write("pictures/a/1.jpg", body)
    site.text("a/index.md", DOWNLOAD)
    site.settings(f'{site.SETTINGS}originals = "scrub"\n')
    site.build()

    scrubbed = (site.output / "full/a/1.jpg").read_bytes()
    assert scrubbed != body
    assert members(archive(site)) == {"1.jpg": scrubbed}
    assert check(site)[0] == 0


def test_the_check_reads_what_is_in_it(site: Site) -> None:
    site.write("pictures/a/1.jpg", told_jpeg(encoded(chart(), "JPEG")))
    site.text("a/index.md", DOWNLOAD)
    site.build()
    assert check(site)[0] == 0
    site.settings(f'{site.SETTINGS}originals = "scrub"\n')
    status, said = check(site)

    assert status == 1
    assert f"error: output/zip/{archive(site).name}: 1.jpg: location: " in said


def test_without_an_original_it_holds_the_largest_picture_for_all(site: Site) -> None:
    site.settings(f'{site.SETTINGS}originals = "none"\n')
    save(chart(96, 64, 1), site.pictures / "a/1.webp")
    save(chart(96, 64, 2), site.pictures / "a/1.jpg")
    save(chart(96, 64, 3), site.pictures / "a/2.tif")
    site.text("a/index.md", DOWNLOAD)
    site.build()

    found = members(archive(site))
    assert len({name.casefold() for name in found}) == 3
    assert {name[:1] + name[-4:] for name in found} == {"1.jpg", "2.jpg"}
    for body in found.values():
        with Image.open(io.BytesIO(body)) as image:
            assert (image.format, max(image.size)) == ("JPEG", 64)


def test_it_is_written_anew_if_a_photo_changed_and_only_then(site: Site, tmp_path: Path) -> None:
    for number in range(3):
        site.photo(f"a/{number}.jpg", number)
        site.photo(f"b/{number}.jpg", 5 + number)
    for name in "ab":
        site.text(f"{name}/index.md", DOWNLOAD)
    site.build()
    before = {name: archive(site, name) for name in "ab"}
    stamp = before["b"].stat().st_mtime_ns
    site.photo("a/1.jpg", 20)
    site.build()

    assert archive(site, "a") != before["a"]
    assert not before["a"].exists()
    assert archive(site, "b") == before["b"]
    assert before["b"].stat().st_mtime_ns == stamp
    assert members(archive(site, "a"))["1.jpg"] == (site.pictures / "a/1.jpg").read_bytes()
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")
    assert site.build().files_written == 0
    site.text("a/index.md", "")
    site.build()
    assert [path.name for path in (site.output / "zip").iterdir()] == [before["b"].name]


def test_what_it_needs_is_made_again_if_the_cache_is_gone(site: Site, tmp_path: Path) -> None:
    site.settings(f'{site.SETTINGS}originals = "none"\n')
    site.photo("a/1.jpg", 1)
    site.build()
    for pack in (site.cache / "variants").rglob("*"):
        if pack.is_file():
            pack.unlink()
    site.text("a/index.md", DOWNLOAD)
    site.build()

    assert members(archive(site)).keys() == {"1.jpg"}
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")


def test_it_is_for_ever_at_its_address_and_nothing_else_is_there(site: Site) -> None:
    site.photo("zip/1.jpg", 1)
    site.text("zip/index.md", DOWNLOAD)
    site.build()

    rules = site.html("_headers")
    assert re.search(r"^/zip/\*\.zip\n  Cache-Control: .*immutable$", rules, re.MULTILINE)
    assert [path.suffix for path in (site.output / "zip").iterdir()] == [".zip"]
    assert scraps(site) == []


def test_the_link_stands_on_the_first_page_of_an_album(site: Site) -> None:
    site.settings(f"{site.SETTINGS}[gallery]\npage_size = 2\n")
    for number in range(3):
        site.photo(f"a/{number}.jpg", number)
    site.text("a/index.md", DOWNLOAD)
    site.build()

    assert link(site).text == "Download 3 photos"
    assert "download=" not in site.html("a/page-2/index.html")


def test_a_large_one_takes_no_memory(tmp_path: Path) -> None:
    size = 64 << 20
    source = tmp_path / "large.jpg"
    with source.open("wb") as file:
        file.truncate(size)
    stamp = stamp_of(source.stat())
    photo = photo_of("large.jpg", "00" * 32, stamp, Form("JPEG", Size(1, 1), False), Metadata())
    entry = Member("large.jpg", "", "full/large.jpg", "", PictureOrigin(photo))
    tracemalloc.start()
    with (tmp_path / "a.zip").open("xb") as target:
        Archive(((entry, lambda: Original(source, photo)),)).copy_to(target)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < size / 8
    with ZipFile(tmp_path / "a.zip") as opened:
        assert opened.getinfo("large.jpg").file_size == size
