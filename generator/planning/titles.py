"""Titles made of file names: of those that a person wrote, and of no camera's. Pure."""

import posixpath
import re
import unicodedata
from itertools import pairwise

from generator.core.text import clean_text

_BETWEEN = re.compile(r"[\s_'’,&!()-]+|\.\s+")  # noqa: RUF001

_DIGIT = re.compile(r"\d")

# What names of people and places have before a capital.
_SON_OF = re.compile(r"\AMa?c(?=\w)")

# What programs call a file that nobody named, word by word.
_NOBODYS = frozenset(
    # A picture, a copy, a download.
    """
    image images img imagen imagem immagine imgp pic pics picture pictures photo photos foto fotos
    photograph bild bilder afbeelding obraz zdjęcie kuva bilde kép resim snapshot
    写真 画像 图片 图像 照片 圖片 사진 이미지 фото изображение зображення صورة תמונה
    untitled unnamed unknown noname unbenannt ohne titel sans titre sin título titulo senza titolo
    sem nome без названия
    file datei fichier archivo download downloads downloaded descarga attachment anhang
    copy of copie kopie copia edit edited bearbeitet modifié export exported final original resized
    large small medium thumb thumbnail preview default design project new neu
    """
    # A screen, a scanner, a phone, a messenger.
    """
    screenshot screen shot screenshots bildschirmfoto capture d écran captura de pantalla tela
    schermata schermafbeelding snip clip clipboard pasted graphic zwischenablage
    scan scanned scanner document dokument page
    dsc dscn dscf dscs dcim mvi mvimg mov vid video pano panorama burst pxl gopr dji cimg
    camera cam collage animation motion signal telegram whatsapp facebook fb messenger instagram
    snapchat received resource render fullsizerender from ios iphone android
    """.split()
)


def title_of_name(path: str) -> str:
    """Make a title of a file's name if a person seems to have written it; else return nothing.

    Cameras, phones and programs number what they name, by a count, a date or at random: a name
    with a digit is theirs. So is one whose words are all of their kind (`Untitled design`), one of
    a single letter, and one with capitals inside of words (`FullSizeRender`, but not `McDonald`).
    """
    if _DIGIT.search(path, path.rfind("/") + 1, path.rfind(".") + 1 or len(path)):
        return ""
    name = clean_text(posixpath.splitext(posixpath.basename(path))[0])
    words = [word for word in _BETWEEN.split(name) if word]
    is_written = (
        all(map(_is_word, words))
        and sum(map(len, words)) > 1
        and not any(map(_has_capital_inside, words))
        and not _NOBODYS.issuperset(map(str.casefold, words))
    )
    if not is_written:
        return ""
    title = " ".join(re.sub(r"[_-]", " ", name).split())
    return title[:1].upper() + title[1:] if title.islower() else title


def _has_capital_inside(word: str) -> bool:
    rest = _SON_OF.sub("", word)
    return any(before.islower() and after.isupper() for before, after in pairwise(rest))


def _is_word(word: str) -> bool:
    """Tell whether something is written with letters only, and the marks that belong to them."""
    return all(char.isalpha() or unicodedata.category(char)[0] == "M" for char in word)
