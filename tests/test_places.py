"""Where a build may write: what overlaps is refused before anything changes."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import generator
from generator.core.errors import ConfigError
from generator.report import Listener
from generator.serve.planning import Faulty, Planner
from generator.start.migration import migrate
from generator.start.site import start_site
from generator.state import store
from tests.support.albums import QUICK
from tests.support.mounts import run_with_mounts
from tests.support.sites import Site, command, folders, stamps, tree

posix = pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX's")

State = tuple[Mapping[str, tuple[int, int]], frozenset[str], Mapping[str, str]]


def state(root: Path) -> State:
    """Return all that anybody could change below a folder."""
    links = {str(path): str(path.readlink()) for path in root.rglob("*") if path.is_symlink()}
    return stamps(root), folders(root), links


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, in which the site lies."""
    home = tmp_path / "people" / "ann"
    home.mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture
def site(home: Path) -> Site:
    site = Site(home / "travels" / "site")
    site.settings(QUICK)
    site.photo("a.jpg")
    site.photo("coast/b.jpg", 1)
    site.text("coast/b.md", "Words.\n")
    site.write("templates/404.html", b"none")
    return site


def refused(site: Site, output: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        site.build(output=output)
    assert caught.value.exit_code == 2
    assert caught.value.problems[0].hint
    return caught.value.problems[0].what


PLACES = (
    *("pictures", "pictures/coast", "pictures/new/deeper", "content", "content/new", "templates"),
    *("templates/new", ".cache", ".cache/new", ".", "..", "../..", "../../..", "/"),
    *("output/../pictures", "./pictures/.", "pictures/coast/../../content", "output/../.."),
    *("none/../pictures", "Templates/../pictures/coast", "site.toml", "site.toml/new"),
    *("pictures/a.jpg", "pictures/a.jpg/new", "file/new"),
)


@pytest.mark.parametrize("place", PLACES)
def test_s10_an_output_that_overlaps_is_refused(
    site: Site, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("file", b"a file")
    before = state(tmp_path)
    monkeypatch.chdir(site.root)

    refused(site, Path(place))
    refused(site, site.root / place)

    assert state(tmp_path) == before


@posix
@pytest.mark.parametrize(
    ("link", "target", "output"),
    [
        ("output", "pictures", "output"),
        ("output", "pictures/coast", "output"),
        ("output", ".", "output"),
        ("output", "..", "output/site/content"),
        ("output", "../..", "output"),
        ("public", "content", "public/deeper"),
        ("public", "templates", "public/../content"),
        ("public", ".cache", "public"),
        ("public", "nowhere", "public"),
        ("public", "public", "public"),
        ("public", "public", "public/deeper"),
    ],
)
def test_s10_a_link_is_judged_by_where_it_leads(
    site: Site, tmp_path: Path, link: str, target: str, output: str
) -> None:
    (site.root / link).symlink_to(target)
    before = state(tmp_path)

    refused(site, site.root / output)

    assert state(tmp_path) == before


@posix
@pytest.mark.parametrize("name", ["pictures", "content", "templates"])
def test_s10_sources_behind_links_are_where_they_lead(
    site: Site, tmp_path: Path, name: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    shutil.move(site.root / name, disk / "all")
    (site.root / name).symlink_to(disk / "all")
    before = state(tmp_path)

    for place in (disk / "all", disk / "all/new", disk):
        assert name in refused(site, place)

    assert state(tmp_path) == before


@posix
@pytest.mark.parametrize("target", ["pictures", "pictures/coast", "content", "../..", ".", "empty"])
def test_s10_a_cache_that_is_somebody_elses_is_refused(
    site: Site, tmp_path: Path, target: str
) -> None:
    (site.pictures / "empty").mkdir()
    (site.root / ".cache").symlink_to(target.replace("empty", "pictures/empty"))
    before = state(tmp_path)

    refused(site, site.output)
    assert site.run("clean").returncode == 0

    assert state(tmp_path) == before


def test_s10_the_cache_of_a_home_is_that_of_every_program(site: Site, home: Path) -> None:
    shutil.copytree(site.pictures, home / "pictures")
    for name in ("outputs/theirs", "variants/ab/theirs", "shown/theirs", "pip/theirs", "last"):
        (home / ".cache" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / ".cache" / name).write_bytes(b"of another program")
    before = state(home)

    for arguments, status in {("build",): 2, ("check",): 2, ("clean",): 0}.items():
        assert site.run(*arguments, "--site", str(home)).returncode == status

    assert state(home) == before


def test_s10_a_cache_is_known_by_its_tag_whatever_lies_in_it(site: Site) -> None:
    site.build()
    site.write(".cache/of-a-later-version", b"whatever")

    assert (site.cache / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d17")
    assert site.build().files_written == 0
    store.remove_all(site.cache)
    assert list(tree(site.cache)) == ["of-a-later-version"]


@posix
def test_s10_a_tag_that_is_none_harms_nothing(site: Site) -> None:
    tag = site.cache / "CACHEDIR.TAG"
    ways: list[Callable[[], object]] = [
        tag.mkdir,
        tag.touch,
        lambda: os.mkfifo(tag),
        lambda: tag.symlink_to("nowhere"),
    ]
    for make in ways:
        site.build()
        if tag.is_dir():
            tag.rmdir()
        else:
            tag.unlink()
        make()

        assert site.build(force=True).exit_code == 0


def test_s10_the_program_itself_is_not_written_to(site: Site) -> None:
    package = Path(generator.__file__).parent

    for place in (package, package / "new", package / "core", package.parent):
        refused(site, place)

    assert not any((place / "index.html").exists() for place in (package, package.parent))
    assert not (package / "new").exists()


@pytest.mark.parametrize("output", ["mounted", "mounted/coast", "mounted/new"])
def test_s10_a_mount_is_what_is_mounted(site: Site, tmp_path: Path, output: str) -> None:
    (tmp_path / "mounted").mkdir()
    before = state(site.root)

    mount = f"mount --bind '{site.pictures}' '{tmp_path}/mounted'"
    done = run_with_mounts(mount, command("build", "--output", str(tmp_path / output)), site.root)

    assert (done.returncode, "overlaps pictures/" in done.stderr) == (2, True), done.stderr
    assert state(site.root) == before


@pytest.mark.parametrize("arguments", [("build",), ("check",)])
def test_s10_the_command_says_so_with_status_2(
    site: Site, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = state(tmp_path)

    done = site.run(*arguments, "--output", "pictures/../content")

    assert (done.returncode, done.stdout) == (2, "")
    assert "overlaps content/ of the site (choose another with --output)" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert state(tmp_path) == before


def test_s10_a_server_plans_nothing_into_the_sources(site: Site, tmp_path: Path) -> None:
    before = state(tmp_path)
    planner = Planner(site.root, site.pictures, lambda config: 0, Listener())

    with pytest.raises(ConfigError, match="overlaps pictures/"):
        planner.plan(Faulty(), lambda seconds: None)

    assert state(tmp_path) == before


def test_s10_settings_that_are_not_there_are_not_written_over(site: Site) -> None:
    (site.root / "site.toml").unlink()

    assert "site.toml" in refused(site, site.root / "site.toml")
    assert not (site.root / "site.toml").exists()


def started(folder: Path) -> None:
    start_site(folder, demo=False)


@pytest.mark.parametrize(
    "place", ["pictures", "content", ".", "..", "site.toml", "pictures/a.jpg", "dangling"]
)
def test_s10_a_new_site_is_never_started_in_a_used_folder(
    site: Site, tmp_path: Path, place: str
) -> None:
    settings = site.write("sigal.conf.py", b'source = "pictures"\n')
    if place == "dangling":
        (site.root / place).symlink_to("nowhere")
    before = state(tmp_path)
    ways: list[Callable[[Path], object]] = [
        started,
        lambda folder: migrate(settings, folder, lambda done, total: None),
    ]

    for start in ways:
        with pytest.raises(ConfigError) as caught:
            start(site.root / place)
        assert caught.value.exit_code == 2
    with pytest.raises(ConfigError, match="among the pictures"):
        ways[1](site.pictures / "new")

    assert state(tmp_path) == before


def test_s10_foreign_files_outlive_all_that_was_around_them(site: Site) -> None:
    site.build()
    mine = site.write("output/coast/b/notes/mine.txt", b"mine")
    beside = site.write("output/image/coast/mine.jpg", b"mine too")

    shutil.rmtree(site.pictures / "coast")
    shutil.rmtree(site.root / "content/coast")
    site.build()
    site.build(force=True)

    assert (mine.read_bytes(), beside.read_bytes()) == (b"mine", b"mine too")
    left = {path for path in tree(site.output) if "coast" in path}
    assert left == {"coast/b/notes/mine.txt", "image/coast/mine.jpg"}


def test_s10_what_was_edited_by_hand_is_made_again_or_left_and_never_removed(site: Site) -> None:
    site.build()
    wanted, unwanted = site.output / "index.html", site.output / "coast/index.html"
    for page in (wanted, unwanted):
        page.write_bytes(page.read_bytes() + b"edited")
    shutil.rmtree(site.pictures / "coast")

    report = site.build()

    assert unwanted.read_bytes().endswith(b"edited")
    assert not wanted.read_bytes().endswith(b"edited")
    assert "output/coast/index.html" in {problem.where for problem in report.problems}
