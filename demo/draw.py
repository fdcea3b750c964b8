"""Draw the demo pictures: `python demo/draw.py` writes them all into `pictures/`.

No camera was there: every picture is worked out from noise and light, and comes out the same to
the last byte each time. The metadata is invented, but of the kind real cameras write.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image as Pil

import city
import forest
import land
import night
import water
from camera import develop, display_p3
from light import Light, Size
from metadata import Body, Shot, Words, exif, insert_segment, iptc, xmp

PICTURES = Path(__file__).parent.parent / "pictures"

FUJI = Body("FUJIFILM", "X-T5", 1.5)
NIKON = Body("NIKON CORPORATION", "NIKON Z 6_2", 1.0)
CANON = Body("Canon", "Canon EOS R6", 1.0)
PHONE = Body("Apple", "iPhone 15 Pro", 3.5)


@dataclass(frozen=True)
class Picture:
    """One line of the table: what to draw, how large, and what to write into the file."""

    path: str
    scene: Callable[[Size, np.random.Generator], Light]
    size: Size
    seed: int
    shot: Shot
    words: Words
    finer: float = 1.0
    quality: int = 87
    wide_gamut: bool = False
    look: Mapping[str, float] = field(default_factory=dict)


def draw(picture: Picture, scale: float = 1.0) -> Pil.Image:
    """Draw one picture; `scale` below one gives a preview of the same view."""
    rng = np.random.default_rng(picture.seed)
    width, height = (round(side * scale) for side in picture.size)
    light = picture.scene((round(width * picture.finer), round(height * picture.finer)), rng)
    return develop(light, (width, height), rng, **picture.look)


def save(picture: Picture, folder: Path, scale: float = 1.0) -> int:
    """Draw one picture, write it with its metadata and return the size of the file."""
    image = draw(picture, scale)
    if picture.shot.turned:
        # Cameras store what the sensor saw; held upright, the top of the scene is at its left.
        image = image.transpose(Pil.Transpose.ROTATE_90)
    words = picture.words
    extra: dict[str, bytes] = {}
    if words.xmp:
        extra["xmp"] = xmp(words)
    if picture.wide_gamut:
        # The light of this scene is reckoned in P3 primaries, so the numbers need no converting.
        extra["icc_profile"] = display_p3()
    buffer = io.BytesIO()
    image.save(
        buffer,
        "JPEG",
        quality=picture.quality,
        subsampling="4:2:0",
        optimize=True,
        exif=exif(picture.shot),
        **extra,
    )
    data = buffer.getvalue()
    if words.iptc:
        data = insert_segment(data, iptc(words))
    target = folder / picture.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return len(data)


def main() -> None:
    """Draw the pictures named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description="Draw the demo pictures.")
    parser.add_argument("names", nargs="*", help="draw only pictures whose path contains a name")
    parser.add_argument("--out", type=Path, default=PICTURES, help="folder to write to")
    parser.add_argument("--scale", type=float, default=1.0, help="0.3 draws small previews")
    parser.add_argument("--jobs", type=int, default=2, help="pictures drawn at the same time")
    options = parser.parse_args()
    wanted = [p for p in TABLE if not options.names or any(n in p.path for n in options.names)]
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [(p, pool.submit(save, p, options.out, options.scale)) for p in wanted]
        for picture, result in waiting:
            print(f"{result.result():>9,}  {picture.path}", flush=True)


