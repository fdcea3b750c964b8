"""The forest: spruces in drifting fog, and one leaf held against the light."""

from __future__ import annotations

import numpy as np

from light import Light, Size, blur, frame, hue, mix, ramp, step
from noise import Field, cells, fractal, ridged
from trees import Grove, plant


def spruces(size: Size, rng: np.random.Generator) -> Light:
    """Draw a steep forest in the morning, its rows of spruces fading back into fog."""
    u, v = frame(size)
    span = size[0] / size[1] / 2
    sun = np.exp(-((u - 0.12) ** 2) / 0.10 - ((v - 0.10) ** 2) / 0.09)
    fog = ramp(v, [
        (0.0, hue("c4d0d2", -0.1)), (0.35, hue("d4d8d2", 0)), (0.7, hue("a9b9ba", -0.3)),
        (1.0, hue("7f9494", -0.6)),
    ])  # fmt: skip
    fog = fog + (0.75 * sun)[..., None] * hue("ffdfae")
    light = fog * (1 + 0.10 * fractal(u * 2, v * 3.2, 2, 5))[..., None]
    at = np.linspace(-span, span, 500).astype(np.float32)
    flat = np.zeros_like(at)
    layers = 8
    for layer in range(layers):
        near = layer / (layers - 1)
        slope = (0.10 if layer % 2 else -0.13) * (0.6 + near)
        line = 0.20 + 0.74 * near**1.1 + slope * at * 1.6
        line = line + 0.05 * fractal(at * 2.5, flat + layer, 70 + layer, 4)
        grove = Grove(size)
        grove.strip((line + 0.008).astype(np.float32))
        tall = 0.05 + 0.27 * near**1.4
        plant(grove, rng, line.astype(np.float32), (tall * 0.55, tall), int(95 - 68 * near))
        mask = grove.mask()
        dark = mix(hue("3d5450", -0.2), hue("0b1715", -0.9), near)
        dark = mix(dark, hue("6d5a3c", -0.3), np.float32(0.5) * sun * (1 - near))
        # Each row stands in fog: it sinks away below the crowns and wisps drift in front.
        foot = np.interp(u[0], at, line).astype(np.float32)[None, :]
        sink = step(-0.75 * tall, 0.07 + 0.05 * near, v - foot)
        wisp = step(-0.25, 0.9, fractal(u * 2.2 + layer, v * 4.5, 80 + layer, 6))
        clear = 0.10 + 0.85 * near**1.15
        veil = np.clip(1 - clear + sink * (0.75 - 0.45 * near) + wisp * 0.40 * (1 - near), 0, 1)
        light = mix(light, mix(dark, fog, veil), mask)
    glow = blur(light, 0.012)
    return np.asarray(light * 0.85 + glow * 0.15, np.float32)


def leaf(size: Size, rng: np.random.Generator) -> Light:
    """Draw an autumn leaf against the sun: ribs, veins and the fine net between them."""
    u, v = frame(size)
    turn = np.radians(-37)
    along = (u + 0.10) * np.cos(turn) + (v - 0.62) * np.sin(turn)
    across = -(u + 0.10) * np.sin(turn) + (v - 0.62) * np.cos(turn)
    across = across + 0.05 * along**2 - 0.035 * np.sin(along * 2.3)
    along = along + 0.015 * fractal(along * 2, across * 2, 2, 3)
    side = np.where(across > 0, 1, -1)
    out = np.abs(across).astype(np.float32)
    mid = np.exp(-((out / (0.0085 - 0.004 * along.clip(-1, 1))) ** 2))

    def rib(pitch: float, slant: float, curve: float, width: float, seed: int) -> Field:
        shake = 0.05 * fractal(along * 3 + side * 5, out * 3, seed, 3)
        s = (along - out * slant - curve * out * out + shake * out * 4) / pitch + side * 0.23
        away = np.abs(s - np.floor(s) - 0.5) * pitch
        narrow = width * (1.15 - 1.1 * out).clip(0.25, 2)
        return np.asarray(np.exp(-((away / narrow) ** 2)), np.float32)

    ribs = rib(0.195, 0.80, 0.35, 0.0042, 21)
    bend_x = 0.25 * fractal(along * 9, across * 9, 31, 4)
    bend_y = 0.25 * fractal(along * 9, across * 9 + 5, 32, 4)

    def net(scale: float, width: float, seed: int) -> Field:
        near, far = cells(
            (along - out * 0.8) * scale + bend_x * scale / 18,
            across * scale * 1.15 + bend_y * scale / 18,
            seed,
        )
        return np.asarray(np.exp(-(((far - near) / width) ** 2)), np.float32)

    coarse, fine, finest = net(17, 0.075, 41), net(46, 0.12, 42), net(120, 0.2, 43)
    ageing = fractal(along * 1.5, across * 2.2, 51, 5) + 1.3 * out - 0.25 - 0.5 * along
    patches = 0.35 * fractal(along * 14, across * 14, 52, 4)
    flesh = ramp(ageing + patches * 0.5, [
        (-0.7, hue("5d8f14", -0.1)), (-0.25, hue("a9b41a", 0.1)), (0.1, hue("f0b21c", 0.2)),
        (0.5, hue("ee6a12", 0.1)), (1.0, hue("b81c10", -0.2)),
    ])  # fmt: skip
    blotch = step(0.35, 0.8, fractal(along * 8, across * 8, 53, 6))
    flesh = mix(flesh, flesh * hue("7a4a2a"), blotch * 0.55)
    flesh = flesh * (0.80 + 0.16 * fractal(along * 60, across * 60, 54, 4))[..., None]
    flesh = flesh * (1 - 0.20 * finest - 0.30 * fine * (1 - ribs))[..., None]
    vein = mix(flesh * 0.4, hue("ffd98a", 0.35), 0.55)
    lit = mix(flesh, flesh * 0.50 + hue("ffca60", -1.7), coarse * 0.75)
    shade = np.exp(-(((out - 0.012) / 0.014) ** 2)) * 0.45
    lit = lit * (1 - shade)[..., None]
    lit = mix(lit, vein, np.clip(ribs * 0.85, 0, 1))
    lit = mix(lit, hue("ffe0a0", 0.4), mid * 0.9)
    sun = np.exp(-((u - 0.25) ** 2 + (v - 0.30) ** 2) / 0.35)
    lit = lit * (0.42 + 0.95 * sun)[..., None]
    # Only a strip of the leaf is sharp: the lens stands a hand's breadth away, wide open.
    blurred = [lit, *(blur(lit, radius) for radius in (0.0025, 0.007, 0.018))]
    off = np.clip(np.abs(along * 0.75 + across * 0.9 - 0.12) - 0.16, 0, 1) * 6.5
    out_of_focus = blurred[0]
    for index, softer in enumerate(blurred[1:]):
        out_of_focus = mix(out_of_focus, softer, np.clip(off - index, 0, 1))
    return out_of_focus


