"""The table of picture formats: what is opened, what is written, and how a file is recognised."""

from msgspec import Struct


class InputFormat(Struct, frozen=True):
    """A format we open; `web` is the format of the same pixels under the old-style address."""

    name: str
    suffixes: tuple[str, ...]
    web: str = "jpeg"


class OutputFormat(Struct, frozen=True):
    """A format we write. `name` is the one settings use, `pillow` the encoder's.

    Files of ours bear the first suffix; the others name the same format.
    """

    name: str
    pillow: str
    suffixes: tuple[str, ...]
    mime: str
    alpha: bool


INPUTS = (
    InputFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo")),
    InputFormat("MPO", (".mpo",)),
    InputFormat("PNG", (".png", ".apng"), web="png"),
    InputFormat("WEBP", (".webp",), web="webp"),
    InputFormat("GIF", (".gif",)),
    InputFormat("TIFF", (".tif", ".tiff")),
    InputFormat("BMP", (".bmp", ".dib")),
    InputFormat("JPEG2000", (".jp2", ".j2k", ".jpf", ".jpx")),
    InputFormat("AVIF", (".avif",)),
    InputFormat("HEIF", (".heic", ".heif", ".hif")),
)

OUTPUTS = {
    output.name: output
    for output in (
        OutputFormat("avif", "AVIF", (".avif",), "image/avif", alpha=True),
        OutputFormat("webp", "WEBP", (".webp",), "image/webp", alpha=True),
        OutputFormat("jpeg", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), "image/jpeg", alpha=False),
        OutputFormat("png", "PNG", (".png",), "image/png", alpha=True),
    )
}

PICTURE_SUFFIXES = frozenset(suffix for known in INPUTS for suffix in known.suffixes)

_WEB = {known.name: known.web for known in INPUTS}

_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_RAW_SUFFIXES = frozenset(
    ".3fr .arw .cr2 .cr3 .dng .erf .kdc .mrw .nef .nrw .orf .pef .raf .raw .rw2 .sr2 .srw".split()
)
_VIDEO_SUFFIXES = frozenset(".3gp .avi .m4v .mkv .mov .mp4 .mpg .mts .webm .wmv".split())


def web_format(input_format: str, *, transparent: bool) -> str:
    """Name the web format of the old-style address for a source of this format."""
    web = _WEB[input_format]
    return "png" if transparent and not OUTPUTS[web].alpha else web


# Signatures are those of the formats' own specifications.
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"BM", "BMP"),
)

_IMPOSTORS = (
    (b"<!doctype html", "this is a web page, not a picture"),
    (b"<html", "this is a web page, not a picture"),
    (b"version https://git-lfs", "this is a Git LFS pointer, not the picture itself"),
    (b"\0\x05\x16\x07", "this is an AppleDouble companion file, not a picture"),
    (b"<?xml", "this is XML or SVG, not a picture"),
    (b"<svg", "this is XML or SVG, not a picture"),
    (b"%pdf", "this is a PDF, not a picture"),
    (b"%!ps", "this is PostScript, not a picture"),
)


def recognise(head: bytes) -> str | None:
    """Name the input format of a file by its first 64 bytes; None if it is none of ours."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return _recognise_isobmff(head)


def _recognise_isobmff(head: bytes) -> str | None:
    """Tell AVIF and HEIF by their brands (AVIF specification, section 6; ISO/IEC 23008-12)."""
    if head[4:8] != b"ftyp":
        return None
    length = int.from_bytes(head[:4], "big")
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, min(length, len(head)), 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def foreign_kind(suffix: str) -> str:
    """Name the kind of a file that is no picture of ours, for the count of those left out."""
    suffix = suffix.lower()
    if suffix in _RAW_SUFFIXES:
        return "camera raw file"
    if suffix in _VIDEO_SUFFIXES:
        return "video"
    return {".svg": "SVG file", ".jxl": "JPEG XL file", ".psd": "Photoshop file"}.get(
        suffix, "other file"
    )


def impostor(head: bytes) -> str:
    """Say what a file that bears a picture's name really is."""
    if not head:
        return "the file is empty"
    if not any(head):
        return "the file holds only zeros"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, said in _IMPOSTORS:
        if text.startswith(signature):
            return said
    return "this is no picture in a format that is built"
