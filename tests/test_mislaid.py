"""What lies where it means nothing, too deep, or out of reach is told of by name."""

import os
import sys
from pathlib import Path

import pytest

from generator.core.errors import ConfigError
from generator.core.files import MAX_DEPTH
from tests.support.crawl import Crawl
from tests.support.pictures import chart, encoded
from tests.support.sites import Site, folders, tree

PLAIN = encoded(chart(24, 16), "JPEG")


def nest(site: Site, name: str, depth: int) -> None:
    """Put a picture so many folders deep, however long that path is."""
    site.photo("one.jpg")
    before = Path.cwd()
    os.chdir(site.pictures)
    try:
        for _ in range(depth):
            Path(name).mkdir()
            os.chdir(name)
        Path("deep.jpg").write_bytes(PLAIN)
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("name", "depth"), [("a", MAX_DEPTH), ("!", 99), ("庄", 70), ("庄" * 80, 12)], ids=ascii
)
def test_p5_a_path_of_any_length_becomes_one_that_all_hosts_take(
    small: Site, name: str, depth: int
) -> None:
    nest(small, name, depth)

    report = small.build()
    crawl = Crawl(small.output)

    assert (report.photos, report.exit_code) == (2, 0)
    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}
    assert max(len(path.encode()) for path in tree(small.output)) <= 1024
    assert PLAIN in [path.read_bytes() for path in (small.output / "full").rglob("*deep*")]


@pytest.mark.parametrize(
    ("name", "depth"),
    [("a", MAX_DEPTH + 1), ("a", 400), ("x" * 250, 20)],
    ids=["one", "many", "long"],
)
def test_p5_what_lies_too_deep_is_named_and_costs_only_itself(
    small: Site, name: str, depth: int
) -> None:
    nest(small, name, depth)

    report = small.build()
    (problem,) = report.problems

    assert (report.photos, report.exit_code) == (1, 1)
    assert problem.where.startswith(f"pictures/{name}/")
    assert (problem.code, "folders deep" in problem.what) == ("wrong-name", True)


@pytest.mark.parametrize("name", ["x" * 251, "字" * 83, "é" * 125], ids=["x", "字", "é"])
def test_p5_names_of_255_bytes_are_shortened(small: Site, name: str) -> None:
    twins = (name[:-1] + "y", name[:-1] + "z")
    for each in twins:
        small.write(f"pictures/{each}.jpg", PLAIN)
        small.write(f"pictures/{each}/one.jpg", PLAIN)

    assert small.build().photos == 4
    names = {part for path in tree(small.output) for part in path.split("/")}
    assert max(len(part.encode()) for part in names) < 255
    assert Crawl(small.output).broken() == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a/index.md",
            "---\nslug: ../../../outside\naliases: [../../outside/, /a/../../x.html]\n---\n",
        ),
        ("a/index.md", "---\nslug: /etc/outside\naliases: ['%2e%2e/%2e%2e/outside/']\n---\n"),
        ("a/index.md", "---\ncover: ../../../../../../etc/passwd\n---\n"),
        ("about.md", "---\nslug: '..\\..\\outside'\n---\n![x](../../../site.toml) [x](/../../x)"),
        ("about.md", "---\nslug: ..\n---\n::: gallery\n/../../../\n:::\n"),
    ],
)
def test_p1_no_text_leads_out_of_the_site(small: Site, path: str, text: str) -> None:
    small.write("pictures/a/x.jpg", PLAIN)
    small.text(path, text)
    before = tree(small.root)

    small.build()

    after = tree(small.root)
    assert {name: after[name] for name in before} == dict(before)
    assert {name.split("/")[0] for name in after.keys() - before.keys()} == {"output", ".cache"}
    assert [each.name for each in small.root.parent.iterdir()] == ["site"]
    assert not [name for name in folders(small.output) if ".." in name.split("/")]
    assert Crawl(small.output).broken() == []


def test_p1_no_template_reads_outside_of_the_theme(small: Site) -> None:
    from generator.core.errors import TemplateError

    small.write("pictures/x.jpg", PLAIN)
    small.write("secret.html", b"secret")
    small.write("templates/404.html", b"{% include '../secret.html' %}")

    with pytest.raises(TemplateError, match=r"404\.html:1"):
        small.build()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_p2_links_are_not_followed(small: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "private.jpg").write_bytes(PLAIN)
    small.write("pictures/x.jpg", PLAIN)
    for name, target in {
        "file.jpg": outside / "private.jpg",
        "folder": outside,
        "loop": small.pictures,
        "zero.jpg": Path("/dev/zero"),
        "nowhere.jpg": outside / "nothing",
    }.items():
        (small.pictures / name).symlink_to(target)

    assert small.build().photos == 1
    assert not [path for path in tree(small.output) if "private" in path or "zero" in path]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("folder", ["content", "templates"])
@pytest.mark.parametrize("target", ["nothing", "site.toml"])
def test_p2_links_among_texts_and_templates_are_named(
    small: Site, folder: str, target: str
) -> None:
    small.write("pictures/x.jpg", PLAIN)
    (small.root / folder).mkdir()
    (small.root / folder / "x.md").symlink_to(small.root / target)

    (problem,) = small.build().problems

    assert (problem.where, problem.code) == (f"{folder}/x.md", "symbolic-link")


@pytest.mark.parametrize("folder", ["content", "templates"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_in_the_place_of_a_folder_is_named(small: Site, folder: str, kind: str) -> None:
    small.write("pictures/x.jpg", PLAIN)
    if kind == "file":
        small.write(folder, b"text")
    else:
        (small.root / folder).symlink_to("nowhere")

    (problem,) = small.build().problems

    assert (problem.where, problem.severity, problem.code) == (folder, "warning", "wrong-name")


def test_keys_for_something_else_are_named_one_by_one(small: Site) -> None:
    small.write("pictures/a/x.jpg", PLAIN)
    of_photos = "alt: a\ncaption: b\nkeywords: [c]\nfocus: 30% 20%\n"
    of_albums = "cover: x.jpg\nsort: name\nreverse: true\nlayout: rows\ndownload: true\n"
    of_albums += "sections: year\n"
    # What other programs write into every text is no reason to complain.
    shared = "date: 2025-05-03\ntitle: t\ndescription: d\nslug: s\nmap: false\noriginals: none\n"
    small.text("a/index.md", f"---\n{of_photos}{shared}---\n")
    small.text("a/x.md", f"---\n{of_albums}{shared}---\n")

    found = [each for each in small.build().problems if each.code == "idle-key"]

    wrong = {"content/a/index.md": of_photos, "content/a/x.md": of_albums}
    assert [(each.where, each.what.split(":")[0]) for each in found] == [
        (path, key)
        for path, keys in wrong.items()
        for key in sorted(line.split(":")[0] for line in keys.splitlines())
    ]


def test_a_site_that_is_a_file_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.pictures.rmdir()
    site.write("pictures", b"text")
    with pytest.raises(ConfigError, match="pictures"):
        site.build()
