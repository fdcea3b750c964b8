"""The words, dates and numbers of the interface in one language.

Words come from a catalogue in the format of GNU gettext, `languages/<tag>.po` in the templates of
the theme or the site; what a catalogue does not hold stays in English. Dates, numbers and the
rules of plurals are those of the Unicode CLDR, by Babel.
"""

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from generator.core.errors import Problem, TemplateError
from generator.core.layout import TEMPLATES

LANGUAGES = "languages"

_NO_BREAK = "\N{NO-BREAK SPACE}"
_PLACE = re.compile(r"%\((\w+)\)s")
# https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
_LINE = re.compile(r'\s*(?:#.*|(?:msg\w+(?:\[\d+\])?\s*)?"(?:[^"\\]|\\.)*")?\s*')


class Language:
    """How a site speaks: `tag` is a BCP 47 tag, `direction` is `ltr` or `rtl`.

    `locale` is language and country, `pt_BR`, as Open Graph asks for both.
    """

    def __init__(self, tag: str, templates: Mapping[str, bytes]) -> None:
        self.tag = tag
        self._locale = _locale(tag)
        self.direction: Literal["ltr", "rtl"] = (
            "rtl" if self._locale.text_direction == "rtl" else "ltr"
        )
        self.locale = _with_territory(self._locale)
        self.translations = _translations(tag, templates)
        self.date = lru_cache(self._date)
        self.month = lru_cache(self._month)
        # Positions go far and begin anew with every album.
        self.number = cache(self._number)

    def gettext(self, message: str, **values: object) -> str:
        """Say something, with values in the places that it names: `%(title)s`."""
        return self.translations.gettext(message) % values

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """Say something of a number, which goes by the name `num`."""
        said = self.translations.ngettext(one, many, count)
        return said % {"num": self.number(count), **values}

    def _date(self, iso: str) -> str:
        """Write the day of an ISO 8601 date in words: May 3, 2025."""
        return format_date(_day(iso), "long", locale=self._locale)

    def _month(self, iso: str) -> str:
        """Write the month of an ISO 8601 date in words: May 2025."""
        return format_skeleton("yMMMM", _day(f"{iso[:7]}-01"), locale=self._locale)

    def span(self, dates: tuple[str, str]) -> str:
        """Write the first and the last of some days, saying once what they share."""
        first, last = dates
        if first[:10] == last[:10]:
            return self.date(first[:10])
        return format_interval(_day(first), _day(last), "yMMMMd", locale=self._locale)

    def time(self, iso: str) -> str:
        """Write the time of day of an ISO 8601 date and time, without seconds."""
        return format_time(time.fromisoformat(iso[11:16]), "short", locale=self._locale)

    def _number(self, value: float) -> str:
        """Write a number without needless decimals: 4.2, 1,080."""
        return format_decimal(value, "#,##0.##", locale=self._locale)

    def shutter(self, seconds: float) -> str:
        """Write an exposure time as photographers do: 1/250 s, 0.5 s, 30 s."""
        value = f"1/{round(1 / seconds)}" if seconds < 0.3 else self.number(seconds)
        return f"{value}{_NO_BREAK}s"

    def millimetres(self, value: float) -> str:
        """Write a focal length."""
        return _joined(format_unit(value, "length-millimeter", length="short", locale=self._locale))

    def bytes(self, count: int) -> str:
        """Write a number of bytes: 4.2 MB, 310 kB."""
        amount, unit = (count / 1e6, "mega") if count >= 1e6 else (max(1, count / 1e3), "kilo")
        rounded = round(amount, 1) if unit == "mega" else round(amount)
        named = f"digital-{unit}byte"
        return _joined(format_unit(rounded, named, length="short", locale=self._locale))


def is_spoken(tag: str, templates: Mapping[str, bytes]) -> bool:
    """Tell whether there is a catalogue for a language; English needs none."""
    return tag.partition("-")[0].lower() == "en" or _catalogue(tag, templates) is not None


def _day(iso: str) -> date:
    return date.fromisoformat(iso[:10])


def _joined(text: str) -> str:
    return text.replace(" ", _NO_BREAK)


def _locale(tag: str) -> Locale:
    """Return what the CLDR knows of a language: of its region and script, as far as it does."""
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            tag = tag.rpartition("-")[0]
    return Locale("en")


def _with_territory(locale: Locale) -> str:
    """Return language and country: the country where most speak it, if none is said (UTS 35)."""
    likely = get_global("likely_subtags")
    known = likely.get(str(locale)) or likely.get(locale.language) or ""
    territory = locale.territory or known.rpartition("_")[2]
    return f"{locale.language}_{territory}" if territory.isalpha() else locale.language


def _catalogue(tag: str, templates: Mapping[str, bytes]) -> str | None:
    """Name the catalogue of a language: of its region, else of the language alone."""
    known = {name.lower(): name for name in templates if name.startswith(f"{LANGUAGES}/")}
    while tag:
        if name := known.get(f"{LANGUAGES}/{tag}.po".lower()):
            return name
        tag = tag.rpartition("-")[0]
    return None


def _translations(tag: str, templates: Mapping[str, bytes]) -> NullTranslations:
    """Read the catalogue of a language; TemplateError if it is damaged."""
    name = _catalogue(tag, templates)
    if name is None:
        return NullTranslations()
    place = f"{TEMPLATES}/{name}"
    try:
        catalogue = read_po(io.BytesIO(templates[name]), _locale(tag), abort_invalid=True)
        if fault := next(_faults(templates[name].decode("utf-8-sig"), catalogue), None):
            line, what = fault
            raise TemplateError(
                Problem(
                    f"{place}:{line}", what, "mend it, or remove the file", code="wrong-catalogue"
                )
            )
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        translations = GNUTranslations(io.BytesIO(compiled.getvalue()))
        for count in range(200):
            translations.ngettext("", "", count)
        return translations
    except PoFileError as error:
        place, what = f"{place}:{error.lineno + 1}", str(error).rpartition(" on ")[0]
    except TemplateError:
        raise
    except Exception as error:  # noqa: BLE001 - a reader of foreign text raises what it likes
        what = f"cannot be read: {error}"
    raise TemplateError(Problem(place, what, "mend it, or remove the file", code="wrong-catalogue"))


def _faults(text: str, catalogue: Catalog) -> Iterator[tuple[int, str]]:
    """Yield each line that is none of a catalogue, and each translation that does not fit.

    Of a plural, some forms may do without the number: "one photo".
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not _LINE.fullmatch(line):
            yield number, "is no line of a catalogue: is a quotation mark missing?"
    for message in catalogue:
        english, said = _texts(message.id), _texts(message.string)
        wanted = set(_PLACE.findall(" ".join(english)))
        for each in filter(None, said if message.id else ()):
            found = set(_PLACE.findall(each))
            fits = found <= wanted if len(english) > 1 else found == wanted
            if not fits or "%" in _PLACE.sub("", each).replace("%%", ""):
                what = (
                    f"{text!r} does not fit {english[0]!r}: the names in %(...)s must be the same"
                )
                yield message.lineno or 1, what


def _texts(text: object) -> tuple[str, ...]:
    """Return what a message says, in all its forms."""
    return tuple(map(str, text)) if isinstance(text, tuple | list) else (str(text or ""),)
