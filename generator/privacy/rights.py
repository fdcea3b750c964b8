"""Whose picture it is, in words for its file: a small XMP packet, the same on every day."""

from collections.abc import Collection
from html import escape

from msgspec import Struct

from generator.core.model import Metadata
from generator.core.text import clean_text

# Variants of this longest side, or a larger one, say whose they are; smaller ones only show.
RIGHTS_FROM = 1080

# What is left of a text, in characters: enough for a notice, and no way to fill a file.
_LONGEST = 500

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    ' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">'
    "{}</rdf:Description></rdf:RDF></x:xmpmeta>"
    '<?xpacket end="r"?>'
)

_PROPERTIES = {
    "creator": "<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>",
    "credit": "<photoshop:Credit>{}</photoshop:Credit>",
    "copyright": (
        '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:rights>'
        "<xmpRights:Marked>True</xmpRights:Marked>"
    ),
    "license": "<xmpRights:WebStatement>{}</xmpRights:WebStatement>",
}


class Rights(Struct, frozen=True):
    """Whose picture it is and what others may do; `license` is a URL; empty where not said."""

    creator: str = ""
    credit: str = ""
    copyright: str = ""
    license: str = ""


def rights_of(said: Metadata, fields: Collection[str]) -> Rights:
    """Choose these fields of what a picture says."""
    texts = {
        "creator": said.creator,
        "credit": said.credit,
        "copyright": said.copyright,
        "license": said.license if said.license.startswith(("https://", "http://")) else "",
    }
    chosen = {name: clean_text(texts[name])[:_LONGEST].strip() for name in fields if texts[name]}
    return Rights(**chosen)


def rights_packet(rights: Rights) -> bytes:
    """Write rights as an XMP packet; empty if there is nothing to say.

    The properties are those of the IPTC Photo Metadata Standard (2023.2) and of ISO 16684-1, 8.3
    and 8.5.
    """
    said = "".join(
        written.format(escape(text, quote=False))
        for name, written in _PROPERTIES.items()
        if (text := getattr(rights, name))
    )
    return _PACKET.format(said).encode() if said else b""
