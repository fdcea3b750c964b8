"""A site whose photos say all that machines may be told, and some that they must not."""

from pathlib import Path

from generator.report import Report
from tests.support.pictures import chart, gps_exif, save, xmp_packet
from tests.support.sites import Site

BASE = "https://example.org/photos/"
LADDER = "[images]\nmax_dimensions = [32, 64, 100]\ndefault_dimension = 64\n"
# What must be shown and never obeyed: by HTML, by XML, by JSON.
HOSTILE = "</script><!--<script> ]]> \"q\" 'a' & &amp; \\u003c 🜁 שלום"

LATITUDE = "65.05"


def settings(site: str = "", rest: str = "", *, base: str = BASE) -> str:
    """Return settings of a site with an address, and some more."""
    return f'[site]\ntitle = "Far & Wide"\nbase_url = "{base}"\n{site}\n{LADDER}{rest}\n'


def told_site(root: Path) -> tuple[Site, Report]:
    """Build a site of albums within albums, of times with and without a zone, and hostile words."""
    site = Site(root)
    site.settings(settings('author = "Jane Doe"\nlicense = "https://example.org/licence"'))
    packet = xmp_packet(
        "<dc:creator><rdf:Seq><rdf:li>Ann Other</rdf:li></rdf:Seq></dc:creator>"
        "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>© Ann</rdf:li></rdf:Alt></dc:rights>"
        "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>night</rdf:li></rdf:Bag></dc:subject>"
        "<photoshop:Credit>Ann / Agency</photoshop:Credit>"
        "<xmpRights:WebStatement>https://example.org/ann</xmpRights:WebStatement>"
    )
    save(chart(120, 80, 1), site.pictures / "coast/zoned.jpg", exif=gps_exif(), xmp=packet)
    site.text("coast/zoned.md", "---\ntitle: Zoned\ndate: 2024-05-03T23:30:00+02:00\n---\n")
    for name, date in (("later", "2024-05-03T22:00:00"), ("day", "2024-05-02"), ("none", "")):
        site.photo(f"coast/{name}.jpg", len(name))
        if date:
            site.text(f"coast/{name}.md", f"---\ndate: {date}\n---\n")
    site.photo("coast/deep/inner.jpg", 8)
    site.text("coast/deep/inner.md", "---\ndate: 2025-01-01T10:00:00\ncaption: Within\n---\n")
    site.photo("hostile/one.jpg", 9)
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    site.text("hostile/one.md", f'---\ntitle: "{quoted}"\ndate: 2020-01-01\n---\n')
    site.text("hostile/index.md", f'---\ntitle: "{quoted}"\ndescription: "{quoted}"\n---\n')
    site.photo("undated/one.jpg", 10)
    site.text("about.md", "# About\n\n![](coast/day.jpg)\n")
    return site, site.build()
