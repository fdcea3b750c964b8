"""The sea and still lakes: sky above, and the sky again in the water."""

from __future__ import annotations

import numpy as np

from light import Light, Size, bloom, blur, frame, hue, mix, ramp, sample, step
from noise import Field, fractal, ridged
from terrain import Lens, Sea, sea

_WATER_BODY = hue("0d2f3f", -1.2)


def _clouds(u: Field, v: Field, horizon: float, seed: int, scale: float) -> tuple[Field, Field]:
    """Return the thickness of broken cloud and how much thinner it gets towards the light."""
    away = 1 / np.maximum(horizon - v + 0.10, 0.03)
    x, y = u * away * np.float32(0.5 * scale), away * np.float32(0.9 * scale)
    bend_x = fractal(x * 0.8, y * 0.8, seed + 1, 4)
    bend_y = fractal(x * 0.8 + 7, y * 0.8, seed + 2, 4)
    thick = fractal(x + bend_x * 0.35, y * 1.3 + bend_y * 0.35, seed, 8, 0.52)
    lower = fractal(x * 0.985 + bend_x * 0.35, (y + 0.14) * 1.3 + bend_y * 0.35, seed, 5, 0.52)
    return thick, np.asarray(thick - lower, np.float32)


def _reflection(sky: Light, surface: Sea, lens: Lens, size: Size, blur_by: float) -> Light:
    """Return what the waves show of the sky, darkened where one looks down into the water."""
    u, _ = frame(size)
    width, height = size
    # The view ray (u/f, -dip, 1) bounces off a surface that leans by the two slopes.
    view_x = u / lens.focal
    lean = 1 + surface.slope_x**2 + surface.slope_z**2
    toward = (-view_x * surface.slope_x - surface.dip - surface.slope_z) / lean
    out_x = view_x + 2 * toward * surface.slope_x
    out_y = np.abs(-surface.dip - 2 * toward)
    out_z = np.maximum(1 + 2 * toward * surface.slope_z, 0.2)
    # Roughness too fine to see lifts the mean reflected ray, most of all near the horizon.
    out_y = out_y + 0.8 * np.sqrt(surface.rough)
    column = (out_x / out_z * lens.focal) * height + width / 2 - 0.5
    row = (lens.horizon - out_y / out_z * lens.focal) * height - 0.5
    last = lens.horizon * height - 2
    row = last - np.abs(last - row)
    column = np.abs(column)
    column = width - 1 - np.abs(width - 1 - column)
    soft = blur(sky, blur_by * 0.5, blur_by)
    cosine = np.clip(-toward * np.sqrt(lean) / np.sqrt(1 + view_x**2 + surface.dip**2), 0, 1)
    cosine = np.sqrt(cosine**2 + surface.rough)
    fresnel = 0.02 + 0.98 * (1 - np.clip(cosine, 0, 1)) ** 5
    return mix(np.broadcast_to(_WATER_BODY, (*u.shape, 3)), sample(soft, column, row), fresnel)


def _glitter(surface: Sea, lens: Lens, size: Size, sun: tuple[float, float]) -> Field:
    """Return the path of light on the water below a sun at picture position (u, v)."""
    u, _ = frame(size)
    sun_x, sun_y = sun[0] / lens.focal, max((lens.horizon - sun[1]) / lens.focal, 0.02)
    # The mirror that would throw the sun at us leans halfway between eye and sun: sideways only,
    # for what it leans ahead towards the one it leans back towards the other.
    up = np.maximum(surface.dip + sun_y, 1e-4)
    want_x = -(sun_x - u / lens.focal) / up
    miss = (surface.slope_x - want_x) ** 2 + surface.slope_z**2 * 0.6
    spread = surface.rough * 1.2 + 0.0008
    return np.asarray(np.exp(-miss / (2 * spread)) / np.sqrt(spread), np.float32)


def last_sun(size: Size, rng: np.random.Generator) -> Light:
    """Draw the sea at dusk: broken cloud lit from below and a path of gold on the water."""
    lens = Lens(eye=2.2, horizon=0.56, focal=1.5)
    u, v = frame(size)
    sun = (-0.20, 0.515)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    apart = np.hypot((u - sun[0]) * 0.8, v - sun[1])
    sky = ramp(low, [
        (0.0, hue("ff9350", 0.5)), (0.12, hue("ffa968", 0.35)), (0.3, hue("eaa58e", -0.1)),
        (0.55, hue("8e8fb4", -0.7)), (1.0, hue("37548c", -1.3)),
    ])  # fmt: skip
    sky = sky + (0.8 * np.exp(-apart / 0.22) + 1.6 * np.exp(-apart / 0.06))[..., None] * hue(
        "ff9a48", 0.2
    )
    thick, rim = _clouds(u, v, lens.horizon, 3, 0.9)
    cover = step(-0.05, 0.55, thick) * step(0.0, 0.10, low)
    # Low sun sets fire to the undersides near it; far from it they fade through rose to slate.
    fire = np.exp(-apart / 0.38)
    under = np.clip(0.45 + rim * 1.6, 0, 1.2) * (0.25 + 0.75 * step(0.9, 0.1, thick))
    bright = mix(hue("b06a78", -0.6), hue("ff7d3c", 1.1), fire)
    cloud = mix(mix(hue("3a4266", -1.0), hue("6a4a5c", -0.6), fire), bright, under)
    sky = mix(sky, cloud, cover * 0.92)
    disc = step(0.0215, 0.0195, np.hypot(u - sun[0], v - sun[1]))
    sky = sky + (disc * (1 - 0.5 * cover) * 14)[..., None] * hue("ffc070")

    surface = sea(size, lens, rng, wind=5.0, heading=8, steep=0.115)
    water = _reflection(sky, surface, lens, size, 0.02)
    path = _glitter(surface, lens, size, sun) * np.exp(-((u - sun[0]) ** 2) / 0.10)
    haze = np.exp(-surface.dip / 0.010)
    water = mix(water, hue("d8845c", -0.6), haze * 0.5)
    water = water + (path * 0.55)[..., None] * hue("ffa050", 0.4)
    below = step(lens.horizon - 0.0006, lens.horizon + 0.0006, v)
    return bloom(mix(sky, water, below), 0.10, 0.015)


