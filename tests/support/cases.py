"""How many random cases tests try: few in passing, more by hand."""

import os


def cases(count: int) -> int:
    """Return so many, times what $FASTPHOTO_CASES says."""
    return count * int(os.environ.get("FASTPHOTO_CASES", "1"))
