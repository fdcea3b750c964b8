"""The shape of the package: who may import whom, and who may do what."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import generator
from tests.support.sites import surroundings

PACKAGE = Path(generator.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}


def rows(text: str | None) -> list[list[str]]:
    """Return the names of each row of the map in a docstring, without what is said of them."""
    return [row.split() for row in re.findall(r"^ {4}(\w+(?: \w+)*)", text or "", re.MULTILINE)]


def levels() -> dict[str, tuple[int, int]]:
    """Return the level of every module: that of its room, and its own in there."""
    found: dict[str, tuple[int, int]] = {}
    for level, row in enumerate(rows(generator.__doc__)):
        for name in row:
            room = MODULES.get(f"{name}.__init__")
            found[name] = (level, 0)
            for place, within in enumerate(rows(ast.get_docstring(room)) if room else []):
                found |= {f"{name}.{each}": (level, place) for each in within}
    return found


LEVELS = levels()

STEPS = {"library.scan", "planning.plan", "pixels.render", "output.publish", "pages.html"}

# Who may import what is neither ours nor Python's. msgspec, the nouns' own, is free to all.
# survey asks PIL only where it lies.
OUTSIDE = {
    "PIL": {
        "machines.icons",
        "library.survey",
        "metadata.exif",
        "metadata.iptc",
        "metadata.reading",
    }
    | {
        f"pixels.{name}"
        for name in "animation codec coding colour decode deep deep_colour encode jxl"
        " placeholder planes raster raw resample svg".split()
    },
    "pillow_heif": {"pixels.decode", "pixels.deep"},
    "numpy": {f"pixels.{name}" for name in ("deep", "deep_colour", "hdr", "jxl", "planes")},
    "imagecodecs": {f"pixels.{name}" for name in ("codec", "deep", "deep_colour", "jxl")},
    "pillow_jxl": {"pixels.jxl"},
    "tifffile": {"pixels.deep"},
    "rawpy": {"pixels.raw"},
    "defusedxml": {"pixels.svg", "metadata.xmp"},
    "babel": {"pages.language"},
    "jinja2": {"pages.html", "pages.lint", "pages.theme"},
    "markupsafe": {"pages.html"},
    "markdown": {"library.document", "start.sigal"},
    "nh3": {"library.document"},
    "yaml": {"library.document"},
    "natsort": {"planning.order"},
    "slugify": {"core.routes"},
    "filelock": {"state.store"},
    "watchfiles": {"serve.watching"},
    "click": {"cli", "terminal"},
    "rich": {"telling", "terminal"},
    "tornado": {"serve.handlers", "serve.reload", "serve.server"},
    "msgspec": set(MODULES),
}


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported anywhere in a module, under its full name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def neighbours(name: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    return {each.removeprefix("generator.") for each in imported(MODULES[name])} & MODULES.keys()


def strangers(name: str) -> set[str]:
    """Return the packages that a module imports from outside the standard library."""
    roots = {each.partition(".")[0] for each in imported(MODULES[name])}
    return roots - sys.stdlib_module_names - {"generator"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with the name of what is called: `print`, `sys.exit`, `.write_text`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=function):
                yield function, node
            case ast.Attribute(value=ast.Name(id="sys" | "os" as owner), attr=function):
                yield f"{owner}.{function}", node
            case ast.Attribute(attr=function):
                yield f".{function}", node


def writes(function: str, call: ast.Call) -> bool:
    """Tell whether a call writes a file, as far as the source shows it."""
    if function in (".write_text", ".write_bytes", ".touch", "os.rename", "os.replace"):
        return True
    given = [word.value for word in call.keywords if word.arg == "mode"]
    match function, [*call.args, *given]:
        case ("open", [_, ast.Constant(str(mode)), *_]) | (".open", [ast.Constant(str(mode)), *_]):
            return not set("wax+").isdisjoint(mode)
    return False


def run_alone(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_module_has_its_row() -> None:
    rooms = {name.removesuffix(".__init__") for name in MODULES if name.endswith(".__init__")}
    modules = {name for name in MODULES if not name.endswith("__init__")}

    assert set(LEVELS) == modules | rooms


@pytest.mark.parametrize("name", [name for name in LEVELS if name in MODULES])
def test_a_module_imports_only_from_rows_above_its_own(name: str) -> None:
    wrong = {other for other in neighbours(name) if LEVELS[other] >= LEVELS[name]}

    assert wrong == set()


def test_steps_do_not_know_each_other() -> None:
    known = {(name, other) for name in STEPS for other in neighbours(name) & STEPS}

    # A page shows what is planned: it takes the plan's values, never its decisions.
    assert known == {("pages.html", "planning.plan")}


def test_the_reader_of_what_is_published_shares_no_code_with_what_makes_it() -> None:
    assert neighbours("privacy.reader") == set()
    assert strangers("privacy.reader") == {"msgspec"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_library_is_used_only_where_it_belongs(name: str) -> None:
    wrong = {other for other in strangers(name) if name not in OUTSIDE.get(other, set())}

    assert wrong == set()


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"cli"}))
def test_only_the_command_line_prints_and_exits(name: str) -> None:
    found = {function for function, _ in calls(MODULES[name])}

    assert found.isdisjoint({"print", "sys.exit", "exit", "quit", "breakpoint", "input"})


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"core.files", "output.publish"}))
def test_files_are_written_in_two_places_only(name: str) -> None:
    found = [ast.unparse(call) for function, call in calls(MODULES[name]) if writes(function, call)]

    # The null device is nowhere.
    assert [call for call in found if "os.devnull" not in call] == []


@pytest.mark.parametrize("name", [name for name in LEVELS if name != "__main__"])
def test_a_module_can_be_imported_alone(name: str) -> None:
    done = run_alone(f"import generator.{name}")

    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_starts_without_the_libraries_of_the_work() -> None:
    heavy = "PIL.Image numpy jinja2 markdown nh3 yaml rich multiprocessing tornado asyncio".split()
    done = run_alone(f"import generator.cli, sys; print(sorted(sys.modules.keys() & {heavy}))")

    assert done.stdout.strip() == "[]"
