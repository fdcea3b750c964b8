"""SVG is published only as a new drawing of what is allowed; attacks come out as nothing."""

import base64
import contextlib
import gzip
import re
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generator.cli import cli
from generator.core import files
from generator.core.errors import DecodeError, NotAPicture, Problem
from generator.core.model import Size, Stray
from generator.library.photo import read_photo
from generator.pixels import svg
from generator.pixels.svg import is_drawing, read_drawing, sanitise
from generator.privacy.scrub import scrub
from tests.support.canaries import PLANTED
from tests.support.drawings import ATTACKS, EVIL, NAMESPACES, drawing, raster
from tests.support.pictures import chart, encoded
from tests.support.sites import Site, tree

# What must never come out, wherever it went in. Names of ours and of the standard are no words.
FORBIDDEN = re.compile(
    r"evil|script|alert|foreignobject|javascript|\son\w+\s*=|<a[\s>]|@|animate|<set|iframe|audio"
    r"|video|entity|doctype|<\?|<!|html|http(?!://www\.w3\.org/(2000/svg|1999/xlink))|file:|\\",
    re.IGNORECASE,
)


# A name may say what it likes as long as it stays one.
NAMED = re.compile(r' id="[^"]*"')


def cleaned(inside: str) -> str:
    return sanitise(drawing(inside)).body.decode()


@pytest.mark.parametrize("name", ATTACKS)
def test_x6_nothing_of_an_attack_comes_out(name: str) -> None:
    body = cleaned(ATTACKS[name] + '<circle r="3"/>')

    assert FORBIDDEN.search(NAMED.sub("", body)) is None
    assert '<circle r="3"/>' in body


def test_a_name_that_looks_like_an_attribute_is_none() -> None:
    assert cleaned('<g id="a&quot; onload=&quot;x"/><g id="b"/>').count("id=") == 1


def test_what_is_linked_stays_without_the_link() -> None:
    assert "<g><rect/></g>" in cleaned(f'<a href="{EVIL}"><rect/></a>')


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://evil.example/x.dtd"> %x;]>',
    ],
)
def test_x6_entities_are_refused(before: str) -> None:
    with pytest.raises(DecodeError, match="entities"):
        sanitise(before.encode() + drawing("<text>&a;</text>"))


