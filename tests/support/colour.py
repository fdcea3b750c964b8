"""Colours as an eye sees them: what a picture's values mean, and how far two colours differ.

The judge of the variants: their values become L*a*b* through what they say of themselves, and the
source's through LittleCMS at full depth; nothing here is the product's.
"""

import io
from typing import Any, cast

import imagecodecs
import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image, ImageCms

from tests.support.containers import boxes, chunks, nclx_of
from tests.support.profiles import (
    ADOBE_RGB,
    DISPLAY_P3,
    LINEAR_SRGB,
    PROPHOTO,
    REC2020_SRGB,
    SRGB,
    Space,
    rgb_profile,
    to_xyz,
    xyz_to_lab,
)

Floats = npt.NDArray[np.float64]

PERCEPTUAL, COLORIMETRIC = 0, 1
_LINEAR = rgb_profile(LINEAR_SRGB)
_LAB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()

# Colour primaries with sRGB's transfer by their numbers (ITU-T H.273, tables 2 and 3).
_BY_PRIMARIES = {1: SRGB, 2: SRGB, 9: REC2020_SRGB, 12: DISPLAY_P3}
_SRGB_TRANSFERS = (1, 2, 13)


def de2000(one: Floats, other: Floats) -> Floats:
    """Return how far colours differ to the eye, by CIEDE2000.

    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula" (2005), equations 2 to 22.
    """
    light1, light2 = one[..., 0], other[..., 0]
    chroma = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    chroma1, hue1 = _polar(one, stretch)
    chroma2, hue2 = _polar(other, stretch)
    neutral = chroma1 * chroma2 == 0

    turn = (hue2 - hue1 + 180) % 360 - 180
    # Half a turn is one way round or the other: as the paper has it.
    turn = np.where((turn == -180) & (hue2 > hue1), 180.0, turn)
    hue_step = 2 * np.sqrt(chroma1 * chroma2) * np.sin(np.radians(np.where(neutral, 0, turn) / 2))

    far = np.abs(hue1 - hue2) > 180
    hue_sum = hue1 + hue2
    hue = np.where(far, np.where(hue_sum < 360, hue_sum + 360, hue_sum - 360), hue_sum) / 2
    hue = np.where(neutral, hue_sum, hue)
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    weight = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    light_scale = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    chroma_scale = 1 + 0.045 * chroma
    hue_scale = 1 + 0.015 * chroma * weight
    rotation = -2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    rotation *= np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    in_light = (light2 - light1) / light_scale
    in_chroma = (chroma2 - chroma1) / chroma_scale
    in_hue = hue_step / hue_scale
    total: Floats = np.sqrt(in_light**2 + in_chroma**2 + in_hue**2 + rotation * in_chroma * in_hue)
    return total


def _polar(lab: Floats, stretch: Floats) -> tuple[Floats, Floats]:
    """Return chroma, and hue in degrees from 0 to 360, with a* stretched."""
    a = lab[..., 1] * stretch
    return np.hypot(a, lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], a)) % 360


def converted(
    values: npt.NDArray[Any],
    source: bytes,
    target: bytes,
    *,
    space: str = "rgb",
    target_space: str = "rgb",
    intent: int = PERCEPTUAL,
) -> Floats:
    """Convert colours from one profile to another by LittleCMS, in real numbers, not cut off.

    Values are rows of colours, of RGB from 0 to 1; inks are 16 bits, Lab is as it is written.
    """
    rows = values.reshape(1, -1, values.shape[-1])
    if space == "gray":
        rows = rows[..., 0]
    if rows.dtype == np.float64:
        rows = rows.astype(np.float32)
    found = imagecodecs.cms_transform(
        np.ascontiguousarray(rows),
        source,
        target,
        colorspace=space,
        outcolorspace=target_space,
        outdtype="float64",
        intent=intent,
        flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE,
    )
    return cast(Floats, found).reshape(*values.shape[:-1], -1)


def lab_of(values: npt.NDArray[Any], profile: bytes, space: str = "rgb") -> Floats:
    """Return the Lab of colours that a profile describes.

    By way of linear light, for LittleCMS cuts Lab off at 128.
    """
    light = converted(values, profile, _LINEAR, space=space, intent=COLORIMETRIC)
    return xyz_to_lab(light @ to_xyz(LINEAR_SRGB).T)


