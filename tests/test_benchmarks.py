"""The benchmarks' commands: that they run to their end and tell what they promise.

Never how fast.
"""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from generator.core.config import Config
from tests.support.pictures import chart, disc, save, soft
from tests.support.sites import CHECKOUT, surroundings

pytest.importorskip("resource", reason="CPU time of other processes: not on this system")


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "benchmarks" / script), *arguments],
        env=surroundings(PYTHONSAFEPATH=""),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def scored(*arguments: str) -> str:
    done = run("quality.py", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def table(text: str, title: str) -> list[list[str]]:
    """Return the cells of a table's rows."""
    lines = text.split(f"{title}: ", 1)[1].split("\n\n")[1].splitlines()
    return [re.split(r" {2,}", line) for line in lines[2:]]


def measured(*arguments: str) -> dict[str, list[str]]:
    """Run the command, and return the cells of its rows by the row's name."""
    done = run("build.py", *arguments, "--repeat", "1")
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


def test_memory_of_first_builds_is_told_for_each_photograph_more() -> None:
    rows = measured("--growth", "4", "2", "--jobs", "1")

    few, many = (rows[f"{count}: peak memory of all processes"] for count in (2, 4))
    # A process that renders takes more than Python alone, and less than ten of them.
    assert 20 < int(few[1]) < 400
    assert 20 < int(many[1]) < 400
    more = float(rows["memory for each photograph more"][1].replace(",", ""))
    assert more * 2 == pytest.approx(1e3 * (int(many[1]) - int(few[1])), abs=2e3)


def test_nothing_to_measure_is_refused() -> None:
    done = run("build.py")

    assert done.returncode == 2
    assert "name a FOLDER" in done.stderr


def test_scores_of_every_encoder_are_told_by_quality(tmp_path: Path) -> None:
    save(chart(96, 64, 1), tmp_path / "a.png")
    save(chart(120, 80, 2), tmp_path / "coast/b.jpg", quality=95)
    save(chart(48, 32, 3), tmp_path / "too-small.png")
    save(disc(96), tmp_path / "transparent.png")

    said = scored(str(tmp_path), "--size", "96", "--effort", "fast", "small")

    assert "SSIMULACRA2 by quality: 2 photographs, longest side 96 pixels" in said
    rows = table(said, "SSIMULACRA2 by quality")
    names = ["avif fast", "avif small", "webp fast", "webp small", "jpeg"]
    assert [row[0] for row in rows] == [name for name in names for _ in range(5)]
    defaults = msgspec.structs.asdict(Config().images.quality)
    for first in range(0, len(rows), 5):
        curve = rows[first : first + 5]
        middle = defaults[curve[0][0].split()[0]]
        assert [int(row[1]) for row in curve] == [middle + step for step in (-10, -5, 0, 5, 10)]
        scores, bits = ([float(row[at]) for row in curve] for at in (2, 4))
        # What the encoders are told is better costs more, and is scored higher.
        assert scores[0] < scores[-1] <= 100
        assert bits[0] < bits[-1]
    assert [row[0] for row in table(said, "At a median of 75")] == names


def test_the_score_is_of_what_a_build_encodes(tmp_path: Path) -> None:
    import io

    from ssimulacra2 import compute_ssimulacra2  # type: ignore[import-untyped]

    picture = chart(96, 64)
    save(picture, tmp_path / "a.png")
    quality = Config().images.quality.jpeg
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=quality, progressive=True, optimize=True)

    rows = table(
        scored(str(tmp_path), "--size", "96", "--effort", "fast"), "SSIMULACRA2 by quality"
    )

    (row,) = (row for row in rows if row[:2] == ["jpeg", str(quality)])
    score = compute_ssimulacra2(str(tmp_path / "a.png"), encoded)
    assert row[2:4] == [f"{score:.1f}", f"{score:.1f} - {score:.1f}"]
    assert row[4] == f"{8 * len(encoded.getvalue()) / (96 * 64):.2f}"


def test_a_target_that_no_measured_quality_reaches_is_not_guessed(tmp_path: Path) -> None:
    save(soft(96, 64), tmp_path / "a.png")

    rows = table(scored(str(tmp_path), "--size", "96", "--effort", "fast"), "At a median of 75")

    assert ["jpeg", "not reached"] in rows


def test_the_calibration_on_record_is_of_the_default_qualities() -> None:
    """Their medians are about 75, and within 1.5 of each other at every effort."""
    record = (CHECKOUT / "benchmarks/README.md").read_text(encoding="utf-8")
    defaults = msgspec.structs.asdict(Config().images.quality)
    medians = {
        row[0]: float(row[2])
        for row in table(record, "SSIMULACRA2 by quality")
        if int(row[1]) == defaults[row[0].split()[0]]
    }

    assert medians.keys() == {
        *(
            f"{name} {effort}"
            for name in ("avif", "webp")
            for effort in ("fast", "balanced", "small")
        ),
        "jpeg",
    }
    assert max(medians.values()) - min(medians.values()) <= 1.5
    assert abs(medians["jpeg"] - 75) <= 1.5
