"""The map: where places lie on it, what it leaves out, and that it is no finer than it says."""

import math
import re
from pathlib import Path

import pytest

from generator.audit import audit_privacy
from generator.cartography import coast
from generator.cartography.clusters import cluster
from generator.cartography.projection import RATIO, View, distance_km, northing, views
from generator.core.config import load_config, parse_config
from generator.core.errors import ConfigError
from generator.core.model import Location
from tests.support.albums import QUICK, pages
from tests.support.crawl import Element
from tests.support.pictures import chart, exif, gps_tags, save, xmp_packet
from tests.support.sites import Site, clean_tree, tree

REYKJAVIK, AKUREYRI = (64.146582, -21.942635), (65.683521, -18.100482)
OSLO, TOKYO, SYDNEY = (59.913868, 10.752245), (35.681236, 139.767125), (-33.868820, 151.209295)
MAPPED = f"{QUICK}[gallery]\nmap = true\n"


def photo(site: Site, path: str, place: tuple[float, float] | None, text: str = "") -> None:
    """Draw a photo that was taken at a place, in degrees north and east."""
    told = exif()
    if place:
        told.get_ifd(0x8825).update(gps_tags(*place))
    save(chart(seed=len(path)), site.pictures / path, exif=told)
    if text:
        site.text(f"{path}.md", f"---\n{text}\n---\n")


def location(place: tuple[float, float]) -> Location:
    return Location(*place)


def dots(page: Element, level: int = 3) -> list[Element]:
    return page.one("svg", kind=f"dots d{level}").links()


def named(links: list[Element]) -> list[str]:
    return [link["aria-label"].replace("\N{EN DASH}", "-") for link in links]


def spots(page: Element) -> list[list[str]]:
    """Return what is said at each spot of the list: links, each with its number of photos."""
    (outer,) = page.all("ul", kind="cards spots")
    inner = [each for each in outer.all("li") if "id" in each.attributes]
    return [[li.text for li in each.one("ul").all("li")] for each in inner]


# The projection


@pytest.mark.parametrize("latitude", [0, 30, 60, -60, 84.9])
def test_latitudes_lie_where_mercator_and_miller_have_them(latitude: float) -> None:
    angle = math.radians(latitude)
    mercator = math.asinh(math.tan(angle))
    miller = 1.25 * math.asinh(math.tan(0.8 * angle))

    assert math.radians(northing(latitude)) == pytest.approx(mercator, abs=1e-9)
    assert math.radians(northing(latitude, 0.8)) == pytest.approx(miller, abs=1e-9)


def test_the_poles_are_clipped() -> None:
    assert northing(90) == northing(85.05)
    assert northing(-90) == pytest.approx(-northing(90))


@pytest.mark.parametrize(
    "places",
    [
        [REYKJAVIK, AKUREYRI],
        [OSLO],
        [(-17.7, 178.0), (-13.8, -171.8)],
        [OSLO, TOKYO, SYDNEY, REYKJAVIK],
        [(90.0, 0.0), (-90.0, 0.0)],
        [(-77.8, 166.6), OSLO],
        [(0.0, 180.0), (0.0, -180.0)],
    ],
)
def test_every_view_holds_all_places(places: list[tuple[float, float]]) -> None:
    for view in views([location(place) for place in places]):
        for place in places:
            x, y = view.place(location(place))
            assert 0 <= x <= 1
            assert 0 <= y <= 1 / RATIO


def test_the_closest_view_of_neighbours_across_the_date_line_is_a_close_one() -> None:
    fiji, samoa = location((-17.7, 178.0)), location((-13.8, -171.8))
    first = next(views([fiji, samoa]))

    assert first.width < 20
    assert first.place(fiji)[0] < first.place(samoa)[0]


def test_a_view_is_never_closer_than_a_thousand_kilometres() -> None:
    view = next(views([location(OSLO)]))
    west = Location(OSLO[0], view.west)
    centre = Location(OSLO[0], view.west + view.width / 2)

    assert 2 * distance_km(west, centre) == pytest.approx(1000, rel=0.01)
    assert view.place(location(OSLO)) == pytest.approx((0.5, 0.5 / RATIO))


