"""SVG made harmless: a new drawing of what is allowed in the old one, and of nothing else.

What is not named here is left out: elements, attributes, properties and functions of CSS, and
every reference that leaves the file; and of pictures inside, whatever tells more than they show.
Only such drawings are published, and shown as pictures, where browsers run no scripts in any case.
"""

import base64
import io
import math
import re
import warnings
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import defusedxml.ElementTree
from defusedxml import DefusedXmlException
from msgspec import Struct
from PIL import Image

from generator.core.errors import DecodeError, NotAPicture
from generator.core.model import Size
from generator.privacy.scrub import scrub

# Maps and traced photographs have megabytes; a browser has to draw all of it at once.
MAX_BYTES = 16 << 20
MAX_ELEMENTS = 500_000
MAX_DEPTH = 200

# What would not be read back as it is (XML 1.0, 2.4 and 3.3.3).
_IN_TEXTS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_VALUES = _IN_TEXTS | str.maketrans({'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})

# How far a part may be from the root by way of all that refers to it.
_MAX_CHAIN = 2 * MAX_DEPTH

# The largest side that settings know (see config.Pixels); a larger drawing is the same smaller.
_MAX_SIDE = 16_383

# What a drawing that does not say is (CSS 2.2, section 10.3.2).
_DEFAULT_SIZE = (300.0, 150.0)

_SVG = "{http://www.w3.org/2000/svg}"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

# SVG 2 and Filter Effects 1, without scripts, links, foreign content, animation and feImage.
_SHAPES = "path rect circle ellipse line polyline polygon image"
_TEXTS = frozenset("text tspan textPath title desc".split())
_ELEMENTS = _TEXTS | frozenset(
    f"""{_SHAPES} svg g defs symbol use switch style linearGradient radialGradient stop pattern
    clipPath mask marker filter feBlend feColorMatrix feComponentTransfer feComposite
    feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA
    feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight
    feSpecularLighting feSpotLight feTile feTurbulence""".split()
)

# Attributes whose values are numbers, names and words, which nothing follows anywhere.
_ATTRIBUTES = frozenset(
    """id class version viewBox preserveAspectRatio x y z x1 y1 x2 y2 dx dy cx cy r rx ry fx fy fr
    width height d points pathLength transform rotate offset textLength lengthAdjust startOffset
    method spacing side path gradientUnits gradientTransform spreadMethod patternUnits
    patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits markerUnits
    markerWidth markerHeight refX refY orient filterUnits primitiveUnits in in2 result mode type
    values tableValues slope intercept amplitude exponent operator k1 k2 k3 k4 order kernelMatrix
    divisor bias targetX targetY edgeMode preserveAlpha surfaceScale diffuseConstant
    specularConstant specularExponent kernelUnitLength azimuth elevation pointsAtX pointsAtY
    pointsAtZ limitingConeAngle stdDeviation radius scale xChannelSelector yChannelSelector
    baseFrequency numOctaves seed stitchTiles systemLanguage requiredFeatures""".split()
)

# Properties of CSS, which are attributes too.
_PROPERTIES = frozenset(
    """alignment-baseline baseline-shift clip-path clip-rule color color-interpolation
    color-interpolation-filters color-rendering direction display dominant-baseline
    enable-background fill fill-opacity fill-rule filter flood-color flood-opacity font font-family
    font-feature-settings font-kerning font-size font-size-adjust font-stretch font-style
    font-variant font-variant-caps font-variant-ligatures font-variant-numeric font-weight
    glyph-orientation-horizontal glyph-orientation-vertical image-rendering inline-size isolation
    kerning letter-spacing lighting-color line-height marker marker-end marker-mid marker-start mask
    mask-type mix-blend-mode opacity overflow paint-order shape-rendering stop-color stop-opacity
    stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit
    stroke-opacity stroke-width text-align text-anchor text-decoration text-indent text-rendering
    text-transform transform transform-box transform-origin unicode-bidi vector-effect visibility
    white-space word-spacing writing-mode cx cy r rx ry x y width height""".split()
)

_FUNCTIONS = frozenset(
    """rgb rgba hsl hsla hwb lab lch oklab oklch calc min max clamp matrix translate translatex
    translatey scale scalex scaley rotate skewx skewy blur brightness contrast drop-shadow grayscale
    hue-rotate invert opacity saturate sepia circle ellipse inset polygon""".split()
)

_LOCAL = re.compile(r"""url\(\s*(["']?)#([^\s"'()<>\\]+)\1\s*\)""", re.IGNORECASE)
_PLAIN = re.compile(r"""(?:[\w\s#%.,+*/!()-]|"[\w\s.,+-]*"|'[\w\s.,+-]*')*""")
_FUNCTION = re.compile(r"(?<![\w-])([\w-]+)\s*\(")
# A name without spaces, and nothing that a reader in haste would take for an attribute.
_NAME = re.compile(r"[^\s\"'<>=]+")
_SELECTOR = re.compile(r"[\w\s.#,>+~*:-]+")

_RASTER = re.compile(r"data:image/(png|jpe?g|webp|gif);base64,(.*)", re.DOTALL | re.IGNORECASE)

_LENGTH = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)", re.IGNORECASE)

# CSS Values 4, section 6.2: units in pixels.
_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}