TABLE = (
    Picture(
        "mountains/above-the-mist.jpg", land.ridges, (3000, 2000), 1,
        Shot(NIKON, "NIKKOR Z 24-70mm f/4 S", "2024:06:22 05:31:08.41", "+02:00", "1/320", 8, 100,
             63),
        Words("First light", "The valleys were still asleep when the sun came over the last ridge.",
              ("mountains", "sunrise", "mist", "ridges"), 5, iptc=True),
        finer=1.35, look={"contrast": 1.4},
    ),
    Picture(
        "mountains/main-range.jpg", land.blue_hour, (3000, 1000), 2,
        Shot(NIKON, "NIKKOR Z 70-200mm f/2.8 VR S", "2023:10:14 18:52:37.06", "+02:00", "1/4", 8,
             200, 82),
        Words("Blue hour on the main range",
              "Ten minutes after the colour had gone, the whole chain turned blue. "
              "We stood there until our hands were cold.",
              ("mountains", "panorama", "blue hour", "snow"), 4),
        finer=1.4, look={"exposure": 1.0},
    ),
    Picture(
        "mountains/spruce-slope.jpg", forest.spruces, (2000, 3000), 3,
        Shot(FUJI, "XF50-140mmF2.8 R LM OIS WR", "2023:09:30 08:04:19.77", "+02:00", "1/250", 5.6,
             400, 104.5),
        Words("Spruces in the fog",
              "It rained all night, and in the morning the forest was breathing.",
              ("forest", "fog", "spruce", "morning"), 4),
    ),
    Picture(
        "mountains/maple.jpg", forest.leaf, (2400, 2400), 4,
        Shot(FUJI, "XF80mmF2.8 R LM OIS WR Macro", "2024:10:05 11:26:50.13", "+02:00", "1/180", 4,
             320, 80),
        Words("Half summer, half autumn",
              "One leaf from the path, held up against the sun.",
              ("leaf", "macro", "autumn", "veins"), 0, xmp=False, iptc=True),
    ),
    Picture(
        "coast/last-sun.jpg", water.last_sun, (3000, 2000), 5,
        Shot(PHONE, "iPhone 15 Pro back triple camera 6.765mm f/1.78",
             "2024:08:17 20:58:33.284", "+01:00", "1/610", 1.78, 64, 6.765),
        Words("Last sun",
              "Everyone on the beach went quiet for the last minute, even the dogs.",
              ("sea", "sunset", "clouds", "summer"), 5),
        finer=1.35, wide_gamut=True,
    ),
    Picture(
        "coast/moon-from-the-ferry.jpg", water.moonrise, (2000, 3000), 6,
        Shot(CANON, "RF70-200mm F2.8 L IS USM", "2024:09:17 20:41:02.55", "+02:00", "1/60", 2.8,
             1600, 115, position=(45.3127, -4.8872, 14)),
        Words("Moonrise from the ferry",
              "Halfway across the bay. The engine hummed, and the moon came up as if pulled "
              "on a string.",
              ("moon", "sea", "night", "ferry"), 4),
        finer=1.35,
    ),
    Picture(
        "coast/nothing-but-water.jpg", water.quiet, (2400, 2400), 7,
        Shot(FUJI, "XF23mmF1.4 R LM WR", "2023:03:11 10:17:44.90", "+00:00", "1/500", 8, 160, 23),
        Words("Nothing but water",
              "No ship, no bird, no wind to speak of. I like this one more every year.",
              ("sea", "minimal", "grey", "winter"), 0),
        finer=1.35, look={"vignette_strength": 0.2},
    ),
    Picture(
        "desert/great-dune.jpg", land.dunes, (3000, 2000), 8,
        Shot(CANON, "RF24-105mm F4 L IS USM", "2023:05:09 17:06:21.32", "+02:00", "1/400", 9, 100,
             47, position=(-24.7352, 15.2896, 588)),
        Words("The great dune",
              "An hour up, five minutes down. The sand was warm on one side and cold on the other.",
              ("desert", "dunes", "sand", "shadow"), 5, iptc=True),
        finer=1.35,
    ),
    Picture(
        "desert/rim.jpg", land.canyon, (3000, 2250), 9,
        Shot(CANON, "RF24-105mm F4 L IS USM", "2025:04:02 18:21:40.18", "-07:00", "1/200", 10, 100,
             28),
        Words("From the rim",
              "The river that made all this is down there somewhere, no wider than a street.",
              ("canyon", "desert", "rock", "evening"), 4),
        finer=1.35,
    ),
    Picture(
        "desert/slot.jpg", forest.slot_canyon, (2000, 3000), 10,
        Shot(FUJI, "XF10-24mmF4 R OIS WR", "2025:04:04 12:09:15.63", "-07:00", "0.4", 8, 160, 18),
        Words("Where the light falls in",
              "At noon the sun reaches the bottom for a quarter of an hour.",
              ("canyon", "sandstone", "light"), 5),
    ),
    Picture(
        "north/wind-packed.jpg", land.snowfield, (3000, 2250), 11,
        Shot(NIKON, "NIKKOR Z 24-70mm f/4 S", "2025:02:19 09:48:27.09", "+01:00", "1/1000", 8, 100,
             26),
        Words("Wind-packed",
              "Minus twenty-four, and not a sound. The shadows were bluer than the sky.",
              ("snow", "winter", "shadows", "plateau"), 3),
        finer=1.35,
    ),
    Picture(
        "north/stars-over-the-hill.jpg", night.milky_way, (3000, 2000), 12,
        Shot(NIKON, "NIKKOR Z 20mm f/1.8 S", "2024:09:03 23:14:52.70", "+02:00", "13", 1.8, 3200,
             20),
        Words("A river of stars",
              "We switched the headlamps off and waited. After a while there were "
              "more stars than sky.",
              ("stars", "milky way", "night", "spruce"), 5),
    ),
    Picture(
        "north/aurora/lake.jpg", night.aurora_lake, (3000, 2000), 13,
        Shot(NIKON, "NIKKOR Z 20mm f/1.8 S", "2024:10:10 22:37:05.21", "+02:00", "4", 1.8, 2500,
             20),
        Words("Twice the sky", "The lake lay so still that the lights were there twice.",
              ("aurora", "lake", "reflection", "night"), 5),
        finer=1.25,
    ),
    Picture(
        "north/aurora/clearing.jpg", night.aurora_spruces, (2000, 3000), 14,
        Shot(NIKON, "NIKKOR Z 20mm f/1.8 S", "2024:10:11 00:08:46.88", "+02:00", "3", 1.8, 2500,
             20, turned=True),
        Words("In the clearing",
              "It came over the trees without a sound and filled the whole clearing.",
              ("aurora", "spruce", "snow", "night"), 4),
    ),
    Picture(
        "north/aurora/dsc-7719.jpg", night.aurora_corona, (3000, 2250), 15,
        Shot(NIKON, "NIKKOR Z 20mm f/1.8 S", "2025:02:20 21:55:30.47", "+01:00", "2.5", 1.8, 3200,
             20),
        Words(keywords=("aurora", "night", "plateau")),
        finer=1.25,
    ),
    Picture(
        "city/across-the-river.jpg", city.skyline, (3000, 2000), 16,
        Shot(FUJI, "XF16-55mmF2.8 R LM WR II", "2025:01:24 17:39:11.35", "+01:00", "3.2", 8, 160,
             33.6),
        Words("Across the river",
              "The hour when the offices are still lit and the kitchens already are.",
              ("city", "skyline", "river", "evening"), 0, xmp=False, iptc=True),
        finer=1.5,
    ),
    Picture(
        "city/dscf4127.jpg", city.street_lights, (2400, 2400), 17,
        Shot(FUJI, "XF56mmF1.2 R WR", "2023:11:25 18:20:03.60", "+01:00", "1/125", 1.2, 800, 56),
        Words(xmp=False),
    ),
    Picture(
        "city/tram-window.jpg", city.rain, (3000, 2250), 18,
        Shot(FUJI, "XF56mmF1.2 R WR", "2023:11:25 18:47:58.12", "+01:00", "1/90", 2, 1600, 56),
        Words("Tram window", "Line 6, standing at the lights. The whole street hung in the drops.",
              ("rain", "window", "bokeh", "night"), 0, xmp=False, iptc=True),
        look={"exposure": -0.6},
    ),
)  # fmt: skip


if __name__ == "__main__":
    main()
