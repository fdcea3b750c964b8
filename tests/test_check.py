"""What `check` finds, and that it leaves everything as it was."""

import ast
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

import generator
from generator.cli import cli
from generator.core.errors import Code, Problem, Severity, in_order
from tests.support.pictures import chart, save
from tests.support.sites import Site, folders, stamps
from tests.test_docs import ROOT

PACKAGE = Path(generator.__file__).parent
INLINE = "[build]\njobs = 1\n"
SOURCES = [ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]


def found(site: Site, *options: str) -> dict[str, Any]:
    arguments = ["check", "--json", "--site", str(site.root), *options]
    done = CliRunner().invoke(cli, arguments)
    result: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (1 if result["problems"] else 0)
    return result


def codes(site: Site) -> list[tuple[str, str]]:
    return [(each["code"], each["where"]) for each in found(site)["problems"]]


@pytest.fixture
def site(site: Site) -> Site:
    site.settings(f"{Site.SETTINGS}{INLINE}")
    site.photo("a.jpg", 1)
    site.photo("coast/b.jpg", 2)
    return site


def everything(root: Path) -> tuple[object, ...]:
    """Return what any writing would change."""
    return stamps(root), folders(root), {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_a_good_site_is_0_and_nothing_is_written(site: Site) -> None:
    before = everything(site.root)
    done = site.run("check")

    assert (done.returncode, "2 photos in 1 album" in done.stdout) == (0, True)
    assert "nothing found" in done.stdout
    assert everything(site.root) == before


def test_nothing_is_written_beside_a_build_either_and_what_it_knows_is_believed(
    site: Site,
) -> None:
    first = site.run("check")
    site.build()
    site.photo("new.jpg", 9)
    before = everything(site.root)
    second = site.run("check")

    assert everything(site.root) == before
    assert "Decoding photos: 2 of 2" in first.stderr
    assert "Decoding photos: 1 of 1" in second.stderr


def torn(site: Site) -> None:
    photo = save(chart(320, 200), site.pictures / "coast/torn.jpg")
    photo.write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])


def precious(site: Site) -> None:
    site.build()
    site.write("output/c/index.html", b"mine")
    site.photo("c.jpg", 3)


def retitled(settings: str) -> Callable[[Site], None]:
    return lambda site: site.settings(f"{settings}{INLINE}")


@pytest.mark.parametrize(
    ("spoil", "code", "where"),
    [
        (torn, "damaged-picture", "pictures/coast/torn.jpg"),
        (lambda site: site.write("pictures/x.jpg", b"hello"), "not-a-picture", "pictures/x.jpg"),
        (lambda site: site.photo("coast/c.jpg", 1), "duplicate-picture", "pictures/coast/c.jpg"),
        (lambda site: site.photo("coast.jpg", 3), "address-taken", "pictures/coast.jpg"),
        (
            lambda site: site.text("aa.md", "---\nalt: x\n---\n"),
            "text-without-picture",
            "content/aa.md",
        ),
        (lambda site: site.text("a.md", "[x](y.md)"), "leads-nowhere", "content/a.md:1"),
        (
            lambda site: site.text("a.md", "---\naltt: x\n---\n"),
            "wrong-text",
            "content/a.md:2",
        ),
        (
            lambda site: site.write("templates/photo.html", b"\n{{ nonsense }}"),
            "wrong-template",
            "templates/photo.html:2",
        ),
        (
            retitled("[gallery]\nmin_alt = 50\n"),
            "few-alt-texts",
            "site.toml",
        ),
        (
            retitled("[images]\nquality.webp = 50\n"),
            "unused-setting",
            "site.toml:2",
        ),
        (retitled('[feeds]\nitems = "photo"\n'), "unused-setting", "site.toml:2"),
        (retitled("[images]\nsvg = true\n"), "unused-setting", "site.toml:2"),
        (
            retitled("[[gallery.private_zones]]\nlatitude = 1\nlongitude = 1\nradius_km = 1\n"),
            "unused-setting",
            "site.toml:1",
        ),
        (
            retitled('[albums]\nignore = [".*", "privat"]\n'),
            "unused-setting",
            "site.toml:2",
        ),
        (precious, "foreign-file", "output/c/index.html"),
    ],
)
def test_what_is_wrong_is_found_under_its_code(
    site: Site, spoil: Callable[[Site], object], code: str, where: str
) -> None:
    spoil(site)
    before = everything(site.root)
    problems = codes(site)

    assert everything(site.root) == before
    assert any(code == kind and place.endswith(where) for kind, place in problems), problems


def test_what_a_build_says_check_says_before(site: Site) -> None:
    torn(site)
    site.text("a.md", "[x](y.md)\n\n![z](z.jpg)")
    site.text("coast/index.md", "---\ncover: q.jpg\n---\n")
    ahead = codes(site)
    report = site.build()

    assert ahead == [(each.code, each.where) for each in report.problems]
    assert len(ahead) == 4
    assert codes(site) == ahead


def test_an_error_stands_before_what_comes_of_it() -> None:
    def problem(where: str, severity: Severity) -> Problem:
        return Problem(where, "what", severity=severity, code="wrong-text")

    wanted = [
        problem("content/a.md:6", "error"),
        problem("content/a.md:12", "error"),
        problem("content/a.md", "warning"),
        problem("content/a.md:2", "warning"),
        problem("content/b.md", "warning"),
        problem("content/c.md", "error"),
    ]

    assert list(in_order(reversed(wanted))) == wanted


def test_settings_that_do_something_are_no_problem(site: Site) -> None:
    site.settings('[albums]\nignore = ["coast"]\n[images.quality]\navif = 50\n' + INLINE)

    assert codes(site) == []


def test_wrong_settings_are_2_with_their_lines(site: Site) -> None:
    site.settings("[images]\nqality = 1\n")
    done = site.run("check")

    assert (done.returncode, done.stdout) == (2, "")
    assert "site.toml:2" in done.stderr


def test_photos_without_words_are_counted_and_named_if_wanted(site: Site) -> None:
    site.text("a.md", "---\nalt: A chart\ntitle: Chart\n---\n")
    plain, verbose, result = site.run("check"), site.run("check", "-v"), found(site)

    assert "1 have an alt text, 0 a caption, 1 a title; 1 none of them" in plain.stdout
    assert "coast/b.jpg" not in plain.stdout
    assert "without words: pictures/coast/b.jpg" in verbose.stdout
    assert (result["with_alt"], result["undescribed"]) == (1, ["coast/b.jpg"])


def test_every_problem_has_a_code_and_every_code_is_explained() -> None:
    calls = [
        node
        for tree in SOURCES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Problem"
    ]
    words = Counter(
        node.value for tree in SOURCES for node in ast.walk(tree) if isinstance(node, ast.Constant)
    )
    text = (ROOT / "docs/check.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)

    assert [
        ast.unparse(call) for call in calls if "code" not in {each.arg for each in call.keywords}
    ] == []
    assert explained == sorted(get_args(Code))
    # Once in the list of all, and at least once where it happens.
    assert [code for code in explained if words[code] < 2] == []
