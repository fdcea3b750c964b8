"""AVIF of ten bits that also tells its colours by a profile, and whose it is: same pixels."""

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from generator.containers.parts import heif
from generator.pixels.colour import embedded
from generator.privacy.rebuild import told_avif
from generator.privacy.rights import Rights, rights_packet
from tests.support.containers import boxes, nclx_of, png
from tests.support.pictures import xmp_packet
from tests.support.profiles import DISPLAY_P3, grey_profile, rgb_profile
from tests.support.rendering import rendered

PROFILE = embedded("p3")
PACKET = rights_packet(Rights("Ann", copyright="© 2025 Ann"))


def ramps(width: int = 90, height: int = 60) -> npt.NDArray[np.uint16]:
    """Draw three ramps and a fourth for alpha, of ten bits."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    return (np.stack([x, y, 1 - x, (x + y) / 2], axis=-1) * 1023).astype(np.uint16)


CHANNELS: dict[str, Any] = {"L": 0, "LA": [0, 3], "RGB": [0, 1, 2], "RGBA": [0, 1, 2, 3]}


@pytest.fixture(params=CHANNELS)
def avif(request: pytest.FixtureRequest) -> bytes:
    channels = CHANNELS[request.param]
    layout = "400" if request.param in ("L", "LA") else "420"
    body = imagecodecs.avif_encode(
        ramps()[..., channels],
        66,
        speed=9,
        bitspersample=10,
        pixelformat=layout,
        primaries=12,
        transfer=13,
        matrix=6,
    )
    return bytes(body)


def coded(body: bytes) -> dict[int, bytes]:
    """Return the coded data of every item that is no text."""
    return {
        item.id: b"".join(body[start:end] for start, end in item.extents)
        for item in heif(body).items.values()
        if item.kind != b"mime"
    }


@pytest.mark.parametrize("profile", [PROFILE, b""])
@pytest.mark.parametrize("packet", [PACKET, b""])
def test_profile_and_packet_are_told_beside_the_same_pixels(
    avif: bytes, profile: bytes, packet: bytes
) -> None:
    told = told_avif(avif, profile, packet)
    with Image.open(io.BytesIO(avif)) as plain, Image.open(io.BytesIO(told)) as found:
        assert (found.info.get("icc_profile") or b"") == profile
        assert (found.info.get("xmp") or b"") == packet
        assert (found.mode, found.tobytes()) == (plain.mode, plain.tobytes())
    assert (imagecodecs.avif_decode(told) == imagecodecs.avif_decode(avif)).all()
    assert coded(told) == coded(avif) != {}


def test_the_profile_belongs_to_the_picture_and_stands_before_nclx(avif: bytes) -> None:
    found = heif(told_avif(avif, PROFILE, PACKET))
    told = {item.id: [part.kind for part in item.properties] for item in found.items.values()}
    before = {
        item.id: [part.kind for part in item.properties] for item in heif(avif).items.values()
    }
    before[found.primary].insert(-1, b"colr")
    assert told == before | {max(told): []}
    assert nclx_of(told_avif(avif, PROFILE, PACKET)) == nclx_of(avif) == (12, 13, 6)


def test_what_must_be_understood_stays_marked(avif: bytes) -> None:
    for body in (avif, told_avif(avif, PROFILE, PACKET)):
        pictures = [item for item in heif(body).items.values() if item.kind == b"av01"]
        for item in pictures:
            pairs = zip(item.properties, item.indexes, strict=True)
            assert [part.kind for part, index in pairs if index & 0x8000] == [b"av1C"]


def test_the_packet_is_said_about_the_picture(avif: bytes) -> None:
    found = heif(told_avif(avif, PROFILE, PACKET))
    (text,) = (item.id for item in found.items.values() if item.kind == b"mime")
    assert (b"cdsc", text, (found.primary,)) in found.references
    assert {each for each in found.references if each[0] == b"auxl"} == set(heif(avif).references)


def deep(
    *extra: tuple[bytes, bytes], size: tuple[int, int] = (90, 60), grey: bool = False
) -> bytes:
    values = ramps(*size)[..., 0] if grey else ramps(*size)[..., :3]
    return png((values * 64).astype(np.uint16), *extra)


def profile_in(body: bytes) -> bytes | None:
    with Image.open(io.BytesIO(body)) as image:
        found: bytes | None = image.info.get("icc_profile")
        return found


def test_a_variant_of_ten_bits_has_a_profile_if_it_needs_one(tmp_path: Path) -> None:
    sources = {
        "wide": deep((b"iCCP", rgb_profile(DISPLAY_P3))),
        "plain": deep(),
        "grey": deep((b"iCCP", grey_profile(1.8)), grey=True),
    }
    made = {
        name: rendered(body, tmp_path / name, formats=("avif",)).variants["avif"][0]
        for name, body in sources.items()
    }
    assert [boxes(body, b"pixi")[0][5] for body in made.values()] == [10, 10, 10]
    assert profile_in(made["wide"]) == PROFILE
    assert not profile_in(made["plain"])
    assert not profile_in(made["grey"])


def test_variants_of_ten_bits_say_whose_they_are_from_1080_pixels_up(tmp_path: Path) -> None:
    packet = xmp_packet("<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li></rdf:Seq></dc:creator>")
    said = b"XML:com.adobe.xmp\0\0\0\0\0" + packet
    body = deep((b"iTXt", said), size=(1080, 60))
    small, large = rendered(body, tmp_path, 480, 1080, formats=("avif",)).variants["avif"]
    assert b"xmpmeta" not in small
    with Image.open(io.BytesIO(large)) as image:
        assert image.info["xmp"] == rights_packet(Rights("Ann"))
