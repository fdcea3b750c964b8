"""What a picture says about itself, and what is made of it when it lies, stutters or attacks."""

import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from generator.core.model import Metadata
from generator.core.text import MAX_TEXT, clean_text
from generator.metadata.moments import parse_taken
from generator.metadata.reading import MAX_DEPTH, MAX_KEYWORDS, is_address, read_metadata
from generator.pixels import decode
from tests.support.pictures import (
    chart,
    encoded,
    exif,
    gps_exif,
    iptc_segment,
    with_segment,
    xmp_packet,
)

Read = Callable[[bytes], Metadata]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Read a picture, given as its bytes, as a build does."""
    file = tmp_path_factory.mktemp("metadata") / "picture"

    def read_bytes(body: bytes) -> Metadata:
        file.write_bytes(body)
        with decode.opened(file) as image:
            return read_metadata(image)

    return read_bytes


class Said(NamedTuple):
    """Something a picture says: EXIF tags by number, IPTC datasets, XMP properties."""

    tags: Mapping[str, Any] = {}
    records: Sequence[tuple[int, bytes]] = ()
    xmp: str = ""


def jpeg(*said: Said, packet: bytes = b"", tags: bytes = b"") -> bytes:
    """Make a small JPEG that says all this; raw XMP and EXIF take the place of what is said."""
    numbered = {number: value for each in said for number, value in each.tags.items()}
    properties = "".join(each.xmp for each in said)
    packet = packet or (xmp_packet(properties) if properties else b"")
    body = encoded(
        chart(16, 16),
        "JPEG",
        exif=tags or exif(**numbered),
        **({"xmp": packet} if packet else {}),
    )
    records = list(chain.from_iterable(each.records for each in said))
    return with_segment(body, iptc_segment(records)) if records else body


def tags(**numbered: Any) -> Said:
    return Said(tags=numbered)


def records(*datasets: tuple[int, bytes]) -> Said:
    return Said(records=datasets)


def xmp(name: str, text: str) -> Said:
    return Said(xmp=f"<{name}>{text}</{name}>")


def default(text: str) -> str:
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'


def bag(*texts: str) -> str:
    return f"<rdf:Bag>{''.join(f'<rdf:li>{each}</rdf:li>' for each in texts)}</rdf:Bag>"


def wide(text: str) -> bytes:
    """Write a text as Windows does."""
    return text.encode("utf-16-le") + b"\0\0"


def place(city: str, country: str) -> str:
    return (
        f'<rdf:Description Iptc4xmpExt:City="{city}">'
        f"<Iptc4xmpExt:CountryName>{country}</Iptc4xmpExt:CountryName></rdf:Description>"
    )


def test_a_picture_that_says_nothing_has_empty_metadata(read: Read) -> None:
    assert read(jpeg()) == Metadata()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_is_read_from_every_format_that_carries_it(read: Read, name: str) -> None:
    said = exif(
        t271="NIKON CORPORATION",
        t272="NIKON Z 6_2",
        t33434=IFDRational(1, 250),
        t33437=IFDRational(56, 10),
        t34855=400,
        t36867="2024:07:15 18:30:05",
        t37386=IFDRational(35, 1),
        t41989=52,
        t42036="NIKKOR Z 35mm f/1.8 S",
    )
    assert read(encoded(chart(16, 16), name, exif=said.tobytes())) == Metadata(
        camera="NIKON Z 6_2",
        lens="NIKKOR Z 35mm f/1.8 S",
        exposure=0.004,
        aperture=5.6,
        iso=400,
        focal_length=35.0,
        focal_length_35mm=52.0,
        taken="2024-07-15T18:30:05",
    )


XMP = xmp_packet(
    f"<dc:title>{default('Falls')}</dc:title><dc:subject>{bag('water', 'Ísland')}</dc:subject>"
)
XMP_CHUNK = PngInfo()
XMP_CHUNK.add_itxt("XML:com.adobe.xmp", XMP.decode())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("JPEG", {"xmp": XMP}),
        ("PNG", {"pnginfo": XMP_CHUNK}),
        ("WEBP", {"xmp": XMP}),
        ("TIFF", {"tiffinfo": {700: XMP}}),
        ("AVIF", {"xmp": XMP}),
        ("HEIF", {"xmp": XMP}),
    ],
)
def test_xmp_is_read_from_every_format_that_carries_it(
    read: Read, name: str, options: dict[str, Any]
) -> None:
    said = read(encoded(chart(16, 16), name, **options))
    assert (said.title, said.keywords) == ("Falls", ("water", "Ísland"))


# Who may say it, in the order of precedence, and what is understood.
PRECEDENCE: Mapping[str, Sequence[tuple[Said, object]]] = {
    "title": (
        (xmp("dc:title", default("by XMP")), "by XMP"),
        (records((5, b"by IPTC")), "by IPTC"),
        (tags(t40091=wide("by Windows")), "by Windows"),
    ),
    "headline": (
        (xmp("photoshop:Headline", "by XMP"), "by XMP"),
        (records((105, b"by IPTC")), "by IPTC"),
    ),
    "caption": (
        (xmp("dc:description", default("by XMP")), "by XMP"),
        (records((120, b"by IPTC")), "by IPTC"),
        (tags(t270="by its description"), "by its description"),
        (tags(t37510=b"ASCII\0\0\0by a comment"), "by a comment"),
        (tags(t40092=wide("by Windows")), "by Windows"),
        (tags(t40095=wide("by its subject")), "by its subject"),
    ),
    "alt": (
        (xmp("Iptc4xmpCore:AltTextAccessibility", default("short")), "short"),
        (xmp("Iptc4xmpCore:ExtDescrAccessibility", default("at length")), "at length"),
    ),
    "keyword_paths": (
        (xmp("lr:hierarchicalSubject", bag("a|b/c", "d")), (("a", "b/c"), ("d",))),
        (xmp("digiKam:TagsList", bag("e/f", "e/g|h")), (("e", "f"), ("e", "g|h"))),
        (xmp("MicrosoftPhoto:LastKeywordXMP", bag("i/j")), (("i", "j"),)),
        (xmp("mediapro:CatalogSets", bag("k|l")), (("k", "l"),)),
    ),
    "rating": (
        (xmp("xmp:Rating", "4"), 4),
        (xmp("MicrosoftPhoto:Rating", "50"), 3),
        (tags(t18246=2), 2),
        (tags(t18249=99), 5),
    ),
    "creator": (
        (xmp("dc:creator", bag("Anna", "Bo").replace("Bag", "Seq")), "Anna, Bo"),
        (records((80, b"Cleo"), (80, b"Dan")), "Cleo, Dan"),
        (tags(t315="Eve; Finn"), "Eve, Finn"),
        (tags(t40093=wide("Gil;Hal")), "Gil, Hal"),
    ),
    "credit": (
        (xmp("photoshop:Credit", "by XMP"), "by XMP"),
        (records((110, b"by IPTC")), "by IPTC"),
    ),
    "copyright": (
        (xmp("dc:rights", default("© XMP")), "© XMP"),
        (records((116, "© IPTC".encode())), "© IPTC"),
        (tags(t33432="© EXIF".encode()), "© EXIF"),
    ),
    "license": (
        (xmp("xmpRights:WebStatement", "https://example.org/terms"), "https://example.org/terms"),
        (Said(xmp='<cc:license rdf:resource="http://example.org/by/4.0/"/>'),
         "http://example.org/by/4.0/"),
    ),
    "place": (
        (Said(xmp="<photoshop:Country>Iceland</photoshop:Country><photoshop:City>V\u00edk"
                  "</photoshop:City><Iptc4xmpCore:Location>The beach</Iptc4xmpCore:Location>"),
         ("The beach", "V\u00edk", "Iceland")),
        (xmp("Iptc4xmpExt:LocationCreated", bag(place("Here", "Iceland"), place("No", "No"))),
         ("Here", "Iceland")),
        (xmp("Iptc4xmpExt:LocationShown", bag(place("There", "Iceland"))), ("There", "Iceland")),
        (records((101, b"Island"), (90, b"Town"), (95, b"State"), (92, b"Street")),
         ("Street", "Town", "State", "Island")),
    ),
    "taken": (
        (tags(t36867="2001:01:01 01:01:01"), "2001-01-01T01:01:01"),
        (xmp("exif:DateTimeOriginal", "2002-02-02T02:02:02"), "2002-02-02T02:02:02"),
        (xmp("photoshop:DateCreated", "2003-03-03T03:03:03"), "2003-03-03T03:03:03"),
        (records((55, b"20040404"), (60, b"040404")), "2004-04-04T04:04:04"),
        (tags(t36868="2005:05:05 05:05:05"), "2005-05-05T05:05:05"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "first"),
    [(field, first) for field, sources in PRECEDENCE.items() for first in range(len(sources))],
)
def test_the_first_that_says_something_wins(read: Read, field: str, first: int) -> None:
    sources = PRECEDENCE[field][first:]
    assert getattr(read(jpeg(*(said for said, _ in sources))), field) == sources[0][1]


def test_keywords_are_those_of_all_and_of_the_paths_each_once(read: Read) -> None:
    body = jpeg(
        xmp("dc:subject", bag("Falls", "mist")),
        xmp("lr:hierarchicalSubject", bag("Iceland|falls", "iceland|FALLS", "Iceland|Vík|beach")),
        records((25, b"mist"), (25, b"rock"), (25, b"")),
        tags(t40094=wide("ROCK; birds;")),
    )
    said = read(body)
    assert said.keywords == ("Falls", "mist", "beach", "rock", "birds")
    assert said.keyword_paths == (("Iceland", "falls"), ("Iceland", "Vík", "beach"))


def test_what_programs_keep_among_keywords_for_themselves_is_left_out(read: Read) -> None:
    body = jpeg(
        xmp("dc:subject", bag("darktable|exported|jpg", "sea")),
        xmp("lr:hierarchicalSubject", bag("darktable|format|nef", "||", "a||b|")),
        xmp("digiKam:TagsList", bag("_Digikam_Internal_Tags_/Scanned")),
    )
    said = read(body)
    assert (said.keywords, said.keyword_paths) == (("sea", "b"), (("a", "b"),))


def test_paths_are_bounded_in_depth(read: Read) -> None:
    deep = bag("|".join(map(str, range(MAX_DEPTH))), "|".join(map(str, range(MAX_DEPTH + 1))))
    said = read(jpeg(xmp("lr:hierarchicalSubject", deep)))
    assert said.keyword_paths == (tuple(map(str, range(MAX_DEPTH))),)


@pytest.mark.parametrize(
    ("said", "rating"),
    [
        (xmp("xmp:Rating", "-1"), -1),
        (xmp("xmp:Rating", "0"), 0),
        (xmp("xmp:Rating", "3.0"), 3),
        (xmp("xmp:Rating", "99"), 5),
        (xmp("xmp:Rating", "-7"), -1),
        (xmp("xmp:Rating", "nan"), None),
        (xmp("xmp:Rating", "inf"), 5),
        (xmp("xmp:Rating", "great"), None),
        (xmp("MicrosoftPhoto:Rating", "0"), 0),
        (xmp("MicrosoftPhoto:Rating", "1"), 1),
        (xmp("MicrosoftPhoto:Rating", "75"), 4),
        (xmp("MicrosoftPhoto:Rating", "101"), None),
        (tags(t18246=0), 0),
        (tags(t18246=b"x"), None),
    ],
)
def test_a_rating_is_rejected_or_unrated_or_one_to_five(
    read: Read, said: Said, rating: int | None
) -> None:
    assert read(jpeg(said)).rating == rating


def test_a_label_and_terms_are_read(read: Read) -> None:
    said = read(jpeg(xmp("xmp:Label", "Red"), xmp("xmpRights:UsageTerms", default("Ask me"))))
    assert (said.label, said.usage_terms) == ("Red", "Ask me")


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "ftp://example.org/x", "All rights reserved", "https://", "http:///x",
        "https://example.org/a b", "http://[", "//example.org/", 'https://e.org/"&gt;&lt;b&gt;',
        "https://e.org/&lt;b", 'https://e.org"x',
        "https://e.org\\x", "https://e.org/100%", "https://.", "https://?x", "https://a@b/",
        "https://e.org/#a#b", "https://e.org:port/",
    ],
)  # fmt: skip
def test_a_licence_is_an_address_on_the_web_or_none(read: Read, text: str) -> None:
    assert read(jpeg(xmp("xmpRights:WebStatement", text))).license == ""


@pytest.mark.parametrize(
    "text",
    [
        "https://creativecommons.org/licenses/by/4.0/", "http://localhost:8000", "HTTPS://e.org?a=1",
        "https://en.wikipedia.org/wiki/Rubik's_(cube)#History", "https://bücher.example/caf%C3%A9/é",
    ],
)  # fmt: skip
def test_an_address_of_a_licence_stays_as_it_is(read: Read, text: str) -> None:
    assert read(jpeg(xmp("xmpRights:WebStatement", text))).license == text


@pytest.mark.parametrize(
    "text", ["https://e.org/\u202ex", "https://e.org/\x07", "https://e.org/\n"]
)
def test_what_cannot_be_printed_is_no_address(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize(
    ("stored", "copyright"),
    [
        ("Anna\0The Editors", "Anna, The Editors"),
        (" \0The Editors", "The Editors"),
        ("Anna\0", "Anna"),
        ("Anna\0Bo\0junk", "Anna, Bo"),
        ("© Anna".encode(), "© Anna"),
        (" ", ""),
    ],
)
def test_a_copyright_has_two_parts(read: Read, stored: str | bytes, copyright: str) -> None:
    assert read(jpeg(tags(t33432=stored))).copyright == copyright


def test_places_of_one_name_are_told_once(read: Read) -> None:
    said = read(jpeg(records((90, b"Singapore"), (101, b"Singapore"))))
    assert said.place == ("Singapore",)


def test_i2_keywords_are_bounded_in_number(read: Read) -> None:
    body = jpeg(xmp("dc:subject", bag(*map(str, range(3 * MAX_KEYWORDS)))))
    assert read(body).keywords == tuple(map(str, range(MAX_KEYWORDS)))


@pytest.mark.parametrize(
    ("properties", "title"),
    [
        ("<dc:title>plain</dc:title>", "plain"),
        (
            '<dc:title><rdf:Alt><rdf:li xml:lang="de">Deutsch</rdf:li>'
            '<rdf:li xml:lang="x-default">English</rdf:li></rdf:Alt></dc:title>',
            "English",
        ),
        ("<dc:title><rdf:Alt><rdf:li/><rdf:li>second</rdf:li></rdf:Alt></dc:title>", "second"),
        ("<dc:title>&lt;b&gt; &amp; &#x202e;turned</dc:title>", "<b> & turned"),
        ("<dc:title/>", ""),
        ("<dc:title>", ""),
        ("<photoshop:title>other</photoshop:title>", ""),
    ],
)
def test_an_xmp_property_is_read_however_it_is_written(
    read: Read, properties: str, title: str
) -> None:
    assert read(jpeg(Said(xmp=properties))).title == title


def test_an_xmp_property_may_be_an_attribute(read: Read) -> None:
    packet = xmp_packet("").replace(b'rdf:about=""', b'rdf:about="" dc:title="short"')
    assert read(jpeg(packet=packet)).title == "short"


@pytest.mark.parametrize(
    ("said", "taken", "offset"),
    [
        (tags(t36867="2024:07:15 18:30:05", t37521="12"), "2024-07-15T18:30:05.12", ""),
        (tags(t36867="2024:07:15 18:30:05", t37521=" 007 "), "2024-07-15T18:30:05.007", ""),
        (tags(t36867="2024:07:15 18:30:05", t37521="soon"), "2024-07-15T18:30:05", ""),
        (tags(t36867="2024:07:15 18:30:05", t36881="+05:45"), "2024-07-15T18:30:05", "+05:45"),
        (tags(t36867="2024:07:15 18:30:05", t36881="+99:99"), "2024-07-15T18:30:05", ""),
        (tags(t36868="2024:07:15 18:30:05", t37522="5", t36882="-03:30"),
         "2024-07-15T18:30:05.5", "-03:30"),
        (tags(t36867="0000:00:00 00:00:00", t36868="2024:07:15 18:30:05"),
         "2024-07-15T18:30:05", ""),
        (xmp("photoshop:DateCreated", "2024-07-15T18:30:05.25-11:00"),
         "2024-07-15T18:30:05.25", "-11:00"),
        (xmp("photoshop:DateCreated", "2024-07-15T18:30:05Z"), "2024-07-15T18:30:05", "+00:00"),
        (xmp("photoshop:DateCreated", "2024-07-15T18:30+02:00"), "2024-07-15T18:30:00", "+02:00"),
        (xmp("photoshop:DateCreated", "2024-07-15"), "2024-07-15", ""),
        (records((55, b"20240715"), (60, b"183005+0200")), "2024-07-15T18:30:05", "+02:00"),
        (records((55, b"20240715")), "2024-07-15", ""),
        (records((55, b"20241315")), "", ""),
        (records((60, b"183005")), "", ""),
    ],
)  # fmt: skip
def test_a_time_keeps_its_fraction_and_its_offset(
    read: Read, said: Said, taken: str, offset: str
) -> None:
    found = read(jpeg(said))
    assert (found.taken, found.offset) == (taken, offset)


@pytest.mark.parametrize(
    ("text", "wall", "offset"),
    [
        ("2024:07:15 18:30:05", "2024-07-15T18:30:05", ""),
        ("2024/07/15 18:30:05", "2024-07-15T18:30:05", ""),
        ("2024-07-15T18:30:05.5+05:45", "2024-07-15T18:30:05.5", "+05:45"),
        ("2024-07-15T18:30Z", "2024-07-15T18:30:00", "+00:00"),
        ("2024-07-15", "2024-07-15", ""),
        ("2024:07:15 18:30:05.123456789", "2024-07-15T18:30:05.123456", ""),
        ("2024:07:15 18:30:05.٣", "2024-07-15T18:30:05", ""),
        ("2024:07:15 18:30:05+15:00", "2024-07-15T18:30:05", ""),
        ("2016:12:31 23:59:60", "2016-12-31T23:59:59", ""),
        ("2024:02:30 18:30:05", "", ""),
        ("2024:07:15 24:30:05", "", ""),
        ("0000:00:00 00:00:00", "", ""),
        ("1825:07:15 18:30:05", "", ""),
        ("1826:07:15 18:30:05", "1826-07-15T18:30:05", ""),
        ("2100:12:31 18:30:05", "2100-12-31T18:30:05", ""),
        ("2101:01:01 00:00:00", "", ""),
        ("9999:12:31 23:59:59", "", ""),
        ("    :  :     :  :  ", "", ""),
        ("2024", "", ""),
        ("yesterday", "", ""),
        ("", "", ""),
    ],
)
def test_a_moment_is_understood_or_unknown(text: str, wall: str, offset: str) -> None:
    assert parse_taken(text) == (wall, offset)


@given(
    st.from_regex(
        r"\d{4}[:-]\d\d[:-]\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", fullmatch=True
    )
)
def test_whatever_moment_is_understood_is_iso_8601_in_ascii(text: str) -> None:
    wall, offset = parse_taken(text)
    assert (wall + offset).isascii()
    assert not wall or 1826 <= datetime.fromisoformat(wall + offset * ("T" in wall)).year <= 2100


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("NIKON CORPORATION", "NIKON Z 6_2", "NIKON Z 6_2"),
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("Apple", "iPhone 15", "Apple iPhone 15"),
        ("SONY", "ILCE-7M4", "SONY ILCE-7M4"),
        ("OLYMPUS CORPORATION   ", "E-M1\0\0junk", "OLYMPUS CORPORATION E-M1"),
        ("Leica", "", "Leica"),
        ("", "X100V", "X100V"),
    ],
)
def test_a_camera_is_named_without_saying_its_maker_twice(
    read: Read, make: str, model: str, camera: str
) -> None:
    assert read(jpeg(tags(t271=make, t272=model))).camera == camera


@pytest.mark.parametrize(
    "caption",
    [
        "OLYMPUS DIGITAL CAMERA         ",
        "MINOLTA DIGITAL CAMERA",
        "KONICA MINOLTA DIGITAL CAMERA",
        "SONY DSC",
        "SAMSUNG",
        "Digital Still Camera",
        r"DCIM\100MEDIA\DJI_0001.JPG",
        "Image",
        "oplus_131072",
        "filter: 0; jpegRotation: 90;",
        '{"mirror":false}',
        "Created with GIMP",
        "- ",
    ],
)
def test_a_caption_that_a_camera_wrote_is_none(read: Read, caption: str) -> None:
    assert read(jpeg(tags(t270=caption))).caption == ""
    assert read(jpeg(tags(t270=caption, t37510=b"ASCII\0\0\0by me"))).caption == "by me"


@pytest.mark.parametrize("caption", ["Image of the falls", "Sony, our dog", "DCIM", "Fujisan"])
def test_a_caption_that_only_begins_like_one_of_a_camera_stays(read: Read, caption: str) -> None:
    assert read(jpeg(tags(t270=caption))).caption == caption


@pytest.mark.parametrize(
    ("comment", "caption"),
    [
        (b"ASCII\0\0\0plain\0\0\0", "plain"),
        (b"\0\0\0\0\0\0\0\0undefined", "undefined"),
        (b"ASCII\0\0\0" + "Ísland".encode(), "Ísland"),
        (b"UNICODE\0" + "Ísland".encode("utf-16"), "Ísland"),
        (b"UNICODE\0" + "Ísland".encode("utf-16-be"), "Ísland"),
        (b"no prefix at all", "no prefix at all"),
        (b"UNICODE\0" + "Ísland".encode("utf-16-le"), "Ísland"),
        (b"UNICODE\0" + "日本".encode("utf-16-be"), "日本"),
        (b"UNICODE\0" + "ab".encode("utf-16-le") + b"\0\0junk", "ab"),
        (b"UNICODE\0only ASCII\0\0", "only ASCII"),
        (b"Unicode " + "ab".encode("utf-16-le"), "ab"),
        (b"ASCII\0\0\0" + "Ísland".encode("utf-16-le"), "Ísland"),
        (b"ASCII\0\0\0" + "Ísland".encode("latin-1"), "Ísland"),
        (b"ASCII\0\0\0\0\0padded in front", "padded in front"),
        (b"ascii   lower", "lower"),
        (b"        blank", "blank"),
        (b"\0\0\0\0\0\0\0\0" + "Ísland".encode("latin-1"), "Ísland"),
        (b"JIS\0\0\0\0\0" + "日本".encode("iso2022_jp"), "日本"),
        (b"JIS\0\0\0\0\0" + "日本".encode(), "日本"),
        (b"JIS\0\0\0\0\0" + "日本".encode("shift_jis"), "日本"),
        (b"JIS\0\0\0\0\0\xff\xff\xff", ""),
        (b"\0\0\0\0\0\0\0\0\x01\x02\x05camera's own", ""),
        (b"ASCII\0\0\0", ""),
        (b"UNIC", "UNIC"),
        (b"", ""),
    ],
)
def test_a_user_comment_is_read_in_its_character_set(
    read: Read, comment: bytes, caption: str
) -> None:
    # Pillow writes EXIF big-endian: the order of UTF-16 that has no byte order mark.
    assert read(jpeg(tags(t37510=comment))).caption == caption


UTF_8 = b"\x1c\x01\x5a\0\x03\x1b%G"


@pytest.mark.parametrize("padding", [b"", b"\0\0\0", b"   \0"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("declared", [b"", UTF_8])
def test_text_is_read_as_utf_8_and_else_as_latin_1(
    read: Read, encoding: str, padding: bytes, declared: bytes
) -> None:
    text = "Ísland".encode(encoding) + padding
    assert read(with_segment(jpeg(), iptc_segment([(5, text)], declared))).title == "Ísland"
    said = read(jpeg(tags(t270=text, t315=b"\0\0" + text, t33432=text)))
    assert (said.caption, said.creator, said.copyright) == ("Ísland",) * 3


def test_text_that_was_cut_within_a_character_keeps_the_rest(read: Read) -> None:
    whole = "Ísland é".encode()
    assert read(jpeg(records((5, whole[:-1])))).title == "Ísland"
    assert read(jpeg(records((5, "café".encode("latin-1"))))).title == "café"


def test_text_of_windows_keeps_its_quotation_marks(read: Read) -> None:
    assert (
        read(jpeg(records((5, b"\x93Falls\x94 \x96 \x81now")))).title
        == "\u201cFalls\u201d \u2013 now"
    )


def test_an_iptc_dataset_may_be_longer_than_its_length_can_say(read: Read) -> None:
    body = b"\x1c\x02\x78\x80\x04\0\0\0\x05falls" + b"\x1c\x02\x05\0\x04mist"
    segment = iptc_segment([], body)
    said = read(with_segment(jpeg(), segment))
    assert (said.caption, said.title) == ("falls", "mist")


def test_what_comes_before_damage_in_iptc_is_kept(read: Read) -> None:
    segment = iptc_segment([], b"\x1c\x02\x05\0\x05falls" + b"\xff garbage")
    assert read(with_segment(jpeg(), segment)).title == "falls"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  two\r\n\tlines  ", "two lines"),
        ("red\x1b[31m\x07\x9b", "red[31m"),
        ("photo\u202egpj.exe\u2066\u200b\ufeff", "photogpj.exe"),
        ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("Fu\u0308r", "Für"),
        ("\ud800\U000e0001\ue000\uffff", ""),
        (b"until NUL\0not this", "until NUL"),
        (b"\xcdsland", "Ísland"),
        ("Ísland".encode(), "Ísland"),
        (42, ""),
        (None, ""),
    ],
)
def test_x1_text_of_any_origin_becomes_one_harmless_line(value: object, text: str) -> None:
    assert clean_text(value) == text


@given(st.text() | st.binary())
def test_x1_clean_text_is_printable_short_and_clean_once_and_for_all(value: str | bytes) -> None:
    cleaned = clean_text(value)
    assert cleaned.replace("\u200d", "").replace("\u200c", "").isprintable()
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize("filler", ["x", "é", " x", "\u0958"])
def test_i2_text_is_bounded(filler: str) -> None:
    assert len(clean_text(filler * 10 * MAX_TEXT)) <= MAX_TEXT
    assert len(clean_text((filler * 10 * MAX_TEXT).encode())) <= MAX_TEXT


@pytest.mark.parametrize(
    ("changes", "latitude", "longitude"),
    [
        ({}, 65.05, -16.6),
        ({"t1": "S", "t3": "E"}, -65.05, 16.6),
        ({"t1": "n", "t2": (0.0, 0.0, 36.0), "t4": (180.0, 0.0, 0.0)}, 0.01, -180.0),
    ],
)
def test_a_position_is_read_as_degrees(
    read: Read, changes: dict[str, Any], latitude: float, longitude: float
) -> None:
    said = read(jpeg(tags=gps_exif(**changes).tobytes()))
    assert said.location is not None
    assert said.location.latitude == pytest.approx(latitude)
    assert said.location.longitude == pytest.approx(longitude)
    assert "location" in said.private


@pytest.mark.parametrize(
    "changes",
    [
        {"t2": None},
        {"t4": None},
        {"t2": (65.0, 3.0)},
        {"t2": 65.0},
        {"t2": (91.0, 0.0, 0.0)},
        {"t4": (181.0, 0.0, 0.0)},
        {"t4": (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))},
    ],
)
def test_half_a_position_is_none_and_yet_gives_one_away(
    read: Read, changes: dict[str, Any]
) -> None:
    said = read(jpeg(tags=gps_exif(**changes).tobytes()))
    assert said.location is None
    assert "location" in said.private


def test_a_position_in_xmp_alone_is_noticed(read: Read) -> None:
    said = read(jpeg(xmp("exif:GPSLatitude", "65,3.0N")))
    assert said.location is None
    assert "location" in said.private


@pytest.mark.parametrize(
    ("latitude", "longitude", "found"),
    [
        ("65,3.0N", "16,36.6W", (65.05, -16.61)),
        ("65,3,36S", "16,36,0E", (-65.06, 16.6)),
        ("16,36.6W", "65,3.0N", None),
        ("95,3.0N", "16,36.6W", None),
        ("65.05", "-16.6", None),
        ("65,3.0N", "", None),
    ],
)
def test_a_position_in_xmp_is_read(
    read: Read, latitude: str, longitude: str, found: tuple[float, float] | None
) -> None:
    said = read(jpeg(xmp("exif:GPSLatitude", latitude), xmp("exif:GPSLongitude", longitude)))
    position = said.location and (said.location.latitude, said.location.longitude)
    assert position == (pytest.approx(found) if found else None)


NAMED = '<rdf:Description {0}:{1}="Anna"/>'
PRIVATE: Sequence[tuple[Said, str]] = (
    (xmp("exif:GPSLongitude", "16,36.6W"), "location"),
    (xmp("Iptc4xmpExt:LocationCreated",
         bag("<rdf:Description><exif:GPSLatitude>65,3N</exif:GPSLatitude></rdf:Description>")),
     "location"),
    (tags(t42033="12345"), "serial number"),
    (tags(t42037="12345"), "serial number"),
    (tags(t50735="12345"), "serial number"),
    (xmp("aux:SerialNumber", "12345"), "serial number"),
    (xmp("exifEX:LensSerialNumber", "12345"), "serial number"),
    (tags(t42032="Anna"), "owner name"),
    (xmp("aux:OwnerName", "Anna"), "owner name"),
    (xmp("mwg-rs:Regions", bag(NAMED.format("mwg-rs", "Name"))), "face names"),
    (xmp("MP:RegionInfo", bag(NAMED.format("MPReg", "PersonDisplayName"))), "face names"),
    (xmp("acdsee-rs:Regions", bag(NAMED.format("acdsee-rs", "Name"))), "face names"),
    (xmp("Iptc4xmpExt:PersonInImage", bag("Anna")), "face names"),
    (tags(t37500=b"Nikon\0..."), "maker notes"),
    (xmp("xmp:Thumbnails", bag("<rdf:Description><xmpGImg:image>AAAA</xmpGImg:image>"
                               "</rdf:Description>")), "preview"),
)  # fmt: skip


@pytest.mark.parametrize(("said", "kind"), PRIVATE)
def test_what_a_file_tells_of_persons_and_things_is_noticed(
    read: Read, said: Said, kind: str
) -> None:
    assert read(jpeg(said)).private == (kind,)


def test_private_things_are_listed_in_one_order(read: Read) -> None:
    said = read(jpeg(*(each for each, _ in reversed(PRIVATE))))
    assert said.private == (
        *("location", "serial number", "owner name", "face names", "maker notes", "preview"),
    )


def test_a_preview_is_noticed(read: Read) -> None:
    data = exif(t272="X")
    data.get_ifd(0x8769)
    tiff = bytearray(data.tobytes())
    # The main directory's last four bytes lead to the next one: here to a copy of itself.
    (count,) = struct.unpack_from(">H", tiff, 14)
    struct.pack_into(">I", tiff, 16 + 12 * count, 8)
    assert read(jpeg(tags=bytes(tiff))).private == ("preview",)
    thumbnail = b"8BIM\x04\x0c\0\0\0\0\0\x04abcd"
    segment = b"Photoshop 3.0\0" + thumbnail
    marked = b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment
    assert read(with_segment(jpeg(), marked)).private == ("preview",)


@pytest.mark.parametrize(
    "said",
    [
        tags(t42033="0000000"),
        tags(t42033="", t42032=" "),
        records((92, b"Street"), (90, b"Town")),
        xmp("photoshop:City", "Town"),
        xmp("mwg-rs:Regions", bag(NAMED.format("mwg-rs", "Type").replace("Anna", "Face"))),
    ],
)
def test_what_gives_nobody_away_is_not_private(read: Read, said: Said) -> None:
    assert read(jpeg(said)).private == ()


def test_gps_data_without_a_position_gives_none_away(read: Read) -> None:
    body = jpeg(tags=gps_exif(t1=None, t2=None, t3=None, t4=None, t18="WGS-84").tobytes())
    assert "location" not in read(body).private


@pytest.mark.parametrize("value", [IFDRational(0, 0), IFDRational(1, 0), IFDRational(0, 5)])
def test_a_number_that_is_none_is_left_out_alone(read: Read, value: IFDRational) -> None:
    said = read(jpeg(tags(t33434=value, t33437=IFDRational(8, 1), t272="X")))
    assert (said.exposure, said.aperture, said.camera) == (None, 8.0, "X")


BOMBS = {
    "entities": b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>",
    "file": b"<!DOCTYPE x [<!ENTITY j SYSTEM 'file:///etc/hostname'>]>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_i2_entities_in_xmp_are_not_expanded(read: Read, bomb: str) -> None:
    packet = xmp_packet(f"<dc:title>{default('&j;')}</dc:title>")
    start = packet.index(b"<x:xmpmeta")
    said = read(jpeg(tags(t272="X"), packet=packet[:start] + BOMBS[bomb] + packet[start:]))
    assert (said.title, said.camera) == ("", "X")


SPOKEN = (
    tags(t272="X100V", t33437=IFDRational(8, 1)),
    records((5, b"from IPTC")),
    xmp("dc:description", default("from XMP")),
)
MARKED = b"Exif\0\0"


@pytest.mark.parametrize(
    "damage", [b"", b"\0", b"<", b"<a>" * 20_000, b"\xff\xfe<", b"<a>\x80</a>"]
)
def test_i4_broken_xmp_costs_only_the_xmp(read: Read, damage: bytes) -> None:
    said = read(jpeg(*SPOKEN, packet=damage or b" "))
    assert (said.title, said.caption, said.camera) == ("from IPTC", "", "X100V")


@settings(max_examples=60)
@given(damage=st.binary(max_size=200))
def test_i4_exif_of_any_bytes_costs_only_the_exif(read: Read, damage: bytes) -> None:
    said = read(jpeg(*SPOKEN, tags=MARKED + damage))
    assert (said.title, said.caption) == ("from IPTC", "from XMP")


@settings(max_examples=60)
@given(data=st.data())
def test_i4_exif_with_some_bytes_changed_costs_only_the_exif(
    read: Read, data: st.DataObject
) -> None:
    damaged = bytearray(MARKED + exif(3, t272="X100V", t36867="2024:07:15 18:30:05").tobytes()[6:])
    for at in data.draw(st.lists(st.integers(6, len(damaged) - 1), min_size=1, max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    said = read(jpeg(*SPOKEN, tags=bytes(damaged)))
    assert (said.title, said.caption) == ("from IPTC", "from XMP")


@settings(max_examples=60)
@given(damage=st.binary(max_size=200))
def test_i4_iptc_of_any_bytes_costs_only_the_iptc(read: Read, damage: bytes) -> None:
    segment = b"\xff\xed" + (len(damage) + 16).to_bytes(2, "big") + b"Photoshop 3.0\0" + damage
    said = read(with_segment(jpeg(SPOKEN[0], SPOKEN[2]), segment))
    assert (said.caption, said.camera) == ("from XMP", "X100V")
