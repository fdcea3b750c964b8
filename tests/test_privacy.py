"""What is published tells only what the settings allow, and an independent reader sees to it."""

import base64
import random
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from PIL import Image

from generator.cli import cli
from generator.core.config import Config, ImageSettings
from generator.core.model import Metadata, Photo, Recipe, saying
from generator.library.photo import read_photo
from generator.pages.language import Language
from generator.pixels.codec import encode
from generator.planning.variants import planner
from generator.privacy import reader
from generator.privacy.rights import Rights, rights_of, rights_packet
from generator.privacy.scrub import scrub
from tests.support.canaries import (
    LATITUDE,
    LONGITUDE,
    PLANTED,
    canaries_in,
    told_exif,
    told_jpeg,
)
from tests.support.pictures import chart, encoded, exif, gps_exif, save, soft, xmp_packet
from tests.support.sites import CHECKOUT, Site, clean_tree, tree

RIGHTS = Rights("Ann", "Agency", "© Ann", "https://example.org/licence")

SUFFIXES = {
    **{"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "TIFF": "tif"},
    **{"BMP": "bmp", "JPEG2000": "jp2", "AVIF": "avif", "HEIF": "heic"},
}


def kinds(data: bytes) -> set[str]:
    return {finding.kind for finding in reader.findings(data)}


def originals(site: Site, how: str) -> None:
    site.settings(f'{Site.SETTINGS}originals = "{how}"\nrights = []\n')


def plant(site: Site) -> None:
    """Put a picture of each format that tells everything among the pictures."""
    for name in ("JPEG baseline", "MPO", "PNG RGB", "WebP lossy", "GIF", "TIFF", "JP2", "HEIC"):
        format_name, data = PLANTED[name]()
        site.write(f"pictures/{name}.{SUFFIXES[format_name]}", data)


def check(site: Site, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["check", "--privacy", "--site", str(site.root), *options])
    return done.exit_code, done.output


EVERYTHING = {"face", "location", "maker-note", "owner", "preview", "serial", "trailer"}


@pytest.mark.parametrize("name", PLANTED)
def test_g2_the_reader_finds_what_is_planted_and_nothing_once_it_is_scrubbed(name: str) -> None:
    format_name, data = PLANTED[name]()
    missing = {
        "MPO": {"face"},
        "GIF": {"maker-note"},
        "GIF animation": {"maker-note"},
        "JP2": {"trailer"},
        "JP2 with alpha": {"trailer"},
        "BMP linked profile": EVERYTHING,
        **dict.fromkeys(
            ("BMP", "BMP palette", "BMP one bit", "JPEG 2000 codestream"), EVERYTHING - {"trailer"}
        ),
    }

    assert kinds(data) == EVERYTHING - missing.get(name, set())
    assert reader.findings(scrub(data, format_name, RIGHTS)) == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (exif(t37500=b"note"), {"maker-note"}),
        (exif(t42033="12345"), {"serial"}),
        (exif(t42037="12345"), {"serial"}),
        (exif(t42032="Ann"), {"owner"}),
        (exif(t271="Maker", t315="Ann", t33432="Ann"), set()),
    ],
)
def test_each_tag_is_told_by_its_own_kind(data: Image.Exif, expected: set[str]) -> None:
    assert kinds(encoded(chart(), "JPEG", exif=data.tobytes())) == expected


def test_a_position_is_found_in_either_byte_order_but_not_its_version_alone() -> None:
    block = gps_exif().tobytes()
    only_version = Image.Exif()
    only_version.get_ifd(0x8825)[0] = b"\2\3\0\0"
    big = Image.Exif()
    big.endian = ">"
    big.get_ifd(0x8825).update({1: "N", 2: (65.0, 3.0, 0.0)})

    assert kinds(encoded(chart(), "PNG", exif=block)) == {"location"}
    assert kinds(encoded(chart(), "WEBP", exif=big.tobytes())) == {"location"}
    assert kinds(encoded(chart(), "JPEG", exif=only_version.tobytes())) == set()


