"""XMP files beside pictures, ratings, and what pages show of all that."""

import os
import time
from pathlib import Path

import pytest

from generator.core import files
from generator.core.errors import ConfigError, Problem
from generator.core.model import Metadata
from generator.metadata import xmp
from generator.metadata.reading import of_xmp, overlaid
from generator.report import Report
from tests.support.crawl import Crawl, Element
from tests.support.pictures import chart, exif, gps_exif, save, xmp_packet
from tests.support.sites import Site, clean_tree, tree


def packet(**said: str) -> bytes:
    """Make XMP of properties by name, with an underscore for the colon."""
    return xmp_packet(
        "".join(
            f"<{name.replace('_', ':')}>{text}</{name.replace('_', ':')}>"
            for name, text in said.items()
        )
    )


def bag(*texts: str) -> str:
    return f"<rdf:Bag>{''.join(f'<rdf:li>{each}</rdf:li>' for each in texts)}</rdf:Bag>"


def page(site: Site, path: str) -> Element:
    return Crawl(site.output, "/").pages[f"{path}/index.html"]


def about_sidecars(report: Report) -> list[Problem]:
    return [problem for problem in report.problems if problem.where.lower().endswith(".xmp")]


def heading(site: Site, path: str) -> str:
    return page(site, path).one("h1").text


def details(site: Site, path: str) -> dict[str, str]:
    """Return what the list of details on a photo's page says."""
    rows = page(site, path).one("dl", kind="details").all("div")
    return {row.one("dt").text: " ".join(row.one("dd").text.split()) for row in rows}


@pytest.fixture
def built(site: Site) -> Site:
    """A site with a photo of each stem twice, and one alone, built without sidecars."""
    site.photo("falls.jpg", 1)
    site.photo("falls.png", 2)
    site.photo("coast/beach.jpg", 3)
    site.build()
    return site


def test_a_sidecar_speaks_for_every_picture_of_its_stem(built: Site) -> None:
    built.write("pictures/falls.xmp", packet(dc_title="Beside"))
    report = built.build()
    assert (heading(built, "falls-jpg"), heading(built, "falls-png")) == ("Beside", "Beside")
    assert heading(built, "coast/beach") == "Beach"
    assert (report.photos_rendered, about_sidecars(report)) == (0, [])


def test_a_sidecar_with_the_whole_name_wins_field_by_field(built: Site) -> None:
    built.write("pictures/falls.xmp", packet(dc_title="All", dc_description="Of both"))
    built.write("pictures/falls.jpg.xmp", packet(dc_title="One"))
    built.build()
    assert [heading(built, name) for name in ("falls-jpg", "falls-png")] == ["One", "All"]
    assert page(built, "falls-jpg").one("p", kind="caption").text == "Of both"


@pytest.mark.parametrize("name", ["BEACH.XMP", "beach.JPG.Xmp", "beach.jpg.xmp"])
def test_case_does_not_part_a_sidecar_from_its_picture(built: Site, name: str) -> None:
    built.write(f"pictures/coast/{name}", packet(dc_title="Beside"))
    assert built.build().strays == ()
    assert heading(built, "coast/beach") == "Beside"


def test_a_sidecar_is_never_published_and_no_stray(built: Site) -> None:
    before = tree(built.output)
    built.write("pictures/falls.jpg.xmp", packet(xmp_Label="Red"))
    report = built.build()
    assert report.strays == ()
    assert set(tree(built.output)) == set(before)