def test_a_region_without_a_coast_is_shown_from_further_away() -> None:
    munich, _ = coast.drawn_around([Location(48.1, 11.5)])
    pacific, _ = coast.drawn_around([Location(-25.0, -120.0)])

    assert 15 < munich.width < 45
    assert pacific.width > 60


@pytest.mark.parametrize(
    ("place", "is_land"),
    [
        *(
            ((64.9, -18.5), True),
            ((47.0, 9.0), True),
            ((66.0, -175.0), True),
            ((66.5, 178.0), True),
        ),
        *(((-80.0, 100.0), True), ((-75.0, 155.0), True), ((72.0, -40.0), True)),
        *(((0.0, -30.0), False), ((42.0, 51.0), False), ((50.0, -170.0), False)),
    ],
)
def test_land_lies_where_it_is(place: tuple[float, float], is_land: bool) -> None:
    for view in (*views([location(place)]), View(0, 60, 30)):
        x, y = (coast.WIDTH * each for each in view.place(location(place)))
        if x > coast.WIDTH or not 0 < y < coast.HEIGHT:
            continue
        inside = sum(_is_inside((x, y), ring) for ring in coast.land_in(view))
        assert inside % 2 == is_land, view


def _is_inside(point: tuple[float, float], ring: list[tuple[float, float]]) -> bool:
    """Tell by how often a line to the left crosses the ring."""
    x, y = point
    crossings = [
        (y2 - y1) * (x - x1) > (y - y1) * (x2 - x1)
        if y2 > y1
        else (y2 - y1) * (x - x1) < (y - y1) * (x2 - x1)
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True)
        if (y1 > y) != (y2 > y)
    ]
    return sum(crossings) % 2 == 1


@pytest.mark.parametrize(
    "place", [OSLO, (-17.7, 178.0), (48.1, 11.5), (78.2, 15.6), (-77.8, 166.6)]
)
def test_the_drawing_is_small_and_whole(place: tuple[float, float]) -> None:
    _, path = coast.drawn_around([location(place)])

    assert re.fullmatch(r"(M-?\d+ -?\d+l(-?\d+[ ]?(?=[-\dz]))+z)+", path)
    assert len(path) < 40_000


def test_the_whole_world_takes_few_bytes() -> None:
    view, path = coast.drawn_around([*map(location, (OSLO, TOKYO, SYDNEY, (40.7, -74.0)))])

    assert view.width == 360
    assert len(path) < 60_000


# Clusters


def test_dots_are_apart_and_every_place_is_in_the_cluster_of_the_nearest() -> None:
    points = [((7 * n % 101) / 100, (13 * n % 57) / 100) for n in range(400)]
    weights = [1 + n % 9 for n in range(400)]
    found = cluster(points, weights, 0.09)
    leaders = [points[inside[0]] for inside in found]

    assert sorted(index for inside in found for index in inside) == list(range(400))
    assert min(math.dist(a, b) for a in leaders for b in leaders if a != b) >= 0.09
    for inside in found:
        for index in inside:
            nearest = min(math.dist(points[index], leader) for leader in leaders)
            assert math.dist(points[index], points[inside[0]]) == nearest < 0.09


def test_a_dot_lies_where_most_photos_are() -> None:
    assert cluster([(0.5, 0.1), (0.52, 0.1), (0.9, 0.1)], [1, 5, 2], 0.1) == [[1, 0], [2]]


# The page


def test_there_is_no_map_unless_it_is_asked_for(small: Site) -> None:
    photo(small, "a.jpg", OSLO)
    found = pages(small)

    assert "map/" not in found
    assert "Map" not in [link.text for link in found[""].one("header").links()]


def test_the_map_leads_to_albums_and_photos_and_lists_the_same(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "iceland/a.jpg", REYKJAVIK)
    photo(small, "iceland/b.jpg", REYKJAVIK, "title: Harbour")
    photo(small, "iceland/c.jpg", AKUREYRI, "title: Fjord")
    photo(small, "north/d.jpg", AKUREYRI)
    photo(small, "north/e.jpg", None)
    found = pages(small)
    page = found["map/"]

    assert "Map" in [link.text for link in found[""].one("header").links()]
    assert "Map" in [link.text for link in found["search/"].one("main").links()]
    assert page.one("p", kind="facts").text.strip() == "4 photos"
    assert named(dots(page)) == ["Iceland - 2 photos", "Fjord, North - 2 photos"]
    assert [link["href"] for link in dots(page)] == ["../iceland/", "#spot_2"]
    assert spots(page) == [["Iceland 2 photos"], ["Fjord 1 photo", "North 1 photo"]]
    assert [link.one("text").text for link in dots(page)] == ["2", "2"]


