"""Two at once, builds, servers and checks: one works, the other waits or says why it does not."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from generator import check
from generator.build import order_of
from generator.core.config import load_config
from generator.core.errors import ConfigError
from generator.output.alone import alone
from generator.output.manifest import open_manifest
from generator.report import Listener, Options
from generator.state import store
from tests.support.cases import cases
from tests.support.sites import Site, clean_tree, scraps, stamps, surroundings, tree, wait_until
from tests.test_serve_command import serving

pytestmark = pytest.mark.fault
posix = pytest.mark.skipif(sys.platform == "win32", reason="holds and signals are POSIX's")

# Holds whatever it is told to until its standard input is closed, or it is killed.
HOLDER = """
import sys
from pathlib import Path
from generator.output.alone import alone
from generator.state.store import exclusive
kind, folder = sys.argv[1], Path(sys.argv[2])
with alone(folder) if kind == "output" else exclusive(folder, lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(kind: str, folder: Path) -> subprocess.Popen[str]:
    found = subprocess.Popen(
        [sys.executable, "-c", HOLDER, kind, str(folder)],
        env=surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert found.stdout is not None
    assert found.stdout.readline() == "held\n"
    return found


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """Two small sites with other pictures and the same words."""
    settings = '[images]\nmax_dimensions = [32]\nformats = ["jpeg"]\n[build]\njobs = 1\n'
    sites = Site(tmp_path / "one"), Site(tmp_path / "two")
    for number, site in enumerate(sites):
        site.settings(settings)
        site.photo(f"{'ab'[number]}.jpg", number)
        site.photo(f"coast/{'ab'[number]}.jpg", number + 2)
        site.text("about.md", "# About\n\nWords.\n")
    yield sites


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    errors = process.communicate(timeout=60)[1]
    assert "Traceback" not in errors
    return process.returncode, errors


def at_rest(site: Site) -> Mapping[str, str]:
    """Return what is published between two builds: during one, files come and go."""
    with store.exclusive(site.cache, lambda: None):
        return tree(site.output)


def test_s5_two_builds_of_a_site_end_with_one_clean_tree(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = two
    right = clean_tree(site, tmp_path / "clean")
    for _ in range(cases(1)):
        builds = [site.start("build", "--force", "--jobs", "2") for _ in range(2)]
        assert [ended(each)[0] for each in builds] == [0, 0]
        assert tree(site.output) == right
        assert scraps(site) == []


def test_s5_two_folders_of_one_site_are_built_one_after_the_other(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = two
    right = clean_tree(site, tmp_path / "clean")
    with store.exclusive(site.cache, lambda: None):
        builds = [site.start("build", "--output", name) for name in ("output", "other")]
        for each in builds:
            assert each.stderr is not None
            assert "waiting for it to end" in each.stderr.readline()
        assert not site.output.exists()
    assert [ended(each)[0] for each in builds] == [0, 0]

    assert tree(site.output) == tree(site.root / "other") == right
    assert site.build().files_written == site.build(output=site.root / "other").files_written == 0


@posix
def test_s5_two_sites_do_not_share_a_folder_while_either_writes(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    one, other = two
    shared = tmp_path / "shared"
    right = clean_tree(one, tmp_path / "clean")
    with alone(shared), pytest.raises(ConfigError, match="build of another site") as caught:
        one.build(output=shared)
    assert (caught.value.exit_code, list(shared.iterdir())) == (2, [])

    builds = [site.start("build", "--output", str(shared)) for site in two]
    codes = [ended(each)[0] for each in builds]
    assert sorted(codes) == [0, 2]
    winner = two[codes.index(0)]
    assert tree(shared) == (right if winner is one else clean_tree(other, tmp_path / "clean2"))
    assert scraps(one) == scraps(other) == []


def test_s5_the_folder_of_another_site_is_not_taken_over(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    one, other = two
    shared = tmp_path / "shared"
    one.build(output=shared)
    before = stamps(shared)

    with pytest.raises(ConfigError, match="holds another site, with pictures such as full"):
        other.build(output=shared)

    assert stamps(shared) == before
    assert one.build(output=shared).files_written == 0


def test_s5_a_build_that_is_killed_leaves_no_lock(two: tuple[Site, Site]) -> None:
    site, _ = two
    held = holder("cache", site.cache)
    build = site.start("build")
    assert build.stderr is not None
    assert "waiting for it to end" in build.stderr.readline()
    assert build.poll() is None
    held.kill()
    held.communicate()

    assert ended(build)[0] == 0


@posix
def test_s5_a_build_of_another_site_that_is_killed_leaves_the_folder_free(
    two: tuple[Site, Site],
) -> None:
    site, _ = two
    held = holder("output", site.output)
    with pytest.raises(ConfigError, match="the build of another site is writing here"):
        site.build()
    held.kill()
    held.communicate()

    assert site.build().exit_code == 0


def test_s5_a_check_beside_a_build_neither_waits_nor_writes(two: tuple[Site, Site]) -> None:
    site, _ = two
    site.build()
    with store.exclusive(site.cache, lambda: None):
        before = stamps(site.root)
        for options in ([], ["--verify"], ["--privacy"]):
            done = site.run("check", *options)
            assert done.returncode == 0, done.stderr
        assert stamps(site.root) == before


def test_s5_what_a_build_wrote_during_a_check_is_not_taken_for_somebody_elses(
    two: tuple[Site, Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = two
    site.build()
    before = open_manifest(site.output, site.cache)
    site.photo("new.jpg", 7)
    site.build()
    # The check began before that build, and looks at the folder after it.
    known = iter([before])
    monkeypatch.setattr(
        check, "open_manifest", lambda *where: next(known, None) or open_manifest(*where)
    )

    order = order_of(site.root, site.output, load_config(site.root), Options(), Listener())
    assert check.check_site(order).problems == ()


def test_s5_a_build_beside_a_server_waits_or_finds_it_done(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = two
    with serving(site) as found:
        wait_until(lambda: b"About" in found.get("/about/")[1])
        site.photo("new.jpg", 5)
        right = clean_tree(site, tmp_path / "clean")
        builds = [site.start("build") for _ in range(2)]
        assert [ended(each)[0] for each in builds] == [0, 0]
        wait_until(lambda: found.get("/new/")[0] == 200)
        wait_until(lambda: at_rest(site) == right)
        with store.exclusive(site.cache, lambda: None):
            assert scraps(site) == []
        assert not any("error" in line for line in found.said), found.said


def test_s5_two_servers_of_a_site_show_the_same_and_build_one_tree(
    two: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = two
    with serving(site) as one, serving(site) as other:
        for edit in range(cases(1)):
            site.photo("coast/new.jpg", edit)
            site.text("about.md", f"# About\n\nWords, the {edit}th.\n")
            right = clean_tree(site, tmp_path / f"clean{edit}")
            for each in (one, other):
                wait_until(lambda each=each: each.get("/coast/new/")[0] == 200)  # type: ignore[misc]
            wait_until(lambda right=right: at_rest(site) == right)  # type: ignore[misc]
        with store.exclusive(site.cache, lambda: None):
            assert scraps(site) == []
        assert not any("error" in line for line in (*one.said, *other.said))
    assert site.run("build").returncode == 0
    assert tree(site.output) == right
