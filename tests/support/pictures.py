"""Pictures drawn for tests: charts on which every flip, turn, crop and channel swap shows.

Also what is in a picture file beside its pixels, written byte by byte where Pillow does not.
"""

import io
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image, ImageCms

QUADRANTS = ((200, 40, 40), (40, 160, 60), (40, 60, 200), (220, 200, 60))

# Where the Exif directory's tags begin; those below belong to the main one, as do those of Windows.
_FIRST_EXIF_TAG = 33434
_WINDOWS_TAGS = range(40091, 40096)

# How upright pixels are stored under an EXIF orientation: the way back of what makes them upright.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

# The primaries of Display P3 as an ICC profile has them: XYZ under D50 (ICC DisplayP3 v4).
_DISPLAY_P3 = {
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}

_XMP_PREFIXES = {
    "acdsee-rs": "http://ns.acdsee.com/regions/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "cc": "http://creativecommons.org/ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mediapro": "http://ns.iview-multimedia.com/mediapro/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpGImg": "http://ns.adobe.com/xap/1.0/g/img/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}

Pixels = npt.NDArray[np.float64]


def chart(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """Draw four unlike quadrants under a ramp, a fine grid in one corner, a white mark in another.

    Another seed gives another picture of the same kind.
    """
    y, x = np.mgrid[0:height, 0:width]
    right, low = x >= width / 2, y >= height / 2
    colours = np.array(QUADRANTS, dtype=np.float64)
    pixels = colours[right.astype(int) + 2 * low.astype(int)]
    pixels = pixels * (0.6 + 0.4 * (x / max(1, width - 1))[..., None])
    grid = (x + y) % 2 == 0
    corner = (x < width / 4) & (y < height / 4)
    pixels[corner & grid] = 250
    pixels[(x > width * 0.9) & (y > height * 0.9)] = 255
    pixels += (37 * seed) % 61 - 30
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def soft(width: int = 96, height: int = 64) -> Image.Image:
    """Draw smooth waves of colour: what even a coarse codec keeps within a few steps."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    waves = (np.sin(6 * x + 2 * y), np.cos(5 * y - x), np.sin(4 * x * y + 1))
    return Image.fromarray((np.stack(waves, axis=-1) * 90 + 128).astype(np.uint8), "RGB")


def disc(size: int = 64) -> Image.Image:
    """Draw a pure red disc, hard-edged, on transparent black: where a dark fringe would show."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    inside = x**2 + y**2 < (size / 3) ** 2
    return Image.fromarray((inside[..., None] * [255, 0, 0, 255]).astype(np.uint8), "RGBA")


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Turn an upright picture to how a file with this EXIF orientation holds it."""
    return upright.transpose(_STORED[orientation]) if orientation in _STORED else upright


def values(image: Image.Image) -> Pixels:
    """Return the values of a picture as numbers that can be subtracted."""
    return np.asarray(image, dtype=np.float64)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures of one mode and size, in steps of 255."""
    assert (one.mode, one.size) == (other.mode, other.size)
    return float(np.abs(values(one) - values(other)).mean())


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Return how alike two pictures are, in decibels; infinity if they are equal."""
    error = float(np.mean((values(one) - values(other)) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def save(image: Image.Image, path: Path, **options: Any) -> Path:
    """Save a picture, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def encoded(image: Image.Image, name: str, **options: Any) -> bytes:
    """Encode a picture in a format by Pillow's name, or as HEIF; nothing is registered for it."""
    buffer = io.BytesIO()
    if name == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, **options)
    else:
        image.save(buffer, name, **options)
    return buffer.getvalue()


def exif(orientation: int | None = None, **tags: Any) -> Image.Exif:
    """Make EXIF data: tags of the main and the Exif directory by their number, as t272=...."""
    data = Image.Exif()
    if orientation is not None:
        data[0x0112] = orientation
    for name, value in tags.items():
        number = int(name.removeprefix("t"))
        is_main = number < _FIRST_EXIF_TAG or number in _WINDOWS_TAGS
        (data if is_main else data.get_ifd(0x8769))[number] = value
    return data


def gps_exif(**changes: Any) -> Image.Exif:
    """Make EXIF data that tells a place: 65.05 north, 16.6 west.

    Tags of the GPS directory can be changed by their number, as t2=..., or left out with None.
    """
    data = Image.Exif()
    position = {1: "N", 2: (65.0, 3.0, 0.0), 3: "W", 4: (16.0, 36.0, 0.0)}
    position |= {int(name.removeprefix("t")): value for name, value in changes.items()}
    data.get_ifd(0x8825).update({tag: value for tag, value in position.items() if value})
    return data


def gps_tags(latitude: float, longitude: float) -> dict[int, Any]:
    """Return the tags of the GPS directory for a place, in degrees north and east."""
    north, east = "SN"[latitude >= 0], "WE"[longitude >= 0]
    return {1: north, 2: (abs(latitude), 0.0, 0.0), 3: east, 4: (abs(longitude), 0.0, 0.0)}


def iptc_segment(records: Iterable[tuple[int, bytes]], envelope: bytes = b"") -> bytes:
    """Make the APP13 segment of a JPEG from datasets of IPTC record 2 (IIM 4.2, section 1.5)."""
    body = envelope + b"".join(
        struct.pack(">BBBH", 0x1C, 2, each, len(text)) + text for each, text in records
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2)
    segment = b"Photoshop 3.0\0" + resource
    return b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment


def with_segment(jpeg: bytes, segment: bytes) -> bytes:
    """Put a segment at the head of a JPEG."""
    return jpeg[:2] + segment + jpeg[2:]


def xmp_packet(properties: str) -> bytes:
    """Make an XMP packet of properties written as XML, with the prefixes that photographs use."""
    prefixes = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _XMP_PREFIXES.items())
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
        <x:xmpmeta xmlns:x="adobe:ns:meta/">
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description rdf:about="" {prefixes}>{properties}</rdf:Description>
        </rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def png_chunk(name: bytes, body: bytes, *, intact: bool = True) -> bytes:
    """Make a chunk of a PNG, or one whose checksum is wrong (PNG specification, section 5.3)."""
    checksum = zlib.crc32(name + body) ^ (not intact)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def with_chunk(png: bytes, chunk: bytes, before: bytes) -> bytes:
    """Put a chunk before the first one of a name."""
    at = png.index(before) - 4
    return png[:at] + chunk + png[at:]


