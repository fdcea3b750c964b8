"""The benchmarks' command: that it runs to its end and tells all it promises. Never how fast."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pictures import chart, save
from tests.support.sites import CHECKOUT

pytest.importorskip("resource", reason="CPU time of other processes: not on this system")


def measured(*arguments: str) -> dict[str, list[str]]:
    """Run the command, and return the cells of its rows by the row's name."""
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "benchmarks/build.py"), *arguments, "--repeat", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = (line.split("  ") for line in done.stdout.splitlines())
    return {name: [cell.strip() for cell in cells if cell.strip()] for name, *cells in rows}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed in (("a.jpg", 1), ("coast/b.jpg", 2), ("coast/c.png", 3)):
        save(chart(96, 64, seed), tmp_path / name)
    return tmp_path


def test_stages_and_whole_builds_of_a_folder_are_told(folder: Path) -> None:
    rows = measured(str(folder))

    assert rows.keys() >= set("read decode resize colour avif jpeg keep rest all".split())
    assert rows.keys() >= {
        "wall time",
        "CPU time of all processes",
        "CPU time / codecs alone",
        "photographs a second",
        "photographs in",
        "site out",
        "peak memory of all processes",
        "rebuild, nothing changed",
    }
    # One AVIF and one JPEG each, and a PNG for the PNG's old-style address.
    assert rows["variants made"] == ["7"]


def test_the_first_few_of_a_folder_can_be_measured_alone(folder: Path) -> None:
    rows = measured(str(folder), "--count", "2", "--jobs", "1")

    assert rows["variants made"] == ["4"]


def test_rebuilds_are_told_and_without_changes_open_no_photograph() -> None:
    rows = measured("--unchanged", "12")

    assert rows.keys() >= {"first build", "nothing changed: rebuild", "one changed: rebuild"}
    assert rows["nothing changed: photographs opened"] == ["0"]
    # The same count, where a photograph has to be opened: it does count.
    assert rows["one changed: photographs opened"] == ["1"]
    assert int(rows["one changed: files written"][0]) > 0


def test_nothing_to_measure_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "benchmarks/build.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "name a FOLDER" in done.stderr