@pytest.mark.parametrize("begin", ["data:image/jpeg;base64,", "DATA:image/x;a=b;Base64,\n "])
def test_a_picture_in_a_text_is_read_too(begin: str) -> None:
    told = told_jpeg(encoded(chart(), "JPEG"))
    digits = base64.b64encode(told).decode()
    lines = "\n".join(digits[at : at + 76] for at in range(0, len(digits), 76))

    assert kinds(f'<image href="{begin}{lines}"/>'.encode()) == EVERYTHING
    assert kinds(f'<image href="{begin}{lines[: len(lines) // 2]}'.encode()) >= {"location"}
    for size in range(3):
        clean = encoded(chart(), "JPEG", comment="x" * size)
        digits = base64.b64encode(clean).decode()
        assert kinds(f'<image href="{begin}{digits}"/>'.encode()) == set()


def test_noise_tells_nothing() -> None:
    noise = random.Random(7).randbytes(4_000_000)

    assert reader.findings(noise) == ()
    assert reader.findings(b"\xff\xd8\xff" * 1000 + b"II*\0" * 1000 + b"ftypisom") == ()


def test_g1_a_picture_of_ours_with_rights_tells_nothing_else() -> None:
    packet = rights_packet(RIGHTS)
    for name in ("JPEG", "WEBP", "AVIF"):
        assert reader.findings(encoded(soft(), name, xmp=packet)) == ()


