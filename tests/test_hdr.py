"""Pictures of more light than paper has: known for what they are, and shown as they look."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
import pytest
from PIL import Image

from generator.core.model import Size
from tests.support.colour import (
    COLOURS,
    hlg,
    patch_means,
    patches,
    pq,
    seen,
)
from tests.support.containers import (
    avif,
    cicp,
    heic,
    items,
    levels,
    png,
    with_auxiliary,
)
from tests.support.pictures import chart, difference, encoded, soft, with_segment, xmp_packet
from tests.support.profiles import REC2020, SRGB, linear, to_xyz, xyz_to_lab
from tests.support.rendering import read, rendered
from tests.support.sites import Site

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[Any]

# Light of a display in candela per square metre: white paper (ITU-R BT.2408), and mid grey.
WHITE = 203.0
GREY = 0.18 * WHITE

# From darkness up to what HLG ends at; PQ is able to ten times as much.
GREYS = np.concatenate([[0.0], np.geomspace(0.5, 1000, 45), [GREY, WHITE]])

# Colours that sRGB has, lit as paper is, in the light of Rec. 2020.
_TO_REC2020 = np.linalg.inv(to_xyz(REC2020)) @ to_xyz(SRGB)
LIT = (linear(SRGB, 0.1 + 0.7 * COLOURS) * WHITE) @ _TO_REC2020.T
MEANT = xyz_to_lab(linear(SRGB, 0.1 + 0.7 * COLOURS) @ to_xyz(SRGB).T)

Write = Callable[[Floats], bytes]

SOURCES: dict[str, tuple[str, Write]] = {
    "PNG PQ": ("pq", lambda nits: png(levels(patches(pq(nits)), 16), cicp(9, 16))),
    "PNG HLG": ("hlg", lambda nits: png(levels(patches(hlg(nits)), 16), cicp(9, 18))),
    "AVIF PQ": ("pq", lambda nits: avif(levels(patches(pq(nits)), 10), 9, 16, bits=10)),
    "AVIF HLG": ("hlg", lambda nits: avif(levels(patches(hlg(nits)), 10), 9, 18, bits=10)),
    "AVIF PQ of 12 bits": (
        "pq",
        lambda nits: avif(levels(patches(pq(nits)), 12), 9, 16, bits=12),
    ),
    "HEIC PQ": (
        "pq",
        lambda nits: heic(
            levels(patches(pq(nits)), 10), bits=10, color_primaries=9, transfer_characteristics=16
        ),
    ),
    "HEIC HLG": (
        "hlg",
        lambda nits: heic(
            levels(patches(hlg(nits)), 10), bits=10, color_primaries=9, transfer_characteristics=18
        ),
    ),
}


def grey(nits: Floats) -> Floats:
    return np.repeat(nits[:, None], 3, axis=1)


@pytest.mark.parametrize("name", SOURCES)
def test_a_photo_says_which_hdr_it_is(tmp_path: Path, name: str) -> None:
    kind, write = SOURCES[name]
    photo = read(write(grey(GREYS)), tmp_path)
    assert photo.form.hdr == kind
    assert photo.form.deep


@pytest.mark.parametrize(
    "body",
    [
        encoded(chart(), "JPEG"),
        png(levels(patches(COLOURS), 16)),
        png(levels(patches(COLOURS), 16), cicp(12, 13)),
        avif(levels(patches(COLOURS), 10), 9, 13, bits=10),
        heic(levels(patches(COLOURS), 10), bits=10),
        encoded(chart(), "MPO", save_all=True, append_images=[chart(seed=1)]),
    ],
    ids=["JPEG", "PNG of 16 bits", "PNG P3", "AVIF Rec. 2020", "HEIC of 10 bits", "stereo"],
)
def test_depth_width_and_a_second_picture_are_no_hdr(tmp_path: Path, body: bytes) -> None:
    assert read(body, tmp_path).form.hdr == ""


@pytest.mark.parametrize("profile", ["keep", "srgb"])
@pytest.mark.parametrize("name", SOURCES)
def test_greys_of_hdr_look_natural(tmp_path: Path, name: str, profile: str) -> None:
    made = rendered(SOURCES[name][1](grey(GREYS)), tmp_path, profile=profile)
    for output, (body,) in made.variants.items():
        variant = seen(body)
        shown = patch_means(variant.values)[:, 1] * 255
        ladder = shown[1:46]
        assert 110 <= shown[46] <= 135, output
        assert 200 <= shown[47] <= 245, output
        assert shown[0] <= 8, output
        assert np.diff(ladder).min() > -1, output
        # Each step is a quarter of a stop, and paper white is not yet the end of what is seen.
        assert np.diff(ladder[(GREYS[1:46] > 2) & (GREYS[1:46] < 400)]).min() >= 0.2, output
        assert shown[45] > shown[47] + 5, output
        assert np.abs(patch_means(variant.lab)[:, 1:]).max() < 3, output


@pytest.mark.parametrize("name", SOURCES)
def test_colours_of_hdr_keep_their_hue(tmp_path: Path, name: str) -> None:
    made = rendered(SOURCES[name][1](LIT), tmp_path, formats=("png",))
    found = patch_means(seen(made.variants["png"][0]).lab)
    chroma, meant = np.hypot(*found[:, 1:].T), np.hypot(*MEANT[:, 1:].T)
    coloured = meant > 12
    turned = np.degrees(np.arctan2(found[:, 2], found[:, 1]) - np.arctan2(MEANT[:, 2], MEANT[:, 1]))
    turned = (turned + 180) % 360 - 180
    assert np.abs(turned[coloured]).max() < 20
    assert (chroma / np.maximum(meant, 1))[coloured].min() > 0.5
    assert (chroma / np.maximum(meant, 1))[coloured].max() < 1.5


def test_light_beyond_any_display_is_white_at_most(tmp_path: Path) -> None:
    nits = grey(np.geomspace(1000, 10_000, 48))
    made = rendered(SOURCES["PNG PQ"][1](nits), tmp_path, formats=("png",))
    shown = patch_means(seen(made.variants["png"][0]).values)[:, 1] * 255
    assert np.diff(shown).min() >= 0
    assert shown[0] >= 210
    assert shown[-1] <= 255


@pytest.mark.parametrize("name", ["PNG PQ", "AVIF HLG"])
def test_a_bright_saturated_colour_is_no_other_colour(tmp_path: Path, name: str) -> None:
    """Red of more light than white paper may pale; it does not become yellow, nor magenta."""
    lit = np.tile(np.eye(3) * 2.5 * WHITE, (16, 1))
    made = rendered(SOURCES[name][1](lit), tmp_path, formats=("png",))
    shown = patch_means(seen(made.variants["png"][0]).values)[:3]
    assert (shown.argmax(axis=1) == [0, 1, 2]).all()


@pytest.mark.parametrize("name", ["PNG PQ", "AVIF HLG", "HEIC PQ"])
def test_the_avif_of_hdr_is_deep_and_no_longer_hdr(tmp_path: Path, name: str) -> None:
    made = rendered(SOURCES[name][1](grey(GREYS)), tmp_path, formats=("avif",))
    (body,) = made.variants["avif"]
    assert seen(body).bits == 10
    assert read(body, tmp_path / "again").form.hdr == ""


# ---- gain maps --------------------------------------------------------------------------------

# Adobe's and Android's "Ultra HDR" says so in XMP, ISO 21496-1 in a segment of its own, and both
# put the map behind the picture (CIPA DC-007).
_ULTRA_HDR = xmp_packet("").replace(
    b'rdf:about=""',
    b'rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"'
    b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
    b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
)
_DIRECTORY = b"""<Container:Directory><rdf:Seq>
<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/>
</rdf:li><rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap"
Item:Mime="image/jpeg" Item:Length="1000"/></rdf:li></rdf:Seq></Container:Directory>"""
_APPLE = "urn:com:apple:photo:2020:aux:hdrgainmap"
_ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def _segment(marker: bytes, content: bytes) -> bytes:
    return b"\xff" + marker + (len(content) + 2).to_bytes(2, "big") + content


def _pair() -> bytes:
    gains = soft().convert("L").resize((48, 32))
    return encoded(soft(), "MPO", save_all=True, append_images=[gains], quality=95)


def ultra_hdr() -> bytes:
    packet = _ULTRA_HDR.replace(b"></rdf:Description>", b">" + _DIRECTORY + b"</rdf:Description>")
    return with_segment(_pair(), _segment(b"\xe1", b"http://ns.adobe.com/xap/1.0/\0" + packet))


def iso_gain_map() -> bytes:
    """The picture before the map carries the version only (ISO 21496-1, annex C)."""
    return with_segment(_pair(), _segment(b"\xe2", _ISO + bytes(4)))


def apple_gain_map() -> bytes:
    file = pillow_heif.from_pillow(soft())
    file.add_from_pillow(soft().convert("L").resize((48, 32)))
    buffer = io.BytesIO()
    file.save(buffer, quality=-1)
    body = buffer.getvalue()
    main, gains = items(body)[:2]
    return with_auxiliary(body, gains, main, _APPLE)


GAIN_MAPS = {"Ultra HDR": ultra_hdr, "ISO 21496-1": iso_gain_map, "Apple": apple_gain_map}


def test_gain_maps_are_what_they_say() -> None:
    for body in (ultra_hdr(), iso_gain_map()):
        assert body.count(b"\xff\xd8\xff") == 2
        assert b"MPF\0" in body
    assert _APPLE in pillow_heif.open_heif(io.BytesIO(apple_gain_map())).info["aux"]


@pytest.mark.parametrize("name", GAIN_MAPS)
def test_a_gain_map_is_known(tmp_path: Path, name: str) -> None:
    photo = read(GAIN_MAPS[name](), tmp_path)
    assert photo.form.hdr == "gain map"
    assert photo.size == Size(96, 64)


@pytest.mark.parametrize("name", GAIN_MAPS)
def test_of_a_gain_map_its_picture_is_shown(tmp_path: Path, name: str) -> None:
    made = rendered(GAIN_MAPS[name](), tmp_path, formats=("png",))
    with Image.open(io.BytesIO(made.variants["png"][0])) as found:
        assert difference(found.convert("RGB"), soft()) < 2


def test_the_report_counts_hdr(site: Site) -> None:
    site.write("pictures/one.jpg", ultra_hdr())
    site.write("pictures/two.png", SOURCES["PNG PQ"][1](grey(GREYS)))
    site.photo("three.jpg")
    assert site.build().hdr == (("gain map", 1), ("pq", 1))
