"""Pictures that tell everything: in each container, whatever can tell something holds a canary.

Written by hand where Pillow would not. What a canary says can be searched for in any bytes.
"""

import base64
import contextlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator

import pillow_heif
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from tests.support.pictures import (
    chart,
    disc,
    encoded,
    exif,
    iptc_segment,
    lossless_jpeg,
    soft,
    srgb_profile,
    with_segment,
)

CANARY = "CANARY"
# What pages may show: it says nothing of a place, a thing or a person who is not the author.
NOTICE = "Noticed"
# A part of a position that no other number in a file would be.
SECONDS = 123456789
LATITUDE, LONGITUDE = 65.0534294, -16.6034294

Planted = tuple[str, bytes]


def forms_of_canary() -> Iterator[bytes]:
    """Yield the canaries as they might be written."""
    text = CANARY.encode()
    yield text
    yield CANARY.encode("utf-16-le")
    yield CANARY.encode("utf-16-be")
    yield text.hex().encode()
    yield text.hex().upper().encode()
    yield base64.b64encode(text)
    yield struct.pack(">I", SECONDS)
    yield struct.pack("<I", SECONDS)


def canaries_in(data: bytes) -> list[bytes]:
    """Return the canaries in a file, also in whatever of it is deflated."""
    whole = [data]
    for mark in (b"x\x01", b"x\x9c", b"x\xda"):
        at = data.find(mark)
        while at >= 0:
            with contextlib.suppress(zlib.error):
                whole.append(zlib.decompressobj().decompress(data[at:], 1 << 20))
            at = data.find(mark, at + 1)
    return [form for form in forms_of_canary() if any(form in each for each in whole)]


def told_exif(orientation: int = 1) -> bytes:
    """Make EXIF that tells all that a camera can, with a thumbnail, and facts that may be told."""
    data = exif(
        orientation,
        t270=f"{NOTICE} description",
        t271="Maker",
        t272="Model 1",
        t305=f"{CANARY} software",
        t306="2025:05:03 18:30:01",
        t315=f"{NOTICE} artist",
        t316=f"{CANARY} computer",
        t33432=f"{NOTICE} copyright",
        t33434=IFDRational(1, 250),
        t33437=IFDRational(28, 10),
        t34855=400,
        t36867="2025:05:03 18:30:01",
        t36881="+02:00",
        t37386=IFDRational(50, 1),
        t37500=b"Nikon\0" + f"{CANARY} maker note".encode() * 30,
        t37510=b"ASCII\0\0\0" + NOTICE.encode(),
        t37521="042",
        t42016=f"{CANARY}0123456789",
        t42032=f"{CANARY} owner",
        t42033=f"{CANARY} serial",
        t42036="Lens 1",
        t42037=f"{CANARY} lens serial",
    )
    data.get_ifd(0x8825).update(
        {
            1: "N",
            2: (65.0, 3.0, IFDRational(SECONDS, 10_000_000)),
            3: "W",
            4: (16.0, 36.0, IFDRational(SECONDS, 10_000_000)),
            27: b"ASCII\0\0\0" + CANARY.encode(),
            29: "2025:05:03",
        }
    )
    return _with_thumbnail(data.tobytes()[6:])


def _with_thumbnail(block: bytes) -> bytes:
    """Put a second directory with a JPEG behind a block of EXIF of one directory."""
    order = "<" if block[:2] == b"II" else ">"
    thumbnail = with_segment(encoded(chart(32, 24), "JPEG"), b"\xff\xfe\0\x08CANARY")
    whole = bytearray(block + b"\0" * (len(block) % 2))
    (count,) = struct.unpack_from(f"{order}H", whole, 8)
    struct.pack_into(f"{order}I", whole, 10 + 12 * count, len(whole))
    data_at = len(whole) + 2 + 3 * 12 + 4
    whole += struct.pack(f"{order}H", 3)
    for tag, kind, value in ((259, 3, 6), (513, 4, data_at), (514, 4, len(thumbnail))):
        packed = (
            struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value)
        )
        whole += struct.pack(f"{order}HHI", tag, kind, 1) + packed
    return bytes(whole + bytes(4) + thumbnail)


