"""The table of picture formats: what is opened, what is written, and how a file is recognised."""

from msgspec import Struct


class InputFormat(Struct, frozen=True):
    """A format we open; `web` is the format of the same pixels under the old-style address.

    One that is not always built has a `kind`, by which its files are counted when they are left
    out, and a `remedy`: what to do to have them built. Some need a `package` beside ours.
    """

    name: str
    suffixes: tuple[str, ...]
    web: str = "jpeg"
    kind: str = ""
    remedy: str = ""
    package: str = ""


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
    InputFormat(
        "JXL",
        (".jxl",),
        kind="JPEG XL file",
        remedy='pip install "fastphoto[jxl]"',
        package="pillow-jxl-plugin",
    ),
    InputFormat(
        "RAW",
        tuple(
            ".3fr .arw .cr2 .cr3 .crw .dng .erf .fff .iiq .kdc .mos .mrw .nef .nrw .orf .pef .raf "
            ".raw .rw2 .rwl .sr2 .srf .srw .x3f".split()
        ),
        kind="camera raw file",
        remedy='pip install "fastphoto[raw]"',
        package="rawpy",
    ),
    InputFormat(
        "SVG",
        (".svg", ".svgz"),
        web="svg",
        kind="SVG file",
        remedy="set svg = true in [images] to publish them",
    ),
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

# What stands under image/: what we encode, and drawings, which no encoder makes.
PUBLISHED = OUTPUTS | {"svg": OutputFormat("svg", "", (".svg",), "image/svg+xml", alpha=True)}

BY_NAME = {known.name: known for known in INPUTS}
BY_SUFFIX = {suffix: known for known in reversed(INPUTS) for suffix in known.suffixes}

# What a file is called that is a picture in any case, whatever is installed or asked for.
PICTURE_SUFFIXES = frozenset(suffix for suffix, known in BY_SUFFIX.items() if not known.kind)

_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_VIDEO_SUFFIXES = frozenset(".3gp .avi .m4v .mkv .mov .mp4 .mpg .mts .webm .wmv".split())


def web_format(input_format: str, *, transparent: bool) -> str:
    """Name the web format of the old-style address for a source of this format."""
    web = BY_NAME[input_format].web
    return "png" if transparent and not PUBLISHED[web].alpha else web


# Signatures are those of the formats' own specifications; those of camera raw files, which have
# none, are as cameras write them. The longer one comes first where two begin alike.
_SIGNATURES = (
    (b"II*\0\x10\0\0\0CR", "RAW"),  # Canon CR2
    (b"II*\0\x08\0\0\0IIII", "RAW"),  # Phase One IIQ
    (b"MM\0*\0\0\0\x08MMMM", "RAW"),
    (b"II\x1a\0\0\0HEAPCCDR", "RAW"),  # Canon CRW
    (b"IIRO", "RAW"),  # Olympus
    (b"IIRS", "RAW"),
    (b"MMOR", "RAW"),
    (b"IIU\0", "RAW"),  # Panasonic, Leica
    (b"FUJIFILMCCD-RAW", "RAW"),
    (b"\0MRM", "RAW"),  # Minolta
    (b"FOVb", "RAW"),  # Sigma
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
    (b"\xff\x0a", "JXL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JXL"),
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
    """Tell AVIF and HEIF by their brands (AVIF specification, section 6; ISO/IEC 23008-12).

    Canon's CR3 is such a container too, of a brand of its own.
    """
    if head[4:8] != b"ftyp":
        return None
    length = int.from_bytes(head[:4], "big")
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, min(length, len(head)), 4)}
    if head[8:12] == b"crx ":
        return "RAW"
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def foreign_kind(suffix: str) -> str:
    """Name the kind of a file that is no picture of ours, for the count of those left out."""
    suffix = suffix.lower()
    if suffix in _VIDEO_SUFFIXES:
        return "video"
    known = BY_SUFFIX.get(suffix)
    kind = known.kind if known else ""
    return kind or {".psd": "Photoshop file"}.get(suffix, "other file")


def remedy(kind: str) -> str:
    """Say what to do to have files of a kind built that were left out; empty if nothing helps."""
    return next((known.remedy for known in INPUTS if known.kind == kind), "")


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
