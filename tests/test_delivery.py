"""What is delivered, as files: bytes, validity, no link that breaks, no file that nothing needs."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.support.browsing import PREFIX, missing
from tests.support.budgets import Within
from tests.support.crawl import Crawl, Element, addresses, candidates, read_page
from tests.support.showcase import ALBUM
from tests.support.sites import tree

LANGUAGES = ("en", "ar", "file")
# What is asked for by its name, without being named by a page.
KNOWN = re.compile(
    r"\.nojekyll|_headers|_redirects|robots\.txt|sitemap\.xml|favicon\.ico|404\.html"
)
OLD_STYLE = re.compile(r"image/(?!.*\.[0-9a-f]{8}-\d+\.\w+$)")
TEXTS = (".html", ".css", ".js", ".json", ".xml", ".webmanifest", ".txt")


@pytest.fixture(scope="module")
def crawl(showcase: Path) -> Crawl:
    return Crawl(showcase / "en", PREFIX)


def gzipped(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def named(crawl: Crawl, path: str, kind: str) -> list[Path]:
    """Return the files of a kind that a page needs."""
    found = {address for _, address in addresses(crawl.pages[path]) if address.endswith(kind)}
    return [crawl.file(path, address) for address in sorted(found)]


def test_an_album_of_sixty_photos_is_small(thousand: Path, within: Within) -> None:
    page = thousand / "output/sixty/index.html"
    (grid,) = read_page(page.read_text("utf-8")).all("ul", kind="grid hold")

    assert len(grid.all("img")) == 60
    assert len(candidates(grid.all("img")[0]["srcset"])) == 6
    within("album-of-60", "html-gzip", gzipped(page))
    within("album-of-60", "html-elements-per-photo", len(list(grid.walk())[1:]) / 60)


def test_an_album_of_a_thousand_photos_is_not_large(thousand: Path, within: Within) -> None:
    page = thousand / "output/thousand/index.html"
    (grid,) = read_page(page.read_text("utf-8")).all("ul", kind="grid hold")

    assert len(grid.all("img")) == 1000
    within("album-of-1000", "html-gzip", gzipped(page))
    within("album-of-1000", "html", page.stat().st_size)
    within("album-of-1000", "elements-per-photo", len(list(grid.walk())[1:]) / 1000)


def test_layout_and_colour_of_a_photo_take_few_bytes(thousand: Path, within: Within) -> None:
    text = (thousand / "output/thousand/index.html").read_text("utf-8")
    bare = re.sub(r'(<li|<img) class="[^"]*"', r"\1", text)
    assert bare != text

    cost = len(gzip.compress(text.encode(), 9)) - len(gzip.compress(bare.encode(), 9))
    within("album-of-60", "layout-and-colour-gzip-per-photo", cost / 1000)


def test_styles_and_script_are_small(crawl: Crawl, within: Within) -> None:
    for path in crawl.pages:
        (style,) = named(crawl, path, ".css")
        within("site", "css", style.stat().st_size)
        within("site", "css-gzip", gzipped(style))
    scripts = named(crawl, ALBUM, ".js")
    within("site", "script-of-an-album", sum(each.stat().st_size for each in scripts))
    within("site", "script-of-an-album-gzip", gzipped(*scripts))


def test_every_script_waits_for_the_page(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        for script in page.all("script"):
            is_data = script.attributes.get("type") == "application/ld+json"
            assert is_data or ("defer" in script.attributes and not script.text.strip()), path


def test_a_photo_is_few_files(thousand: Path, within: Within) -> None:
    output = thousand / "output"
    pictures = tree(output / "image")
    pages = list(output.glob("*/dsc-*/index.html"))
    assert len(pages) == 1060
    within("site", "files-per-photo", (len(pictures) + len(pages)) / len(pages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_address_leads_somewhere(showcase: Path, language: str) -> None:
    crawl = Crawl(showcase / language, "/" if language == "file" else PREFIX)
    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}


def test_addresses_for_the_file_system_name_files(showcase: Path) -> None:
    for path, page in Crawl(showcase / "file").pages.items():
        if path != "404.html":
            for _, address in addresses(page):
                bare = re.split("[#?]", address)[0]
                assert "://" in address or address.startswith("#") or Path(bare).suffix, path
                assert not address.startswith("/"), path


def test_nothing_is_published_that_nothing_names(showcase: Path, crawl: Crawl) -> None:
    """Pages are reached by links; old-style addresses of pictures are known from elsewhere."""
    output = showcase / "en"
    texts = "\n".join(file.read_text("utf-8") for file in output.rglob("*") if file.suffix in TEXTS)
    names = {unquote(name) for name in re.findall(r'[^\s/"\',()<>]+\.\w+', texts)}
    orphans = [
        path
        for path in tree(output)
        if path.rpartition("/")[2] not in names
        and path not in crawl.pages
        and not KNOWN.fullmatch(path)
        and not OLD_STYLE.match(path)
    ]
    assert orphans == []


def test_every_srcset_tells_true_widths(crawl: Crawl) -> None:
    checked = {}
    for path, page in crawl.pages.items():
        for element in page.walk():
            for address, width in candidates(element.attributes.get("srcset", "x 0w")).items():
                if width and (file := crawl.file(path, address)) not in checked:
                    with Image.open(file) as image:
                        checked[file] = image.width, width
    assert len(checked) > 600
    assert {file for file, (true, told) in checked.items() if true != told} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_id_stands_twice(showcase: Path, language: str) -> None:
    for path, page in Crawl(showcase / language).pages.items():
        ids = Counter(each["id"] for each in page.walk() if "id" in each.attributes)
        assert [name for name, count in ids.items() if count > 1] == [], path


def test_every_reference_between_elements_leads_to_one(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        ids = {each.attributes.get("id") for each in page.walk()}
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "list"):
            wanted = {word for each in page.walk() for word in _words(each, name)}
            assert wanted <= ids, (path, name)


def _words(element: Element, attribute: str) -> list[str]:
    return element.attributes.get(attribute, "").split()


def test_all_pages_are_valid(showcase: Path, thousand: Path) -> None:
    """By the Nu Html Checker; also the drawings, and what it says of styles as warnings."""
    checker = os.environ.get("VNU")
    if not checker or not shutil.which("java"):
        missing("there is no validator: set VNU to the vnu.jar of npm's vnu-jar, and install Java")
    folders = [showcase / language for language in LANGUAGES]
    pages = [thousand / "output/sixty/index.html", thousand / "output/thousand/index.html"]
    options = ("--skip-non-html", "--format", "json", "--exit-zero-always", "--stdout")
    done = subprocess.run(
        ["java", "-Xss8m", "-jar", str(checker), *options, *map(str, [*folders, *pages])],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    said = json.loads(done.stdout)["messages"]
    assert {(Path(each["url"]).parent.name, each["message"]) for each in said} == set()