def told_xmp() -> bytes:
    """Make an XMP packet that tells all that a program can."""
    picture = base64.b64encode(CANARY.encode() * 9).decode()
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 exif:GPSLatitude="65,3.2057N{CANARY}" exif:GPSLongitude="16,36.2057W"
 aux:SerialNumber="{CANARY}" photoshop:City="{CANARY}">
<aux:OwnerName>{CANARY}</aux:OwnerName>
<dc:creator><rdf:Seq><rdf:li>{NOTICE}</rdf:li></rdf:Seq></dc:creator>
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li
 mwg-rs:Name="{CANARY}" mwg-rs:Type="Face"/></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
<xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image="{picture}"/></rdf:Alt></xmp:Thumbnails>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def told_iptc() -> bytes:
    """Make an APP13 segment that tells a by-line and a city."""
    return iptc_segment([(80, f"{NOTICE} by-line".encode()), (90, f"{CANARY} city".encode())])


def movie() -> bytes:
    """Make what phones put behind a moving photo: the beginning of an MP4."""
    brand = struct.pack(">I4s4sI4s", 20, b"ftyp", b"mp42", 0, b"isom")
    return brand + struct.pack(">I4s", 8 + 60, b"mdat") + CANARY.encode() * 10


def segment(marker: int, body: bytes) -> bytes:
    """Make a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def told_jpeg(plain: bytes, orientation: int = 1) -> bytes:
    """Put into a JPEG and behind it whatever tells something."""
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + told_xmp()
    longer = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + told_xmp()
    thumbnail = b"JFXX\0\x10" + encoded(chart(16, 16), "JPEG", comment=CANARY)
    head = (
        segment(0xE0, thumbnail)
        + segment(0xE1, b"Exif\0\0" + told_exif(orientation))
        + segment(0xE1, xmp)
        + segment(0xE1, longer)
        + told_iptc()
        + segment(0xE4, CANARY.encode())
        + segment(0xFE, f"{CANARY} comment".encode())
    )
    whole = with_segment(plain, head)
    # Between segments, in front of a scan, there may be comments too.
    scan = whole.rindex(b"\xff\xda")
    whole = whole[:scan] + segment(0xFE, CANARY.encode()) + CANARY.encode() + whole[scan:]
    return whole + encoded(chart(), "JPEG", comment=CANARY) + movie()


def _mpo() -> bytes:
    image = chart()
    return encoded(
        image,
        "MPO",
        save_all=True,
        append_images=[chart(seed=1)],
        exif=b"Exif\0\0" + told_exif(6),
        comment=CANARY,
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    """Make a chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def told_png(plain: bytes) -> bytes:
    """Put into a PNG and behind it whatever tells something."""
    hexadecimal = (b"Exif\0\0" + told_exif()).hex().encode()
    profile = b"\nexif\n%8d\n" % (len(hexadecimal) // 2) + hexadecimal
    head = (
        chunk(b"tEXt", b"Author\0" + CANARY.encode())
        + chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile))
        + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(told_xmp()))
        + chunk(b"iTXt", b"Comment\0\0\0\0\0" + CANARY.encode())
        + chunk(b"eXIf", told_exif())
        + chunk(b"caNr", CANARY.encode())
    )
    return plain[:33] + head + plain[33:] + CANARY.encode() + movie()


def told_webp(plain: bytes) -> bytes:
    """Put into a WebP with metadata, and behind it, more that tells something."""
    more = struct.pack("<4sI", b"cnry", 7) + CANARY.encode() + b"!\0"
    size = struct.pack("<I", len(plain) - 8 + len(more))
    return plain[:4] + size + plain[8:] + more + movie()


def told_gif(plain: bytes) -> bytes:
    """Put into a GIF and behind it whatever tells something."""
    xmp = b"!\xff\x0bXMP DataXMP" + told_xmp() + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    comment = b"!\xfe\x06" + CANARY.encode() + b"\0"
    other = b"!\xff\x0bCANARYCANAR\x06" + CANARY.encode() + b"\0"
    at = plain.index(b"!")
    return plain[:at] + comment + xmp + other + plain[at:] + CANARY.encode()


