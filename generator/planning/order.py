"""The order of names that people read: tags, albums, photos. Pure, and of no language."""

import unicodedata
from typing import Any

from natsort import natsort_keygen, ns

_natural = natsort_keygen(alg=ns.IGNORECASE)

# Letters that Unicode does not take apart, by what its collation (UTS 10) sorts them beside.
_BESIDE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})


def natural(name: str) -> tuple[Any, str]:
    """Return the key that sorts names as people count and spell: 2 before 10, Ä beside A.

    Case and accents count only where nothing else tells two apart.
    """
    if name.isascii():
        return _natural(name), name
    decomposed = unicodedata.normalize("NFD", name.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _natural(plain.translate(_BESIDE)), name
