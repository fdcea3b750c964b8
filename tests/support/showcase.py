"""Sites that hold of everything something, for tests that look at all pages of what is delivered.

They are built once for all processes of a test run.
"""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.support.browsing import PREFIX
from tests.support.crawl import Crawl, Element
from tests.support.pictures import exif, gps_tags, save
from tests.support.sites import Site, command, surroundings
from tests.support.viewing import build_viewed

# Width and height of what cameras and phones take, upright and across, and what people crop.
SHAPES = (
    *[(1620, 1080), (1080, 1620), (1620, 1215), (1620, 911), (1215, 1620)],
    *[(1620, 1080), (1620, 1080), (1200, 1200), (911, 1620), (1620, 810)],
)
PLACES = ("harbour", "lighthouse", "cliffs", "tide", "rain", "market", "evening")
# Where the first photos of the coast were taken, in degrees north and east.
TAKEN_AT = (
    (65.05, -16.6),
    (65.06, -16.61),
    (60.39, 5.32),
    (50.1, -5.2),
    (35.1, 139.0),
    (-33.9, 18.4),
)
ARABIC = "الميناء عند الغروب، والقوارب عائدة"
LONG = "Averyveryverylongtitlewithoutanyspaceinitatallthatgoesonandonandonandon"
ALBUM = "coast/index.html"


@cache
def _field(side: int = 2048, seed: int = 1) -> Image.Image:
    """Draw noise of which finer detail is fainter, as in photographs.

    How fast their amplitude falls with frequency (Field, "Relations between the statistics of
    natural images", 1987) decides how many bytes they take. With this exponent an AVIF takes as
    many as the median of thirty photographs: 10 kB at 320 pixels, 18 at 480, 66 at 1080.
    """
    random = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    frequency[0, 0] = 1 / side
    waves = random.standard_normal((3, *frequency.shape, 2)) @ (1, 1j) / frequency**1.45
    light, red, blue = np.fft.irfft2(waves, (side, side))
    pixels = np.stack([light + red / 3, light - (red + blue) / 9, light + blue / 3], axis=-1)
    scaled = pixels / light.std() * 48 + 120
    return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8), "RGB")


def photo_like(width: int, height: int, seed: int) -> Image.Image:
    """Cut a picture as detailed as a photograph out of one large one; another seed, another cut."""
    field = _field()
    x, y = (seed * 397) % (field.width - width), (seed * 211) % (field.height - height)
    return field.crop((x, y, x + width, y + height))


def write_showcase(root: Path) -> Site:
    """Draw an album of sixty photos and small ones of oddities, and write their words."""
    site = Site(root)
    for number in range(60):
        width, height = SHAPES[number % len(SHAPES)]
        where = TAKEN_AT[number] if number < len(TAKEN_AT) else None
        _photo(site, f"coast/IMG_{number + 4001}.jpg", width, height, number, where)
    _photo(site, "front.jpg", 1620, 1080, 70)
    _photo(site, "second.jpg", 480, 640, 71)
    _photo(site, "odd/panorama.jpg", 1920, 320, 72)
    _photo(site, "odd/tower.jpg", 160, 640, 73)
    _photo(site, "odd/tiny.jpg", 8, 6, 74)
    _photo(site, f"odd/{LONG.lower()}.jpg", 640, 427, 75)
    veil = photo_like(480, 320, 76).convert("RGBA")
    veil.putalpha(Image.linear_gradient("L").resize(veil.size))
    save(veil, site.pictures / "odd/veil.png")
    frames = [photo_like(96, 64, 77 + turn).quantize(32) for turn in range(3)]
    save(frames[0], site.pictures / "odd/moving.gif", save_all=True, append_images=frames[1:])
    _photo(site, "odd/الميناء.jpg", 640, 427, 78)
    _photo(site, "travel/2019/north/west/far.jpg", 640, 427, 85)
    _photo(site, "alone/one.jpg", 640, 427, 79)
    for number in range(2):
        _photo(site, f"travel/2019/north/pair {number}.jpg", 640, 480, 80 + number)
    _write_words(site)
    return site


def _photo(
    site: Site,
    path: str,
    width: int,
    height: int,
    seed: int,
    where: tuple[float, float] | None = None,
) -> None:
    told = exif(
        t271="Maker",
        t272="Model 1",
        t33434=IFDRational(1, 250),
        t33437=IFDRational(28, 10),
        t34855=400,
        t36867=f"{2019 + seed % 5}:0{1 + seed % 9}:{10 + seed % 19} 10:{seed % 60:02}:00",
        t36881="+02:00",
        t37386=IFDRational(50, 1),
        t42036="Lens 1",
    )
    if where:
        told.get_ifd(0x8825).update(gps_tags(*where))
    save(photo_like(width, height, seed), site.pictures / path, quality=80, exif=told)