def lab_profile() -> bytes:
    """Return a profile of Lab itself."""
    return _LAB_PROFILE


class Seen(Struct, frozen=True):
    """A picture as it is to be seen: its values from 0 to 1, and the profile they are meant in.

    `declared` says where the picture tells of its colours: `icc`, `nclx`, `cicp`, or nowhere.
    """

    values: Floats
    alpha: Floats
    bits: int
    profile: bytes
    declared: str

    @property
    def lab(self) -> Floats:
        """The colours of all pixels."""
        return lab_of(self.values, self.profile)


def seen(body: bytes) -> Seen:
    """Decode a variant (AVIF, WebP, JPEG or PNG) as a browser does: through what it declares.

    AssertionError if it declares what is none of its pixels' business, or what none of ours does.
    """
    levels, bits = _levels(body)
    colours = levels.shape[2] - (levels.shape[2] in (2, 4))
    values = levels[..., :colours] / (2**bits - 1)
    alpha = (
        levels[..., colours] / (2**bits - 1) if colours < levels.shape[2] else values[..., 0] ** 0
    )
    profile, declared = _declared(body, colours)
    return Seen(
        values if colours == 3 else values.repeat(3, axis=2), alpha, bits, profile, declared
    )


def _levels(body: bytes) -> tuple[npt.NDArray[Any], int]:
    """Return the stored levels, as rows of pixels, and their bits."""
    if body[4:8] == b"ftyp":
        pixi = boxes(body, b"pixi")[0]
        bits = pixi[5]
        levels = imagecodecs.avif_decode(body)
    elif body[:4] == b"\x89PNG":
        levels = imagecodecs.png_decode(body)
        bits = levels.dtype.itemsize * 8
    else:
        with Image.open(io.BytesIO(body)) as image:
            assert image.mode in ("L", "RGB", "RGBA"), f"no browser's business: {image.mode}"
            levels, bits = np.asarray(image), 8
    return (levels[..., None] if levels.ndim == 2 else levels), bits


def _declared(body: bytes, colours: int) -> tuple[bytes, str]:
    icc = embedded_profile(body)
    if body[:4] == b"\x89PNG" and (cicp := chunks(body).get(b"cICP")):
        return rgb_profile(_coded_space(cicp[0], cicp[1])), "cicp"
    if icc is not None:
        space = icc[16:20]
        assert space == (b"RGB " if colours == 3 else b"GRAY"), (
            f"a profile of {space!r} on {colours}"
        )
        assert colours == 3, "a grey variant needs no profile: it is sRGB's grey"
        return icc, "icc"
    nclx = nclx_of(body) if body[4:8] == b"ftyp" else None
    if nclx is None or nclx[:2] in ((1, 13), (2, 2)):
        return rgb_profile(SRGB), ""
    return rgb_profile(_coded_space(*nclx[:2])), "nclx"


def _coded_space(primaries: int, transfer: int) -> Space:
    assert transfer in _SRGB_TRANSFERS, f"transfer {transfer} is none for a variant"
    return _BY_PRIMARIES[primaries]


def embedded_profile(body: bytes) -> bytes | None:
    """Return the ICC profile of a picture; None without."""
    if body[4:8] == b"ftyp":
        found = [box[4:] for box in boxes(body, b"colr") if box[:4] in (b"prof", b"rICC")]
        return found[0] if found else None
    with Image.open(io.BytesIO(body)) as image:
        return cast(bytes | None, image.info.get("icc_profile"))


# Colours to try a space on: all of its corners and the middles between, nine greys, and twelve
# that photographs are made of (skin, sky, leaves, sand, and what lies close to black).
_CUBE = [(r / 2, g / 2, b / 2) for r in range(3) for g in range(3) for b in range(3)]
_GREYS = [(v, v, v) for v in (0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 0.75, 0.9, 0.97)]
_SOFT = [
    *((0.45, 0.32, 0.27), (0.76, 0.58, 0.51), (0.36, 0.48, 0.61), (0.35, 0.42, 0.25)),
    *((0.51, 0.50, 0.69), (0.40, 0.74, 0.67), (0.85, 0.48, 0.17), (0.76, 0.33, 0.38)),
    *((0.08, 0.03, 0.03), (0.03, 0.06, 0.09), (0.95, 0.90, 0.80), (0.62, 0.74, 0.25)),
]
COLOURS = np.array([*_CUBE, *_GREYS, *_SOFT])

