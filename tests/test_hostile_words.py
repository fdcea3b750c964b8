"""A site of hostile words and names is whole, says what it was told, and does nothing."""

import json
import os
import random
import re
import shutil
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Dialog

from generator.core.routes import slug
from generator.core.text import clean_text
from generator.report import Report
from tests.support.browsing import missing, opened, served
from tests.support.crawl import Crawl, Element, addresses, candidates
from tests.support.hostile import BAD_NAMES, EVALUATED, WORDS, write_hostile
from tests.support.sites import Site, tree

# More pages are looked at in a browser, and validated, if somebody has the time.
CASES = int(os.environ.get("FASTPHOTO_CASES", "1"))

# What Windows has no files of (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
NOT_OF_WINDOWS = re.compile(r'[<>:"\\|?*\0-\x1f]|[. ]\Z')
DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE
)
CHANGED_BY_DISKS: tuple[Callable[[str], str], ...] = (
    str.casefold,
    str.upper,
    lambda path: unicodedata.normalize("NFC", path).casefold(),
    lambda path: unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold()),
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, module-wide and only ever read; `report` builds it."""
    site = Site(tmp_path_factory.mktemp("hostile") / "site")
    write_hostile(site)
    return site


@pytest.fixture(scope="module")
def sources(hostile: Site) -> dict[str, str]:
    return dict(tree(hostile.root))


@pytest.fixture(scope="module")
def report(hostile: Site, sources: dict[str, str]) -> Report:
    return hostile.build()


@pytest.fixture(scope="module")
def crawl(hostile: Site, report: Report) -> Crawl:
    return Crawl(hostile.output)


def files(output: Path, suffix: str) -> list[Path]:
    return [path for path in sorted(output.rglob(f"*{suffix}")) if path.is_file()]


def said(crawl: Crawl, kind: str) -> tuple[str, Element]:
    """Return what the page of a photo should say, and the page."""
    return clean_text(WORDS[kind][:9_000]), crawl.pages[f"said/{slug(kind)}/index.html"]


def nodes(page: Element) -> list[dict[str, Any]]:
    """Return what a page tells search engines."""
    block = json.loads(page.one("script", type="application/ld+json").text)
    return list(block["@graph"])


@pytest.mark.parametrize("kind", [kind for kind, words in WORDS.items() if clean_text(words)])
def test_x1_every_word_is_shown_as_it_is(crawl: Crawl, kind: str) -> None:
    words, page = said(crawl, kind)
    (photo,) = [node for node in nodes(page) if node["@type"] == "ImageObject"]

    assert page.one("h1").text == words
    assert photo["name"] == words
    assert page.one("img", alt=words)
    assert words in page.one("meta", property="og:title")["content"]
    assert words in page.one("title").text


@pytest.mark.parametrize("kind", ["address that runs", "address of data"])
def test_x1_readers_of_cards_get_no_address_for_a_title(crawl: Crawl, kind: str) -> None:
    words, page = said(crawl, kind)
    for name in ("og:title", "og:description", "og:image:alt"):
        assert page.one("meta", property=name)["content"] == f"\u201c{words}\u201d"
    assert page.one("meta", name="description")["content"] == f"\u201c{words}\u201d"


def test_x1_the_index_of_the_search_holds_every_word(hostile: Site, crawl: Crawl) -> None:
    index = (hostile.output / "search.json").read_text("utf-8")
    told = json.dumps(json.loads(index), ensure_ascii=False)

    lacking = [
        kind
        for kind in WORDS
        if json.dumps(said(crawl, kind)[0], ensure_ascii=False)[1:60] not in told
    ]
    assert lacking == []


def test_x1_feeds_and_the_sitemap_are_sound_and_tell_what_pages_say(
    hostile: Site, crawl: Crawl
) -> None:
    feeds = [file for file in files(hostile.output, ".xml") if file.name == "feed.xml"]
    titles = {page.one("h1").text for page in crawl.pages.values()}
    atom = "{http://www.w3.org/2005/Atom}"
    told = [
        entry.findtext(f"{atom}title", "")
        for feed in feeds
        for entry in ET.fromstring(feed.read_text("utf-8")).iter(f"{atom}entry")
    ]
    for file in files(hostile.output, ".json"):
        json.loads(file.read_bytes())
    places = ET.fromstring((hostile.output / "sitemap.xml").read_text("utf-8")).iter(
        "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    )
    paths = [unquote(urlsplit(place.text or "").path)[1:] for place in places]

    assert len(told) > 25
    assert set(told) <= titles
    assert {f"{path}index.html" for path in paths} <= crawl.pages.keys()


def test_x2_x4_nothing_is_evaluated(hostile: Site, crawl: Crawl) -> None:
    texts = (".html", ".xml", ".json", ".svg", ".txt", "_redirects", "_headers")
    found = [each for suffix in texts for each in files(hostile.output, suffix)]
    assert len(found) > 700
    assert [file for file in found if EVALUATED in file.read_text("utf-8")] == []


def test_x4_what_templates_are_written_with_is_shown(crawl: Crawl) -> None:
    words, page = said(crawl, "template")
    assert words.startswith("{{ 5600 * 8400 }}{% for")
    assert page.one("h1").text == words
    assert "{{ 5600 * 8400 }} {% include" in crawl.pages["text/page-12/index.html"].one("main").text


def test_x2_names_are_words_like_others(hostile: Site, crawl: Crawl) -> None:
    album = crawl.pages["javascript-alert-1/index.html"]
    assert album.one("h1").text.casefold() == "javascript:alert(1)"
    for page in crawl.pages.values():
        for element in page.walk():
            assert not any(name.startswith("on") for name in element.attributes)
            assert element.tag not in ("iframe", "object", "embed", "form", "style", "base")
        for _, address in addresses(page):
            # Not even what looks like it to those who do not read to the colon.
            assert not re.match(r"\s*(javascript|vbscript|data:)", address, re.IGNORECASE)
            assert not re.search(r"[\s\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})", address)


def test_x2_no_page_holds_what_cannot_be_seen(hostile: Site, crawl: Crawl) -> None:
    never = re.compile(
        "[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufdd0-\ufdef\ufffe\uffff\U0001ffff]"
    )
    for path in crawl.pages:
        assert not never.search(hostile.html(path)), path


def test_x6_no_drawing_holds_anything_that_acts(hostile: Site, report: Report) -> None:
    acts = re.compile(
        r"<script|<foreignobject|<!|\son\w+\s*=|(href|src)\s*=\s*\"(?!#|data:image/(png|jpeg))|url\((?!#)"
    )
    drawings = files(hostile.output, ".svg")
    assert len(drawings) > 150
    assert [each for each in drawings if acts.search(each.read_text("utf-8").casefold())] == []


@pytest.mark.browser
def test_x7_nothing_runs_in_a_browser(browser: Browser, hostile: Site, crawl: Crawl) -> None:
    """No dialog, no violation of the policy, no word on the console: see `opened`."""
    pages = [path for path in sorted(crawl.pages) if path != "404.html"]
    told = [path for path in pages if re.match(r"(index|said/|text/|words|pages)", path)]
    some = random.Random(6).sample(told, min(len(told), 14 * CASES))
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with served(hostile.output) as host, opened(browser, 390) as window:
        window.on("dialog", note)
        for path in ("index.html", "search/index.html", "map/index.html", *some):
            window.goto(host.address + quote(path), wait_until="domcontentloaded")
        window.goto(host.address + "drawn/index.html")
        window.locator("main li a").first.click()
        window.wait_for_function("document.querySelector('dialog[open] img')?.naturalWidth")
    assert dialogs == []


def test_x7_pages_stay_valid(hostile: Site, crawl: Crawl) -> None:
    """By the Nu Html Checker: no error; it warns of letters for private use, and of languages."""
    checker = os.environ.get("VNU")
    if not checker or not shutil.which("java"):
        missing("there is no validator: set VNU to the vnu.jar of npm's vnu-jar, and install Java")
    names = ("said", "text") if CASES == 1 else (".",)
    options = (
        "--skip-non-html",
        "--errors-only",
        "--format",
        "json",
        "--exit-zero-always",
        "--stdout",
    )
    done = subprocess.run(
        [
            "java",
            "-Xss8m",
            "-jar",
            str(checker),
            *options,
            *(str(hostile.output / name) for name in names),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    found = json.loads(done.stdout)["messages"]
    assert {(Path(each["url"]).parent.name, each["message"]) for each in found} == set()


def test_p1_nothing_is_written_outside_the_output(
    hostile: Site, report: Report, sources: dict[str, str]
) -> None:
    after = tree(hostile.root)
    assert {path: each for path, each in after.items() if path in sources} == sources
    new = {path.partition("/")[0] for path in after.keys() - sources.keys()}
    assert new == {"output", ".cache"}
    assert [each.name for each in hostile.root.parent.iterdir()] == ["site"]


def test_p3_every_link_and_every_candidate_leads_to_a_file(crawl: Crawl) -> None:
    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}
    for page in crawl.pages.values():
        for element in page.walk():
            for address in candidates(element.attributes.get("srcset", "x 0w")):
                assert not re.search(r"[\s,\"'<>]", address)


def test_p4_outputs_are_distinct_and_legal_on_every_system(hostile: Site, report: Report) -> None:
    paths = list(tree(hostile.output))
    folders = {
        path.rsplit("/", depth)[0]
        for path in paths
        for depth in range(1, 9)
        if path.count("/") >= depth
    }
    for changed in CHANGED_BY_DISKS:
        assert len({changed(path) for path in paths}) == len(paths)
        assert not {changed(path) for path in paths} & {changed(folder) for folder in folders}
    for name in {name for path in paths for name in path.split("/")}:
        assert not NOT_OF_WINDOWS.search(name), name
        assert not DEVICES.fullmatch(name), name
        assert len(name.encode()) <= 255
        assert not re.search("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", name), name


def test_p6_names_that_are_no_unicode_are_refused_by_name(hostile: Site, report: Report) -> None:
    refused = [each.where for each in report.problems if "not valid UTF-8" in each.what]
    found = {path.name for path in (hostile.pictures / "named").iterdir()}
    there = [name for name in BAD_NAMES if os.fsdecode(name + b".jpg") in found]
    shown = (f"{name.decode('utf-8', 'backslashreplace')}.jpg" for name in there)
    assert sorted(refused) == sorted(f"pictures/named/{name}" for name in shown)


@pytest.mark.parametrize(
    ("surroundings", "commands"),
    [
        ({"PYTHONIOENCODING": "ascii"}, (("build", "--verbose"), ("stats", "--json"))),
        # As where a locale has another encoding.
        (
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            (("build", "--json"), ("stats",)),
        ),
    ],
    ids=["ASCII", "locale"],
)
def test_p6_p7_what_is_printed_acts_on_no_terminal(
    hostile: Site,
    report: Report,
    surroundings: dict[str, str],
    commands: tuple[tuple[str, ...], ...],
) -> None:
    for command in commands:
        done = hostile.run(*command, **surroundings)
        printed = done.stdout + done.stderr
        acting = {char for char in printed if not char.isprintable()} - {"\n"}

        assert (done.returncode, acting) == (command[0] == "build", set()), command
        assert "Traceback" not in printed
        assert "fault of fastphoto" not in printed
        if "--json" in command:
            assert json.loads(done.stdout)