def test_dots_lie_where_the_places_are(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "a.jpg", REYKJAVIK)
    photo(small, "b.jpg", AKUREYRI)
    circles = [link.one("circle") for link in dots(pages(small)["map/"])]
    (west, low), (east, high) = sorted(
        (float(each["cx"].rstrip("%")), float(each["cy"].rstrip("%"))) for each in circles
    )

    assert west < 50 < east
    assert high < 50 < low
    # These two are 1.535 degrees of latitude apart.
    middle = math.cos(math.radians(64.91))
    across = (AKUREYRI[1] - REYKJAVIK[1]) * middle * 111.195
    up = (AKUREYRI[0] - REYKJAVIK[0]) * 111.195
    assert (east - west) / (low - high) == pytest.approx(across / up / RATIO, rel=0.02)


@pytest.mark.parametrize("east", [-179.95, 179.93])
def test_the_map_of_streets_is_as_close_across_the_date_line_as_elsewhere(
    small: Site, east: float
) -> None:
    small.settings(MAPPED)
    photo(small, "a/a.jpg", (0.0, 179.99))
    photo(small, "b/b.jpg", (0.0, east))
    (street,) = {
        each["href"] for each in pages(small)["map/"].links() if "openstreetmap" in each["href"]
    }

    assert "#map=11/0.00/179.9" in street


def test_dots_of_narrow_maps_stand_for_more(small: Site) -> None:
    small.settings(MAPPED)
    for number, place in enumerate((OSLO, (55.7, 12.6), (50.1, 8.7), (45.4, 12.3), TOKYO, SYDNEY)):
        photo(small, f"{number}/a.jpg", place)
    page = pages(small)["map/"]
    counts = [[int(link.one("text").text) for link in dots(page, level)] for level in (1, 2, 3)]

    assert [sum(each) for each in counts] == [6, 6, 6]
    assert len(counts[0]) < len(counts[2])
    assert max(counts[0]) > max(counts[2])


def test_names_of_places_stand_there_only_if_pages_may_tell_them(small: Site) -> None:
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="CITY"'
        ' photoshop:Country="Iceland"/></rdf:RDF></x:xmpmeta>'
    )
    for name, city in (("a", "Reykjavík"), ("b", "Kópavogur")):
        photo(small, f"{name}.jpg", REYKJAVIK)
        (small.pictures / f"{name}.jpg.xmp").write_text(xmp.replace("CITY", city), "utf-8")
    small.settings(MAPPED)
    unnamed = pages(small)["map/"]
    small.settings(f"{MAPPED}show_location = true\n")
    page = pages(small)["map/"]

    assert "Iceland" not in unnamed.text
    assert named(dots(unnamed)) == ["Photographs - 2 photos"]
    assert [each.text for each in page.all("h3")] == ["Iceland"]
    assert named(dots(page)) == ["Iceland - 2 photos"]


def test_nothing_is_told_that_is_finer_than_a_hundredth_of_a_degree(small: Site) -> None:
    small.settings(MAPPED)
    for name, place in (("a", REYKJAVIK), ("b", AKUREYRI), ("c", SYDNEY)):
        photo(small, f"{name}.jpg", place)
    small.build()
    texts = [
        file.read_text("utf-8")
        for file in small.output.rglob("*")
        if file.suffix in (".html", ".json", ".xml", ".txt")
    ]

    assert any("mlat=64.15&amp;mlon=-21.94#" in text for text in texts)
    for degrees in (*REYKJAVIK, *AKUREYRI, *SYDNEY):
        # Rounded and cut off: 64.147 and 64.146.
        for finer in (f"{abs(degrees):.3f}", f"{abs(degrees):.4f}"[:-1]):
            assert [text for text in texts if finer in text] == []


def test_places_that_round_to_the_same_are_drawn_the_same(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "a.jpg", (64.1476, -21.9374))
    photo(small, "b.jpg", AKUREYRI)
    first = dict(pages(small))["map/"]
    photo(small, "a.jpg", (64.1524, -21.9426))
    again = pages(small)["map/"]

    def drawn(page: Element) -> list[tuple[str, str]]:
        circles = [link.one("circle") for link in dots(page)]
        return [(each["cx"], each["cy"]) for each in circles]

    assert drawn(first) == drawn(again)


