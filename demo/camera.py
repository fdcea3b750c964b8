"""The camera: from linear light to the 8-bit picture, with tone curve, vignette and grain."""

from __future__ import annotations

import struct

import numpy as np
from PIL import Image as Pil

from light import Light, Size, blur, frame, resize


def tone(light: Light, contrast: float = 1.25) -> Light:
    """Return display light: an S-shaped response that rolls off like film and never clips."""
    # Middle grey keeps its value; what is sixteen times brighter comes out as almost white.
    grey = 0.18
    pivot = grey**contrast * (1 / grey - 1)
    power = np.maximum(light, 0) ** np.float32(contrast)
    return np.asarray(power / (power + np.float32(pivot)) * 1.03, np.float32)


def encode(light: Light) -> Light:
    """Return linear light of 0 to 1 encoded with the sRGB curve."""
    light = np.clip(light, 0, 1)
    curve = 1.055 * light ** (1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, curve))


def vignette(size: Size, strength: float) -> Light:
    """Return the fall of light towards the corners, by the fourth power of a cosine."""
    u, v = frame(size)
    reach = (u[0, -1] ** 2 + 0.25) / strength
    return np.asarray(1 / (1 + (u**2 + (v - 0.5) ** 2) / reach * 0.5) ** 2, np.float32)


def grain(size: Size, rng: np.random.Generator) -> Light:
    """Return film grain: noise a little softer than a pixel, mostly the same in all channels."""
    width, height = size
    shared = rng.standard_normal((height, width, 1), dtype=np.float32)
    own = rng.standard_normal((height, width, 3), dtype=np.float32)
    return blur(shared + 0.35 * own, 0.55 / height)


def develop(
    light: Light,
    size: Size,
    rng: np.random.Generator,
    *,
    exposure: float = 0,
    contrast: float = 1.25,
    grain_strength: float = 0.008,
    vignette_strength: float = 0.3,
) -> Pil.Image:
    """Turn linear light into a finished picture of the given size."""
    height, width = light.shape[:2]
    shaded = light * vignette((width, height), vignette_strength)[..., None]
    display = tone(shaded * np.float32(2.0**exposure), contrast)
    if (width, height) != size:
        # Shrinking after the tone curve keeps edges against bright sky smooth.
        display = resize(display, size)
    picture = encode(display)
    # Grain shows in the middle tones; deep shadow and bright sky stay nearly clean.
    amount = grain_strength * (0.45 + 2.2 * picture * (1 - picture))
    picture = picture + amount * grain(size, rng)
    return Pil.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))


def display_p3() -> bytes:
    """Return an ICC profile for Display P3: three primaries, the sRGB curve, white of D50."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def text(value: str) -> bytes:
        body = value.encode("utf-16-be")
        return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(body), 28) + body

    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0)
    curve += fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    tags = {
        b"desc": text("Display P3"),
        b"cprt": text("Public domain"),
        b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1.0, 0.8249),
        b"rXYZ": b"XYZ \0\0\0\0" + fixed(0.51512, 0.24120, -0.00105),
        b"gXYZ": b"XYZ \0\0\0\0" + fixed(0.29198, 0.69225, 0.04189),
        b"bXYZ": b"XYZ \0\0\0\0" + fixed(0.15710, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    placed: dict[bytes, int] = {}
    for name, body in tags.items():
        if body not in placed:
            placed[body] = offset + len(data)
            data += body + bytes(-len(body) % 4)
        table += name + struct.pack(">II", placed[body], len(body))
    header = struct.pack(
        ">I4sI4s4s4s6H4s4sI4s4sQI",
        128 + len(table) + len(data), b"\0\0\0\0", 0x04000000, b"mntr", b"RGB ", b"XYZ ",
        2024, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", b"\0\0\0\0", 0, 0,
    )  # fmt: skip
    header += fixed(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + data
