"""What a camera and its owner write into a photograph, as bytes of a JPEG file.

Sources: Exif 2.32 (CIPA DC-008-2019), XMP Specification Part 3 (Storage in Files, 2020) and
IPTC-NAA Information Interchange Model 4.2, kept in Photoshop image resource 0x0404.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from xml.sax.saxutils import escape

from PIL import Image as Pil
from PIL.TiffImagePlugin import IFDRational

ARTIST = "Marit Solheim"


@dataclass(frozen=True)
class Body:
    """A camera with its maker and the factor from its focal lengths to those of 35 mm film."""

    make: str
    model: str
    crop: float


@dataclass(frozen=True)
class Shot:
    """How and when one picture was taken."""

    body: Body
    lens: str
    taken: str
    offset: str
    exposure: str
    aperture: float
    iso: int
    focal: float
    position: tuple[float, float, float] | None = None
    turned: bool = False


@dataclass(frozen=True)
class Words:
    """What the owner wrote about one picture, and in which of the two formats it is kept."""

    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    rating: int = 0
    xmp: bool = True
    iptc: bool = False


def _ratio(value: float | str) -> IFDRational:
    exact = Fraction(value).limit_denominator(10000)
    return IFDRational(exact.numerator, exact.denominator)


def _degrees(value: float) -> tuple[IFDRational, IFDRational, IFDRational]:
    whole = abs(value)
    minutes = (whole - int(whole)) * 60
    return (
        IFDRational(int(whole)),
        IFDRational(int(minutes)),
        IFDRational(round((minutes - int(minutes)) * 6000), 100),
    )


def exif(shot: Shot) -> Pil.Exif:
    """Return the Exif data of a shot."""
    data = Pil.Exif()
    date, fraction = shot.taken.split(".")
    data[0x010F] = shot.body.make
    data[0x0110] = shot.body.model
    data[0x0112] = 6 if shot.turned else 1
    data[0x0132] = date
    data[0x013B] = ARTIST
    data[0x8298] = f"(c) {date[:4]} {ARTIST}"
    data.get_ifd(0x8769).update(
        {
            0x829A: _ratio(shot.exposure),
            0x829D: _ratio(str(shot.aperture)),
            0x8827: shot.iso,
            0x8830: 2,
            0x9000: b"0232",
            0x9003: date,
            0x9004: date,
            0x9010: shot.offset,
            0x9011: shot.offset,
            0x9012: shot.offset,
            0x9291: fraction,
            0x9292: fraction,
            0x920A: _ratio(str(shot.focal)),
            0xA405: round(shot.focal * shot.body.crop),
            0xA434: shot.lens,
        }
    )
    if shot.position:
        latitude, longitude, altitude = shot.position
        data.get_ifd(0x8825).update(
            {
                0: b"\x02\x03\x00\x00",
                1: "N" if latitude >= 0 else "S",
                2: _degrees(latitude),
                3: "E" if longitude >= 0 else "W",
                4: _degrees(longitude),
                5: b"\x00",
                6: _ratio(str(altitude)),
            }
        )
    return data


def xmp(words: Words) -> bytes:
    """Return an XMP packet with title, caption, keywords and rating."""
    parts = []
    for name, value in (("title", words.title), ("description", words.caption)):
        if value:
            parts.append(
                f'<dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(value)}</rdf:li>'
                f"</rdf:Alt></dc:{name}>"
            )
    if words.keywords:
        items = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in words.keywords)
        parts.append(f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>")
    rating = f' xmp:Rating="{words.rating}"' if words.rating else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        f' xmlns:xmp="http://ns.adobe.com/xap/1.0/"{rating}>'
        f"{''.join(parts)}</rdf:Description></rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def iptc(words: Words) -> bytes:
    """Return an APP13 segment with title, caption and keywords as IPTC-IIM datasets."""
    # 1:90 announces that the text is UTF-8; without it readers guess at an old code page.
    datasets = [(1, 90, b"\x1b%G"), (2, 0, b"\x00\x04")]
    if words.title:
        datasets.append((2, 5, words.title.encode()))
    datasets += [(2, 25, word.encode()) for word in words.keywords]
    datasets.append((2, 80, ARTIST.encode()))
    if words.caption:
        datasets.append((2, 120, words.caption.encode()))
    data = b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value in datasets
    )
    block = b"8BIM" + struct.pack(">H2sI", 0x0404, b"\0\0", len(data)) + data
    body = b"Photoshop 3.0\0" + block + bytes(len(data) % 2)
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body


def insert_segment(jpeg: bytes, segment: bytes) -> bytes:
    """Put a segment into a JPEG file, behind the APP0 and APP1 segments that must come first."""
    at = 2
    while jpeg[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return jpeg[:at] + segment + jpeg[at:]
