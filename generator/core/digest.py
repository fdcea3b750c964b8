"""Digests: what tells whether two things are the same."""

import hashlib

_DIGEST_SIZE = 16


def digest_of(*parts: bytes) -> str:
    """Return a short digest (128 bits, hexadecimal) of some byte strings, in order."""
    told = b"".join([each for part in parts for each in (len(part).to_bytes(8, "little"), part)])
    return hashlib.blake2b(told, digest_size=_DIGEST_SIZE).hexdigest()
