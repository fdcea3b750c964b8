"""Sites for tests: small folders of pictures and texts, built in this process."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from generator.build import build
from generator.config import load_config
from generator.report import Options, Report
from tests.support.pictures import chart, save


class Site:
    """A site in a folder of its own; small pictures, and settings that make few variants."""

    SETTINGS = '[images]\nmax_dimensions = [32, 64]\ndefault_dimension = 64\n'

    def __init__(self, root: Path) -> None:
        self.root = root
        self.output = root / "output"
        (root / "pictures").mkdir(parents=True)
        self.settings(self.SETTINGS)

    def settings(self, text: str) -> None:
        (self.root / "site.toml").write_text(text, encoding="utf-8")

    def photo(self, path: str, seed: int = 0, width: int = 96, height: int = 64) -> Path:
        return save(chart(width, height, seed), self.root / "pictures" / path)

    def text(self, path: str, text: str) -> Path:
        return self.write(f"content/{path}", text.encode())

    def write(self, path: str, body: bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return target

    def build(self, *, output: Path | None = None, strict: bool = False, force: bool = False) -> Report:
        options = Options(strict=strict, force=force, jobs=1)
        return build(self.root, output or self.output, load_config(self.root), options)

    def html(self, path: str) -> str:
        return (self.output / path).read_text(encoding="utf-8")


def tree(folder: Path) -> Mapping[str, str]:
    """Return the digest of every file below a folder, by path."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