def test_a_sidecar_wins_over_what_is_in_the_file(site: Site) -> None:
    site.settings(Site.SETTINGS + '[site]\nlanguage = "en-GB"\n')
    inside = packet(
        dc_title="Inside", dc_description="Said inside", dc_subject=bag("one", "two"),
        dc_rights="© Inside",
    )  # fmt: skip
    said = exif(t36867="2024:07:15 18:30:05", t36881="+02:00", t315="Anna")
    save(chart(), site.pictures / "a.jpg", exif=said, xmp=inside)
    site.write(
        "pictures/a.jpg.xmp",
        packet(
            dc_title="Beside",
            dc_subject=bag("three"),
            exif_DateTimeOriginal="2024:07:15 18:30:05.000",
        ),
    )
    site.build()
    assert heading(site, "a") == "Beside"
    said_now = details(site, "a")
    assert said_now["Keywords"] == "three"
    assert said_now["By"] == "Anna"
    assert said_now["Copyright"] == "© Inside"
    # The same second: the file knows its offset.
    assert said_now["Taken"] == "15 July 2024, 18:30 (UTC+02:00)"

    site.write("pictures/a.jpg.xmp", packet(exif_DateTimeOriginal="2023-01-02T03:04:05-05:00"))
    site.build()
    assert details(site, "a")["Taken"] == "2 January 2023, 03:04 (UTC-05:00)"


def test_what_a_sidecar_tells_is_not_in_the_original(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", exif=gps_exif())
    beside = packet(aux_SerialNumber="12345", exif_GPSLatitude="65,3N", exif_GPSLongitude="16,36W")
    site.write("pictures/a.xmp", beside)
    report = site.build()
    assert [problem.what for problem in report.problems] == [
        "originals that carry the location where they were taken: 1 of 1"
    ]


def test_a_text_of_ones_own_wins_over_a_sidecar(built: Site) -> None:
    built.write("pictures/coast/beach.xmp", packet(dc_title="Beside"))
    built.text("coast/beach.md", "# By me\n")
    built.build()
    assert heading(built, "coast/beach") == "By me"


def test_a_sidecar_that_is_added_edited_and_removed_is_seen_at_once(
    built: Site, tmp_path: Path
) -> None:
    sidecar = built.pictures / "coast/beach.jpg.xmp"
    before = tree(built.output)
    for number, title in enumerate(("First", "Other")):
        sidecar.write_bytes(packet(dc_title=title))
        report = built.build()
        assert heading(built, "coast/beach") == title
        assert report.photos_rendered == 0
        assert tree(built.output) == clean_tree(built, tmp_path / str(number))
    # As many bytes, in the same tick of the clock.
    stamp = sidecar.stat()
    sidecar.write_bytes(packet(dc_title="Third"))
    os.utime(sidecar, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))
    assert not files.is_settled(files.stamp_of(stamp), time.time_ns())
    built.build()
    assert heading(built, "coast/beach") == "Third"
    sidecar.unlink()
    built.build()
    assert tree(built.output) == before