# The same of inks: all of cyan, magenta and yellow, a ramp of black, and mixtures of all four.
_INK_CUBE = [(c / 2, m / 2, y / 2, 0.0) for c in range(3) for m in range(3) for y in range(3)]
_BLACKS = [(0.0, 0.0, 0.0, k) for k in (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0)]
_MIXED = [
    *((0.2, 0.4, 0.5, 0.1), (0.1, 0.3, 0.3, 0.0), (0.6, 0.3, 0.1, 0.2), (0.5, 0.2, 0.8, 0.3)),
    *((0.4, 0.4, 0.0, 0.1), (0.6, 0.0, 0.3, 0.0), (0.0, 0.5, 0.9, 0.1), (0.1, 0.8, 0.5, 0.2)),
    *((0.7, 0.6, 0.6, 0.5), (0.3, 0.2, 0.2, 0.8), (0.05, 0.1, 0.2, 0.0), (0.9, 0.9, 0.9, 0.4)),
]
INKS = np.array([*_INK_CUBE, *_BLACKS, *_MIXED])

# And of Lab: greys, and a ring at each of three lightnesses, the last far outside of any screen's.
_RING = [(radius, turn * np.pi / 6) for radius in (25, 55, 95) for turn in range(12)]
LABS = np.array(
    [(8.0 * step, 0.0, 0.0) for step in range(12)]
    + [
        (30 + radius / 3 + 4 * (at % 5), radius * np.cos(turn), radius * np.sin(turn))
        for at, (radius, turn) in enumerate(_RING)
    ]
)

COLUMNS, PATCH = 8, 16


def patches(colours: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Lay 48 colours out as a picture: six rows of eight patches, each 16 pixels wide and high."""
    rows = colours.reshape(-1, COLUMNS, colours.shape[-1])
    return rows.repeat(PATCH, axis=0).repeat(PATCH, axis=1)


def patch_means(pixels: Floats) -> Floats:
    """Return the mean of the middle of each patch, of a picture of them at any scale."""
    height, width = pixels.shape[:2]
    side, margin = width / COLUMNS, width / COLUMNS / 4
    rows = round(height / side)
    means = [
        pixels[
            round(row * side + margin) : round((row + 1) * side - margin),
            round(column * side + margin) : round((column + 1) * side - margin),
        ].mean(axis=(0, 1))
        for row in range(rows)
        for column in range(COLUMNS)
    ]
    return np.array(means)


def wanted(colours: npt.NDArray[Any], profile: bytes, variant: bytes, space: str = "rgb") -> Floats:
    """Return the Lab that colours of a source are to have in a variant's profile.

    They are converted by LittleCMS, perceptually, and cut off where the variant's gamut ends.
    """
    values = converted(colours, profile, variant, space=space)
    return lab_of(values.clip(0, 1), variant)


SPACES = {"srgb": SRGB, "p3": DISPLAY_P3, "adobe": ADOBE_RGB, "prophoto": PROPHOTO}


def pq(nits: Floats) -> Floats:
    """Encode the light of a display, in candela per square metre (ITU-R BT.2100, table 4)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = (nits.clip(0, 10_000) / 10_000) ** m1
    curve: Floats = ((c1 + c2 * power) / (1 + c3 * power)) ** m2
    return curve


def hlg(nits: Floats) -> Floats:
    """Encode the light of a display of 1000 candela per square metre (BT.2100, tables 5 and 9).

    By the inverse of its OOTF with a gamma of 1.2, and the OETF; colours are in Rec. 2020.
    """
    light = nits.clip(0, 1000) / 1000
    luminance = light @ np.array([0.2627, 0.6780, 0.0593])
    scene = light * np.maximum(luminance, 1e-9)[..., None] ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    low, high = np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c
    return np.asarray(np.where(scene <= 1 / 12, low, high))
