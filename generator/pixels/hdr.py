"""High dynamic range to standard: PQ and HLG signals to what a page shows beside other pictures.

Light is decoded as ITU-R BT.2100-2 says (tables 4 and 5; HLG on a display of 1,000 cd/m2), and
scaled so that diffuse white, 203 cd/m2 by BT.2408, is the white of the page. What is brighter is
rolled off by the curve of BT.2390-11, section 5.4.1: below its knee nothing changes, above it
the highlights are compressed up to the brightest of the picture. The curve is applied to the
largest of red, green and blue, and the others keep their ratio to it, so that hues stay.
"""

from functools import cache, partial

import numpy as np
import numpy.typing as npt

from generator.containers import icc
from generator.pixels.deep_colour import Floats, Values, encoded

Exact = npt.NDArray[np.float64]

DIFFUSE_WHITE = 203.0
_HLG_PEAK = 1000.0
_PQ_PEAK = 10_000.0

# Sparks do not darken a picture: so much of it may be brighter than what counts as its peak, and
# none counts for more than what is mastered.
_SPARKS = 0.001
_LARGEST_PEAK = 4000.0

# Rows that are mapped at a time: real numbers take much memory.
_BAND = 256

_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128


def tone_mapped(values: Values, primaries: int, transfer: int) -> Values:
    """Turn 16-bit PQ or HLG values (height, width, 3) into the same with sRGB's curve.

    `primaries` and `transfer` are numbers of ITU-T H.273.
    """
    light = partial(_decoded, primaries=primaries, transfer=transfer)
    bands = [slice(top, top + _BAND) for top in range(0, values.shape[0], _BAND)]
    largest = np.concatenate([light(values[band]).max(axis=2) for band in bands])
    gain = _gain(largest)
    mapped = np.empty_like(values)
    for band in bands:
        mapped[band] = _encoded(light(values[band]) * gain[band][..., None])
    return mapped


def _decoded(values: Values, primaries: int, transfer: int) -> Floats:
    """Return the light of a signal, diffuse white being 1."""
    if transfer == icc.PQ:
        return _pq_table()[values]
    scene = _hlg_table()[values]
    red, green, blue = icc.luminances(primaries)
    luminance = scene[..., 0] * red + scene[..., 1] * green + scene[..., 2] * blue
    system_gamma = np.float32(1.2)
    gain = np.float32(_HLG_PEAK / DIFFUSE_WHITE) * np.maximum(luminance, 1e-6) ** (system_gamma - 1)
    light: Floats = scene * gain[..., None].astype(np.float32)
    return light


@cache
def _pq_table() -> Floats:
    scale = _PQ_PEAK / DIFFUSE_WHITE
    return (scale * _pq_to_light(np.linspace(0, 1, 65536))).astype(np.float32)


def _pq_to_light(signal: Exact) -> Exact:
    """Decode PQ to light, 1 being 10,000 cd/m2 (SMPTE ST 2084)."""
    power = signal ** (1 / _M2)
    light: Exact = (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
    return light


def _light_to_pq(light: Exact) -> Exact:
    power = light**_M1
    signal: Exact = ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
    return signal


@cache
def _hlg_table() -> Floats:
    """Decode HLG to scene light, 1 being the brightest (ARIB STD-B67)."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    signal = np.linspace(0, 1, 65536)
    light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return light.astype(np.float32)


def _gain(largest: Floats) -> Floats:
    """Return by how much to scale pixels whose largest component is this, white being 1."""
    bright = float(np.quantile(largest, 1 - _SPARKS))
    peak = min(bright, _LARGEST_PEAK / DIFFUSE_WHITE)
    if peak <= 1:
        return np.minimum(1, 1 / np.maximum(largest, 1)).astype(np.float32)
    grid = np.linspace(0, 1, 4096) ** 2 * peak
    gains = np.append(1.0, _rolled_off(grid[1:], peak) / grid[1:])
    below = np.interp(largest, grid, gains)
    return np.where(largest < peak, below, 1 / np.maximum(largest, 1)).astype(np.float32)


def _rolled_off(light: Exact, peak: float) -> Exact:
    """Bend light of 0 to `peak` into 0 to 1, both relative to white (BT.2390-11, 5.4.1)."""
    scale = DIFFUSE_WHITE / _PQ_PEAK
    brightest = _light_to_pq(np.array(peak * scale))
    white = _light_to_pq(np.array(scale)) / brightest
    signal = _light_to_pq(light * scale) / brightest
    knee = 1.5 * white - 0.5
    t = np.maximum((signal - knee) / (1 - knee), 0)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * white
    )
    return _pq_to_light(np.where(signal < knee, signal, bent) * brightest) / scale


def _encoded(light: Floats) -> Values:
    """Encode light of 0 to 1 with sRGB's curve in 16 bits."""
    curved: Values = (encoded(np.clip(light, 0, 1)) * 65535 + 0.5).astype(np.uint16)
    return curved
