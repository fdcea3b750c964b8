"""Night in the north: stars, the Milky Way and the aurora."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from land import night_peaks, night_snow
from light import Light, Size, bloom, blur, frame, hue, mix, ramp, sample, step
from noise import Field, fractal, ridged
from trees import Grove, plant


def stars(size: Size, rng: np.random.Generator, count: int, density: Field | None = None) -> Light:
    """Return a sky of stars, few bright and many faint; `density` of 0 to 1 thins them out."""
    width, height = size
    u = rng.uniform(-0.5, 0.5, count)
    v = rng.uniform(0, 1, count)
    power = rng.pareto(1.3, count) * 0.022 + 0.006
    warm = rng.normal(0, 1, count)
    keep = rng.uniform(0, 1, count)
    if density is not None:
        rows = (v * (density.shape[0] - 1)).astype(int)
        columns = ((u + 0.5) * (density.shape[1] - 1)).astype(int)
        power = np.where(keep < density[rows, columns], power, 0)
    power = np.minimum(power, 2.5)
    tint = np.stack([1 + 0.22 * warm, np.ones(count), 1 - 0.25 * warm], axis=-1)
    tint = np.clip(tint, 0.4, 1.7) * power[:, None]
    sky = np.zeros((height, width, 3), np.float32)
    x, y = (u + 0.5) * width - 0.5, v * height - 0.5
    # The lens draws a bright star larger; the smallest still cover more than one pixel.
    base = max(width, height) / 3000
    radius = np.maximum(0.55, base * (0.72 + 0.75 * np.sqrt(power)))
    floor_x, floor_y = np.floor(x).astype(int), np.floor(y).astype(int)
    reach = 5
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            px, py = floor_x + dx, floor_y + dy
            far = ((px - x) ** 2 + (py - y) ** 2) / (2 * radius**2)
            inside = (px >= 0) & (px < width) & (py >= 0) & (py < height) & (far < 9)
            value = tint[inside] * np.exp(-far[inside])[:, None]
            np.add.at(sky, (py[inside], px[inside]), value.astype(np.float32))
    return sky


def milky_way(size: Size, rng: np.random.Generator) -> Light:
    """Draw the Milky Way rising over a hill of dark spruces."""
    u, v = frame(size)
    # The band climbs from low left to high right; turned axes let its clouds follow it.
    turn = np.radians(58)
    along = (u + 0.02) * np.cos(turn) - (v - 0.45) * np.sin(turn)
    across = (u + 0.02) * np.sin(turn) + (v - 0.45) * np.cos(turn)
    across = across + 0.03 * fractal(along * 2, along * 0 + 3, 3, 3)
    bulge = np.exp(-((along + 0.22) ** 2) / 0.09)
    width = 0.10 + 0.06 * bulge
    band = np.exp(-(across**2) / (2 * width**2))
    core = np.exp(-(across**2) / (2 * (width * 0.5) ** 2))
    bend = fractal(along * 3, across * 3, 14, 7, 0.6)
    clumps = fractal(along * 4 + bend * 0.5, across * 5 + bend * 0.5, 15, 8, 0.56)
    lanes = ridged(along * 3.3 + bend * 0.45 + 2, across * 6 + bend * 0.45, 18, 9, 0.68)
    rift = np.exp(-((across - 0.012 - 0.02 * bend) ** 2) / (2 * 0.030**2))
    dust = np.clip(step(0.32, 0.78, lanes + 0.10 * clumps) * (0.3 + rift) * band * 1.15, 0, 0.85)
    shine = (0.35 * band + core * (0.45 + 1.1 * bulge)) * (0.75 + 0.55 * clumps)
    low = np.clip(v, 0, 1)
    sky = ramp(low, [
        (0.0, hue("0d1a38", -1.9)), (0.45, hue("16294e", -1.6)), (0.72, hue("24465e", -1.3)),
        (0.9, hue("4c6a58", -1.1)), (1.0, hue("6e7a55", -1.0)),
    ])  # fmt: skip
    airglow = fractal(u * 1.3, v * 4.5, 19, 4)
    sky = sky * (1 + 0.25 * airglow)[..., None]
    tint = mix(hue("9fb4e0", -2.3), hue("ecc8a6", -1.6), np.clip(bulge * core * 1.2, 0, 1))
    milk = np.maximum(shine, 0)[..., None] * tint
    # Dust dims blue light more than red, so the edges of the dark lanes turn brown.
    dimmed = np.exp(-dust[..., None] * np.array([1.7, 1.95, 2.25], np.float32))
    glow = step(0.62, 0.95, fractal(along * 9, across * 9, 20, 2)) * core * (1 - dust)
    milk = milk * dimmed + (glow * 0.10)[..., None] * hue("d8577a", -1)
    field = stars(size, rng, 9000) * 0.9
    thick = np.clip(band * (1 - dust) * (0.55 + 0.5 * clumps), 0, 1)
    swarm = stars(size, rng, 170000, thick) * 0.30
    fade = step(1.0, 0.55, v)[..., None]
    light = sky + milk * (0.35 + 0.65 * fade) + (field + swarm) * fade
    light = bloom(light, 0.12, 0.004)

    grove = Grove(size)
    span = size[0] / size[1] / 2
    at = np.linspace(-span, span, 400).astype(np.float32)
    flat = np.zeros_like(at)
    hill = 0.945 - 0.09 * np.exp(-((at + 0.15) ** 2) / 0.12) + 0.012 * fractal(at * 3, flat, 4, 4)
    back = step(0.885, 0.889, v - 0.035 * fractal(u * 1.6, u * 0, 9, 5))
    light = mix(light, hue("16242c", -2.2), back * 0.93)
    grove.strip(hill.astype(np.float32))
    plant(grove, rng, hill.astype(np.float32), (0.06, 0.17), 46)
    ground = mix(hue("04060a", -2.0), hue("0b1210", -1.6), step(0.8, 1, v))
    return mix(light, ground, grove.mask())


def _curtain(size: Size, seed: int, across: Field, ahead: Field, horizon: float) -> Light:
    """Return one curtain of aurora above a path on the ground, in hundreds of kilometres."""
    width, height = size
    count = len(across)
    s = np.linspace(0, 1, count).astype(np.float32)
    flat = np.zeros_like(s)
    length = np.hypot(np.gradient(across), np.gradient(ahead))
    along = np.cumsum(length).astype(np.float32)
    rays = 0.5 + 0.62 * fractal(along * 7, flat, seed, 5, 0.62)
    surges = 0.55 + 0.9 * fractal(along * 0.8, flat + 1, seed + 1, 3)
    ends = step(0, 0.1, s) * step(1, 0.9, s)
    power = np.clip(rays, 0.05, 2) ** 1.5 * np.clip(surges, 0.08, 2) * ends
    # Half as far away a stretch of curtain looks twice as long, but no brighter.
    power = power * length / ahead * height * 0.4
    # It glows from about 100 to 300 kilometres up, so near curtains stand high and tall.
    foot = horizon - 1.0 / ahead
    reach = (0.55 + 0.55 * np.clip(0.5 + fractal(along * 3, flat + 2, seed + 2, 4), 0, 1.3)) / ahead
    v = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
    turned = np.zeros((width, height, 3), np.float32)
    # Oxygen glows green low down and red high up; a fringe of nitrogen pink edges the foot.
    green, red, pink = hue("38ff80"), hue("b43ae8"), hue("ff5aa8")
    columns = across / ahead * height + width / 2 - 0.5
    for start in range(0, count, 256):
        part = slice(start, start + 256)
        above = (foot[None, part] - v) / reach[None, part]
        body = step(-0.06, 0.07, above) * np.exp(-np.maximum(above, 0) * 3.2)
        crown = np.maximum(above, 0) * np.exp(-np.maximum(above, 0) * 2.6)
        fringe = np.exp(-(((above + 0.02) / 0.035) ** 2)) * 0.35
        left = np.floor(columns[part]).astype(int)
        share = columns[part] - left
        for shift, weight in ((0, 1 - share), (1, share)):
            at = left + shift
            ok = (at >= 0) & (at < width)
            value = (power[part] * weight)[None, :, None] * (
                body[..., None] * green + crown[..., None] * red + fringe[..., None] * pink
            )
            np.add.at(turned, at[ok], value[:, ok].swapaxes(0, 1))
    return turned.swapaxes(0, 1)


Path = tuple[tuple[float, float], tuple[float, float], float]


def _aurora(size: Size, seed: int, horizon: float, paths: Sequence[Path]) -> Light:
    """Return folded curtains; a path is its two ends on the ground and its brightness."""
    width, height = size
    # Aurora has no sharp detail, so it is drawn small, and wider than the view for what follows.
    small = (round(width * 1500 / height), 1000)
    s = np.linspace(0, 1, 9000).astype(np.float32)
    total = np.zeros((1000, small[0], 3), np.float32)
    for number, (start, end, strength) in enumerate(paths):
        own = seed + 13 * number
        flat = np.full_like(s, number)
        swing_x = 0.8 * fractal(s * 3, flat, own, 2) + 0.30 * fractal(s * 13, flat, own + 1, 3)
        swing_z = 0.8 * fractal(s * 3, flat + 9, own, 2) + 0.30 * fractal(s * 13, flat + 9, own, 3)
        across = start[0] + (end[0] - start[0]) * s + swing_x
        ahead = np.maximum(start[1] + (end[1] - start[1]) * s + swing_z, 0.75)
        total += strength * _curtain(small, own, across, ahead, horizon)
    total = blur(total, 0.0022, 0.008)
    total = total * 0.65 + blur(total, 0.011, 0.03) * 0.32 + blur(total, 0.07) * 0.3
    # A lens tilted up makes upright rays lean together towards the zenith.
    u, v = frame(size)
    apart = 1 + 0.42 * (horizon - v)
    return np.maximum(sample(total, u * apart * 1000 + small[0] / 2, v * 1000 - 0.5), 0)


def _night_sky(size: Size, rng: np.random.Generator, horizon: float, count: int) -> Light:
    _, v = frame(size)
    low = np.clip((horizon - v) / horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("3f6a78", -1.7)), (0.3, hue("1f4166", -1.9)), (1.0, hue("0d1c40", -2.2)),
    ])  # fmt: skip
    return np.asarray(sky + stars(size, rng, count) * (0.8 * step(0.02, 0.35, low))[..., None])


def aurora_lake(size: Size, rng: np.random.Generator) -> Light:
    """Draw green aurora over far hills and its image in a quiet lake."""
    u, v = frame(size)
    shore = 0.62
    light = _night_sky(size, rng, shore, 5000)
    curtains = [((-3.4, 4.6), (2.6, 2.3), 1.0), ((-1.5, 6.0), (4.5, 4.2), 0.7)]
    light = light + _aurora(size, 210, shore, curtains)
    light = bloom(light, 0.1, 0.006)
    span = size[0] / size[1] / 2
    peaks, cover = night_peaks(size, shore, hue("8cc4c0", -3.0), hue("1f4a66", -2.6))
    light = mix(light, peaks, cover)
    grove = Grove(size)
    at = np.linspace(-span, span, 500).astype(np.float32)
    bank = shore - 0.004 - 0.012 * np.clip(fractal(at * 1.4, at * 0, 41, 4) + 0.25, 0, 1)
    grove.strip(bank.astype(np.float32))
    plant(grove, rng, bank.astype(np.float32), (0.018, 0.05), 230)
    light = mix(light, hue("03070a", -1), grove.mask())

    # Below the shore the same picture upside down, drawn out by ripples that grow towards us.
    depth = np.maximum(v - shore, 0)
    x, y = u / (depth + 0.05), 1 / (depth + 0.05)
    ripple = fractal(x * 1.6, y * 2.4, 51, 4, 0.55)
    wide = fractal(x * 0.25, y * 0.5, 52, 3)
    breeze = 0.25 + 0.75 * step(-0.2, 0.5, wide)
    push = ripple * breeze * (0.002 + 0.05 * depth)
    rows = (shore - depth * 0.94 - 0.002 + push) * size[1]
    columns = (u + push * 0.25) * size[1] + size[0] / 2
    mirror = sample(blur(light, 0.0012, 0.006), columns, np.minimum(rows, shore * size[1] - 2))
    dim = 0.82 - 0.35 * np.clip(depth / 0.4, 0, 1)
    mirror = mirror * dim[..., None] + hue("04121a", -2.0)
    light = mix(light, mirror, step(shore - 0.001, shore + 0.001, v))
    mist = np.exp(-(((v - shore) / 0.004) ** 2)) * 0.01
    return np.asarray(light + mist[..., None] * hue("9fd8c4"))


def aurora_spruces(size: Size, rng: np.random.Generator) -> Light:
    """Draw tall aurora between tall spruces, looking up from the edge of a clearing."""
    light = _night_sky(size, rng, 1.0, 7000)
    curtains = [((-1.6, 4.2), (1.2, 1.25), 1.0), ((-0.9, 2.0), (2.0, 4.0), 0.6)]
    light = light + _aurora(size, 305, 0.93, curtains)
    light = bloom(light, 0.1, 0.006)
    u, v = frame(size)
    span = size[0] / size[1] / 2
    at = np.linspace(-span, span, 300).astype(np.float32)
    back = Grove(size)
    line = (0.91 + 0.01 * fractal(at * 3, at * 0, 5, 3)).astype(np.float32)
    back.strip(line)
    plant(back, rng, line, (0.06, 0.13), 60)
    light = mix(light, hue("0c2420", -1.6), back.mask() * 0.94)
    snow = step(0.0, 0.012, v - 0.935 - 0.012 * fractal(u * 2, u * 0, 6, 3))
    drift = 0.75 + 0.5 * fractal(u * 3, v * 14, 7, 6)
    light = mix(light, hue("5fa58c", -2.3) * drift[..., None], snow)
    front = Grove(size)
    for place, tall in ((-0.30, 0.62), (-0.21, 0.40), (0.27, 0.52), (0.345, 0.70), (0.17, 0.22)):
        front.spruce(place, 0.965 + 0.01 * tall, tall, rng)
    return mix(light, hue("030807", -1.5), front.mask())


def aurora_corona(size: Size, rng: np.random.Generator) -> Light:
    """Draw violet and green rays over a bare white plateau."""
    light = _night_sky(size, rng, 0.76, 6000)
    curtains = [((-2.8, 4.4), (1.5, 1.9), 1.0), ((-3.0, 5.0), (4.5, 3.6), 0.6)]
    sky = _aurora(size, 420, 0.76, curtains) * np.array([1.5, 0.85, 1.4], np.float32)
    light = bloom(light + sky, 0.1, 0.006)
    snow, cover = night_snow(size, 0.76, hue("78c4c4", -2.3), hue("2a5a6c", -2.1))
    return mix(light, snow, cover)
