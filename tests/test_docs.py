"""The README states facts; these are they."""

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from generator.cli import INTERRUPTED, build_command, cli, serve_command
from generator.core.config import Config
from generator.core.model import FrontMatter

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(after: str) -> list[list[str]]:
    """Return the cells of the first table after a mark, without its two heading rows."""
    table = README.split(after, 1)[1].strip().split("\n\n", 1)[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def settings(value: object, prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, each in msgspec.structs.asdict(value).items():  # type: ignore[arg-type]
        if isinstance(each, msgspec.Struct):
            found |= settings(each, f"{prefix}{name}.")
        else:
            found[prefix + name] = each
    return found


def test_every_setting_stands_in_the_readme_with_its_default() -> None:
    stated = {key.strip("`"): default.strip("`") for key, default, _ in rows("<!-- settings -->")}
    encoded: dict[str, Any] = {
        key: msgspec.json.encode(value).decode() for key, value in settings(Config()).items()
    }
    assert {key: re.sub(r"\s", "", default) for key, default in stated.items()} == {
        key: re.sub(r"\s", "", default) for key, default in encoded.items()
    }


def test_every_command_and_option_stands_in_the_readme() -> None:
    commands = {
        cell[0].strip("`").removeprefix("fastphoto ") for cell in rows("go to your site and build:")
    }
    assert commands == set(cli.commands)
    stated = {cell[0].strip("`").split()[0] for cell in rows("and nothing else |")}
    options = {
        option for each in build_command.params for option in each.opts if option[:2] == "--"
    }
    assert stated == options
    stated = set(re.findall(r"`(--[a-z-]+)", str(rows("`output/` holds what `build` makes."))))
    assert stated == {
        option for each in serve_command.params for option in each.opts if option[:2] == "--"
    }


def test_the_exit_statuses_are_those_of_the_help() -> None:
    stated = [int(cell[0]) for cell in rows("`stats` the numbers |")]
    assert stated == [0, 1, 2, INTERRUPTED]
    help_text = CliRunner().invoke(cli, ["--help"]).output
    assert all(re.search(rf"\b{status} ", help_text) for status in stated)


def test_every_key_of_front_matter_stands_in_the_readme() -> None:
    stated = {
        key for cell in rows("each key is optional:") for key in re.findall(r"`(\w+)`", cell[0])
    }
    assert stated == {each.name for each in msgspec.structs.fields(FrontMatter)} - {
        "offset",
        "aliases_line",
    }


def test_every_room_of_the_package_stands_in_the_readme() -> None:
    stated = {
        name for cell in rows("in its first lines:") for name in re.findall(r"`(\w+)/?`", cell[0])
    }
    entries = {path.stem for path in (ROOT / "generator").iterdir() if path.stem[:2] != "__"}
    assert stated == entries - {"templates", "py"}  # py.typed


def test_files_and_folders_that_the_readme_links_to_exist() -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", README)
    examples = {"/iceland/falls.jpg", "falls.md", "/iceland/"}
    assert targets
    assert [each for each in targets if each not in examples and not (ROOT / each).exists()] == []


def test_every_key_of_the_viewer_stands_in_the_readme() -> None:
    theirs = (ROOT / "templates/_viewer.html").read_text("utf-8")
    section = README.split("## The viewer", 1)[1].split("\n## ", 1)[0]
    stated = {key for row in re.findall(r"^\| (`.*?) \|", section, re.M) for key in _names(row)}
    assert set(re.findall(r"<kbd>(.+?)</kbd>", theirs)) | {"?"} == stated


def _names(cell: str) -> list[str]:
    return re.findall(r"`(.+?)`", cell)


@pytest.mark.parametrize("command", re.findall(r"```sh\n(.+?)\n```", README, re.DOTALL))
def test_the_commands_are_one_line_each_and_make_their_own_environment(command: str) -> None:
    assert "\n" not in command
    assert shlex.split(command)[:4] == ["python3", "-m", "venv", ".venv"]
