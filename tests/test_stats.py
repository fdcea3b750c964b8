"""What `stats` counts, and how it is set on a terminal."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from generator.build import build
from generator.cli import cli
from generator.core.config import load_config
from generator.report import Options
from tests.support.pictures import chart, save
from tests.support.sites import Site, folders, stamps


def run(site: Site, *options: str) -> Result:
    return CliRunner().invoke(cli, ["stats", "--site", str(site.root), *options])


def exif(camera: str, taken: str) -> Image.Exif:
    told = Image.Exif()
    told[0x0110] = camera
    told.get_ifd(0x8769)[0x9003] = taken
    return told


@pytest.fixture
def site(site: Site) -> Site:
    site.settings(f"{Site.SETTINGS}[build]\njobs = 1\n")
    save(chart(96, 64, 1), site.pictures / "coast/a.jpg", exif=exif("X-T5", "2024:05:01 10:00:00"))
    save(chart(96, 64, 2), site.pictures / "coast/b.jpg", exif=exif("X-T5", "2025:06:02 10:00:00"))
    save(chart(96, 64, 3), site.pictures / "coast/far/c.png")
    site.text("coast/index.md", "---\ntitle: 海岸\n---\n")
    site.write("pictures/coast/film.mp4", b"film")
    return site


def test_everything_is_counted_and_nothing_is_written(site: Site) -> None:
    before = stamps(site.root), folders(site.root)
    result: dict[str, Any] = json.loads(run(site, "--json").stdout)
    sizes = {file.name: file.stat().st_size for file in site.pictures.rglob("*.???")}

    assert (stamps(site.root), folders(site.root)) == before
    assert (result["photos"], result["bytes"]) == (3, sum(sizes.values()) - len(b"film"))
    root, coast, far = result["albums"]
    assert (root["path"], root["photos"], root["first"]) == ("", 0, "")
    assert coast == {
        "path": "coast",
        "title": "海岸",
        "photos": 2,
        "bytes": sizes["a.jpg"] + sizes["b.jpg"],
        "first": "2024-05-01",
        "last": "2025-06-02",
    }
    assert (far["path"], far["photos"]) == ("coast/far", 1)
    assert [(each["name"], each["photos"]) for each in result["formats"]] == [
        ("JPEG", 2),
        ("PNG", 1),
    ]
    assert [(each["name"], each["photos"]) for each in result["cameras"]] == [("X-T5", 2), ("", 1)]
    assert result["strays"] == [["video", 1]]
    assert (result["output_files"], result["cache_bytes"]) == (0, 0)


def test_what_was_built_is_counted_too(site: Site) -> None:
    report = site.build()
    result = json.loads(run(site, "--json").stdout)

    assert (result["output_files"], result["output_bytes"]) == (report.files, report.bytes_out)
    held = sum(file.stat().st_size for file in site.cache.rglob("*") if file.is_file())
    assert result["cache_bytes"] == held > 0


def test_only_what_is_still_there_is_counted_as_built(site: Site) -> None:
    site.build()
    shutil.rmtree(site.output / "image")
    there = [file.stat().st_size for file in site.output.rglob("*") if file.is_file()]
    some: dict[str, Any] = json.loads(run(site, "--json").stdout)
    shutil.rmtree(site.output)
    none: dict[str, Any] = json.loads(run(site, "--json").stdout)

    assert (some["output_files"], some["output_bytes"]) == (len(there), sum(there))
    assert (none["output_files"], none["output_bytes"]) == (0, 0)


def test_several_output_folders_are_counted_and_said(site: Site, tmp_path: Path) -> None:
    report = site.build()
    one = run(site).stdout
    build(site.root, tmp_path / "elsewhere", load_config(site.root), Options())
    two = run(site).stdout
    result: dict[str, Any] = json.loads(run(site, "--json").stdout)

    assert f"built: {report.files} files, " in one
    assert "output folder" not in one
    assert f"built: {2 * report.files} files, " in two
    assert " MB in 2 output folders\n" in two
    assert (result["output_folders"], result["output_files"]) == (2, 2 * report.files)


def test_the_table_stands_in_columns_whatever_is_in_it(site: Site) -> None:
    lines = run(site).stdout.splitlines()

    table = lines[: lines.index("")]
    assert table[0].split() == ["album", "photos", "bytes", "taken"]
    assert [line.split()[0] for line in table[1:]] == ["Photographs", "海岸", "Far", "all"]
    assert table[2].endswith("2024-05-01 to 2025-06-02")
    # Characters of two columns: two of them take two more.
    ends = [line.index("MB") + 2 * line.count("海岸") for line in table[2:]]
    assert len(set(ends)) == 1
    assert "left out: 1 video" in lines
    assert not any("\x1b" in line for line in lines)


def test_a_site_without_pictures_has_no_numbers(tmp_path: Any) -> None:
    empty = Site(tmp_path / "empty")
    done = empty.run("stats")

    assert (done.returncode, done.stdout) == (2, "")
    assert "holds no pictures" in done.stderr