def test_a_document_type_without_entities_is_left_out() -> None:
    old = (
        b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        b'"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    assert sanitise(old + drawing("")).body == sanitise(drawing("")).body


def test_events_and_references_of_the_root_are_left_out_too() -> None:
    body = sanitise(drawing("", 'width="10" height="10" onload="alert(1)" xml:base="//evil"')).body
    assert FORBIDDEN.search(body.decode()) is None


def laughs(levels: int, link: str) -> str:
    """Draw ten of a thing that is ten of a thing that is..., by a way to refer to it."""
    parts = ['<g id="x0"><rect width="1" height="1"/></g>']
    parts += [
        f'<g id="x{level}">{link.format(f"x{level - 1}") * 10}</g>' for level in range(1, levels)
    ]
    return "".join(parts)


@pytest.mark.parametrize(
    "link",
    [
        '<use href="#{}"/>',
        '<use xlink:href="#{}"/>',
        '<rect fill="url(#{})"/>',
        "<rect style=\"mask:url('#{}')\"/>",
    ],
)
def test_what_grows_without_bounds_is_refused(link: str) -> None:
    assert sanitise(drawing(laughs(3, link)))
    with pytest.raises(DecodeError, match="too many parts"):
        sanitise(drawing(laughs(9, link)))


def test_what_grows_by_a_style_sheet_is_refused() -> None:
    rules = "".join(f".c{level}{{fill:url(#x{level - 1})}}" for level in range(1, 9))
    patterns = "".join(
        f'<pattern id="x{level}">{f"""<rect class="c{level}"/>""" * 10}</pattern>'
        for level in range(9)
    )
    with pytest.raises(DecodeError, match="too many parts"):
        sanitise(drawing(f"<style>{rules}</style>{patterns}"))


@pytest.mark.parametrize(
    "inside",
    [
        '<use id="a" href="#a"/>',
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<pattern id="p"><rect fill="url(#p)"/></pattern>',
        '<style>.a{fill:url(#p)}</style><pattern id="p"><rect class="a"/></pattern>',
        '<style>:only-child{fill:url(#p)}</style><pattern id="p"><rect/></pattern>',
    ],
)
def test_what_holds_itself_is_refused(inside: str) -> None:
    with pytest.raises(DecodeError, match="holds itself"):
        sanitise(drawing(inside))


# What repeats: all of it took minutes where parts were looked at once for each other part.
REPETITIVE: dict[str, Callable[[int], str]] = {
    "comments that are not closed": lambda n: f'<g style="{"/* " * n}"/>',
    "words between comments": lambda n: f"<text>{'a<!---->' * 15 * n}</text>",
    "a long word": lambda n: f'<g fill="{"a" * n}"/>',
    "a long word of a selector": lambda n: f"<style>{'-' * n}.{{fill:red}}</style>",
    "braces that close nothing": lambda n: f"<style>{'}' * 2 * n}</style>",
    "rules for all": lambda n: f"<style>{'*{fill:url(#x)}' * (n // 8)}</style>{'<g/>' * (n // 8)}",
    "rules for some": lambda n: (
        f'<stop id="x"/><style>{".c{fill:url(#x)}" * (n // 8)}</style><g class="{"c " * n}"/>'
    ),
    "one rule for many": lambda n: (
        f"<style>{'a,' * n}a{{fill:{'url(#x)' * (n // 3)}}}</style><stop id='x'/>"
    ),
    "one name for many": lambda n: (
        '<stop id="x"/>' * (n // 8) + f'<g fill="{"url(#x)" * (n // 4)}"/>'
    ),
}


@pytest.mark.parametrize("name", REPETITIVE)
def test_what_repeats_is_read_in_no_time(name: str) -> None:
    body = drawing(REPETITIVE[name](60_000))
    begun = time.process_time()
    with contextlib.suppress(DecodeError):
        sanitise(body)
    assert time.process_time() - begun < 1.5


def test_a_long_number_for_a_size_is_read_in_no_time() -> None:
    begun = time.process_time()
    sanitise(drawing("", f'width="{"1" * 60_000}!" height="1{" " * 60_000}!"'))
    assert time.process_time() - begun < 1.5


@pytest.mark.parametrize("depth", [svg.MAX_DEPTH + 1, 100_000])
def test_what_is_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(DecodeError, match="too deep"):
        sanitise(drawing("<g>" * depth + "</g>" * depth))


def test_as_deep_as_allowed_is_drawn() -> None:
    depth = svg.MAX_DEPTH - 1
    assert sanitise(drawing("<g>" * depth + "</g>" * depth)).body.count(b"<g") == depth


def test_too_many_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "MAX_ELEMENTS", 100)
    assert sanitise(drawing("<g/>" * 99))
    with pytest.raises(DecodeError, match="too many parts"):
        sanitise(drawing("<g/>" * 100))


def test_too_many_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "MAX_BYTES", 1 << 20)
    (tmp_path / "big.svg").write_bytes(drawing("<g/>" * (1 << 18)))
    (tmp_path / "big.svgz").write_bytes(gzip.compress(drawing("<g/>" * (1 << 24))))
    for name in ("big.svg", "big.svgz"):
        with pytest.raises(DecodeError, match="1 MB"):
            read_drawing(tmp_path / name)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (drawing("<g>"), "not well-formed"),
        (drawing("")[:-3], "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?>' + drawing(""), "encoding"),
        (b"<svg", "not well-formed"),
    ],
)
def test_what_is_no_xml_is_refused_in_words(body: bytes, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        sanitise(body)


@pytest.mark.parametrize("body", [b"<svg/>", b"<html><svg/></html>", b"<x:svg xmlns:x='y'/>"])
def test_xml_that_is_no_svg_is_no_picture(body: bytes) -> None:
    with pytest.raises(NotAPicture):
        sanitise(body)


INKSCAPE = f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="210mm" height="297mm" viewBox="0 0 210 297" version="1.1" id="svg5"
   inkscape:version="1.2" sodipodi:docname="logo.svg"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" {NAMESPACES}
   xmlns:svg="http://www.w3.org/2000/svg">
  <sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:zoom="0.7"/>
  <defs id="defs2"><linearGradient id="lg1"><stop style="stop-color:#ff0000;stop-opacity:1;"
     offset="0"/><stop style="stop-color:#0000ff;stop-opacity:0.5" offset="1"/></linearGradient>
     <linearGradient inkscape:collect="always" xlink:href="#lg1" id="lg2"
       gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="210" y2="0"/></defs>
  <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1"
     transform="translate(10.5,-3)">
    <path style="fill:url(#lg2);fill-rule:evenodd;stroke:#000000;stroke-width:0.26px"
       d="M 10,10 H 100 V 90 Z" id="path1" sodipodi:nodetypes="cccc"/>
    <text xml:space="preserve" style="font-size:10.5833px;font-family:'DejaVu Sans'"
       x="20" y="50"><tspan x="20" y="50">Fosse &amp; <tspan font-weight="bold">més</tspan> é
       </tspan></text>
  </g>
</svg>""".encode()

ILLUSTRATOR = f"""<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" {NAMESPACES} x="0px" y="0px" viewBox="0 0 100 50"
  style="enable-background:new 0 0 100 50;" xml:space="preserve">
<style type="text/css">
	.st0{{fill:#FFFFFF;stroke:#000000;stroke-miterlimit:10;}}
	.st1{{clip-path:url(#SVGID_2_);fill:url(#SVGID_1_);}} /* a note */
	.st2,.st3 .st0{{font-family:'MyriadPro-Regular', sans-serif;font-size:12px}}
</style>
<switch><foreignObject requiredExtensions="x" width="1" height="1"/><g>
<linearGradient id="SVGID_1_" gradientUnits="userSpaceOnUse" x1="0" y1="25" x2="100" y2="25">
	<stop offset="0" style="stop-color:#F00"/><stop offset="1" style="stop-color:#00F"/>
</linearGradient>
<clipPath id="SVGID_2_"><use xlink:href="#SVGID_3_" style="overflow:visible;"/></clipPath>
<rect id="SVGID_3_" class="st0" width="100" height="50"/>
<circle class="st1" cx="50" cy="25" r="20"/>
</g></switch>
</svg>""".encode()

FIGMA = f"""<svg width="24" height="24" viewBox="0 0 24 24" fill="none"
  xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<g clip-path="url(#clip0_1_2)" filter="url(#filter0_d_1_2)">
<path fill-rule="evenodd" clip-rule="evenodd" d="M0 0H24V24H0V0Z" fill="#D9D9D9"/>
<rect width="24" height="24" fill="url(#pattern0)"/>
</g>
<defs>
<filter id="filter0_d_1_2" x="0" y="0" width="32" height="32" filterUnits="userSpaceOnUse"
  color-interpolation-filters="sRGB"><feFlood flood-opacity="0" result="BackgroundImageFix"/>
<feColorMatrix in="SourceAlpha" type="matrix" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 127 0"/>
<feOffset dy="4"/><feGaussianBlur stdDeviation="2"/>
<feBlend mode="normal" in2="BackgroundImageFix" result="shape"/></filter>
<pattern id="pattern0" patternContentUnits="objectBoundingBox" width="1" height="1">
<use xlink:href="#image0" transform="scale(0.125)"/></pattern>
<clipPath id="clip0_1_2"><rect width="24" height="24" fill="white"/></clipPath>
<image id="image0" width="8" height="8" xlink:href="{raster()}"/>
</defs>
</svg>""".encode()


def parts(body: bytes) -> list[str]:
    return [each.tag.rpartition("}")[2] for each in ET.fromstring(body).iter()]


def test_a_drawing_of_inkscape_survives() -> None:
    found = sanitise(INKSCAPE)
    assert found.size == Size(794, 1123)
    assert parts(found.body) == (
        "svg defs linearGradient stop stop linearGradient g path text tspan tspan".split()
    )
    text = found.body.decode()
    assert 'style="stop-color:#ff0000;stop-opacity:1"' in text
    assert 'xlink:href="#lg1"' in text
    assert "fill:url(#lg2);fill-rule:evenodd;stroke:#000000;stroke-width:0.26px" in text
    assert 'transform="translate(10.5,-3)"' in text
    assert "font-family:'DejaVu Sans'" in text
    words = "".join(ET.fromstring(text).itertext()).split()
    assert words == ["Fosse", "&", "més", "é"]


def test_a_drawing_of_illustrator_survives() -> None:
    found = sanitise(ILLUSTRATOR)
    assert found.size == Size(100, 50)
    assert parts(found.body) == (
        "svg style switch g linearGradient stop stop clipPath use rect circle".split()
    )
    text = found.body.decode()
    assert ".st0{fill:#FFFFFF;stroke:#000000;stroke-miterlimit:10}" in text
    assert ".st1{clip-path:url(#SVGID_2_);fill:url(#SVGID_1_)}" in text
    assert ".st2,.st3 .st0{font-family:'MyriadPro-Regular', sans-serif;font-size:12px}" in text


def test_a_drawing_of_figma_survives() -> None:
    found = sanitise(FIGMA)
    assert found.size == Size(24, 24)
    assert set(parts(FIGMA)) == set(parts(found.body))
    assert raster() in found.body.decode()
    assert 'fill="none"' in found.body.decode()


@pytest.mark.parametrize("body", [INKSCAPE, ILLUSTRATOR, FIGMA], ids=["Inkscape", "AI", "Figma"])
def test_cleaning_a_clean_drawing_changes_nothing(body: bytes) -> None:
    once = sanitise(body)
    assert sanitise(once.body) == once


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*ATTACKS.values(), "<g>", "</g>", "<text>", "</text>", "words"])))
def test_x6_attacks_together_do_no_more_than_alone(pieces: list[str]) -> None:
    try:
        body = cleaned("".join(pieces))
    except DecodeError:
        return
    assert FORBIDDEN.search(NAMED.sub("", body)) is None
    assert sanitise(body.encode()).body == body.encode()


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="40" height="30"', (40, 30)),
        ('width="40px" height="30px" viewBox="0 0 4 3"', (40, 30)),
        ('width="1in" height="25.4mm"', (96, 96)),
        ('width="3pt" height="1pc"', (4, 16)),
        ('width="2.54cm" height="1e2"', (96, 100)),
        ('viewBox="5 5 320 200"', (320, 200)),
        ('viewBox="0,0,320,200"', (320, 200)),
        ('width="100%" height="100%" viewBox="0 0 320 200"', (320, 200)),
        ('width="64" viewBox="0 0 320 200"', (64, 40)),
        ('height="50" viewBox="0 0 320 200"', (80, 50)),
        ('width="64"', (64, 150)),
        ("", (300, 150)),
        ('width="auto" height="-5"', (300, 150)),
        ('width="0" height="0" viewBox="0 0 0 0"', (300, 150)),
        ('width="1e999" height="nan"', (300, 150)),
        ('viewBox="0 0 160000 80000"', (16383, 8192)),
        ('width="0.2" height="0.2"', (1, 1)),
    ],
)
def test_the_size_is_the_one_it_says(attributes: str, size: tuple[int, int]) -> None:
    found = sanitise(drawing("", attributes))
    assert found.size == Size(*size)
    root = ET.fromstring(found.body)
    assert abs(float(root.attrib["width"]) - size[0]) < 1
    assert len(root.attrib["viewBox"].replace(",", " ").split()) == 4


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_inside_are_kept(kind: str) -> None:
    assert raster(kind) in cleaned(f'<image href="{raster(kind)}" width="8" height="8"/>')
    spaced = raster(kind).replace(",", ",\n  ")
    assert raster(kind) in cleaned(f'<image xlink:href="{spaced}" width="8" height="8"/>')


@pytest.mark.parametrize("name", ["JPEG baseline", "PNG RGBA", "WebP lossy", "GIF animation"])
def test_pictures_inside_tell_nothing_and_keep_their_colours(name: str) -> None:
    kind, told = PLANTED[name]()
    body = base64.b64encode(told).decode()
    found = re.search(
        r"base64,([^\"]+)", cleaned(f'<image href="data:image/{kind};base64,{body}"/>')
    )
    assert found is not None
    assert base64.b64decode(found[1]) == scrub(told, kind)


def test_a_picture_inside_that_cannot_be_scrubbed_is_left_out() -> None:
    endless = base64.b64encode(encoded(chart(8, 8), "JPEG")[:-2] + bytes(20)).decode()
    assert "image" not in cleaned(f'<image href="data:image/jpeg;base64,{endless}"/>')


def test_pictures_inside_that_do_not_open_or_are_too_large_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    half = raster()[: len(raster()) // 2 // 4 * 4]
    assert "image" not in cleaned(f'<image href="{half}" width="8" height="8"/>')
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    both = cleaned(f'<image href="{raster()}"/><image href="{raster()}"/>')
    assert both.count("<image") == 1


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("fill:#fff;stroke:RGB(1, 2, 3)", "fill:#fff;stroke:RGB(1, 2, 3)"),
        ("FILL : red ;; opacity:.5", "fill:red;opacity:.5"),
        ("fill:url( '#a' ) !important", "fill:url(#a) !important"),
        ("fill:red;position:fixed", "fill:red"),
        ("font-family:\"A B\", 'C'", "font-family:&quot;A B&quot;, 'C'"),
        ("fill:red;fill:'unclosed", "fill:red"),
        ("fill:/* a */red/* b;opacity:.5", "fill:red"),
        (
            "filter:drop-shadow(0 1px 2px rgba(0,0,0,.5))",
            "filter:drop-shadow(0 1px 2px rgba(0,0,0,.5))",
        ),
        ("transform:rotate(45deg)", "transform:rotate(45deg)"),
        ("--x:1;fill:var(--x)", ""),
        ("nonsense", ""),
    ],
)
def test_of_styles_what_is_known_is_kept(style: str, kept: str) -> None:
    body = cleaned(f"<rect style='{style.replace(chr(39), '&apos;')}'/>")
    assert f'<rect style="{kept}"/>' in body if kept else "<rect/>" in body


def test_a_style_sheet_for_paper_is_left_out() -> None:
    assert "style" not in cleaned('<style media="print">rect{fill:red}</style>')


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("a.svg", drawing(""), True),
        ("a.jpg", b"\xef\xbb\xbf\n" + drawing(""), True),
        ("a", INKSCAPE, True),
        ("a", ILLUSTRATOR, True),
        ("a", b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", True),
        ("a.svgz", gzip.compress(INKSCAPE), True),
        ("a.gz", gzip.compress(INKSCAPE), False),
        ("a.svg", b"<!doctype html><svg/>", False),
        ("a.svg", b"words of <svg", False),
        ("a.svg", b"", False),
        ("a.xml", b"<?xml version='1.0'?><rss/>", False),
    ],
)
def test_a_drawing_is_told_by_what_is_in_it(
    tmp_path: Path, name: str, body: bytes, told: bool
) -> None:
    (tmp_path / name).write_bytes(body)
    assert is_drawing(tmp_path / name) is told


def test_x6_unless_asked_for_svg_is_counted_and_named(site: Site) -> None:
    site.photo("one.jpg")
    for name in ("a.svg", "b.SVG"):
        site.write(f"pictures/{name}", FIGMA)
    done = CliRunner().invoke(cli, ["build", "--site", str(site.root), "--jobs", "1"])

    assert done.exit_code == 0, done.output
    assert "left out: 2 SVG files (set svg = true in [images] to publish them)\n" in done.output
    assert [path for path in tree(site.output) if path.lower().endswith(".svg")] == [
        path for path in tree(site.output) if path.startswith("static/icon.")
    ]


WANTED = Site.SETTINGS + "svg = true\n"


def test_asked_for_svg_is_published_clean_under_all_its_addresses(site: Site) -> None:
    site.settings(WANTED)
    evil = ILLUSTRATOR.replace(b"<switch>", b"<script>alert(1)</script><switch onload='x()'>")
    site.write("pictures/logo.svg", evil)
    site.write("pictures/packed.svgz", gzip.compress(INKSCAPE))
    site.write("pictures/icon.jpg", FIGMA)
    report = site.build()

    assert (report.photos, report.problems) == (3, ())
    found = {
        path: (site.output / path).read_bytes()
        for path in tree(site.output)
        if path.startswith(("image/", "full/"))
    }
    by_name = {re.sub(r"\.[0-9a-f]{8}-", ".X-", path): body for path, body in found.items()}
    clean = [sanitise(each).body for each in (FIGMA, ILLUSTRATOR, INKSCAPE)]
    assert by_name == {
        "full/icon.jpg.svg": clean[0],
        "full/logo.svg": clean[1],
        "full/packed.svgz.svg": clean[2],
        "image/icon.X-24.svg": clean[0],
        "image/icon.jpg.svg": clean[0],
        "image/logo.X-100.svg": clean[1],
        "image/logo.svg": clean[1],
        "image/packed.X-1123.svg": clean[2],
        "image/packed.svgz.svg": clean[2],
    }
    page = site.html("logo/index.html")
    assert re.search(r'<img src="[^"]*image/logo\.\w+-100\.svg"[^>]* width="100" height="50"', page)
    assert 'href="../full/logo.svg"' in page
    assert "<object" not in page
    assert "<embed" not in page


def test_originals_of_svg_may_be_kept_back(site: Site) -> None:
    site.settings(WANTED + 'originals = "none"\n')
    site.write("pictures/logo.svg", FIGMA)
    site.build()
    assert not (site.output / "full").exists()


def test_asking_later_publishes_what_was_left_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What was read is remembered at once.
    monkeypatch.setattr(files, "CLOCK_TICK_NS", -1_000_000_000)
    site.photo("one.jpg")
    site.write("pictures/logo.svg", FIGMA)
    assert site.build().strays == (("SVG file", 1),)
    site.settings(WANTED)
    report = site.build()
    assert (report.photos, report.photos_rendered, report.strays) == (2, 1, ())
    site.settings(Site.SETTINGS)
    assert site.build().photos == 1
    assert not (site.output / "full/logo.svg").exists()


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        ("a.svg", b"words", "this is no picture in a format that is built"),
        ("a.svg", drawing("<g>"), "not well-formed SVG: mismatched tag at line 1"),
        ("a.jpg", b"<html><svg/></html>", "this is a web page, not a picture"),
    ],
)
def test_asked_for_what_is_called_svg_and_is_none_is_a_problem(
    tmp_path: Path, name: str, body: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(body)
    found = read_photo(name, tmp_path, svg=True)
    assert isinstance(found, Problem)
    assert found.what == what


def test_asked_for_other_xml_is_still_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "notes.xml").write_bytes(b"<?xml version='1.0'?><notes><svg/></notes>")
    assert read_photo("notes.xml", tmp_path, svg=True) == Stray("other file")
