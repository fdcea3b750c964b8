"""Digests: what tells whether two things are the same."""

import hashlib

_DIGEST_SIZE = 16


def digest_of(*parts: bytes) -> str:
    """Return a short digest (128 bits, hexadecimal) of some byte strings, in order."""
    digest = hashlib.blake2b(digest_size=_DIGEST_SIZE)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()