def _write_words(site: Site) -> None:
    for number in range(60):
        place = PLACES[number % len(PLACES)]
        title = f"title: The {place} at {number} past nine\n" if number % 4 else ""
        site.text(
            f"coast/IMG_{number + 4001}.md",
            f"---\n{title}caption: What is to be seen of the {place}, said in one line\n"
            f"keywords: [coast, {place}, {'café & bar' if number % 5 else ARABIC}]\n---\n",
        )
    site.text("index.md", "# Photographs\n\nWords in front. ![In front](front.jpg)\n")
    site.text(
        "about.md",
        "# About\n\n![A wall](coast/IMG_4001.jpg)\n\n| a | b |\n|---|---|\n| c | d |\n\n"
        f"```\n{LONG}{LONG}\n```\n\n> {ARABIC}\n\n## More\n\n- one\n- two\n",
    )
    site.text("coast/index.md", "---\ntitle: The coast\n---\nWhat we saw of [it](notes.md).\n")
    site.text(
        "story.md",
        "# Places\n\n::: gallery\n/coast/odd/\nsecond.jpg\n:::\n\nAnd then.\n\n::: row\nfront.jpg\n"
        "second.jpg\ncoast/IMG_4003.jpg\n:::\n\n::: photo\ncoast/IMG_4002.jpg\n:::\n",
    )
    site.text(
        "travel/2019/north/index.md",
        "---\nlayout: story\n---\nIn the morning.\n\n::: photo\npair 0.jpg\n:::\n\n::: row\n"
        "../../../coast/IMG_4001.jpg\n../../../front.jpg\n:::\n",
    )
    site.text("coast/notes.md", "# Notes\n\nBack to [all](./) and to [one](IMG_4002.jpg).\n")
    site.text("odd/tower.md", f"---\ntitle: {LONG}\ncaption: {LONG}\n---\n{LONG}\n")
    site.text(
        "odd/الميناء.md",
        f"---\ntitle: {ARABIC}\ncaption: {ARABIC}\nkeywords: [{ARABIC}]\n---\n{ARABIC}\n",
    )


def write_settings(site: Site, language: str) -> None:
    """Say what the showcase is, in a language; everything that pages can have is asked for."""
    title = {"ar": "صور الساحل"}.get(language, "Photographs")
    site.settings(
        f'[site]\ntitle = "{title}"\nauthor = "Ann Example"\nlanguage = "{language}"\n'
        f'license = "CC BY 4.0"\nbase_url = "https://example.org{PREFIX}"\n'
        "[gallery]\nmap = true\n"
    )


def build_showcase(root: Path) -> None:
    """Build the showcase below a folder: in `en`, in `ar`, and for the file system in `file`."""
    site = write_showcase(root / "site")
    for name in ("en", "ar"):
        write_settings(site, name)
        _build(site, root / name)
    site.settings('[site]\ntitle = "Photographs"\n[gallery]\nlinks = "file"\nmap = true\n')
    _build(site, root / "file")


def build_thousand(root: Path) -> None:
    """Build an album of a thousand photos, and one of sixty, with as many sizes of each as usual.

    They are small, as their number is what matters, and the bytes of pages that they make.
    """
    site = Site(root / "site")
    for number in range(1060):
        width, height = (max(1, side * 128 // 1620) for side in SHAPES[number * 7 % 10])
        picture = photo_like(width, height, number)
        album = "thousand" if number < 1000 else "sixty"
        save(picture, site.pictures / album / f"DSC_{number + 1001}.jpg", quality=80)
    site.settings(
        '[site]\ntitle = "Photographs"\n'
        "[images]\nmax_dimensions = [16, 24, 36, 54, 81, 121]\ndefault_dimension = 54\n"
        "[gallery]\npage_size = 1000\n"
    )
    _build(site, root / "output")


def _build(site: Site, output: Path) -> None:
    done = subprocess.run(
        command("build", "--output", str(output)),
        cwd=site.root,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def built_once(name: str, factory: pytest.TempPathFactory, process: str) -> Path:
    """Return the folder of a site, building it if no other process of this run has done so."""
    base = factory.getbasetemp()
    root = (base if process == "master" else base.parent) / name
    with FileLock(f"{root}.lock"):
        if not (root / "built").exists():
            _BUILDERS[name](root)
            (root / "built").touch()
    return root


_BUILDERS = {"showcase": build_showcase, "thousand": build_thousand, "viewer": build_viewed}


def kinds(crawl: Crawl) -> Iterator[str]:
    """Yield one page of each kind: of those alike in what they consist of, below one folder.

    Of photos more: an ordinary one, and each that is odd.
    """
    seen = set()
    for path, page in crawl.pages.items():
        kind = path.partition("/")[0], *_outline(page.one("main"))
        if kind not in seen or path.startswith("odd/"):
            yield path
        seen.add(kind)


def _outline(element: Element) -> Iterator[tuple[str, str]]:
    for child in element.children:
        if isinstance(child, Element):
            yield child.tag, child.attributes.get("class", "").partition(" ")[0]
