"""The command as its users meet it: what it says, where, and with which exit status."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from generator import __version__
from generator.cli import cli
from generator.report import Report
from tests.support.pictures import chart, gps_exif, save
from tests.support.processes import alive
from tests.support.sites import (
    Site,
    clean_tree,
    command,
    scraps,
    stamps,
    surroundings,
    tree,
    wait_until,
)


@pytest.fixture
def site(site: Site) -> Site:
    site.photo("a.jpg", 1)
    site.photo("coast/b.jpg", 2)
    return site


@pytest.fixture
def damaged(site: Site) -> Path:
    """A picture that looks like one until its pixels are read."""
    photo = save(chart(320, 200), site.pictures / "coast/torn.jpg")
    photo.write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])
    return photo


@pytest.mark.parametrize("command", [(), *((name,) for name in cli.commands)])
def test_every_command_explains_itself(site: Site, command: tuple[str, ...]) -> None:
    done = site.run(*command, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage:")
    assert not site.cache.exists()


def test_the_version_is_told(site: Site) -> None:
    assert site.run("--version").stdout == f"fastphoto, version {__version__}\n"


def test_a_build_ends_with_a_summary_and_0(site: Site) -> None:
    done = site.run("build")

    assert done.returncode == 0
    assert "2 photos in 1 album" in done.stdout
    assert (site.output / "index.html").exists()


def test_a_build_without_changes_says_so(site: Site) -> None:
    site.run("build")
    before = stamps(site.output)

    done = site.run("build")

    assert done.returncode == 0
    assert "Nothing changed" in done.stdout
    assert stamps(site.output) == before


def test_verbose_names_what_matters_even_if_nothing_changed(site: Site) -> None:
    save(chart(32, 32), site.pictures / "where.jpg", exif=gps_exif())
    site.write("pictures/notes.txt", b"x")
    named = [
        "passed over pictures/notes.txt",
        "pictures/where.jpg: its original carries the location where it was taken",
    ]
    site.run("build")
    before = stamps(site.output)

    done = site.run("build", "--verbose")

    assert "Nothing changed" in done.stdout
    assert [name for name in named if name not in done.stderr] == []
    assert "to render" not in done.stderr
    assert stamps(site.output) == before


@pytest.mark.parametrize(
    "arguments",
    [
        *[("build", "--fast"), ("bake",), ("build", "--jobs", "-1"), ("build", "--jobs", "many")],
        *[("build", "--site", "nowhere"), ("clean", "--output", "output"), ("build", "extra")],
    ],
)
def test_wrong_usage_is_2_and_nothing_is_written(site: Site, arguments: tuple[str, ...]) -> None:
    before = tree(site.root)

    done = site.run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage:" in done.stderr
    assert tree(site.root) == before


def test_wrong_settings_are_2_each_named_with_its_line_and_nothing_is_written(site: Site) -> None:
    site.settings('[images]\nqality = 1\n[site]\ntitle = 3\nlanguage = "klingon!"\n')

    done = site.run("build")

    assert (done.returncode, done.stdout) == (2, "")
    for place in ("site.toml:2", "site.toml:4", "site.toml:5"):
        assert place in done.stderr
    assert "quality" in done.stderr
    assert not site.output.exists()


def test_an_output_folder_of_somebody_else_is_2(site: Site) -> None:
    kept = site.write("public/letter.txt", b"mine")

    done = site.run("build", "--output", "public")

    assert done.returncode == 2
    assert "public" in done.stderr
    assert tree(kept.parent).keys() == {"letter.txt"}


def test_i3_a_picture_that_cannot_be_used_is_named_once_and_costs_only_itself(
    site: Site, damaged: Path
) -> None:
    done = site.run("build")

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "torn" in line]
    assert line.startswith("error: pictures/coast/torn.jpg: the file is truncated")
    built = tree(site.output)
    assert {"full/a.jpg", "full/coast/b.jpg"} <= built.keys()
    assert [path for path in built if "torn" in path] == []


def test_a_picture_that_cannot_be_used_is_named_again_by_the_next_build(
    site: Site, damaged: Path
) -> None:
    first = site.run("build")
    second = site.run("build")

    assert [line for line in second.stderr.splitlines() if "torn" in line]
    assert (first.returncode, second.returncode) == (1, 1)


def test_a_broken_template_is_named_with_its_line_and_the_site_stays(site: Site) -> None:
    site.run("build")
    before = stamps(site.output)

    site.write("templates/photo.html", b"<p>\n{{ page.nonsense }}\n</p>")
    done = site.run("build")

    assert done.returncode == 2
    assert "photo.html:2" in done.stderr
    assert "Traceback" not in done.stderr
    assert stamps(site.output) == before
    assert scraps(site) == []


def test_strict_leaves_the_site_as_it_was_if_anything_is_refused(site: Site) -> None:
    site.run("build")
    before = stamps(site.output)

    (site.pictures / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    site.photo("new.jpg", 3)
    done = site.run("build", "--strict")

    assert done.returncode == 1
    assert "Nothing published" in done.stdout
    assert stamps(site.output) == before


def test_strict_leaves_the_site_as_it_was_if_anything_is_warned_of(site: Site) -> None:
    site.text("about.md", "[Nowhere](nowhere.md)\n")

    done = site.run("build", "--strict")

    assert done.returncode == 1
    assert "content/about.md:1" in done.stderr
    assert not (site.output / "index.html").exists()


def test_strict_publishes_what_is_without_fault(site: Site) -> None:
    assert site.run("build", "--strict").returncode == 0
    assert (site.output / "index.html").exists()


def test_json_is_the_whole_report_and_nothing_else(site: Site, damaged: Path) -> None:
    done = site.run("build", "--json")
    report = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (1, "")
    assert report.keys() == set(Report.__struct_fields__)
    assert (report["photos"], report["albums"], report["published"]) == (2, 1, True)
    assert report["files"] == report["files_written"] == len(tree(site.output))
    assert [problem["where"] for problem in report["problems"]] == ["pictures/coast/torn.jpg"]


def test_quiet_prints_nothing_when_all_is_well(site: Site) -> None:
    done = site.run("build", "--quiet")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_quiet_still_prints_problems(site: Site, damaged: Path) -> None:
    done = site.run("build", "--quiet")

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_p7_names_cannot_act_on_the_terminal(site: Site) -> None:
    site.write("pictures/\x1b[31mred\x07.jpg", b"no picture")

    done = site.run("build")

    assert done.returncode == 1
    assert not {"\x1b", "\x07"} & set(done.stderr + done.stdout)
    assert r"\x1b[31mred\x07.jpg" in done.stderr


def test_p6_a_terminal_of_few_letters_does_not_stop_a_build(site: Site) -> None:
    site.write("pictures/Ångström 🜁.jpg", b"no picture")

    done = site.run("build", PYTHONIOENCODING="ascii")

    assert done.returncode == 1
    assert "this is no picture" in done.stderr
    assert "Traceback" not in done.stderr


def test_clean_removes_what_was_made_and_keeps_foreign_files(site: Site) -> None:
    sources = tree(site.root)
    site.run("build")
    site.write("output/CNAME", b"photos.example.org")

    done = site.run("clean")

    assert done.returncode == 0
    # The mark stays with what is not ours, so that the folder is known for the next build.
    assert tree(site.root).keys() == {*sources, "output/CNAME", "output/.nojekyll"}
    assert not site.cache.exists()
    assert site.run("build").returncode == 0


def test_clean_without_a_build_is_no_error(site: Site) -> None:
    before = tree(site.root)

    assert site.run("clean").returncode == 0
    assert tree(site.root) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("jobs", "name", "status"),
    [("1", "SIGINT", 130), ("2", "SIGINT", 130), ("2", "SIGTERM", 143), ("1", "SIGHUP", 129)],
)
def test_s4_an_interrupted_build_ends_at_once_and_the_next_one_is_right(
    site: Site, jobs: str, name: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    for index in range(8):
        site.photo(f"large/{index}.jpg", index, 1000, 700)
    site.settings('[images]\nformats = ["avif", "jpeg"]\neffort = "balanced"\n')
    build = site.start("build", "--jobs", jobs)
    try:
        wait_until(lambda: any(site.cache.glob("variants/*/*")))
        # A terminal sends it to every process of the group.
        os.killpg(build.pid, getattr(signal, name))
        output, errors = build.communicate(timeout=2)
        wait_until(lambda: not alive(build.pid), seconds=2)
    finally:
        if alive(build.pid):
            os.killpg(build.pid, signal.SIGKILL)

    assert build.returncode == status
    told = [line for line in (output + errors).splitlines() if line and " of " not in line]
    assert told == ["Interrupted. What was rendered is kept for the next build."]
    assert not (site.output / "index.html").exists()
    assert (scraps(site), list(scratch.iterdir())) == ([], [])

    site.settings(Site.SETTINGS)
    twin = site.copy(tmp_path / "twin")
    assert (site.run("build").returncode, twin.run("build").returncode) == (0, 0)
    assert tree(site.output) == tree(twin.output)
    assert scraps(site) == []


@pytest.mark.skipif(sys.platform == "win32", reason="shells are others there")
@pytest.mark.parametrize(("streams", "status"), [("2>/dev/full", 1), (">/dev/full", 1)])
def test_s4_streams_that_nobody_hears_harm_no_file(
    site: Site, tmp_path: Path, streams: str, status: int
) -> None:
    right = clean_tree(site, tmp_path / "clean")
    line = shlex.join(command("build", "--jobs", "2"))
    shell = ["sh", "-c", f"exec {line} {streams}"]
    done = subprocess.run(
        shell,
        cwd=site.root,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert site.run("build").returncode == 0
    assert tree(site.output) == right


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_s4_what_is_to_outlive_its_terminal_does(site: Site) -> None:
    deaf = f"import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n{HANG_UP}"
    done = subprocess.run(
        [sys.executable, "-c", deaf],
        cwd=site.root,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert (site.output / "index.html").exists()


# Builds, and is told in the midst of it that the terminal is gone.
HANG_UP = """
import generator.steps, sys
from generator.cli import main
run = generator.steps.run_steps
def hung_up(*given):
    os.kill(os.getpid(), signal.SIGHUP)
    return run(*given)
generator.steps.run_steps = hung_up
sys.argv = ["fastphoto", "build", "--quiet", "--jobs", "1"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_s4_a_reader_who_leaves_early_is_no_traceback(site: Site) -> None:
    build = site.start("build", "--json")
    assert build.stdout is not None and build.stderr is not None
    build.stdout.close()
    errors = build.stderr.read()
    build.stderr.close()

    assert build.wait(timeout=60) == 1
    assert "Traceback" not in errors
