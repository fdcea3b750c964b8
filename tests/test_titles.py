"""Titles of file names: of those that people write, and never of one that a device made up."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.planning.titles import title_of_name
from tests.support.crawl import Crawl
from tests.support.sites import Site

WRITTEN = {
    "falls.jpg": "Falls",
    "sunset-at-vik.jpg": "Sunset at vik",
    "north_coast_in_rain.HEIC": "North coast in rain",
    "Anna und Tom.jpg": "Anna und Tom",
    "deep/er/Grandma's garden.png": "Grandma's garden",
    "St. Ives, harbour.jpg": "St. Ives, harbour",
    "Salt & pepper (detail).jpg": "Salt & pepper (detail)",
    "old_McDonald.jpg": "old McDonald",
    "MacLeod at Dunvegan.jpg": "MacLeod at Dunvegan",
    "Sam.jpg": "Sam",
    "NEW YORK.jpg": "NEW YORK",
    "été à la mer.jpg": "Été à la mer",
    "mare\u0301e.jpg": "Marée",
    "富士山.jpg": "富士山",
    "Закат над морем.jpg": "Закат над морем",
    "غروب.jpg": "غروب",
    "हिमालय.jpg": "हिमालय",
    "photo of the old bridge.jpg": "Photo of the old bridge",
    "final copy of the letter.jpg": "Final copy of the letter",
}

# As cameras, phones, computers, messengers and sites write them.
MADE_UP = """
IMG_1234.JPG|IMG_E1234.HEIC|_MG_1234.CR2|IMG_0001 (1).jpg|IMG_1234 2.jpg|IMG_1234-edited.jpg
IMG_1234 copy.jpg|IMG_1234~2.jpg|IMG_20240503_123456.jpg|IMG_20240503_123456789_HDR.jpg
IMG-20240503-WA0001.jpg|IMG00012-20240503-1234.jpg|MVIMG_20190503_123456.jpg|img001.tif
DSC_0042.JPG|DSC_0042-Edit.tif|_DSC0042.ARW|DSC00042.jpg|DSCN0042.jpg|DSCF0042.RAF|_DSF1234.jpg
DSCI0001.jpg|DSC_0042_00001_BURST20240503.jpg|P1010101.RW2|P5030042.ORF|_5030042.ORF|PA030042.JPG
L1000123.DNG|S1234567.jpg|CIMG0042.jpg|KODAK_0042.jpg|DCP_0042.jpg|100_0042.jpg|101-0042_IMG.JPG
SDIM0042.X3F|R0001234.JPG|IMGP0042.PEF|_IGP0042.PEF|PICT0042.JPG|SAM_0042.jpg|SANY0042.jpg|STA_0042.jpg
B0000042.fff|CF000042.3FR|GOPR0042.JPG|G0010042.JPG|GPAA0042.jpg|GH010042.jpg|DJI_0042.JPG
DJI_20240503123456_0001_D.JPG|dji_fly_20240503_123456_1_1714732496_photo.jpg|YUNC0042.jpg
PXL_20240503_123456789.jpg|PXL_20240503_123456789.PORTRAIT.jpg|PXL_20240503_123456789.MP.jpg
20240503_123456.jpg|20240503_123456(0).jpg|20240503_123456_HDR.jpg|2024-05-03 12.34.56.jpg
2024-05-03T12-34-56.jpg|WP_20140503_12_34_56_Pro.jpg|WP_20140503_001.jpg|Photo0042.jpg
C360_2014-05-03-12-34-56-789.jpg|BURST20240503123456_COVER.jpg|Burst_Cover_GIF_Action_1.gif
00000IMG_00000_BURST20240503123456_COVER.jpg|00100lPORTRAIT_00100_BURST20240503123456789_COVER.jpg
PANO_20240503_123456.jpg|SL_MO_VID_20240503.jpg|VID_20240503_123456.jpg|FB_IMG_1714732496789.jpg
Snapchat-1234567890.jpg|received_123456789012345.jpeg|signal-2024-05-03-12-34-56-789.jpg
photo_2024-05-03_12-34-56.jpg|photo_5@03-05-2024_12-34-56.jpg|photo_4942@x.jpg|telegram-cloud-photo-1.jpg
WhatsApp Image 2024-05-03 at 12.34.56.jpeg|Screenshot_20240503-123456.png|Screenshot (42).png
Screenshot 2024-05-03 at 12.34.56 PM.png|Screen Shot 2024-05-03 at 12.34.56.png|Screenshot.png
Screenshot_20240503_123456_Chrome.jpg|Bildschirmfoto 2024-05-03 um 12.34.56.png|Capture.PNG
Capture d\u2019écran.png|Capture d'écran 2024-05-03.png|Snip.PNG|Snipping Tool 1.png|Scan.jpg
Scan_20240503.jpg|Scanned Document.jpg|SCAN0042.JPG|Photo on 03-05-2024 at 12.34.jpg|Image.jpeg
image.png|image1.jpg|image0.jpeg|image (3).png|Image from iOS.jpg|images.jpg|photo.jpg|Photo 1.jpg
FullSizeRender.jpg|FullSizeRender-1.jpg|IMG.jpg|DSC.jpg|unnamed.jpg|Unknown.jpeg|unnamed-2.jpg
Untitled.png|Untitled design.png|Untitled-1.psd|Unbenannt.png|Ohne Titel.jpg|Sans titre.png
download.jpg|Scan 3.jpg|download (1).jpg|Downloads.jpg|Kopie von IMG_0042.jpg|Copy of Copy.jpg
Pasted Graphic.tiff|pasted image 0.png|Bild 1.jpg|Bild.jpg|foto.jpg|写真.jpg|写真 2024-05-03.jpg
图片.png|фото.jpg
6ba7b810-9dad-11d1-80b4-00c04fd430c8.jpg|6BA7B810-9DAD-11D1-80B4-00C04FD430C8_1_105_c.jpeg
d41d8cd98f00b204e9800998ecf8427e.jpg|54321012345_0a1b2c3d4e_o.jpg|pexels-jo-bloggs-1234567.jpg
jo-bloggs-Ab1CdE_fGh-unsplash.jpg|FzXkLmNaYAAbcde.jpg|McXkLmNaYAAbcde.jpg|EYouTubeId.jpg|AF1QipNsomething.jpg
123456789_10158_n.jpg|1714732496789.jpg|0042.jpg|42.jpg|1.jpg|a.jpg|x.png|-.jpg|_.jpg|.jpg|(1).jpg
٢٠٢٤.jpg|०४२.jpg|Ⅻ.jpg|falls.jpg.jpg|falls@home.jpg|IMAG0042.jpg|HNI_0042.JPG|MAX_0042.JPG|Imagepipe_42.jpg
"""
NAMES = [name for line in MADE_UP.split("\n") for name in line.split("|") if name]


@pytest.mark.parametrize(("path", "title"), WRITTEN.items())
def test_a_name_that_a_person_wrote_is_a_title(path: str, title: str) -> None:
    assert title_of_name(path) == title


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_device_made_up_is_none(name: str) -> None:
    assert title_of_name(f"coast/{name}") == ""
    assert title_of_name(name.lower()) == "" or name in ONLY_CAPITALS


# Capitals are all that tells these from words.
ONLY_CAPITALS = {"McXkLmNaYAAbcde.jpg", "FzXkLmNaYAAbcde.jpg", "EYouTubeId.jpg"}


_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x4FFF), max_size=20)


@given(_TEXT, st.sampled_from(string.digits), _TEXT)
def test_no_title_has_a_digit(before: str, digit: str, after: str) -> None:
    assert title_of_name(f"{before}{digit}{after}.jpg".replace("/", "")) == ""


def test_it_stands_in_headings_links_and_search_and_describes_nothing(site: Site) -> None:
    site.photo("a/falls at dawn.jpg", 1)
    site.photo("a/IMG_0042.jpg", 2)
    report = site.build()
    crawl = Crawl(site.output, "/")
    named, numbered = (
        crawl.pages[f"a/{name}/index.html"] for name in ("falls-at-dawn", "img-0042")
    )

    assert (named.one("h1").text, numbered.one("h1").text) == ("Falls at dawn", "Photo 2")
    assert "Falls at dawn" in numbered.one("a", rel="prev").text
    assert "Falls at dawn" in (site.output / "search.json").read_text("utf-8")
    alts = [image["alt"] for page in crawl.pages.values() for image in page.all("img")]
    assert [alt for alt in alts if "dawn" in alt.casefold()] == []
    assert report.described == 0


def test_a_title_of_the_photo_itself_comes_first(site: Site) -> None:
    site.photo("falls.jpg", 1)
    site.text("falls.md", "---\ntitle: Seljalandsfoss\n---\n")
    site.build()
    heading = Crawl(site.output, "/").pages["falls/index.html"].one("h1").text
    assert (heading, Path(site.output, "falls").is_dir()) == ("Seljalandsfoss", True)