def test_a_changed_sidecar_has_no_picture_read_again(
    built: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CLOCK_TICK_NS", -(10**18))
    built.write("pictures/coast/beach.jpg.xmp", packet(dc_title="First"))
    built.build()
    body = (built.pictures / "coast/beach.jpg").read_bytes()
    opened: list[Path] = []
    true_open = Path.open

    def noted(path: Path, *arguments: str, **options: str) -> object:
        opened.append(path)
        return true_open(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", noted)
    built.write("pictures/coast/beach.jpg.xmp", packet(dc_title="Second"))
    built.build()
    read = {path.name for path in opened if built.pictures in path.parents}
    assert heading(built, "coast/beach") == "Second"
    assert read == {"beach.jpg.xmp"}
    assert (built.output / "full/coast/beach.jpg").read_bytes() == body


@pytest.mark.parametrize(
    ("inside", "beside", "taken", "offset"),
    [
        (("2024-07-15T18:30:05", "+02:00"), ("", ""), "2024-07-15T18:30:05", "+02:00"),
        (("2024-07-15T18:30:05.5", "+02:00"), ("2024-07-15T18:30:05.000", ""),
         "2024-07-15T18:30:05.5", "+02:00"),
        (("2024-07-15T18:30:05", "+02:00"), ("2024-07-15", ""), "2024-07-15T18:30:05", "+02:00"),
        (("2024-07-15T18:30:05", ""), ("2024-07-15T18:30:05", "+02:00"),
         "2024-07-15T18:30:05", "+02:00"),
        (("2024-07-15T18:30:05", "+02:00"), ("2024-07-15T18:30:05", "+09:00"),
         "2024-07-15T18:30:05", "+09:00"),
        (("2024-07-15T18:30:05", "+02:00"), ("2024-07-15T19:30:05", ""),
         "2024-07-15T19:30:05", ""),
        (("", ""), ("2024-07-15", ""), "2024-07-15", ""),
    ],
)  # fmt: skip
def test_a_sidecar_that_repeats_a_moment_takes_nothing_from_it(
    inside: tuple[str, str], beside: tuple[str, str], taken: str, offset: str
) -> None:
    said = overlaid(
        Metadata(taken=beside[0], offset=beside[1]), Metadata(taken=inside[0], offset=inside[1])
    )
    assert (said.taken, said.offset) == (taken, offset)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "holds no XMP"),
        (b"<x:xmpmeta><rdf:RDF>", "not valid XML in line 1"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "holds no XMP"),
        (b" " * (xmp.MAX_BYTES + 1), "larger than 4,000,000 bytes"),
    ],
)
def test_a_broken_sidecar_is_a_warning_each_time_and_costs_nothing_else(
    built: Site, body: bytes, said: str
) -> None:
    before = tree(built.output)
    built.write("pictures/falls.jpg.xmp", body)
    what = f"this sidecar is left out: {said}"
    hint = "write or copy it once more"
    problem = Problem("pictures/falls.jpg.xmp", what, hint, "warning", code="damaged-sidecar")
    for _ in range(2):
        report = built.build()
        assert about_sidecars(report) == [problem]
        assert (report.exit_code, report.photos) == (0, 3)
    assert tree(built.output) == before


def declared(encoding: str, title: str, written: str = "") -> bytes:
    """Make XMP that declares an encoding, in that or another one."""
    body = packet(dc_title=title).decode().partition("?>")[2]
    whole = f'<?xml version="1.0" encoding="{encoding}"?>{body}'
    return whole.encode(written or encoding)


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (declared("windows-1251", "Москва"), "Москва"),
        (declared("Shift_JIS", "東京タワー"), "東京タワー"),
        (declared("ISO-8859-1", "Zürich"), "Zürich"),
        (declared("ISO-8859-2", "Zürich", "utf-8"), "Zürich"),
        (declared("UTF-8", "Zürich", "cp1252"), "Zürich"),
        (declared("UTF-16", "Zürich", "utf-8"), "Zürich"),
        (declared("UTF-16", "Zürich", "cp1252"), "Zürich"),
        (declared("unknown", "Zürich", "cp1252"), "Zürich"),
        (declared("US-ASCII", "Zürich", "cp1252"), "Zürich"),
        (declared("hex", "Zürich", "cp1252"), "Zürich"),
        (declared("punycode", "Zürich", "cp1252"), "Zürich"),
        (declared("UTF-16", "東京", "utf-16"), "東京"),
        (declared("UTF-16", "東京", "utf-16-be"), "東京"),
        (declared("UTF-32", "東京", "utf-32"), "東京"),
        ("\ufeff".encode("utf-32-be") + declared("UTF-32", "東京", "utf-32-be"), "東京"),
        (packet(dc_title="Café ?").replace(b"?", b"\xff"), "Café \ufffd"),
        (packet(dc_title="Caf?").replace(b"?", b"\xe9"), "Café"),
    ],
)
def test_a_sidecar_is_read_in_its_encoding(body: bytes, title: str) -> None:
    assert of_xmp(xmp.parse(body)).title == title