def srgb_profile() -> bytes:
    """Return an sRGB profile, as editors embed it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Return an sRGB profile that takes red for blue, and blue for red."""
    swap = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    profile = bytearray(srgb_profile())
    for at in _tags(profile):
        profile[at : at + 4] = swap.get(bytes(profile[at : at + 4]), profile[at : at + 4])
    return bytes(profile)


def wide_profile() -> bytes:
    """Return a profile with the primaries of Display P3."""
    return _profile_with(_DISPLAY_P3)


def nearly_srgb_profile() -> bytes:
    """Return an sRGB profile by another's arithmetic: some colours are off by one in 255."""
    return _profile_with({b"rXYZ": (0.43680, 0.22249, 0.01392)})


def _profile_with(primaries: Mapping[bytes, tuple[float, float, float]]) -> bytes:
    profile = bytearray(srgb_profile())
    for at in _tags(profile):
        primary = primaries.get(bytes(profile[at : at + 4]))
        if primary:
            (offset,) = struct.unpack_from(">I", profile, at + 4)
            struct.pack_into(">3i", profile, offset + 8, *(round(v * 65536) for v in primary))
    return bytes(profile)


def _tags(profile: bytearray) -> range:
    """Return where the entries of a profile's tag table are (ICC.1:2022, section 7.3)."""
    (count,) = struct.unpack_from(">I", profile, 128)
    return range(132, 132 + 12 * count, 12)


def lossless_jpeg(image: Image.Image) -> bytes:
    """Encode a greyscale picture as lossless JPEG (T.81, annex H), which cannot be decoded scaled.

    Each value is predicted from its left neighbour; all Huffman codes are four bits long.
    """
    rows = np.asarray(image.convert("L"), dtype=int)
    before = np.column_stack([np.r_[128, rows[:-1, 0]], rows[:, :-1]])
    bits = "".join(map(_huffman, (rows - before).ravel().tolist()))
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    height, width = rows.shape
    segments = (
        (0xC3, struct.pack(">BHHB3B", 8, height, width, 1, 1, 0x11, 0)),
        (0xC4, bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)])),
        (0xDA, bytes([1, 1, 0, 1, 0, 0])),
    )
    head = b"".join(struct.pack(">BBH", 255, mark, len(body) + 2) + body for mark, body in segments)
    return b"\xff\xd8" + head + scan + b"\xff\xd9"


def _huffman(step: int) -> str:
    """Write a difference as its number of bits, and these bits; of negative ones the complement."""
    size = abs(step).bit_length()
    low = step if step >= 0 else step + (1 << size) - 1
    return f"{size:04b}" + (f"{low:0{size}b}" if size else "")