Row = tuple[int, int, int, bytes]


def ifd(order: str, big: bool, rows: list[Row], at: int, following: int = 0) -> bytes:
    """Write a TIFF directory to lie at a place: tag, type, count and value of each entry."""
    number, place, width = ("Q", "Q", 8) if big else ("H", "I", 4)
    head = struct.pack(order + number, len(rows))
    values_at = at + len(head) + len(rows) * (4 + 2 * width) + width
    values = b""
    for tag, kind, count, body in sorted(rows):
        held = body.ljust(width, b"\0")
        if len(body) > width:
            held = struct.pack(order + place, values_at + len(values))
            values += body + b"\0" * (len(body) % 2)
        head += struct.pack(f"{order}HH{place}", tag, kind, count) + held
    return head + struct.pack(order + place, following) + values


def _rows(data: bytes) -> tuple[str, bool, list[Row]]:
    """Read the entries of the first directory of a TIFF."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    big = data[2:4] in (b"+\0", b"\0+")
    number, place, width = ("Q", "Q", 8) if big else ("H", "I", 4)
    (at,) = struct.unpack_from(order + place, data, width if not big else 8)
    (count,) = struct.unpack_from(order + number, data, at)
    first, size = at + struct.calcsize("<" + number), 4 + 2 * width
    rows = []
    for each in range(first, first + count * size, size):
        tag, kind, values = struct.unpack_from(f"{order}HH{place}", data, each)
        length = values * {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}[kind]
        start = each + 4 + width
        if length > width:
            (start,) = struct.unpack_from(order + place, data, start)
        rows.append((tag, kind, values, data[start : start + length]))
    return order, big, rows


def _text_row(tag: int, text: str) -> Row:
    return tag, 2, len(text) + 1, text.encode() + b"\0"


def told_tiff(plain: bytes) -> bytes:
    """Put into a TIFF whatever tells something: entries, directories, a preview, a page."""
    order, big, rows = _rows(plain)
    whole = bytearray(plain + b"\0" * (len(plain) % 2))

    def put(tag: int, inside: list[Row], following: int = 0) -> Row:
        at = len(whole)
        whole.extend(ifd(order, big, inside, at, following))
        return tag, 4, 1, struct.pack(f"{order}I", at)

    seconds = struct.pack(f"{order}6I", 65, 1, 3, 1, SECONDS, 10_000_000)
    gps = put(34853, [_text_row(1, "N"), (2, 5, 3, seconds), (28, 7, 6, CANARY.encode())])
    note = f"{CANARY} maker note".encode() * 9
    said = put(
        34665,
        [
            _text_row(36867, "2025:05:03 18:30:01"),
            (37500, 7, len(note), note),
            _text_row(42033, f"{CANARY} serial"),
            _text_row(42032, f"{CANARY} owner"),
        ],
    )
    preview, preview_at = told_preview(), len(whole)
    whole.extend(preview + b"\0" * (len(preview) % 2))
    pointers = (
        (513, 4, 1, struct.pack(f"{order}I", preview_at)),
        (514, 4, 1, struct.pack(f"{order}I", len(preview))),
    )
    one = struct.pack(f"{order}I", 1)
    sub = put(330, [(254, 4, 1, one), *pointers])
    page = put(0, [(254, 4, 1, one), *pointers, _text_row(270, CANARY)])
    kept = [row for row in rows if row[0] not in (271, 272)]
    texts = {271: "Maker", 272: "Model 1"}
    texts |= dict.fromkeys((305, 316, 50735), f"{CANARY} text")
    texts |= dict.fromkeys((270, 315, 33432), f"{NOTICE} text")
    xmp, iptc = told_xmp(), told_iptc()[30:]
    more: list[Row] = [(700, 1, len(xmp), xmp), (33723, 7, len(iptc), iptc)]
    more += [(65001, 7, len(CANARY), CANARY.encode()), gps, said, sub]
    more += [_text_row(tag, text) for tag, text in texts.items()]
    (following,) = struct.unpack(f"{order}I", page[3])
    at = len(whole)
    whole.extend(ifd(order, big, kept + more, at, following))
    struct.pack_into(order + ("Q" if big else "I"), whole, 8 if big else 4, at)
    return bytes(whole) + movie()


def told_preview() -> bytes:
    """Make a small JPEG that tells something."""
    return encoded(chart(32, 24), "JPEG", comment=CANARY)


def told_heif(plain: bytes) -> bytes:
    """Put behind the picture of a HEIF whatever tells something."""
    tail = struct.pack(">I4s16s", 24 + 6, b"uuid", b"0123456789abcdef") + CANARY.encode()
    tail += struct.pack(">I4s", 8 + len(movie()), b"mpvd") + movie()
    return plain + tail


def _heic(image: Image.Image, **options: object) -> bytes:
    told = {"exif": b"Exif\0\0" + told_exif(), "xmp": told_xmp()}
    return told_heif(encoded(image, "HEIF", **told, **options))


def _heic_with_thumbnail() -> bytes:
    file = pillow_heif.from_pillow(chart(320, 200))
    file.info["thumbnails"] = [64]
    buffer = io.BytesIO()
    file.save(buffer, exif=b"Exif\0\0" + told_exif(), xmp=told_xmp())
    return told_heif(buffer.getvalue())


def _avif(image: Image.Image, **options: object) -> bytes:
    return told_heif(encoded(image, "AVIF", exif=told_exif(6), xmp=told_xmp(), **options))


def told_jp2(plain: bytes) -> bytes:
    """Put into a JP2 whatever tells something; its codestream has a comment already."""
    boxes = struct.pack(">I4s", 8 + len(told_xmp()), b"xml ") + told_xmp()
    block = b"JpgTiffExif->JP2" + told_exif()
    boxes += struct.pack(">I4s", 8 + len(block), b"uuid") + block
    at = plain.index(b"jp2c") - 4
    # The codestream may have been the last box, without a size.
    rest = struct.pack(">I", len(plain) - at) + plain[at + 4 :]
    return plain[:at] + boxes + rest + boxes


def _bmp_with_linked_profile() -> bytes:
    """Make a BMP whose profile is a file of a name, which follows the pixels."""
    plain = encoded(chart(8, 8), "BMP")
    name = f"C:\\Users\\{CANARY}\\screen.icc\0".encode()
    header = bytearray(124)
    header[:40] = plain[14:54]
    struct.pack_into("<I", header, 0, 124)
    header[56:60] = b"KNIL"
    pixels = plain[54:]
    struct.pack_into("<II", header, 112, 124 + len(pixels), len(name))
    whole = 14 + 124 + len(pixels) + len(name)
    return b"BM" + struct.pack("<IHHI", whole, 0, 0, 138) + bytes(header) + pixels + name


def _three(image: Image.Image) -> dict[str, object]:
    return {
        "save_all": True,
        "append_images": [chart(*image.size, seed=seed).convert(image.mode) for seed in (1, 2)],
        "duration": 40,
        "loop": 3,
    }


def _animated(name: str, **options: object) -> bytes:
    return encoded(chart(), name, **_three(chart()), **options)


def _webp(image: Image.Image, **options: object) -> bytes:
    return told_webp(encoded(image, "WEBP", exif=told_exif(6), xmp=told_xmp(), **options))


def _sixteen_bit() -> Image.Image:
    ramp = Image.linear_gradient("L").resize((48, 32)).convert("I")
    return ramp.point(lambda value: value * 257).convert("I;16")


PROFILE = srgb_profile()

PLANTED: dict[str, Callable[[], Planted]] = {
    "JPEG baseline": lambda: ("JPEG", told_jpeg(encoded(chart(), "JPEG", icc_profile=PROFILE), 6)),
    "JPEG progressive": lambda: ("JPEG", told_jpeg(encoded(soft(), "JPEG", progressive=True))),
    "JPEG with restarts": lambda: (
        "JPEG",
        told_jpeg(encoded(chart(), "JPEG", restart_marker_blocks=2)),
    ),
    "JPEG grey": lambda: ("JPEG", told_jpeg(encoded(chart().convert("L"), "JPEG"))),
    "JPEG CMYK": lambda: ("JPEG", told_jpeg(encoded(chart().convert("CMYK"), "JPEG"))),
    "JPEG lossless": lambda: ("JPEG", told_jpeg(lossless_jpeg(chart(24, 16)))),
    "MPO": lambda: ("JPEG", _mpo()),
    "PNG RGB": lambda: ("PNG", told_png(encoded(chart(), "PNG", icc_profile=PROFILE))),
    "PNG RGBA": lambda: ("PNG", told_png(encoded(disc(), "PNG"))),
    "PNG palette": lambda: (
        "PNG",
        told_png(encoded(chart().quantize(16), "PNG", transparency=3)),
    ),
    "PNG sixteen bits": lambda: ("PNG", told_png(encoded(_sixteen_bit(), "PNG"))),
    "PNG one bit": lambda: ("PNG", told_png(encoded(chart().convert("1"), "PNG", dpi=(72, 72)))),
    "APNG": lambda: ("PNG", told_png(_animated("PNG"))),
    "WebP lossy": lambda: ("WEBP", _webp(chart(), icc_profile=PROFILE)),
    "WebP lossless": lambda: ("WEBP", _webp(disc(), lossless=True)),
    "WebP with alpha": lambda: ("WEBP", _webp(disc())),
    "WebP animation": lambda: ("WEBP", _webp(chart(), **_three(chart()))),
    "GIF": lambda: ("GIF", told_gif(encoded(chart(), "GIF", comment=CANARY))),
    "GIF animation": lambda: ("GIF", told_gif(_animated("GIF", comment=CANARY))),
    "TIFF": lambda: (
        "TIFF",
        told_tiff(encoded(chart(), "TIFF", icc_profile=PROFILE, dpi=(300, 300))),
    ),
    "TIFF LZW": lambda: ("TIFF", told_tiff(encoded(chart(), "TIFF", compression="tiff_lzw"))),
    "TIFF Deflate": lambda: (
        "TIFF",
        told_tiff(encoded(disc(), "TIFF", compression="tiff_adobe_deflate")),
    ),
    "TIFF JPEG": lambda: ("TIFF", told_tiff(encoded(chart(), "TIFF", compression="jpeg"))),
    "TIFF fax": lambda: (
        "TIFF",
        told_tiff(encoded(chart().convert("1"), "TIFF", compression="group4")),
    ),
    "TIFF palette": lambda: ("TIFF", told_tiff(encoded(chart().quantize(16), "TIFF"))),
    "TIFF big-endian": lambda: (
        "TIFF",
        told_tiff(encoded(_sixteen_bit().convert("I;16B"), "TIFF")),
    ),
    "BigTIFF": lambda: ("TIFF", told_tiff(encoded(chart(), "TIFF", big_tiff=True))),
    "BMP": lambda: ("BMP", encoded(chart(), "BMP") + CANARY.encode() + movie()),
    "BMP palette": lambda: ("BMP", encoded(chart().quantize(16), "BMP") + movie()),
    "BMP one bit": lambda: ("BMP", encoded(chart().convert("1"), "BMP") + movie()),
    "BMP linked profile": lambda: ("BMP", _bmp_with_linked_profile()),
    "JP2": lambda: ("JPEG2000", told_jp2(encoded(chart(), "JPEG2000", comment=CANARY))),
    "JP2 with alpha": lambda: ("JPEG2000", told_jp2(encoded(disc(), "JPEG2000", comment=CANARY))),
    "JPEG 2000 codestream": lambda: (
        "JPEG2000",
        encoded(chart(), "JPEG2000", no_jp2=True, comment=CANARY, tile_size=(32, 32)) + movie(),
    ),
    "AVIF": lambda: ("AVIF", _avif(chart(), icc_profile=PROFILE)),
    "AVIF with alpha": lambda: ("AVIF", _avif(disc())),
    "HEIC": lambda: ("HEIF", _heic(chart())),
    "HEIC with alpha": lambda: ("HEIF", _heic(disc())),
    "HEIC with thumbnail": lambda: ("HEIF", _heic_with_thumbnail()),
}