@pytest.mark.parametrize(
    "properties",
    [
        "<dc:title>" * 4_000 + "</dc:title>" * 4_000,
        "<dc:subject><rdf:Bag>" + "<rdf:li>a</rdf:li>" * 5_000 + "</rdf:Bag></dc:subject>",
        "<lr:hierarchicalSubject>" + "a|" * 45_000 + "</lr:hierarchicalSubject>",
        "<dc:description>" + "sony " * 19_000 + "</dc:description>",
        "<xmpRights:WebStatement>https://" + "a." * 45_000 + "!</xmpRights:WebStatement>",
        "<dc:title>Z" + "\u0310" * 40_000 + "</dc:title>",
    ],
    ids=lambda properties: properties[:12],
)
def test_x8_no_sidecar_takes_long(properties: str) -> None:
    begun = time.process_time()
    said = of_xmp(xmp.parse(xmp_packet(properties)))
    assert time.process_time() - begun < 2
    assert len(said.title) <= 2_000
    assert len(said.caption) <= 2_000


def test_sidecars_without_a_file_are_counted(built: Site) -> None:
    built.write("pictures/gone.jpg.xmp", packet(dc_title="Gone"))
    built.write("pictures/coast/falls.xmp", packet(dc_title="Elsewhere"))
    built.write("pictures/clip.xmp", packet(dc_title="Of a video"))
    built.write("pictures/clip.mp4", b"video")
    assert built.build().strays == (
        ("XMP sidecar without a picture", 2),
        ("video", 1),
    )
    done = built.run("build")
    assert "left out: 2 XMP sidecars without a picture, 1 video" in done.stdout


def test_photos_below_the_minimum_rating_are_left_out_with_their_texts(site: Site) -> None:
    for name, rating in {"a": "5", "b": "2", "c": "-1", "d": ""}.items():
        said = {"xmp": packet(xmp_Rating=rating)} if rating else {}
        save(chart(seed=ord(name)), site.pictures / f"in/{name}.jpg", **said)
    save(chart(seed=9), site.pictures / "low/e.jpg", exif=exif(t18246=1))
    site.text("in/b.md", "---\ncaption: Mine\n---\nWords\n")
    site.text("low/index.md", "# Low\n")

    def shown(minimum: int) -> tuple[list[str], Report]:
        site.settings(f"{Site.SETTINGS}[gallery]\nmin_rating = {minimum}\n")
        report = site.build()
        assert [problem for problem in report.problems if problem.severity == "error"] == []
        names = {path.stem for path in (site.output / "full").rglob("*.jpg")}
        return sorted(names), report

    assert shown(-1)[0] == ["a", "b", "c", "d", "e"]
    assert shown(0)[0] == ["a", "b", "d", "e"]
    names, report = shown(3)
    assert (names, report.photos, report.problems) == (["a"], 1, ())
    assert report.strays == (("photo below the minimum rating", 4),)
    assert not (site.output / "in/b").exists()
    assert not (site.output / "low").exists()
    assert "left out: 4 photos below the minimum rating" in site.run("build").stdout
    assert shown(2)[0] == ["a", "b"]


def test_a_site_whose_photos_are_all_rated_too_low_is_refused(built: Site) -> None:
    before = tree(built.output)
    built.settings(f"{Site.SETTINGS}[gallery]\nmin_rating = 1\n")
    with pytest.raises(ConfigError, match="no photo is rated 1 or better"):
        built.build()
    assert tree(built.output) == before


RIGHTS = (
    "<dc:creator><rdf:Seq><rdf:li>Anna &lt;i&gt;</rdf:li></rdf:Seq></dc:creator>"
    "<photoshop:Credit>The Agency</photoshop:Credit><dc:rights>© Anna</dc:rights>"
    "<xmpRights:WebStatement>https://example.org/?a=1&amp;b=2</xmpRights:WebStatement>"
    "<xmpRights:UsageTerms>Ask first</xmpRights:UsageTerms><photoshop:City>Vík</photoshop:City>"
    "<photoshop:Country>Iceland</photoshop:Country><xmp:Rating>5</xmp:Rating>"
    "<photoshop:Headline>Black sand</photoshop:Headline>"
    "<dc:description>black SAND</dc:description>"
    "<Iptc4xmpCore:AltTextAccessibility>A beach of black sand</Iptc4xmpCore:AltTextAccessibility>"
)


