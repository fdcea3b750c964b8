"""The table of formats: files are told apart by their first bytes, never by their names."""

import struct
from typing import Any

import pytest

from generator.core.formats import (
    BY_SUFFIX,
    INPUTS,
    OUTPUTS,
    PICTURE_SUFFIXES,
    PUBLISHED,
    foreign_kind,
    impostor,
    recognise,
    remedy,
    web_format,
)
from tests.support.pictures import chart, encoded


def head(name: str, **options: Any) -> bytes:
    """Return the part of a picture that is looked at, as Pillow writes it."""
    return encoded(chart(), name, **options)[:64]


def brands(major: bytes, *others: bytes, size: int = 0) -> bytes:
    """Write an ISO base media file type box."""
    body = major + bytes(4) + b"".join(others)
    return struct.pack(">I", size or len(body) + 8) + b"ftyp" + body


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("PNG", {"save_all": True, "append_images": [chart(seed=1)]}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("GIF", {"comment": b"makes it a GIF89a"}),
        ("TIFF", {}),
        ("TIFF", {"big_tiff": True}),
        ("BMP", {}),
        ("JPEG2000", {}),
        ("JPEG2000", {"no_jp2": True}),
        ("AVIF", {}),
        ("HEIF", {}),
    ],
)
def test_what_is_written_in_an_input_format_is_recognised(
    name: str, options: dict[str, Any]
) -> None:
    assert recognise(head(name, **options)) == name


def test_a_picture_of_several_is_recognised_as_the_jpeg_it_begins_with() -> None:
    assert recognise(head("MPO", save_all=True, append_images=[chart(seed=1)])) == "JPEG"


@pytest.mark.parametrize("name", ["PPM", "TGA", "ICO", "PCX", "SGI", "ICNS", "PDF", "DDS"])
def test_formats_that_are_not_in_the_table_are_not_recognised(name: str) -> None:
    assert recognise(head(name)) is None


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (brands(b"avif"), "AVIF"),
        (brands(b"avis", b"msf1"), "AVIF"),
        (brands(b"mif1", b"mif1", b"avif"), "AVIF"),
        (brands(b"heic", b"mif1"), "HEIF"),
        (brands(b"mif1", b"heic"), "HEIF"),
        (brands(b"isom", b"mp42"), None),
        (brands(b"qt  "), None),
        (brands(b"crx ", b"isom"), "RAW"),
        (brands(b"isom", b"avif", size=16), None),
        (b"RIFF\x24\0\0\0WAVEfmt ", None),
        (b"\0\0\0\x20moov", None),
        (b"\xff\xd8", None),
        (b"", None),
    ],
)
def test_containers_are_told_by_the_brands_they_declare(said: bytes, name: str | None) -> None:
    assert recognise(said) == name


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (b"\xff\x0a\x0f\x41", "JXL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl ", "JXL"),
        (b"II*\0\x10\0\0\0CR\x02\0", "RAW"),
        (b"II*\0\x08\0\0\0IIIITwaR", "RAW"),
        (b"II\x1a\0\0\0HEAPCCDR", "RAW"),
        (b"IIRO\x08\0\0\0", "RAW"),
        (b"IIRS\x08\0\0\0", "RAW"),
        (b"MMOR\0\0\0\x08", "RAW"),
        (b"IIU\0\x08\0\0\0", "RAW"),
        (b"FUJIFILMCCD-RAW 0201", "RAW"),
        (b"\0MRM\0\0\0\0", "RAW"),
        (b"FOVb\0\0\0\0", "RAW"),
        (b"II*\0\x10\0\0\0\0\0\0\0", "TIFF"),
        (b"\xff\xd8\xff\xe1", "JPEG"),
    ],
)
def test_what_extras_open_is_recognised_too(first: bytes, name: str) -> None:
    assert recognise(first) == name


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (b"", "the file is empty"),
        (bytes(64), "the file holds only zeros"),
        (b"<!DOCTYPE html><title>404", "this is a web page, not a picture"),
        (b"\xef\xbb\xbf\r\n <HTML>", "this is a web page, not a picture"),
        (b"version https://git-lfs.github.com/spec/v1\n", "this is a Git LFS pointer"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "this is an AppleDouble companion file"),
        (b"<?xml version='1.0'?><svg/>", "this is XML or SVG, not a picture"),
        (b"<svg xmlns=", "this is XML or SVG, not a picture"),
        (b"%PDF-1.7", "this is a PDF, not a picture"),
        (b"%!PS-Adobe-3.0", "this is PostScript, not a picture"),
        (b"words, words", "this is no picture in a format that is built"),
    ],
)
def test_i5_an_impostor_is_called_by_its_name(first: bytes, said: str) -> None:
    assert recognise(first) is None
    assert impostor(first).startswith(said)


@pytest.mark.parametrize(
    ("name", "opaque", "transparent"),
    [
        ("JPEG", "jpeg", "png"),
        ("MPO", "jpeg", "png"),
        ("PNG", "png", "png"),
        ("WEBP", "webp", "webp"),
        ("GIF", "jpeg", "png"),
        ("TIFF", "jpeg", "png"),
        ("BMP", "jpeg", "png"),
        ("JPEG2000", "jpeg", "png"),
        ("AVIF", "jpeg", "png"),
        ("HEIF", "jpeg", "png"),
        ("JXL", "jpeg", "png"),
        ("RAW", "jpeg", "png"),
        ("SVG", "svg", "svg"),
    ],
)
def test_the_old_address_serves_the_format_that_browsers_know(
    name: str, opaque: str, transparent: str
) -> None:
    assert web_format(name, transparent=False) == opaque
    assert web_format(name, transparent=True) == transparent


def test_every_input_has_a_web_format_and_suffixes_in_lower_case() -> None:
    assert {known.web for known in INPUTS} - {"svg"} <= OUTPUTS.keys()
    assert PUBLISHED.keys() == OUTPUTS.keys() | {"svg"}
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in PICTURE_SUFFIXES)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".NEF", "camera raw file"),
        (".cr3", "camera raw file"),
        (".MOV", "video"),
        (".svg", "SVG file"),
        (".JXL", "JPEG XL file"),
        (".psd", "Photoshop file"),
        (".txt", "other file"),
        ("", "other file"),
    ],
)
def test_i9_files_that_are_left_out_are_counted_by_kind(suffix: str, kind: str) -> None:
    assert foreign_kind(suffix) == kind


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("camera raw file", 'pip install "fastphoto[raw]"'),
        ("JPEG XL file", 'pip install "fastphoto[jxl]"'),
        ("video", ""),
        ("other file", ""),
    ],
)
def test_i9_what_could_be_built_comes_with_a_remedy(kind: str, said: str) -> None:
    assert remedy(kind) == said


def test_suffixes_name_one_format_each() -> None:
    assert BY_SUFFIX[".jpg"].name == "JPEG"
    assert BY_SUFFIX[".mpo"].name == "JPEG"
    assert BY_SUFFIX[".nef"].name == "RAW"
    assert ".nef" not in PICTURE_SUFFIXES
    assert all(known.remedy for known in INPUTS if known.kind)