def test_half_a_file_is_read_without_a_fault() -> None:
    for make in PLANTED.values():
        _, data = make()
        for size in range(0, len(data), max(1, len(data) // 40)):
            reader.findings(data[:size])


@pytest.mark.parametrize(
    ("page", "named"),
    [
        (f'<a href="geo:{LATITUDE:.4f},{LONGITUDE:.4f}">', True),
        (f'{{"coordinates": [{LONGITUDE:.6f}, {LATITUDE:.6f}]}}', True),
        (f"<td>{LATITUDE:.3f}° N</td><td>{-LONGITUDE:.3f}° W</td>", True),
        (f"{LATITUDE:.2f}, {LONGITUDE:.2f}", False),
        (f"{LATITUDE:.4f}, {LONGITUDE + 0.5:.4f}", False),
        (f"{LATITUDE:.4f}" + " " * 400 + f"{LONGITUDE:.4f}", False),
        ("v1.2345.6, 65.0534.1", False),
    ],
)
def test_a_page_names_a_position_by_both_its_numbers(page: str, named: bool) -> None:
    known = reader.by_degree([(LATITUDE, LONGITUDE), (12.0, 77.0)])

    assert reader.names_position(page.encode(), known) == named


@pytest.mark.parametrize("how", ["scrub", "none"])
def test_g1_g2_g3_a_site_tells_nothing_that_is_planted(site: Site, how: str) -> None:
    plant(site)
    originals(site, how)
    report = site.build()
    told = {path: canaries_in((site.output / path).read_bytes()) for path in tree(site.output)}

    assert report.problems == ()
    assert {path: found for path, found in told.items() if found} == {}
    assert (site.output / "full").exists() == (how == "scrub")
    assert check(site) == (0, f"{len(told)} files read, nothing that the settings forbid\n")


def test_g3_pages_tell_no_place_unless_they_shall(site: Site) -> None:
    for name in ("one.jpg", "two.jpg"):
        save(chart(seed=len(name)), site.pictures / name, exif=gps_exif())

    def telling(settings: str) -> list[str]:
        site.settings(f'{Site.SETTINGS}originals = "scrub"\n[gallery]\n{settings}\n')
        site.build()
        texts = {path: (site.output / path).read_bytes() for path in tree(site.output)}
        return [path for path, body in texts.items() if b"65.05" in body or b"geo:" in body]

    assert telling("") == []
    assert telling("show_location = true") != []
    assert telling("show_location = false") == []


def test_g3_nothing_published_names_the_machine_or_what_is_kept(site: Site, tmp_path: Path) -> None:
    plant(site)
    site.write("templates/static/user.css", b"body { color: red }")
    site.settings(
        f'[site]\nbase_url = "https://example.org/"\n{Site.SETTINGS}originals = "scrub"\n'
        "[albums]\ndownload = true\n[gallery]\nmap = true\nshow_location = true\n"
    )
    done = site.run("build", USER="annslogin", LOGNAME="annslogin", HOSTNAME="annsmachine")
    assert done.returncode == 0, done.stderr
    named = [str(tmp_path), str(CHECKOUT), str(Path.home()), sys.prefix, "annslogin", "annsmachine"]
    named += [tmp_path.name, "site-packages", "pictures/", ".cache"]
    if len(socket.gethostname()) > 4:
        named.append(socket.gethostname())
    bodies = {path: (site.output / path).read_bytes() for path in tree(site.output)}

    assert [
        (path, name)
        for path, body in bodies.items()
        for name in named
        if len(name) > 1 and name.encode() in body
    ] == []
    kept = {path.rpartition("/")[2] for path in tree(site.cache)}
    assert kept.isdisjoint(path.rpartition("/")[2] for path in bodies)
    assert {path for path in bodies if path.startswith(".")} == {".nojekyll"}


def test_g2_an_original_is_published_by_the_wish_of_the_nearest_album(site: Site) -> None:
    body = told_jpeg(encoded(chart(), "JPEG"))
    for folder in ("", "all/", "all/within/", "all/within/none/", "all/other/"):
        site.write(f"pictures/{folder}a.jpg", body)
    originals(site, "none")
    site.text("all/index.md", "---\noriginals: scrub\n---\n")
    site.text("all/within/index.md", "---\noriginals: verbatim\n---\n")
    site.text("all/within/none/index.md", "---\noriginals: none\n---\n")
    site.build()
    full = site.output / "full"

    assert sorted(path.relative_to(full).as_posix() for path in full.rglob("*.jpg")) == [
        "all/a.jpg",
        "all/other/a.jpg",
        "all/within/a.jpg",
    ]
    assert (full / "all/a.jpg").read_bytes() == scrub(body, "JPEG")
    assert (full / "all/other/a.jpg").read_bytes() == scrub(body, "JPEG")
    assert (full / "all/within/a.jpg").read_bytes() == body
    assert check(site)[0] == 0


def test_g2_only_originals_that_are_published_as_they_are_are_warned_of(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", exif=gps_exif())
    save(chart(seed=1), site.pictures / "within/b.jpg", exif=gps_exif())
    site.text("within/index.md", "---\noriginals: scrub\n---\n")
    (problem,) = site.build().problems

    assert problem.what.endswith("were taken: 1 of 2")


def test_the_page_of_a_scrubbed_original_tells_no_wrong_size(site: Site) -> None:
    body = told_jpeg(encoded(chart(), "JPEG"))
    site.write("pictures/a.jpg", body)
    originals(site, "scrub")
    site.build()
    scrubbed = site.html("a/index.html")
    originals(site, "verbatim")
    site.build()

    assert "Open the original</a></dd>" in scrubbed
    assert f"Open the original</a>, {Language('en', {}).bytes(len(body))}</dd>" in site.html(
        "a/index.html"
    )


def test_another_wish_replaces_the_original_and_nothing_else(site: Site, tmp_path: Path) -> None:
    body = told_jpeg(encoded(chart(), "JPEG"))
    site.write("pictures/a.jpg", body)
    site.photo("b.jpg", seed=1)
    site.build()
    for how, expected in (("scrub", scrub(body, "JPEG")), ("verbatim", body)):
        originals(site, how)
        report = site.build()

        assert (site.output / "full/a.jpg").read_bytes() == expected
        assert report.variants_made == 0
        assert tree(site.output) == clean_tree(site, tmp_path / how)
        assert site.build().files_written == 0


def test_g2_an_original_that_cannot_be_scrubbed_costs_itself_only(
    site: Site, tmp_path: Path
) -> None:
    animation = encoded(chart(), "AVIF", save_all=True, append_images=[chart(seed=1)])
    site.write("pictures/moving.avif", animation)
    site.photo("still.jpg")
    originals(site, "scrub")
    report = site.build()
    (problem,) = report.problems

    assert (problem.where, problem.severity) == ("pictures/moving.avif", "warning")
    assert "it is an animation" in problem.what
    assert not (site.output / "full/moving.avif").exists()
    assert (site.output / "full/still.jpg").exists()
    assert "Open the original" not in site.html("moving/index.html")
    again = site.build()
    assert (again.problems, again.files_written) == ((problem,), 0)
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")


def test_g2_what_the_reader_still_finds_is_not_published(site: Site) -> None:
    block = told_exif()
    block += bytes(-len(block) % 96)
    site.write(
        "pictures/a.bmp", encoded(Image.frombytes("RGB", (32, len(block) // 96), block), "BMP")
    )
    # A BMP stores blue first: written so, the pixels read as EXIF.
    swapped = Image.frombytes("RGB", (32, len(block) // 96), block, "raw", "BGR", 0, -1)
    site.write("pictures/b.bmp", encoded(swapped, "BMP"))
    originals(site, "scrub")
    (problem,) = site.build().problems

    assert problem.where == "pictures/b.bmp"
    assert "among its pixels is" in problem.what
    assert (site.output / "full/a.bmp").exists()
    assert not (site.output / "full/b.bmp").exists()
    assert check(site)[0] == 0


def test_g2_check_names_what_the_settings_no_longer_allow(site: Site) -> None:
    site.write("pictures/a.jpg", told_jpeg(encoded(chart(), "JPEG")))
    site.build()
    as_built = check(site)
    originals(site, "scrub")
    status, output = check(site)

    assert as_built[0] == 0
    assert status == 1
    for kind in EVERYTHING:
        assert f"error: output/full/a.jpg: {kind}: " in output
    assert "Traceback" not in output


@pytest.mark.parametrize("how", ["verbatim", "scrub"])
def test_g1_a_drawing_tells_nothing_of_the_pictures_inside(site: Site, how: str) -> None:
    picture = base64.b64encode(told_jpeg(encoded(chart(), "JPEG"))).decode()
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64">'
        f'<image href="data:image/jpeg;base64,{picture}"/></svg>'
    )
    site.write("pictures/a.svg", drawing.encode())
    site.settings(f'{Site.SETTINGS}originals = "{how}"\nsvg = true\n')
    site.build()

    assert check(site)[0] == 0
    assert b"data:image/jpeg;base64," in (site.output / "full/a.svg").read_bytes()
    (site.output / "full/a.svg").write_text(drawing)
    assert "output/full/a.svg: location: EXIF GPS" in check(site)[1]


def test_check_reads_what_others_put_there(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", exif=gps_exif())
    originals(site, "none")
    site.build()
    page = f"<p>{site.root.resolve()}/pictures/a.jpg at 65.0500, -16.6000</p>"
    (site.output / "map.html").write_text(page)
    (site.output / "image/copy.jpg").write_bytes((site.pictures / "a.jpg").read_bytes())
    status, output = check(site)

    assert status == 1
    assert output.splitlines()[:3] == [
        line for line in output.splitlines() if line.startswith("error: ")
    ]
    assert "output/image/copy.jpg: location: EXIF GPS" in output
    assert "output/map.html: location: where a photo was taken" in output
    assert "output/map.html: path: " in output


def test_a_location_that_is_to_be_shown_is_no_finding(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", exif=gps_exif())
    site.settings(f'{Site.SETTINGS}originals = "none"\n[gallery]\nshow_location = true\n')
    site.build()

    assert "65.0500, -16.6000" in site.html("a/index.html")
    assert check(site)[0] == 0

    originals(site, "none")
    status, output = check(site)
    assert (status, "output/a/index.html: location" in output) == (1, True)


def test_check_of_privacy_wants_a_site_that_was_built(site: Site) -> None:
    site.photo("a.jpg")

    assert site.run("check").returncode == 0
    done = site.run("check", "--privacy")
    assert done.returncode == 2
    assert "build it first" in done.stderr


@pytest.fixture
def photo(tmp_path: Path) -> Callable[[Metadata], Photo]:
    def make(metadata: Metadata) -> Photo:
        save(chart(2000, 1000), tmp_path / "a.jpg", exif=told_exif())
        read = read_photo("a.jpg", tmp_path)
        assert isinstance(read, Photo)
        return saying(read, metadata)

    return make


def test_rights_are_those_that_are_asked_for() -> None:
    metadata = Metadata(creator="Ann", credit="Agency", copyright="©", license="javascript:x")

    assert rights_of(metadata, ("creator", "license")) == Rights("Ann")
    assert rights_packet(rights_of(metadata, ())) == b""
    assert rights_packet(rights_of(Metadata(), Config().images.rights)) == b""


def test_g1_large_variants_carry_rights_and_small_ones_nothing(
    photo: Callable[[Metadata], Photo],
) -> None:
    with_rights = photo(Metadata(creator="Ann & Bo", license="https://example.org/l"))
    settings = ImageSettings(formats=("avif", "webp", "jpeg"), max_dimensions=(720, 1080, 2000))
    recipes = dict(planner(settings, str)(with_rights).recipes)

    for recipe in recipes.values():
        small = encode(soft(720, 360), recipe)
        large = encode(soft(1080, 540), recipe)
        assert b"xmpmeta" not in small
        assert b"Ann &amp; Bo" in large
        assert b"https://example.org/l" in large
        assert b"xmpmeta" not in encode(soft(1080, 540), structs.replace(recipe, rights=""))


def test_png_carries_rights_too() -> None:
    recipe = Recipe("", "png", 0, "fast", (1080,), (1080,), rights=rights_packet(RIGHTS).decode())

    assert b"XML:com.adobe.xmp\0" in encode(soft(1080, 540), recipe)
    assert b"XML:com" not in encode(soft(720, 540), recipe)


def test_other_rights_are_another_recipe(photo: Callable[[Metadata], Photo]) -> None:
    settings = ImageSettings(max_dimensions=(720, 1080))
    keys = [
        {key for key, _ in planner(settings, str)(photo(metadata)).recipes}
        for metadata in (Metadata(), Metadata(creator="Ann"), Metadata(creator="Bo"))
    ]
    small = ImageSettings(max_dimensions=(720,), default_dimension=720)
    same = [
        {key for key, _ in planner(small, str)(photo(metadata)).recipes}
        for metadata in (Metadata(), Metadata(creator="Ann"))
    ]

    assert keys[0].isdisjoint(keys[1])
    assert keys[1].isdisjoint(keys[2])
    assert same[0] == same[1]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_g2_a_single_byte_behind_a_picture_is_found(name: str) -> None:
    picture = encoded(chart(), name)

    assert kinds(picture) == set()
    assert kinds(picture + b"x") == {"trailer"}


@pytest.mark.parametrize(
    "text",
    [
        "---\noriginals: strip\n---\n",
        "---\noriginal: none\n---\n",
        "---\noriginals: none\ntitle: Bob: travels\n---\n",
    ],
)
@pytest.mark.parametrize("name", ["coast/index.md", "coast/a.md", "coast/a.jpg.md"])
def test_g2_a_text_that_cannot_be_read_keeps_its_originals_back(
    site: Site, name: str, text: str
) -> None:
    for path in ("coast/a.jpg", "inland/b.jpg"):
        site.write(f"pictures/{path}", told_jpeg(encoded(chart(), "JPEG")))
    site.text(name, text)
    report = site.build()
    assert not (site.output / "full/coast/a.jpg").exists()
    assert (site.output / "full/inland/b.jpg").exists()
    withheld = [each for each in report.problems if "are not published" in each.what]
    assert [(each.where, each.severity) for each in withheld] == [(f"content/{name}", "warning")]
    assert check(site)[0] == 0

    site.text(name, "---\noriginals: verbatim\n---\n")
    site.build()
    assert (site.output / "full/coast/a.jpg").exists()


def test_a_page_that_cannot_be_read_has_no_originals_to_keep_back(site: Site) -> None:
    site.photo("coast/deep/a.jpg")
    for name in ("about.md", "coast/other.md", "lost/index.md"):
        site.text(name, "---\noriginal: none\n---\n")
    assert len(site.build().problems) == 3

    site.text("coast/index.md", "---\noriginal: none\n---\n")
    site.text("index.md", "---\noriginal: none\n---\n")
    told = [each for each in site.build().problems if "are not published" in each.what]
    assert [each.where for each in told] == ["content/coast/index.md", "content/index.md"]


def test_a_photo_may_want_its_original_otherwise_than_its_album(site: Site) -> None:
    for name in ("a", "b"):
        site.write(f"pictures/{name}.jpg", told_jpeg(encoded(chart(), "JPEG")))
    site.text("index.md", "---\noriginals: none\n---\n")
    site.text("a.md", "---\noriginals: verbatim\n---\n")
    site.build()
    assert [path.name for path in (site.output / "full").rglob("*.jpg")] == ["a.jpg"]


def test_the_check_knows_what_sidecars_say(site: Site) -> None:
    site.settings(f"{Site.SETTINGS}[gallery]\nmin_rating = 3\n")
    for name in ("a", "b"):
        site.write(f"pictures/{name}.jpg", told_jpeg(encoded(chart(), "JPEG")))
    packet = xmp_packet('<xmp:Rating xmlns:xmp="http://ns.adobe.com/xap/1.0/">4</xmp:Rating>')
    site.write("pictures/a.xmp", packet)
    report = site.build()
    assert (report.photos, check(site)[0]) == (1, 0)