def test_the_page_loads_nothing_from_elsewhere_and_has_no_style_or_script(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "a.jpg", OSLO)
    page = pages(small)["map/"]
    outside = [
        (each.tag, name)
        for each in page.walk()
        for name, value in each.attributes.items()
        if value.startswith(("http:", "https:", "//"))
    ]

    assert outside == [("a", "href")]
    assert page.all("script") == []
    assert [each for each in page.walk() if "style" in each.attributes] == []


# What is left off


def test_photos_in_a_private_zone_are_not_on_the_map_and_do_not_say_where(small: Site) -> None:
    zone = "{ latitude = 59.9, longitude = 10.7, radius_km = 10 }"
    small.settings(f"{MAPPED}show_location = true\nprivate_zones = [{zone}]\n")
    photo(small, "home.jpg", OSLO)
    photo(small, "away.jpg", TOKYO)
    found = pages(small)

    assert named(dots(found["map/"])) == ["Photographs - 1 photo"]
    assert found["map/"].one("p", kind="facts").text.strip() == "1 photo"
    assert "Location" in found["away/"].text
    assert "Location" not in found["home/"].text
    assert "59.9" not in found["home/"].text


@pytest.mark.parametrize("shown", ["true", "false"])
def test_a_theme_is_not_given_what_pages_must_not_say(small: Site, shown: str) -> None:
    zone = "{ latitude = 59.9, longitude = 10.7, radius_km = 10 }"
    small.settings(f"{MAPPED}show_location = {shown}\nprivate_zones = [{zone}]\n")
    theme = "{{ page.metadata.location }} {{ page.metadata.place }} {{ page.place }}"
    small.write("templates/photo.html", theme.encode())
    for path, place in (("home.jpg", OSLO), ("away.jpg", TOKYO)):
        photo(small, path, place)
        city = f"<photoshop:City>{path[:4].title()}</photoshop:City>"
        small.write(f"pictures/{path}.xmp", xmp_packet(city))
    small.build()

    told = {path: small.html(f"{path}/index.html") for path in ("home", "away")}
    assert "59.9" not in told["home"]
    assert "Home" not in told["home"]
    assert ("139.7" in told["away"]) == ("Away" in told["away"]) == (shown == "true")


@pytest.mark.parametrize("zone", ["", "{ latitude = 59.9, longitude = 10.7, radius_km = 10 }"])
def test_the_check_of_privacy_looks_for_places_in_private_zones(small: Site, zone: str) -> None:
    settings = f"{MAPPED}show_location = true\nprivate_zones = [{zone}]\n"
    small.settings(settings)
    photo(small, "home.jpg", OSLO)
    photo(small, "away.jpg", TOKYO)
    small.text("about.md", "At {}, {}; and {}, {}.\n".format(*OSLO, *TOKYO))
    small.text("far.md", "At {}, {}.\n".format(*TOKYO))
    small.build()

    found = audit_privacy(small.root, small.output, load_config(small.root)).problems
    assert [each.where for each in found] == (["output/about/index.html"] if zone else [])


@pytest.mark.parametrize(
    ("radius", "is_on"), [("111", True), ("112", False), ("0.5", True), ("20000", False)]
)
def test_a_zone_ends_where_it_says(small: Site, radius: str, is_on: bool) -> None:
    # A degree of latitude is 111.19 km.
    zone = f"{{ latitude = 0, longitude = 180, radius_km = {radius} }}"
    small.settings(f"{MAPPED}private_zones = [{zone}]\n")
    photo(small, "a.jpg", (1.0, -180.0))

    assert ("map/" in pages(small)) == is_on


def test_texts_leave_albums_and_photos_off_the_map(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "home/a.jpg", OSLO)
    photo(small, "home/garden/b.jpg", OSLO)
    photo(small, "home/shown/c.jpg", OSLO, "map: true")
    photo(small, "far/d.jpg", TOKYO)
    photo(small, "far/e.jpg", SYDNEY, "map: false")
    small.text("home/index.md", "---\nmap: false\n---\n")

    assert sorted(named(dots(pages(small)["map/"]))) == ["Far - 1 photo", "Shown - 1 photo"]


