"""Drawings as SVG, and what people put into them to do harm."""

import base64

from tests.support.pictures import chart, encoded

NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
EVIL = "https://evil.example/x"


def drawing(inside: str, attributes: str = 'width="10" height="10"') -> bytes:
    return f"<svg {NAMESPACES} {attributes}>{inside}</svg>".encode()


def raster(kind: str = "PNG") -> str:
    body = base64.b64encode(encoded(chart(8, 8), kind)).decode()
    return f"data:image/{kind.lower()};base64,{body}"


NESTED_SVG = base64.b64encode(drawing(f"<script>alert('{EVIL}')</script>")).decode()

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script from elsewhere": f'<script href="{EVIL}"/>',
    "script in CDATA": "<script><![CDATA[alert(1)]]></script>",
    "script within a shape": "<g><script>alert(1)</script></g>",
    "script of another namespace": (
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'
    ),
    "script in capitals": "<SCRIPT>alert(1)</SCRIPT>",
    "script by prefix": '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    "script beside a title": "<title>x<script>alert(1)</script></title>",
    "onload": '<g onload="alert(1)"/>',
    "onclick": '<rect width="5" height="5" onclick="alert(1)"/>',
    "onbegin": '<animate onbegin="alert(1)" attributeName="x" dur="1s"/>',
    "oNlOaD": '<g oNlOaD="alert(1)"/>',
    "event of a namespace": (
        '<g xmlns:e="http://www.w3.org/2001/xml-events" e:event="load" e:handler="#a"/>'
    ),
    "handler": '<handler type="text/javascript">alert(1)</handler>',
    "foreignObject": (
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><iframe '
        'src="javascript:alert(1)"/></body></foreignObject>'
    ),
    "iframe": f'<iframe xmlns="http://www.w3.org/1999/xhtml" src="{EVIL}"/>',
    "html image": '<img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>',
    "audio": f'<audio xmlns="http://www.w3.org/1999/xhtml" src="{EVIL}"/>',
    "link of script": '<a href="javascript:alert(1)"><text>go</text></a>',
    "link of script, old": '<a xlink:href="javascript:alert(1)"><text>go</text></a>',
    "link elsewhere": f'<a href="{EVIL}"><text>go</text></a>',
    "use of elsewhere": f'<use href="{EVIL}#a"/>',
    "use of a relative file": '<use xlink:href="evil.svg#a"/>',
    "use of data": f'<use href="data:image/svg+xml;base64,{NESTED_SVG}#a"/>',
    "image elsewhere": f'<image href="{EVIL}.png" width="5" height="5"/>',
    "image without scheme": '<image xlink:href="//evil.example/x.png" width="5" height="5"/>',
    "image of a file": '<image href="file:///etc/passwd" width="5" height="5"/>',
    "image of SVG": f'<image href="data:image/svg+xml;base64,{NESTED_SVG}" width="5" height="5"/>',
    "image of SVG called PNG": (
        f'<image href="data:image/png;base64,{NESTED_SVG}" width="5" height="5"/>'
    ),
    "image of HTML": '<image href="data:text/html;base64,PHNjcmlwdD4=" width="5" height="5"/>',
    "image of script": '<image href="javascript:alert(1)" width="5" height="5"/>',
    "feImage": f'<filter id="f"><feImage href="{EVIL}"/></filter>',
    "gradient elsewhere": f'<linearGradient id="g" href="{EVIL}#g"/>',
    "text along a path elsewhere": f'<text><textPath href="{EVIL}#p">words</textPath></text>',
    "fill elsewhere": f'<rect fill="url({EVIL}#g)"/>',
    "fill elsewhere, quoted": f"<rect fill=\"url('{EVIL}#g')\"/>",
    "fill elsewhere without scheme": '<rect fill="url(//evil.example/x#g)"/>',
    "filter elsewhere": f'<rect filter="url({EVIL}#f)"/>',
    "mask elsewhere in style": f'<rect style="mask:url({EVIL}#m)"/>',
    "fill by escapes": r'<rect style="fill:\75\72\6c(//evil.example)"/>',
    "fill by comments": '<rect style="fill:u/**/rl(//evil.example)"/>',
    "image-set": "<rect style=\"mask:image-set('//evil.example' 1x)\"/>",
    "behaviour": f'<rect style="behavior:url({EVIL})"/>',
    "binding": f'<rect style="-moz-binding:url({EVIL}#x)"/>',
    "expression": '<rect style="width:expression(alert(1))"/>',
    "import": f'<style>@import url("{EVIL}.css");</style>',
    "import without url": f'<style>@import "{EVIL}.css";</style>',
    "import by escapes": r'<style>@\69mport "//evil.example";</style>',
    "font elsewhere": f"<style>@font-face{{font-family:x;src:url({EVIL})}}</style>",
    "style elsewhere": f"<style>rect{{fill:url({EVIL}#x)}}</style>",
    "style in a rule": f"<style>@media all{{rect{{fill:url({EVIL})}}}}</style>",
    "style that closes itself": (
        "<style>&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;</style>"
    ),
    "style in CDATA": "<style><![CDATA[</style><script>alert(1)</script>]]></style>",
    "style by another namespace": (
        f'<style xmlns="http://www.w3.org/1999/xhtml">@import "{EVIL}";</style>'
    ),
    "style sheet": f'<link xmlns="http://www.w3.org/1999/xhtml" rel="stylesheet" href="{EVIL}"/>',
    "animated address": (
        '<a><animate attributeName="href" values="javascript:alert(1)"/><text>go</text></a>'
    ),
    "set address": '<image><set attributeName="href" to="javascript:alert(1)"/></image>',
    "animated event": '<g><set attributeName="onmouseover" to="alert(1)"/></g>',
    "base": f'<g xml:base="{EVIL}"><use href="#a"/></g>',
    "cursor": f'<g cursor="url({EVIL}), auto"/>',
    "cursor in style": f'<g style="cursor:url({EVIL})"/>',
    "metadata": f"<metadata><x>{EVIL}</x></metadata>",
    "comment": f"<!-- {EVIL} -->",
    "processing": f'<?xml-stylesheet href="{EVIL}.css"?>',
    "colour profile": f'<color-profile name="x" xlink:href="{EVIL}"/>',
    "font by SVG": f'<font-face-uri xlink:href="{EVIL}"/>',
    "attribute that closes itself": '<g id="a&quot; onload=&quot;alert(1)"/>',
    "discard": '<discard begin="0s" href="#a"/><listener event="click" handler="#evil"/>',
}
