"""Spoiled pictures of every format, the way that a build goes: published whole, or named.

FASTPHOTO_CASES multiplies how many there are.
"""

import io
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from generator.core.errors import DecodeError
from generator.pixels import decode
from tests.support.mutants import boundaries, mutants
from tests.support.pictures import chart, difference, encoded
from tests.support.sites import Site, tree
from tests.support.tiffs import dng
from tests.test_inputs import CASES

# A prime, so that every mutation meets every file sooner or later.
MUTANTS = 509 * int(os.environ.get("FASTPHOTO_CASES", "1"))

SUFFIXES = {
    **{"JPEG": "jpg", "MPO": "mpo", "PNG": "png", "WEBP": "webp", "GIF": "gif", "TIFF": "tif"},
    **{"BMP": "bmp", "JPEG2000": "jp2", "AVIF": "avif", "HEIF": "heic", "JXL": "jxl"},
    **{"RAW": "dng", "SVG": "svg"},
}

DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="30" height="20" '
    b'fill="red"/><path d="M0 0L10 10C1 2 3 4 5 6Z"/><text x="3" y="4">words</text></svg>'
)

# Without a box, a chunk or a segment behind them, these end where their pixels do.
CUT = ("JPEG", "JPEG progressive, 4:2:0", "MPO", "PNG", "PNG interlaced", "WEBP", "GIF", "AVIF",
       "TIFF", "TIFF deflate", "HEIF", "JPEG2000", "BMP")  # fmt: skip


def originals() -> dict[str, bytes]:
    """Return a file of every kind that is built, by a name that begins with its format."""
    drawn = {name: draw().body for name, draw in CASES.items()}
    drawn |= {"RAW": dng(np.asarray(chart()) / 255.0), "SVG": DRAWING}
    try:
        import pillow_jxl  # noqa: F401
    except ImportError:
        return drawn
    return drawn | {"JXL": encoded(chart(), "JXL")}


def is_whole(body: bytes) -> bool:
    """Tell whether Pillow by itself, or libheif, decodes a picture to its end."""
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
    except Exception:  # noqa: BLE001 - whatever a decoder raises
        return False
    return True


def refused(said: Mapping[str, Any]) -> dict[str, Any]:
    found = [each for each in said["problems"] if each["severity"] == "error"]
    assert len({each["where"] for each in found}) == len(found), "a file is named once"
    return {each["where"].removeprefix("pictures/"): each for each in found}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, dict[str, bytes]]]:
    """A site of mutants, and of as many files that are as they should be."""
    site = Site(tmp_path_factory.mktemp("fuzz") / "site")
    site.settings('[images]\nsvg = true\nmax_dimensions = [64]\nformats = ["jpeg"]\n')
    whole = originals()
    files = {f"good/{number}.{_suffix(name)}": whole[name] for number, name in enumerate(whole)}
    for name, body in mutants(whole, range(MUTANTS)):
        files[f"bad/{name.replace(' ', '-').replace(',', '').replace(':', '')}.{_suffix(name)}"] = (
            body
        )
    for path, body in files.items():
        site.write(f"pictures/{path}", body)
    pillow_heif.register_heif_opener(thumbnails=False)
    yield site, files


def _suffix(name: str) -> str:
    return next(SUFFIXES[word] for word in name.split() if word in SUFFIXES)


def test_i3_every_mutant_is_published_whole_or_refused_by_name(
    spoiled: tuple[Site, dict[str, bytes]],
) -> None:
    site, files = spoiled
    done = site.run("build", "--json", "--jobs", "2")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    said = json.loads(done.stdout)
    blamed = refused(said)
    published = {path for path in files if (site.output / "full" / path).exists()}
    drawings = {path for path in files if path.endswith(".svg")}

    assert said["photos"] + len(blamed) == len(files)
    assert said["strays"] == []
    assert published.isdisjoint(blamed)
    assert published | blamed.keys() | drawings == files.keys()
    for each in blamed.values():
        assert each["code"] in ("damaged-picture", "not-a-picture", "picture-too-large")
        assert each["what"]
        assert each["hint"]
        assert "\n" not in each["what"]
    names = {path.rpartition(".")[0] for path in blamed}
    built = tree(site.output)
    assert [path for path in built for name in names if f"/{name}." in path] == []
    # What only Pillow opens has been opened by Pillow; a PNG may be damaged beside its pixels.
    others = (".svg", ".dng", ".jxl", ".png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torn = [each for each in published if not each.endswith(others)]
        torn = [each for each in torn if not is_whole(files[each])]
    assert torn == []


def test_i3_check_blames_the_same_files(
    spoiled: tuple[Site, dict[str, bytes]], tmp_path: Path
) -> None:
    site, _ = spoiled
    built = refused(json.loads(site.run("build", "--json", "--jobs", "2").stdout))
    looked = site.copy(tmp_path / "site").run("check", "--json")
    assert "Traceback" not in looked.stderr
    checked = refused(json.loads(looked.stdout))
    assert {path: each["what"] for path, each in checked.items()} == {
        path: each["what"] for path, each in built.items()
    }


@pytest.mark.parametrize("name", CUT)
def test_i3_what_is_cut_between_any_two_parts_is_refused_or_looks_as_before(
    tmp_path: Path, name: str
) -> None:
    body = CASES[name]().body
    before = looks(body, tmp_path)
    assert before is not None
    parts = boundaries(body) or range(len(body) // 16, len(body), len(body) // 16)
    places = {at + by for at in parts for by in (-1, 0)}
    assert len(places) > 4
    for at in sorted(places):
        after = looks(body[:at], tmp_path)
        assert after is None or difference(after, before) == 0, f"cut at {at} of {len(body)}"


def looks(body: bytes, folder: Path) -> Image.Image | None:
    """Return how a picture is seen; None if it is refused."""
    file = folder / "picture"
    file.write_bytes(body)
    try:
        with decode.opened(file) as image:
            return decode.resamplable(image).copy()
    except DecodeError:
        return None
