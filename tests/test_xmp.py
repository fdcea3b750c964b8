"""XMP packets: found in whatever they are wrapped in, and read however they are written."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.metadata import xmp
from tests.support.pictures import xmp_packet

TITLE = "Íslands <fossar> 日本"
PACKET = xmp_packet(
    "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Íslands &lt;fossar&gt; 日本</rdf:li></rdf:Alt>"
    "</dc:title>"
)
TEXT = PACKET.decode()


@pytest.mark.parametrize(
    "packet",
    [
        PACKET,
        codecs.BOM_UTF8 + PACKET,
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le") + b" \0" * 500,
        b'<?xml version="1.0" encoding="UTF-16"?>' + PACKET,
        PACKET + b"\0" * 2000,
        PACKET + b" \n" * 1000,
        PACKET + b"<garbage & more",
        PACKET[:-19] + b"\xff\xfe\0\1",
        b"\0\0\0junk" + PACKET,
        PACKET.replace(b"<x:xmpmeta", b"<x:xapmeta").replace(b"</x:xmpmeta", b"</x:xapmeta"),
        PACKET[PACKET.index(b"<rdf:RDF") : PACKET.index(b"</x:xmpmeta")],
        PACKET.replace(b"fossar", b"fo\x0b\x01ssar&#x1;&#11;&#xFFFF;&#xd800;"),
        PACKET.replace(b"fossar", b"fo\0ssar"),
        b"<!DOCTYPE x>" + PACKET,
    ],
)
def test_a_packet_is_found_and_read(packet: bytes) -> None:
    assert xmp.text(xmp.parse(packet), "dc:title") == TITLE


def test_a_packet_in_latin_1_is_read() -> None:
    packet = xmp_packet("<dc:title>Ísland</dc:title>").decode().lstrip("\ufeff")
    body = packet.replace("\ufeff", "").encode("latin-1")
    assert xmp.text(xmp.parse(body), "dc:title") == "Ísland"


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (b"", "holds no XMP"),
        (b"\0" * 100, "holds no XMP"),
        (b"<html></html>", "holds no XMP"),
        (b"<x:xmpmeta", "holds no XMP"),
        (PACKET[:300], "not valid XML in line"),
        (b"\n\n<RDF \n></title></RDF>", "not valid XML in line 4"),
        (PACKET.replace(b"fossar", b"&bomb;"), "not valid XML in line"),
        (b" " * (xmp.MAX_BYTES + 1), f"larger than {xmp.MAX_BYTES:,} bytes"),
    ],
)
def test_a_packet_without_xmp_says_why(packet: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}"):
        xmp.parse(packet)


@given(st.binary(max_size=300), st.integers(0, len(PACKET)), st.integers(0, 40))
def test_damage_is_a_value_error_or_nothing(damage: bytes, at: int, cut: int) -> None:
    try:
        found = xmp.parse(PACKET[:at] + damage + PACKET[at + cut :])
    except ValueError:
        return
    assert xmp.text(found, "dc:title").isprintable()


def test_what_others_said_of_another_picture_is_not_taken_for_this_one() -> None:
    inner = (
        "<xmpMM:Pantry><rdf:Bag><rdf:li><rdf:Description><dc:title>an ingredient</dc:title>"
        "</rdf:Description></rdf:li></rdf:Bag></xmpMM:Pantry>"
    )
    found = xmp.parse(xmp_packet(inner))
    assert xmp.text(found, "dc:title") == ""
    assert xmp.says(found, "dc:title")


def test_properties_may_stand_in_several_descriptions() -> None:
    packet = xmp_packet("<xmp:Label>Red</xmp:Label>").replace(
        b"</rdf:RDF>",
        b'<rdf:Description xmlns:u="http://ns.adobe.com/xap/1.0/" u:Rating="3"/></rdf:RDF>',
    )
    found = xmp.parse(packet)
    assert (xmp.text(found, "xmp:Label"), xmp.text(found, "xmp:Rating")) == ("Red", "3")


def test_values_are_bounded_in_number() -> None:
    items = "<rdf:li>x</rdf:li>" * (3 * xmp.MAX_VALUES)
    found = xmp.parse(xmp_packet(f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>"))
    assert len(xmp.values(found, "dc:subject")) == xmp.MAX_VALUES


@pytest.mark.parametrize(
    "structure",
    [
        '<Iptc4xmpExt:LocationShown rdf:parseType="Resource"><Iptc4xmpExt:City>Vík'
        "</Iptc4xmpExt:City></Iptc4xmpExt:LocationShown>",
        '<Iptc4xmpExt:LocationShown><rdf:Description Iptc4xmpExt:City="Vík"/>'
        "</Iptc4xmpExt:LocationShown>",
        '<Iptc4xmpExt:LocationShown Iptc4xmpExt:City="Vík"/>',
        '<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource"><Iptc4xmpExt:City>'
        '<rdf:Alt><rdf:li xml:lang="de">Wik</rdf:li><rdf:li xml:lang="x-default">Vík</rdf:li>'
        "</rdf:Alt></Iptc4xmpExt:City></rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>",
    ],
)
def test_a_structure_is_read_however_it_is_written(structure: str) -> None:
    found = xmp.parse(xmp_packet(structure))
    assert xmp.field(found, "Iptc4xmpExt:LocationShown", "Iptc4xmpExt:City") == "Vík"
