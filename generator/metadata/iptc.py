"""IPTC-IIM: the datasets of a picture (IPTC-NAA Information Interchange Model 4.2)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from PIL import Image

from generator.core.text import clean_text

# Where Photoshop keeps IPTC among its resources, and TIFF among its tags.
_RESOURCE = 0x0404
_TIFF_TAG = 33723

_MARK = 0x1C
_APPLICATION = 2

Iptc = Mapping[int, Sequence[bytes]]


def datasets(image: Image.Image) -> Iptc:
    """Return the values of record 2 by number; what comes before any damage is kept."""
    found: dict[int, list[bytes]] = defaultdict(list)
    block = _block(image)
    at = 0
    while at + 5 <= len(block) and block[at] == _MARK:
        record, number = block[at + 1], block[at + 2]
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:
            # An extended dataset: so many bytes tell the size (section 1.6).
            digits = size & 0x7FFF
            size = int.from_bytes(block[at : at + min(digits, 8)], "big")
            at += digits
        if record == _APPLICATION:
            found[number].append(block[at : at + size])
        at += size
    return found


def _block(image: Image.Image) -> bytes:
    resources = image.info.get("photoshop")
    tiff = getattr(image, "tag_v2", None)
    if isinstance(resources, dict):
        body = resources.get(_RESOURCE)
    else:
        # The tag may call itself a list of 32-bit numbers; its bytes are what counts.
        body = getattr(tiff, "_tagdata", {}).get(_TIFF_TAG)
    return body if isinstance(body, bytes) else b""


def values(iptc: Iptc, number: int) -> list[str]:
    """Return what a dataset says, each time it stands there.

    UTF-8 or Latin-1, whatever 1:90 declares: programs that write the one declare the other.
    """
    return [text for text in map(clean_text, iptc.get(number, ())) if text]


def text(iptc: Iptc, number: int) -> str:
    """Return the first that a dataset says; empty if it says nothing."""
    return next(iter(values(iptc, number)), "")