def test_what_is_not_listed_is_not_on_the_map(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "secret/a.jpg", OSLO)
    photo(small, "known/b.jpg", TOKYO)
    small.text("secret/index.md", "---\nunlisted: true\n---\n")
    small.build()
    page = small.html("map/index.html")

    assert "../known/b/" in page
    assert "ecret" not in page


def test_what_an_unreadable_text_wants_is_not_known(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "home/a.jpg", OSLO)
    photo(small, "far/b.jpg", TOKYO)
    small.text("home/index.md", "---\nmap: flase\n---\n")

    small.build()
    assert "home/" not in (small.output / "map/index.html").read_text("utf-8").partition("<main")[2]


@pytest.mark.parametrize(
    ("place", "settings", "text", "why"),
    [
        (None, "", "", "no photo tells where it was taken"),
        (
            OSLO,
            "private_zones = [{latitude=60, longitude=11, radius_km=99}]\n",
            "",
            "private zones",
        ),
        (OSLO, "", "map: false", "texts leave all photos off it"),
    ],
)
def test_without_a_photo_to_show_there_is_no_map_and_the_build_says_why(
    small: Site, place: tuple[float, float] | None, settings: str, text: str, why: str
) -> None:
    small.settings(MAPPED + settings)
    photo(small, "a.jpg", place, text)
    report = small.build()

    (problem,) = [each for each in report.problems if each.where == "site.toml"]
    assert problem.what.startswith("gallery.map: there is no map")
    assert why in problem.what
    assert problem.severity == "warning"
    assert not (small.output / "map").exists()


@pytest.mark.parametrize(
    ("zones", "line", "what"),
    [
        ("[{ latitude = 91, longitude = 0, radius_km = 5 }]", 2, "<= 90"),
        ("[{ latitude = 1, longitude = 0, radius = 5 }]", 2, "radius"),
        ("[{ latitude = 1, longitude = 0 }]", 2, "radius_km"),
        ("[{ latitude = 1, longitude = 0, radius_km = 0 }]", 2, "> 0"),
        ("5", 2, "list"),
    ],
)
def test_what_is_wrong_with_a_zone_is_told_with_its_line(zones: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"[gallery]\nprivate_zones = {zones}\n")

    (problem,) = caught.value.problems
    assert problem.where == f"site.toml:{line}"
    assert problem.what.startswith("gallery.private_zones: ")
    assert what in problem.what


def test_zones_may_be_tables_of_their_own() -> None:
    config = parse_config(
        "[[gallery.private_zones]]\nlatitude = 1\nlongitude = -2.5\nradius_km = 3\n"
    )

    (zone,) = config.gallery.private_zones
    assert (zone.latitude, zone.longitude, zone.radius_km) == (1, -2.5, 3)


def test_a_text_that_leaves_off_a_photo_that_is_not_there_is_named(small: Site) -> None:
    small.settings(MAPPED)
    photo(small, "a.jpg", OSLO)
    small.text("home.md", "---\nmap: false\n---\n")

    (problem,) = [each for each in small.build().problems if each.where == "content/home.md"]
    assert problem.what == "built as a page of its own, though 'map' is for pictures"


# The rest of the site


def test_the_address_of_the_map_is_taken(small: Site) -> None:
    photo(small, "map/a.jpg", OSLO)
    small.settings(MAPPED)

    report = small.build()
    assert any("/map/" in problem.what for problem in report.problems)
    assert (small.output / "map/index.html").is_file()


def test_the_sitemap_lists_the_map(small: Site) -> None:
    small.settings(f'[site]\nbase_url = "https://example.org/"\n{MAPPED}')
    photo(small, "a.jpg", OSLO)
    small.build()

    assert "<loc>https://example.org/map/</loc>" in small.html("sitemap.xml")


def test_a_map_that_is_built_again_is_the_same(small: Site, tmp_path: Path) -> None:
    small.settings(MAPPED)
    photo(small, "a/1.jpg", OSLO)
    photo(small, "a/2.jpg", SYDNEY)
    small.build()
    photo(small, "b/3.jpg", TOKYO)
    small.text("a/index.md", "---\ntitle: Another\n---\n")
    small.build()

    assert tree(small.output) == clean_tree(small, tmp_path / "clean")
