"""Former addresses: how they are read, where they lead, and what wins over them."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from generator.machines.redirects import former_path
from generator.report import Report
from tests.support.crawl import Crawl
from tests.support.sites import Site, clean_tree, tree
from tests.support.told import settings

LINE = re.compile(r"(/\S*) (/\S*) 301")


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        ("/old/", "old/"),
        ("old/x", "old/x/"),
        ("/old/x/index.html", "old/x/"),
        ("/old/x/?page=2", None),
        ("/old/x/#top", None),
        ("/old/x/%3Fpage", "old/x/?page/"),
        ("old.html", "old.html"),
        ("/a/b.php", "a/b.php"),
        ("/v1.2/", "v1.2/"),
        ("/caf%C3%A9/%20x", "café/ x/"),
        ("/café/", "café/"),
        ("./a/../b//c/.", "b/c/"),
        (" /old ", "old/"),
        ("/", ""),
        ("/index.html", ""),
        ("../outside/", None),
        ("/a/../../outside/", None),
        ("https://example.org/old/", None),
        ("//example.org/old/", None),
        ("mailto:me@example.org", None),
        ("/a%00b", None),
        ("/a\nb", None),
        ("/%ff/", None),
        ("a\\b", None),
        ("http://[", None),
        ("", None),
        ("?x", None),
    ],
)
def test_an_address_of_any_form_is_a_path_of_the_site_or_none(alias: str, path: str | None) -> None:
    assert former_path(alias) == path


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Report]:
    site = Site(tmp_path_factory.mktemp("moved") / "site")
    site.settings(settings())
    site.photo("iceland/falls.jpg", 1)
    site.photo("iceland/falls.png", 2)
    site.photo("iceland/other.jpg", 3)
    site.text("iceland/index.md", "---\naliases: [/island/, /2019/trip]\n---\n")
    site.text(
        "iceland/falls.md",
        "---\ntitle: \"<Falls> & 'more'\"\naliases:\n  - /gallery/%C3%A9t%C3%A9 1.html\n"
        "  - /show.php\n  - /.hidden/x/\n  - /con/\n---\n",
    )
    site.text("about.md", "---\naliases: me\n---\n# About\n")
    site.text(
        "iceland/other.md",
        "---\ntitle: Other\ndate: 2024-05-03\naliases: [/iceland/, /Island/, /about/sub/, ../x,"
        " /island/deep/, /iceland/falls.jpg/../other, /feed.xml, /about/index.html/x, /]\n---\n",
    )
    return site, site.build()


def lines(site: Site) -> dict[str, str]:
    found = [LINE.fullmatch(line) for line in site.html("_redirects").splitlines()]
    assert all(found)
    pairs = [(each[1], each[2]) for each in found if each]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def falls(site: Site) -> str:
    (page,) = site.output.glob("iceland/falls-jpg/index.html")
    return f"/{page.parent.relative_to(site.output).as_posix()}/"


def test_hosts_send_visitors_on_with_or_without_a_last_slash(moved: tuple[Site, Report]) -> None:
    site, _ = moved
    summer = quote("/gallery/été 1.html")

    assert lines(site) == {
        **dict.fromkeys(("/island", "/island/", "/2019/trip", "/2019/trip/"), "/iceland/"),
        **dict.fromkeys(("/me", "/me/"), "/about/"),
        **dict.fromkeys(
            (summer, "/show.php", "/.hidden/x", "/.hidden/x/", "/con", "/con/"), falls(site)
        ),
        **dict.fromkeys(
            ("/about/sub", "/about/sub/", "/island/deep", "/island/deep/"), "/iceland/other/"
        ),
    }


def test_other_hosts_have_a_page_that_sends_them_on(moved: tuple[Site, Report]) -> None:
    site, _ = moved
    crawl = Crawl(site.output, "/photos/")
    small = {
        path for path, page in crawl.pages.items() if page.all("meta", **{"http-equiv": "refresh"})
    }

    assert small == {
        "island/index.html",
        "2019/trip/index.html",
        "me/index.html",
        "gallery/été 1.html",
        "about/sub/index.html",
        "island/deep/index.html",
    }
    assert crawl.broken() == []
    for path in small:
        page = crawl.pages[path]
        target = page.one("meta", **{"http-equiv": "refresh"})["content"].removeprefix("0; url=")
        (link,) = page.links()
        assert link["href"] == target
        assert not target.startswith(("/", "http"))
        canonical = page.one("link", rel="canonical")["href"].removeprefix("https://example.org")
        assert crawl.target(path, target) == crawl.target(path, canonical)
        assert crawl.file(path, target).is_file()
        assert page.one("meta", name="robots")["content"] == "noindex"
        assert page.one("title").text == link.text


def test_they_are_in_no_sitemap(moved: tuple[Site, Report]) -> None:
    site, _ = moved

    assert "island/" not in site.html("sitemap.xml")


def test_what_is_there_wins_and_the_clash_is_named_with_its_line(
    moved: tuple[Site, Report],
) -> None:
    site, report = moved
    told = [each for each in report.problems if each.where.startswith("content")]
    said = sorted((each.where, each.what, each.severity) for each in told)

    there = "is the address of something that is there"
    assert said == [
        ("content/iceland/other.md:4", what, "warning")
        for what in sorted(
            (
                f"aliases: '/iceland/' {there}",
                f"aliases: '/' {there}",
                "aliases: '/Island/' is already the former address of /iceland/",
                "aliases: '../x' is no address of this site",
                f"aliases: '/iceland/falls.jpg/../other' {there}",
                f"aliases: '/feed.xml' {there}",
                f"aliases: '/about/index.html/x' {there}",
            )
        )
    ]
    assert "refresh" not in site.html("iceland/index.html")


def test_without_an_address_the_page_names_its_place_by_a_relative_one(site: Site) -> None:
    site.photo("a/b.jpg")
    site.text("a/index.md", "---\naliases: x/y\n---\n")
    site.build()

    assert '<link rel="canonical" href="../../a/">' in site.html("x/y/index.html")


def test_one_that_is_taken_back_leaves_no_trace(site: Site, tmp_path: Path) -> None:
    site.photo("a/b.jpg")
    site.text("a/index.md", "---\naliases: [x/y, z.php]\n---\n")
    site.build()
    assert (site.output / "x/y/index.html").exists()

    site.text("a/index.md", "---\ntitle: A\n---\n")
    site.build()

    assert not (site.output / "x").exists()
    assert not (site.output / "_redirects").exists()
    assert tree(site.output) == clean_tree(site, tmp_path / "clean")


def told(report: Report) -> list[tuple[str, str]]:
    """Return the warnings about aliases: the address as written, and what is said of it."""
    found = [re.fullmatch(r"aliases: '(.*)' (.*)", each.what) for each in report.problems]
    assert {each.where for each in report.problems} == {"content/a/index.md:2"}
    return [(each[1], each[2]) for each in found if each]


def test_what_is_made_for_hosts_and_machines_wins_over_a_former_address(site: Site) -> None:
    site.settings(settings())
    site.photo("a/b.jpg")
    site.text("a/b.md", "---\ndate: 2024-05-03\n---\n")
    taken = (
        "/_headers", "/_Headers/x.html", "/_redirects/x", "/_redirects", "/robots.txt/",
        "/sitemap.xml/x", "/.nojekyll", "/feed.json/", "/manifest.webmanifest/x", "/404.html/x",
    )  # fmt: skip
    site.text("a/index.md", f"---\naliases: [/old/, {', '.join(taken)}]\n---\n")

    for _ in range(2):
        assert told(site.build()) == [
            (alias, "is the address of something that is there") for alias in sorted(taken)
        ]
        assert lines(site) == {"/old": "/a/", "/old/": "/a/"}
        assert (site.output / "_headers").is_file()


def test_folders_of_files_hold_no_former_address(site: Site) -> None:
    site.photo("a/b.jpg")
    inside = ("/static/x.html", "/Static/", "/image/old/", "/full")
    site.text("a/index.md", f"---\naliases: [/statics/, {', '.join(inside)}]\n---\n")

    assert told(site.build()) == [
        (alias, "is in a folder that holds no pages") for alias in sorted(inside)
    ]
    assert set(lines(site)) == {"/statics", "/statics/"}


def test_a_former_address_may_not_be_a_folder_above_another_page(site: Site) -> None:
    site.photo("a/b.jpg")
    site.text(
        "a/index.md",
        "---\naliases: [/x.html, /X.html/y, /p/q.html/, /p/Q.html, /i.php, /i.php/z]\n---\n",
    )

    assert told(site.build()) == [
        (alias, "is in the way of another former address") for alias in ("/X.html/y", "/p/Q.html")
    ]
    assert {"/i.php", "/i.php/z"} < set(lines(site))


def test_an_address_with_a_query_is_refused_as_it_was_written(site: Site) -> None:
    site.photo("a/b.jpg")
    site.text("a/index.md", "---\naliases: '/x?y=1'\n---\n")

    assert told(site.build()) == [("/x?y=1", "is no address of this site")]
    assert not (site.output / "x").exists()


@pytest.mark.parametrize("aliases", ["{a: b}", "[1, [2]]", "[true]"])
def test_what_is_no_list_of_addresses_costs_the_text(site: Site, aliases: str) -> None:
    site.photo("a/b.jpg")
    site.text("a/index.md", f"---\ntitle: T\naliases: {aliases}\n---\n")
    (problem,) = [each for each in site.build().problems if each.severity == "error"]

    assert problem.where == "content/a/index.md:3"
    assert "aliases" in problem.what
