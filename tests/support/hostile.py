"""A site whose every word and name is meant to do harm: metadata, file names, texts, settings.

Each text and name is a trick of its own; together they go wherever a site takes words from.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from tests.support.drawings import ATTACKS, drawing
from tests.support.pictures import (
    chart,
    encoded,
    exif,
    gps_tags,
    iptc_segment,
    with_segment,
    xmp_packet,
)
from tests.support.sites import Site

# Whatever of this runs opens a dialog; whatever is evaluated is 47040000, which stands nowhere.
RUN = "alert(1)"
EVALUATED = "47040000"

WORDS: Mapping[str, str] = {
    "script": f"<script>{RUN}</script>",
    "end of a script": f"</script><script>{RUN}</script>",
    "end of an attribute": f'"><img src=x onerror={RUN}>',
    "end of an attribute, single": f"' onmouseover='{RUN}' x='",
    "attribute without quotes": f"x onerror={RUN} autofocus onfocus={RUN} ",
    "drawing": f"<svg/onload={RUN}>",
    "end of a title": f"</title></textarea></style></noscript><script>{RUN}</script>",
    "comment": f"--><script>{RUN}</script><!--",
    "section of data": f"]]><script>{RUN}</script><![CDATA[",
    "address that runs": f"javascript:{RUN}",
    "address of data": f"data:text/html,<script>{RUN}</script>",
    "entities": "&lt;script&gt;&#60;b&#62; &amp;amp; &quot; &NotAnEntity; &",
    "template": "{{ 5600 * 8400 }}{% for x in y %}{# gone #}{{ site.__class__.__mro__ }}",
    "other templates": "${5600*8400} #{5600*8400} <%= 5600*8400 %> [[${5600*8400}]] *{5600*8400}",
    "formats": "%s %(count)s %d {0} {page} $HOME `id` $(id)",
    "Markdown": f"[x](javascript:{RUN}) ![x](//evil.invalid/x.png) # * _ ` ::: gallery",
    "turned round": "photo\u202egpj.exe \u2066\u2067\u2068x\u2069 \u200f\u061c",
    "lines": "one\ntwo\r\nthree\tfour\x0bfive\x0csix\u2028seven\u2029eight\x85nine",
    "controls": "\x1b[31mred\x1b]0;title\x07\x08\x9b31m\x7f\x1b[2J",
    "zeros": "before\0after %00 \\0 \\x00 \\u0000 &#0;",
    "never characters": "\ufffe\uffff\U0001ffff\ufdd0\ue000\U000f0000\ufeff",
    "surrogates": "\\ud800 \\udfff &#xD800; %ED%A0%80",
    "piled up": "Z" + "\u0310\u0320\u0334" * 300,
    "joined": "👩\u200d👩\u200d👧\u200d👦 \u0915\u094d\u200d\u0937",
    "other direction": "غروب <b>شمس</b> שלום",
    "endless": "</p>no end " * 6_000,
    "one word": "x" * 60_000,
    "spaces": "   \u00a0\u2003\u3000  ",
    "numbers": "-0 1e999 NaN Infinity null true",
}

_EVIL_NAMES = (
    f'"><img src=x onerror={RUN}>',
    f"' onmouseover='{RUN}' x='",
    f"<script>{RUN}<\u2215script>",
    f"<svg onload={RUN}>",
    f"javascript:{RUN}",
    "{{ 5600 * 8400 }}",
    "{% raw %}",
    "{# gone #}",
    "${5600*8400}",
    "&amp;&lt;&#60;",
    "]]>",
    "-->",
)
_ODD_NAMES = (
    # Options, shells, spreadsheets; escapes of addresses; what paths and lists are written with.
    *"--help -rf - -- -o @file ~ ~root =1+1 + $HOME `id` a%b a%20b a%2fb %2e%2e%2f %".split(),
    *"%% %00 %s %(count)s 100% a#b # a?b=c&d ? a;b a:b : a|b a*b a\\b ..\\x C:\\x a,b".split(),
    *("a, b 32w", "x.jpg 2x, y.jpg 1x", "a  b", " a", "a ", "  ", "a\tb", "a\nb", "a\r\nb"),
    *("\nSet-Cookie: x=y", "a\x1b[31mb", "\x07", "\x7f", "\x9b31m", "a\x85b", "a\u2028b"),
    *("turned\u202egpj", "\u2067a", "\u200b", "a\u200db", "\u00a0", "\u3000", "\u2024\u2024"),
    *("\ufeffa", "...", "....", ".. .", "…", "a.", "a..", "a. .", "a.b.c", "a.jpg", "a.html"),
    # Devices of Windows; one name in several cases and forms of Unicode.
    *("con", "CON", "nul", "aux", "prn", "com1", "LPT9", "CON.x", "con ", "COM¹", "conin$"),
    *("é", "e\u0301", "É", "ß", "SS", "ﬁ", "fi", "Å", "\u212b", "\u0131", "İ", "K", "\u212a"),
    *(
        "\u03c3",
        "ς",
        "🜁",
        "👩\u200d👩\u200d👧",
        "\U0010ffff",
        "\ue000",
        "\ufffe",
        "\uffff",
        "\ufffd",
    ),
    # Names of ours, and of what hosts and scripts know.
    *"photo PHOTO Photo-800 photo-800 photo-32 photo.0123abcd-32 index index.html image".split(),
    *"full static tags years search map zip 404 feed page-2 search.json sitemap robots.txt".split(),
    *"favicon.ico __proto__ constructor main _headers _redirects CNAME manifest null 0 1e3".split(),
)
# 251 and four for the suffix are as many bytes as a name may have.
_LONG_NAMES = ("x" * 251, "é" * 125, "字" * 83, "🜁" * 62, "e\u0301" * 83, "<" * 251, "-" * 251)
# No UTF-8: a byte alone, Latin-1, a surrogate, too long a form, cut short.
BAD_NAMES = (b"\xff", b"caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf0\x9f\x9c", b"a\x80.b")

NAMES = (*_EVIL_NAMES, *_ODD_NAMES, *_LONG_NAMES)

FOLDERS = (
    *"image full static index.html zip tags search page-2 404.html con aux.d a. ... -rf".split(),
    *("a ", " ", "a%2fb", "a?b#c", "a, b 2x", "{{ 5600 * 8400 }}", "a\nb", "\u202egpj.exe"),
    *(f'"><img src=x onerror={RUN}>', f"javascript:{RUN}", "e\u0301t", "\u00e9t", "ÉT"),
    *("x" * 255, "one.jpg", "photo.jpg"),
)

MARKDOWN: Mapping[str, str] = {
    "HTML": f'<script>{RUN}</script><img src=x onerror="{RUN}"><p onclick="{RUN}">x</p>',
    "style": "<style>*{display:none}</style><p style='color:red'>x</p><link href=//e.invalid>",
    "frames": "<iframe src=//e.invalid></iframe><object data=x></object><embed src=x>",
    "forms": f"<form action=//e.invalid><input autofocus onfocus={RUN}><button>x</button></form>",
    "links": f"[a](javascript:{RUN}) [b](JaVa\tScRiPt:{RUN}) [c](data:text/html,x) [d](vbscript:)",
    "entities": f"[a](java&#115;cript:{RUN}) [b](&#x6a;avascript:{RUN}) <java&#115;cript:x>",
    "titles": f'[a](one.jpg "x\\" onclick=\\"{RUN}") ![b](one.jpg "\\" onerror=\\"{RUN}")',
    "pictures": f"![a](javascript:{RUN}) ![b](data:image/svg+xml,<svg/onload={RUN}>)",
    "references": f'[a][1] ![b][1]\n\n[1]: javascript:{RUN} "x"\n',
    "addresses": f'<javascript:{RUN}> <https://e.invalid/?"onclick={RUN}> <x@e.invalid?a=<b>>',
    "hosts": '[a](https://a"b/) [b](https://[x/) [c](http:x) [d](//) [e](https://x/%zz?[{|}]#^)',
    "broken": "<p <b><<i>>< / p ><a href='x\"y>z</a><!-- <script> --!> <![CDATA[ x ]]> <?x ?>",
    "template": "{{ 5600 * 8400 }} {% include 'base.html' %} {# gone #}",
    "directives": "::: gallery\n../../../../etc/passwd\n/\n#\n:::\n\n::: row\n<script>\n:::\n",
    "ids": '<a id="main" name="content"></a><p class="viewer" id="__proto__">x</p>\n\n# x {#main}',
    "code": f"```<script>\n</code></pre><script>{RUN}</script>\n```\n\n`</code><script>`",
    "unseen": "a\u202eb\u2066c\ufeff \U0001ffff \ufdd0 \u2028 x\u0085y \x0c &#x202e; &#8; &#xfdd0;",
    "mathematics": f"<math><mi xlink:href='data:x'><mglyph><style><img onerror={RUN}></style>",
    "inert": f"<template><script>{RUN}</script></template><noscript><p title='</noscript><b>'>",
    "tables": "| <script> | `|` |\n|---|:-:|\n| [x](javascript:x) | </td></table><script> |",
    "outside": "[a](../../../etc/passwd) ![b](../../../../etc/passwd) [c](//evil.invalid)",
}


def write_hostile(site: Site) -> None:
    """Write all of it into a site; names that the system does not know are left out."""
    site.settings(
        Site.SETTINGS.replace("[images]", '[images]\nformats = ["jpeg"]\nsvg = true')
        + "[gallery]\nmap = true\nshow_location = true\npage_size = 40\n"
        + _told_in_toml()
    )
    plain = encoded(chart(24, 16), "JPEG")
    for number, (kind, words) in enumerate(WORDS.items()):
        _write_words(site, number, kind, words)
    for name in NAMES:
        _write(site.pictures / "named" / f"{name}.jpg", plain)
    _write(site.pictures / "named/photo.png", encoded(chart(24, 16), "PNG"))
    for bad in BAD_NAMES:
        _write(site.pictures / "named" / os.fsdecode(bad + b".jpg"), plain)
    for folder in FOLDERS:
        _write(site.pictures / folder / "one.jpg", plain)
        _write(site.pictures / "in" / folder / "one.jpg", plain)
    for number, text in enumerate(MARKDOWN.values()):
        _write(site.pictures / f"text/{number}.jpg", plain)
        site.text(f"text/{number}.md", f"{text}\n")
        site.text(f"text/page {number}.md", f"{text}\n")
    for number, inside in enumerate(ATTACKS.values()):
        _write(site.pictures / f"drawn/{number}.svg", drawing(inside + '<circle r="3"/>'))


def _write_words(site: Site, number: int, kind: str, words: str) -> None:
    """Say words wherever a file can: in itself, beside it, in its text and in that of its album."""
    plain, some = encoded(chart(24, 16), "JPEG"), words[:9_000]
    for name, body in _told(words, number).items():
        _write(site.pictures / f"told/{name} {kind}.jpg", body)
    _write(site.pictures / f"said/{kind}.jpg", plain)
    every: dict[str, object] = dict.fromkeys(("title", "caption", "alt", "description"), some)
    every["keywords"] = [words[:300], f"{words[:90]}/{words[:90]}"]
    site.text(f"said/{kind}.md", _matter(every))
    _write(site.pictures / f"beside/{kind}.jpg", plain)
    site.write(f"pictures/beside/{kind}.jpg.xmp", _described(words))
    _write(site.pictures / f"words {number}/one.jpg", plain)
    sections = {words[:90]: "one.jpg"}
    album = {"title": some, "description": some, "sections": sections}
    site.text(f"words {number}/index.md", _matter(album))
    page = _matter({"title": some, "description": some})
    site.text(f"pages/{number}.md", page + some.replace("\0", ""))


def _matter(keys: Mapping[str, object]) -> str:
    """Write front matter; JSON is YAML."""
    return "".join(
        ("---\n", *(f"{key}: {json.dumps(each)}\n" for key, each in keys.items()), "---\n")
    )


def _write(path: Path, body: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def _told_in_toml() -> str:
    words = {
        "title": WORDS["end of a title"],
        "author": WORDS["end of an attribute"],
        "description": WORDS["template"] + WORDS["script"],
        "license": WORDS["entities"],
    }
    said = "".join(f"{key} = {json.dumps(each)}\n" for key, each in words.items())
    return f'[site]\nbase_url = "https://example.org/"\n{said}'


_EXIF_TEXTS = (271, 272, 305, 315, 33432, 42036)


def _told(words: str, number: int) -> dict[str, bytes]:
    """Say something in every field of a picture, once for each kind of metadata."""
    shown = chart(24, 16, number)
    wide = words.encode("utf-16-le")[:4_000]
    long = words.encode()[:20_000]
    short = long[:3_000]
    numbered: dict[str, Any] = {f"t{tag}": _text(short[:2_000]) for tag in _EXIF_TEXTS}
    numbered |= {f"t{tag}": wide for tag in range(40091, 40096)}
    tags = exif(
        t270=_text(long),
        t36867="2024:05:03 10:00:00",
        t37510=b"UNICODE\0" + wide,
        **numbered,
    )
    tags.get_ifd(0x8825).update(gps_tags(number, -number))
    records = [
        (each, short) for each in (5, 25, 25, 80, 90, 92, 95, 101, 105, 110, 116, 120, 55, 60)
    ]
    plain = encoded(shown, "JPEG")
    return {
        "exif": encoded(shown, "JPEG", exif=tags),
        "iptc": with_segment(plain, iptc_segment((tag, text) for tag, text in records)),
        "xmp": encoded(shown, "JPEG", xmp=_described(words)[:60_000]),
    }


def _text(body: bytes) -> str:
    """Read what was cut from UTF-8, but for a last letter that was cut through."""
    return body.decode(errors="ignore")


_TEXTS = ("dc:title", "dc:description", "dc:rights", "xmpRights:UsageTerms")
_ALSO = (
    *("photoshop:Headline", "photoshop:Credit", "photoshop:City", "photoshop:Country"),
    *("xmp:Rating", "xmp:Label", "xmpRights:WebStatement", "Iptc4xmpCore:Location"),
    *("photoshop:DateCreated", "Iptc4xmpCore:AltTextAccessibility"),
)


def _described(words: str) -> bytes:
    """Say something in every property of XMP that is read."""
    said = escape("".join(filter(_is_xml, words[:5_000])))
    either = f'<rdf:Alt><rdf:li xml:lang="x-default">{said}</rdf:li></rdf:Alt>'
    several = f"<rdf:Bag><rdf:li>{said[:400]}</rdf:li><rdf:li>{said[:90]}|x</rdf:li></rdf:Bag>"
    return xmp_packet(
        "".join(
            (
                *(f"<{name}>{either}</{name}>" for name in _TEXTS),
                *(f"<{name}>{said}</{name}>" for name in _ALSO),
                f"<dc:creator><rdf:Seq><rdf:li>{said}</rdf:li></rdf:Seq></dc:creator>",
                f"<dc:subject>{several}</dc:subject>",
                f"<lr:hierarchicalSubject>{several}</lr:hierarchicalSubject>",
            )
        )
    )


def _is_xml(char: str) -> bool:
    """Tell whether XML can hold a character (XML 1.0, 2.2)."""
    return (
        char in "\t\n\r"
        or (char >= " " and not "\ud800" <= char < "\ue000" and char < "\ufffe")
        or char > "\uffff"
    )