def slot_canyon(size: Size, rng: np.random.Generator) -> Light:
    """Draw the flowing walls of a narrow canyon, lit by what falls in from far above."""
    u, v = frame(size)
    light = ramp(v, [
        (0.0, hue("ffe0b0", 0.9)), (0.3, hue("ffb765", 0.7)), (0.65, hue("f08a3c", 0.2)),
        (1.0, hue("b8552a", -0.4)),
    ])  # fmt: skip
    light = light * (1 + 0.1 * fractal(u * 4, v * 1.5, 3, 4))[..., None]
    walls = 9
    for wall in range(walls):
        near = wall / (walls - 1)
        side = 1 if wall % 2 else -1
        flat = np.full_like(v, wall * 3.7)
        wave = fractal(v * 1.25 + 0.25 * u, flat, 100 + wall, 2, 0.4)
        fine = fractal(v * 6 + u, flat, 120 + wall, 3, 0.5)
        edge = 0.035 + 0.25 * near**1.25 + 0.105 * wave + 0.006 * fine
        edge = edge + 0.10 * near * np.sin(v * 3.4 + wall * 1.9) - 0.03
        depth = u * side - edge
        mask = step(-0.0008, 0.0008, depth)
        inside = np.maximum(depth, 0)
        # Wind and water cut along the old layers of sand, so the bands sweep with the wall.
        sweep = v * (3.2 - 1.2 * near) + side * u * (1.4 + 0.7 * wave) * 2 + 0.6 * wave
        bend = 0.30 * fractal(u * 2.2, v * 2.2, 140 + wall, 3)
        bands = fractal(sweep * 4.2 + bend * 4, inside * 0.8 + wall, 160 + wall, 5, 0.62)
        lines = fractal(sweep * 36 + bend * 36, inside * 2 + wall, 180 + wall, 3, 0.6)
        relief = ridged(sweep * 1.7 + bend * 2, inside * 1.3 + wall, 200 + wall, 3, 0.5)
        glow = np.exp(-inside / (0.055 + 0.085 * (1 - near) + 0.05 * relief))
        rim = np.exp(-inside / 0.007)
        fall = 0.30 + 0.9 * step(1.05, 0.0, v)
        shade = (0.10 + 1.05 * glow * (1 - 0.45 * near) + 0.20 * rim) * fall
        shade = shade * (0.62 + 0.62 * relief) * (1 + 0.16 * bands + 0.07 * lines)
        tint = ramp(shade, [
            (0.0, hue("2a1420", -1.0)), (0.14, hue("5e2430", -0.6)), (0.35, hue("b0442a", -0.1)),
            (0.65, hue("ee7f34", 0.35)), (1.0, hue("ffb968", 0.7)), (1.5, hue("ffe6bb", 0.9)),
        ])  # fmt: skip
        light = mix(light, tint, mask)
    grainy = 1 + 0.05 * fractal(u * 160, v * 160, 9, 2)
    light = light * grainy[..., None]
    return np.asarray(light * 0.88 + blur(light, 0.015) * 0.12, np.float32)