_SAVE_ANEW = "open it in an SVG editor and save it as plain SVG"


class Drawing(Struct, frozen=True):
    """A drawing that is safe to publish: its size in pixels, and its file."""

    size: Size
    body: bytes


def is_drawing(path: Path) -> bool:
    """Tell whether a file is SVG by how it begins; one that is packed, by its name as well."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if _is_packed(head, path):
        head = zlib.decompressobj(31).decompress(head, 1 << 16)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_page = text[:14].lower().startswith((b"<!doctype html", b"<html"))
    return text[:1] == b"<" and not is_page and re.search(rb"<(\w+:)?svg[\s/>]", text) is not None


def _is_packed(head: bytes, path: Path) -> bool:
    return head[:2] == b"\x1f\x8b" and path.suffix.lower() == ".svgz"


def read_drawing(path: Path) -> Drawing:
    """Read an SVG file to a drawing that is safe; DecodeError if it cannot be made so."""
    with path.open("rb") as file:
        body = file.read(MAX_BYTES + 1)
    if _is_packed(body, path):
        body = zlib.decompressobj(31).decompress(body, MAX_BYTES + 1)
    return sanitise(body)


def sanitise(body: bytes) -> Drawing:
    """Draw anew what is allowed of an SVG file; DecodeError if it cannot be made safe."""
    if len(body) > MAX_BYTES:
        what = f"more than {MAX_BYTES >> 20} MB of SVG"
        raise DecodeError(what, "publish it as PNG or JPEG")
    source = _parse(body)
    if source.tag != f"{_SVG}svg":
        raise NotAPicture("this is XML, but no SVG", "remove it, or give it its true suffix")
    root = Element("svg", {"xmlns": _SVG[1:-1], "xmlns:xlink": _HREFS[1][1:-5]})
    _Cleaner().fill(root, source, 0)
    _Scales(root).weigh(root)
    width, height = _measure(source)
    root.attrib.update(width=_number(width), height=_number(height))
    root.attrib.setdefault("viewBox", f"0 0 {_number(width)} {_number(height)}")
    return Drawing(_whole(width, height), _written(root).encode())


def _parse(body: bytes) -> Element:
    parser = defusedxml.ElementTree.DefusedXMLParser(target=_Builder())
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise DecodeError("an SVG that declares entities is not read", _SAVE_ANEW) from error
    except ParseError as error:
        what = f"not well-formed SVG: {str(error).partition(':')[0]} at line {error.position[0]}"
        raise DecodeError(what, _SAVE_ANEW) from error
    except (ValueError, LookupError) as error:
        raise DecodeError("SVG in an encoding that is not known", "save it as UTF-8") from error
    return root


class _Builder:
    """Builds a tree without hearing of comments, at each of which the words so far are copied."""

    def __init__(self) -> None:
        tree = TreeBuilder()
        self.start, self.end, self.data, self.close = tree.start, tree.end, tree.data, tree.close


class _Cleaner:
    """Copies what is allowed; counts what there is, and the pixels of the pictures inside."""

    def __init__(self) -> None:
        self._elements = MAX_ELEMENTS
        self._pixels = Image.MAX_IMAGE_PIXELS or 0

    def fill(self, target: Element, source: Element, depth: int) -> None:
        """Fill an element with the allowed attributes, words and children of another."""
        self._elements -= 1
        if self._elements < 0 or depth > MAX_DEPTH:
            raise _too_much()
        target.attrib.update(_attributes(source))
        words = [source.text or ""]
        for child in source:
            made = self._child(child, depth)
            if made is not None:
                _add_words(target, words)
                target.append(made)
                words = []
            # Words after a child are its parent's, even if the child is left out.
            words.append(child.tail or "")
        _add_words(target, words)

    def _child(self, source: Element, depth: int) -> Element | None:
        # Comments have functions for tags.
        name = source.tag.removeprefix(_SVG) if isinstance(source.tag, str) else ""
        # What is linked stays, the link does not.
        name = "g" if name == "a" else name
        if name not in _ELEMENTS:
            return None
        made = Element(name)
        if name == "style":
            if source.get("media", "all") not in ("", "all", "screen"):
                return None
            made.text = _sheet(source.text or "")
            return made if made.text else None
        reference = self._reference(name, source)
        if reference is None:
            return None
        if reference:
            made.set("xlink:href", reference)
        self.fill(made, source, depth + 1)
        return made

    def _reference(self, name: str, source: Element) -> str | None:
        """Return what an element may refer to, empty if it does not; None if it must not."""
        given = next((source.attrib[each] for each in _HREFS if each in source.attrib), "").strip()
        if name == "image":
            return self._raster(given)
        if given.startswith("#"):
            return given
        return None if name == "use" else ""

    def _raster(self, address: str) -> str | None:
        """Return the address of a picture inside the drawing, scrubbed; None if it is not sound."""
        found = _RASTER.fullmatch(address)
        if not found:
            return None
        kind = found[1].upper().replace("JPG", "JPEG")
        try:
            body = base64.b64decode(re.sub(r"\s+", "", found[2]), validate=True)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with Image.open(io.BytesIO(body), formats=(kind,)) as image:
                    self._pixels -= image.width * image.height
                    if self._pixels < 0:
                        return None
                    image.load()
            clean = scrub(body, kind)
        except (KeyboardInterrupt, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - decoders raise whatever they like
            return None
        return f"data:image/{kind.lower()};base64,{base64.b64encode(clean).decode()}"


def _add_words(target: Element, words: Iterable[str]) -> None:
    """Put words behind what an element holds so far, if it may hold any."""
    if target.tag not in _TEXTS:
        return
    if len(target):
        target[-1].tail = "".join(words)
    else:
        target.text = "".join(words)


def _attributes(source: Element) -> Iterator[tuple[str, str]]:
    """Yield the attributes of an element that are allowed, with values that are."""
    for name, value in source.attrib.items():
        if name == "style":
            if style := _declarations(value):
                yield name, style
        elif name == _SPACE:
            yield "xml:space", value
        elif name in _PROPERTIES:
            safe = _value(value)
            if safe is not None:
                yield name, safe
        elif name in _ATTRIBUTES and (name != "id" or _NAME.fullmatch(value)):
            yield name, value


def _value(value: str) -> str | None:
    """Return the value of a property as it may be written; None if it is none that is allowed.

    It may refer to what has a name in the same file, and call functions that fetch nothing.
    """
    rest = _LOCAL.sub(" ", value)
    if not _PLAIN.fullmatch(rest):
        return None
    if not {name.lower() for name in _FUNCTION.findall(rest)} <= _FUNCTIONS:
        return None
    return _LOCAL.sub(r"url(#\2)", value).strip()


def _declarations(text: str) -> str:
    """Write the allowed declarations of a rule of CSS anew."""
    kept = []
    for declaration in _uncommented(text).split(";"):
        name, _, value = declaration.partition(":")
        safe = _value(value) if name.strip().lower() in _PROPERTIES else None
        if safe:
            kept.append(f"{name.strip().lower()}:{safe}")
    return ";".join(kept)


def _uncommented(text: str) -> str:
    """Return CSS without comments; one that is not closed is all the rest (CSS Syntax 3, 4.3.2)."""
    return re.sub(r"/\*.*?(?:\*/|\Z)", " ", text, flags=re.DOTALL)


def _sheet(text: str) -> str:
    """Write the allowed rules of a style sheet anew; rules within rules and `@` are left out."""
    kept = []
    for selector, body in _rules(_uncommented(text)):
        declarations = _declarations(body)
        if declarations and _SELECTOR.fullmatch(selector):
            kept.append(f"{' '.join(selector.split())}{{{declarations}}}")
    return "".join(kept)


def _rules(text: str) -> Iterator[tuple[str, str]]:
    """Divide a style sheet into its plain rules, each a selector and what is in its braces."""
    begin = depth = opened = 0
    flat = False
    for found in re.finditer(r"[{};]", text):
        at = found.start()
        match found[0]:
            case ";" if depth == 0:
                begin = at + 1
            case "{":
                flat = depth == 0
                opened = at if flat else opened
                depth += 1
            case "}":
                depth = max(0, depth - 1)
                if depth == 0:
                    if flat:
                        yield text[begin:opened], text[opened + 1 : at]
                    flat = False
                    begin = at + 1


class _Scales:
    """Weighs a drawing with all that its parts refer to, once for each time that they do.

    A few lines that refer to each other ten times each would keep a browser busy for ever. What
    stands for others is weighed once, like an element: a selector for its rules, `{...}` for what
    a rule refers to, `url(#name)` for what bears the name.
    """

    def __init__(self, root: Element) -> None:
        self._behind: dict[str, Counter[Element | str]] = defaultdict(Counter)
        # None is what is being weighed.
        self._weights: dict[Element | str, int | None] = {}
        for each in root.iter():
            if "id" in each.attrib:
                self._behind[f"url(#{each.attrib['id']})"][each] += 1
            if each.tag == "style":
                self._note(each.text or "")

    def _note(self, sheet: str) -> None:
        """Note what the rules of a style sheet select, and what they refer to."""
        for selector, body in _rules(sheet):
            rule = f"{{{body}}}"
            if rule not in self._behind:
                self._behind[rule].update(_addresses(body))
            for each in selector.split(","):
                self._behind[_selected(each)][rule] += 1

    def weigh(self, part: Element | str, depth: int = 0) -> int:
        """Return how many elements are drawn for a part; DecodeError if they are too many."""
        if part in self._weights:
            known = self._weights[part]
            if known is None:
                raise DecodeError("SVG with a part that holds itself", _SAVE_ANEW)
            return known
        if depth > _MAX_CHAIN:
            raise _too_much()
        self._weights[part] = None
        weight = int(isinstance(part, Element))
        inside = self._behind[part] if isinstance(part, str) else self._inside(part)
        for each, times in inside.items():
            weight += times * self.weigh(each, depth + 1)
        if weight > MAX_ELEMENTS:
            raise _too_much()
        self._weights[part] = weight
        return weight

    def _inside(self, element: Element) -> Counter[Element | str]:
        """Return what belongs to an element, and how many times."""
        classes = dict.fromkeys(element.get("class", "").split())
        named = ["*", element.tag, f"#{element.get('id')}", *(f".{each}" for each in classes)]
        named += [address for value in element.attrib.values() for address in _addresses(value)]
        named.append(f"url({element.get('xlink:href')})")
        return Counter([*element, *(each for each in named if each in self._behind)])


def _addresses(value: str) -> Iterator[str]:
    return (f"url(#{found[1]})" for found in _LOCAL.findall(value))


def _selected(selector: str) -> str:
    """Return a name that all bear that a selector selects, `*` if it says none."""
    last = re.split(r"[\s>+~]+", selector.strip())[-1].partition(":")[0]
    names: list[str] = re.findall(r"[.#]?[\w-]+", last)
    return names[-1] if names else "*"


def _too_much() -> DecodeError:
    return DecodeError("SVG of too many parts, or too deep", "publish it as PNG or JPEG")


def _measure(source: Element) -> tuple[float, float]:
    """Return the size of a drawing in pixels, at most the largest that there is."""
    width, height = _length(source.get("width")), _length(source.get("height"))
    box = [_length(each) for each in re.split(r"[\s,]+", source.get("viewBox", "").strip())[2:4]]
    if len(box) == 2 and box[0] and box[1]:
        ratio = box[0] / box[1]
        if not (width or height):
            width, height = box
        width, height = width or (height or 0) * ratio, height or (width or 0) / ratio
    width, height = width or _DEFAULT_SIZE[0], height or _DEFAULT_SIZE[1]
    scale = min(1.0, _MAX_SIDE / max(width, height))
    return width * scale, height * scale


def _length(text: str | None) -> float | None:
    """Read a length in pixels; None if it is missing, relative, or none above zero."""
    found = _LENGTH.fullmatch((text or "").strip())
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        return None
    length = float(found[1]) * unit
    return length if math.isfinite(length) and length > 0 else None


def _whole(width: float, height: float) -> Size:
    return Size(max(1, math.floor(width + 0.5)), max(1, math.floor(height + 0.5)))


def _number(value: float) -> str:
    return f"{value:.6g}"


def _written(element: Element) -> str:
    """Write an element, the same for the same element."""
    parts: list[str] = []
    _write(element, parts)
    return "".join(parts)


def _write(element: Element, parts: list[str]) -> None:
    parts.append(f"<{element.tag}")
    for name, value in element.attrib.items():
        safe = value.translate(_IN_VALUES)
        parts.append(f' {name}="{safe}"')
    if not (element.text or len(element)):
        parts.append("/>")
    else:
        parts.append(">" + (element.text or "").translate(_IN_TEXTS))
        for child in element:
            _write(child, parts)
        parts.append(f"</{element.tag}>")
    parts.append((element.tail or "").translate(_IN_TEXTS))