def moonrise(size: Size, rng: np.random.Generator) -> Light:
    """Draw the full moon low over a calm sea, in the last blue of the evening."""
    lens = Lens(eye=2.6, horizon=0.58, focal=1.5)
    u, v = frame(size)
    moon = (0.055, 0.365)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("a98fae", -1.0)), (0.14, hue("8c88b6", -1.1)), (0.35, hue("5670aa", -1.4)),
        (0.7, hue("2b4a84", -1.8)), (1.0, hue("16305f", -2.1)),
    ])  # fmt: skip
    apart = np.hypot(u - moon[0], v - moon[1])
    halo = 0.30 * np.exp(-apart / 0.16) + 0.9 * np.exp(-apart / 0.035)
    sky = sky + halo[..., None] * hue("ffe3b8", -0.8)
    thick, rim = _clouds(u, v, lens.horizon, 23, 0.75)
    cover = step(0.02, 0.7, thick) * step(0.0, 0.12, low) * 0.85
    lining = np.exp(-apart / 0.13) * (1.0 - 0.6 * step(0.1, 0.8, thick))
    cloud = mix(hue("3d4a78", -1.6), hue("8d86ac", -1.3), np.clip(0.4 + rim, 0, 1))
    sky = mix(sky, cloud + (lining * 0.7)[..., None] * hue("ffe0b4"), cover)
    radius = 0.036
    disc = step(radius + 0.0012, radius - 0.0012, apart)
    x, y = (u - moon[0]) / radius, (v - moon[1]) / radius
    seas = step(0.0, 0.5, fractal(x * 0.9 + 4.4, y * 0.9, 91, 5)) * step(0.95, 0.55, np.hypot(x, y))
    rays = 0.12 * ridged(x * 2.2, y * 2.2, 93, 5)
    face = hue("ffe6c0", 1.35) * (0.92 - 0.5 * seas + rays)[..., None]
    sky = mix(sky, face, disc * (1 - 0.55 * cover))

    surface = sea(size, lens, rng, wind=4.0, heading=-14, steep=0.085)
    water = _reflection(sky, surface, lens, size, 0.02)
    path = _glitter(surface, lens, size, moon) * np.exp(-((u - moon[0]) ** 2) / 0.06)
    water = mix(water, hue("7f7ba4", -1.4), np.exp(-surface.dip / 0.010) * 0.6)
    water = water + (path * 0.10)[..., None] * hue("ffdca8", 0.5)
    below = step(lens.horizon - 0.0006, lens.horizon + 0.0006, v)
    return bloom(mix(sky, water, below), 0.10, 0.012)


def quiet(size: Size, rng: np.random.Generator) -> Light:
    """Draw nothing but a pale sea under an overcast sky, the horizon lost in the distance."""
    lens = Lens(eye=3.0, horizon=0.42, focal=1.6)
    u, v = frame(size)
    low = np.clip((lens.horizon - v) / lens.horizon, 0, 1)
    sky = ramp(low, [
        (0.0, hue("dbe3df", 0)), (0.25, hue("d6dedd", 0.05)), (0.6, hue("b4c4ca", -0.1)),
        (1.0, hue("8ea6b4", -0.3)),
    ])  # fmt: skip
    thick, rim = _clouds(u, v, lens.horizon, 43, 0.6)
    sky = sky * (1 + 0.20 * rim - 0.16 * step(-0.4, 0.8, thick) * step(0, 0.3, low))[..., None]
    gap = np.exp(-((u - 0.12) ** 2) / 0.03 - (low - 0.18) ** 2 / 0.02)
    sky = sky + (0.55 * gap * step(0.6, -0.3, thick))[..., None] * hue("fff0d8")
    surface = sea(size, lens, rng, wind=9.0, heading=20, steep=0.075)
    water = _reflection(sky, surface, lens, size, 0.03)
    slope = np.clip(0.5 - surface.slope_z * 1.2, 0, 1)
    water = water + slope[..., None] * hue("2f7f80", -2.0)
    path = _glitter(surface, lens, size, (0.12, 0.33)) * np.exp(-((u - 0.12) ** 2) / 0.05)
    water = water + (path * 0.05)[..., None] * hue("fff3dc")
    water = mix(water, hue("d6dfdc", -0.05), np.exp(-surface.dip / 0.018) * 0.92)
    below = step(lens.horizon - 0.004, lens.horizon + 0.004, v)
    return bloom(mix(sky, water, below), 0.12, 0.02)
