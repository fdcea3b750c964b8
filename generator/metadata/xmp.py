"""XMP to values: the packet in a picture, or a file beside one (ISO 16684-1).

Properties go by the names that their specifications give them, such as `dc:title`.
"""

import codecs
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from generator.core.text import clean_text, decoded

MAX_BYTES = 4_000_000
MAX_VALUES = 200

_NAMESPACES = {
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
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpGImg": "http://ns.adobe.com/xap/1.0/g/img/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}

# From the first of these to its end: padding, marks and doctypes around it are passed over.
_ROOT = re.compile(rb"<((?:[\w.-]+:)?(?:xmpmeta|xapmeta|RDF))[\s>]")

# What XML must not hold, itself and as a reference (XML 1.0, section 2.2).
_FORBIDDEN = re.compile(
    r"[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    r"|&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])"
    r"|0*(?:[0-8]|1[124-9]|2\d|3[01]));",
    re.IGNORECASE,
)

Xmp = tuple[Element, ...]


def parse(packet: bytes) -> Xmp:
    """Return the descriptions of a packet; ValueError says why there are none.

    It is read as UTF-8, UTF-16, UTF-32, or what its declaration says. Entities are never expanded.
    """
    if len(packet) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES:,} bytes")
    packet = _in_utf_8(packet)
    root = _ROOT.search(packet)
    if root is None:
        raise ValueError("holds no XMP")
    end = packet.find(b">", packet.rfind(b"</" + root[1], root.end()))
    text = _FORBIDDEN.sub("", _text(packet[root.start() : end + 1], packet[: root.start()]))
    try:
        tree: Element = defusedxml.ElementTree.fromstring(text)
    except (ParseError, DefusedXmlException) as error:
        line = packet.count(b"\n", 0, root.start()) + getattr(error, "position", (1, 0))[0]
        raise ValueError(f"not valid XML in line {line}") from None
    return tuple(part for rdf in tree.iter(_full("rdf:RDF")) for part in rdf)


def _in_utf_8(packet: bytes) -> bytes:
    """Rewrite UTF-32, if it has a mark, and UTF-16: a zero is beside the first angle bracket."""
    if packet.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return packet.decode("utf-32", "ignore").encode()
    at = packet.find(b"<")
    if packet[at + 1 : at + 2] != b"\0":
        return packet
    return packet.decode("utf-16-be" if at % 2 else "utf-16-le", "ignore").encode()


# XML 1.0, section 4.3.3.
_DECLARED = re.compile(rb"""<\?xml\s[^<>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']""")

_BEYOND_ASCII = re.compile(r"[^\0-\x7f\ufffd]")


def _text(body: bytes, before: bytes) -> str:
    """Read XML as UTF-8, else as the declaration says that may stand before it, else as Latin-1."""
    said = _DECLARED.search(before)
    text = _read(body, "utf-8")
    if text is None and said and _stands_in(said[0], said[1].decode("ascii")):
        text = _read(body, said[1].decode("ascii"))
    return decoded(body) if text is None else text


def _stands_in(declaration: bytes, name: str) -> bool:
    """Tell whether an encoding is known, one of text, and one that a declaration can stand in."""
    try:
        return declaration.decode(name).isascii()
    except (LookupError, ValueError):
        return False


def _read(body: bytes, name: str) -> str | None:
    """Read bytes in an encoding; None if more of them mean nothing than characters not in ASCII."""
    try:
        text = body.decode(name, "replace")
    except ValueError:
        return None
    return text if text.count("\ufffd") <= len(_BEYOND_ASCII.findall(text)) else None


def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


_LIST_ITEM, _RESOURCE, _LANGUAGE = _full("rdf:li"), _full("rdf:resource"), _full("xml:lang")


def values(xmp: Xmp, name: str) -> list[str]:
    """Return the values of a property: an attribute, an address, plain text, or a list's items.

    A list of languages gives the default one first (part 1, 8.2.2.4).
    """
    full = _full(name)
    for description in xmp:
        if full in description.attrib:
            return _said([description.attrib[full]])
        if (found := description.find(full)) is not None:
            return _texts(found)
    return []


def _texts(element: Element) -> list[str]:
    items = element.findall(f"*/{_LIST_ITEM}")[:MAX_VALUES]
    items.sort(key=lambda item: item.get(_LANGUAGE) != "x-default")
    return _said([each.text or each.get(_RESOURCE) for each in items or [element]])


def _said(texts: list[str | None]) -> list[str]:
    return [text for text in map(clean_text, texts) if text]


def text(xmp: Xmp, *names: str) -> str:
    """Return the first value of the first of some properties that has one; else empty."""
    return next((value for name in names for value in values(xmp, name)), "")


def field(xmp: Xmp, name: str, inner: str) -> str:
    """Return a field of a structure, or of the first in a list of structures; else empty."""
    for description in xmp:
        if (found := description.find(_full(name))) is not None:
            first = next(found.iter(_LIST_ITEM), found)
            return next(_anywhere(first, _full(inner)), "")
    return ""


def says(xmp: Xmp, *names: str) -> bool:
    """Tell whether any of some properties says something, at whatever depth."""
    return any(everywhere(xmp, *names))


def everywhere(xmp: Xmp, *names: str) -> Iterator[str]:
    """Yield what some properties say, at whatever depth; some of it twice."""
    return (text for each in xmp for name in names for text in _anywhere(each, _full(name)))


def _anywhere(within: Element, full: str) -> Iterator[str]:
    for element in within.iter():
        yield from _said([element.get(full)])
        if element.tag == full:
            yield from _texts(element)