def test_a_photo_page_shows_who_made_it_and_what_one_may_do_with_it(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", xmp=xmp_packet(RIGHTS))
    site.build()
    shown = details(site, "a")
    assert shown["By"] == "Anna <i>, The Agency"
    assert (shown["Copyright"], shown["Licence"]) == ("© Anna", "Ask first")
    link = page(site, "a").one("a", rel="license")
    assert link["href"] == "https://example.org/?a=1&b=2"
    assert heading(site, "a") == "Black sand"
    # What is said of it already is not said again.
    assert page(site, "a").all("p", kind="caption") == []
    assert page(site, "a").one("img")["alt"] == "A beach of black sand"
    assert "Vík" not in site.html("a/index.html")


def test_names_of_places_are_shown_like_coordinates_only_if_asked_for(site: Site) -> None:
    save(chart(), site.pictures / "a.jpg", xmp=xmp_packet(RIGHTS), exif=gps_exif())
    site.settings(f"{Site.SETTINGS}[gallery]\nshow_location = true\n")
    site.build()
    shown = details(site, "a")
    assert (shown["Place"], shown["Location"]) == ("Vík, Iceland", "65.0500, -16.6000")


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("<photoshop:Credit>The Agency</photoshop:Credit>", {"Credit": "The Agency"}),
        ("<dc:creator>Anna</dc:creator><dc:rights>Anna</dc:rights>", {"By": "Anna"}),
        ("<xmpRights:UsageTerms>Ask</xmpRights:UsageTerms>", {"Terms": "Ask"}),
        (
            "<cc:license rdf:resource='https://example.org/by/'/>",
            {"Licence": "https://example.org/by/"},
        ),
        ("<xmpRights:WebStatement>javascript:alert(1)</xmpRights:WebStatement>", {}),
    ],
)
def test_rights_are_shown_once_and_only_what_there_is(
    site: Site, properties: str, expected: dict[str, str]
) -> None:
    save(chart(), site.pictures / "a.jpg", xmp=xmp_packet(properties))
    site.build()
    rights = ("By", "Credit", "Copyright", "Licence", "Terms")
    shown = details(site, "a")
    assert {name: shown[name] for name in rights if name in shown} == expected


def test_originals_that_tell_of_persons_and_things_are_counted_by_kind(site: Site) -> None:
    face = '<mwg-rs:Regions><rdf:Description mwg-rs:Name="Anna"/></mwg-rs:Regions>'
    save(chart(seed=1), site.pictures / "a.jpg", exif=gps_exif(), xmp=xmp_packet(face))
    save(
        chart(seed=2), site.pictures / "b.jpg", exif=exif(t42033="123", t42032="Anna", t37500=b"x")
    )
    save(chart(seed=3), site.pictures / "c.jpg", exif=exif(t42033="456"))
    told = [problem.what for problem in site.build().problems]
    assert told == [
        "originals that carry the location where they were taken: 1 of 3",
        "originals that carry the names of people in them: 1 of 3",
        "originals that carry the owner's name: 1 of 3",
        "originals that carry the serial number of a camera or lens: 2 of 3",
    ]
    site.settings(Site.SETTINGS + 'originals = "none"\n')
    assert site.build().problems == ()


def test_the_order_is_that_of_wall_time_whatever_the_offsets(site: Site) -> None:
    moments = {
        "d": ("2024:07:15 18:30:05", "5", "+09:00"),
        "c": ("2024:07:15 18:30:05", "12", "-11:00"),
        "b": ("2024:07:15 18:30:05", "", "+00:00"),
        "a": ("2024:07:15 23:00:00", "", "+14:00"),
    }
    for name, (taken, fraction, offset) in moments.items():
        said = exif(t36867=taken, t37521=fraction, t36881=offset)
        save(chart(seed=ord(name)), site.pictures / f"{name}.jpg", exif=said)
    site.build()
    order = [link["id"] for link in page_of_front(site) if "id" in link.attributes]
    assert order == ["b", "c", "d", "a"]


def page_of_front(site: Site) -> list[Element]:
    return [each for each in Crawl(site.output, "/").pages["index.html"].walk() if each.tag == "li"]
