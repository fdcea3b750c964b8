"""What machines are told in JSON."""

from collections.abc import Mapping


def told(values: Mapping[str, object]) -> dict[str, object]:
    """Leave out what nobody says: empty texts, lists and objects."""
    return {key: value for key, value in values.items() if value not in ("", [], {})}
