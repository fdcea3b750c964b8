"""Where the program comes from, what it runs, and what it needs: nothing that nobody chose."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement

from generator.core.errors import ConfigError
from tests.support.albums import QUICK
from tests.support.canaries import PLANTED
from tests.support.mounts import run_with_mounts
from tests.support.pictures import chart, encoded, gps_exif, save
from tests.support.sites import (
    CHECKOUT,
    SECONDS,
    Site,
    clean_tree,
    command,
    surroundings,
    tree,
    wait_until,
)
from tests.support.tiffs import dng

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
LOCK = (CHECKOUT / "requirements.lock").read_text("utf-8")

posix = pytest.mark.skipif(sys.platform == "win32", reason="processes as POSIX has them")


# C1: what lies among the pictures is not executed.

OURS = "PIL babel click filelock jinja2 livereload markdown msgspec natsort nh3 numpy rich slugify"
OURS += " tifffile tornado watchfiles yaml generator"
PYTHON_S = "base64 json pickle random runpy selectors signal site sitecustomize socket struct"
PYTHON_S += " subprocess tempfile threading usercustomize"

# As the script that an installation makes, which finds us among the packages: after all else.
SCRIPT = f"""import sys
sys.path.append({str(CHECKOUT)!r})
from generator.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
def trapped(site: Site, tmp_path: Path) -> Iterator[Site]:
    """A site of modules that tell when they are executed, of Python's names and of ours."""
    site.settings(QUICK)
    site.photo("coast/one.jpg")
    site.photo("two.jpg", 1)
    site.text("index.md", "Words.\n")
    sprung = tmp_path / "sprung"
    trap = f"open({str(sprung)!r}, 'a').write(__name__ + ' ')\n".encode()
    for folder in ("", "pictures/", "content/", "templates/", "pictures/coast/"):
        for name in f"{OURS} {PYTHON_S}".split():
            site.write(f"{folder}{name}.py", trap)
        for name in ("jinja2", "generator", "PIL", "yaml"):
            site.write(f"{folder}{name}/__init__.py", trap)
    yield site
    assert not sprung.exists(), sprung.read_text("utf-8")


def script(tmp_path: Path) -> list[str]:
    path = tmp_path / "bin/fastphoto"
    path.parent.mkdir(exist_ok=True)
    path.write_text(SCRIPT, encoding="utf-8")
    return [sys.executable, str(path)]


def run(
    arguments: Sequence[str], cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


# With the status that each ends with: for nothing uses these templates, as check says.
WAYS: Mapping[tuple[str, ...], int] = {
    ("build", "--jobs", "2"): 0,
    ("check",): 1,
    ("new", "begun"): 0,
}


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_c1_the_script_executes_nothing_of_the_site(
    trapped: Site, tmp_path: Path, way: tuple[str, ...]
) -> None:
    done = run([*script(tmp_path), *way], trapped.root)

    assert (done.returncode, "Traceback" in done.stderr) == (WAYS[way], False)


def test_c1_nor_does_it_from_within_the_sources(trapped: Site, tmp_path: Path) -> None:
    arguments = ["build", "--jobs", "2", "--site", "../.."]

    assert run([*script(tmp_path), *arguments], trapped.pictures / "coast").returncode == 0


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_c1_the_module_executes_nothing_of_the_site(trapped: Site, way: tuple[str, ...]) -> None:
    # Whoever asks for a module finds that of the folder first: README says what to do instead.
    for path in ("generator.py", "generator/__init__.py"):
        (trapped.root / path).unlink()

    done = trapped.run(*way)

    assert (done.returncode, "Traceback" in done.stderr) == (WAYS[way], False)


@posix
def test_c1_a_server_executes_nothing_of_the_site(trapped: Site, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*script(tmp_path), "serve", "--port", "0", "--jobs", "1"],
        cwd=trapped.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until((trapped.output / "two/index.html").exists)
            server.send_signal(signal.SIGINT)
            assert server.wait(SECONDS) == 0
        finally:
            server.kill()


# C2: what is installed.


def requirements() -> list[Requirement]:
    project = PROJECT["project"]
    extras = project["optional-dependencies"].values()
    every = chain(PROJECT["build-system"]["requires"], project["dependencies"], *extras)
    return [each for each in map(Requirement, every) if each.name != "fastphoto"]


def locked() -> Mapping[str, list[str]]:
    """Return the lines of each version that is locked, by name and version."""
    found: dict[str, list[str]] = {}
    for line in LOCK.splitlines():
        if named := re.match(r"([a-z0-9-]+)==(\S+)", line):
            lines = found[f"{named[1]}=={named[2]}"] = []
        lines.append(line)
    return found


def test_c2_every_dependency_has_bounds() -> None:
    def has_bounds(requirement: Requirement) -> bool:
        kinds = {each.operator for each in requirement.specifier}
        return kinds == {">=", "<"} and requirement.url is None

    assert [str(each) for each in requirements() if not has_bounds(each)] == []


def test_c2_the_lock_has_a_version_within_them_of_every_dependency() -> None:
    versions = [each.split("==") for each in locked()]
    missing = [
        str(wanted)
        for wanted in requirements()
        if not any(
            name == wanted.name.lower() and wanted.specifier.contains(version)
            for name, version in versions
        )
    ]
    assert missing == []


def test_c2_everything_in_the_lock_has_digests_and_no_address() -> None:
    bare = [name for name, lines in locked().items() if "--hash=sha256:" not in "".join(lines)]
    digests = re.findall(r"--hash=(\S+)", LOCK)

    assert bare == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in digests)
    assert "://" not in LOCK
    assert set(re.findall(r"^ *(--[a-z-]+)", LOCK, re.MULTILINE)) == {"--hash"}


def test_c2_what_is_installed_is_checked_each_time() -> None:
    steps = (CHECKOUT / ".ci/run").read_text("utf-8").splitlines()

    assert ".venv/bin/pip check" in steps
    assert "--require-hashes -r requirements.lock" in (CHECKOUT / "README.md").read_text("utf-8")


# C3: no network, no programs.

# Whatever runs under it tells of it, and stops at the first word to anybody else.
WARDEN = """
import os, sys
LOG = os.environ["WARDEN_LOG"]
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn",
             "os.fork", "os.startfile", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.")
def tell(text):
    descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, text.encode() + b"\\n")
    os.close(descriptor)
def look(event, arguments):
    if event.startswith(FORBIDDEN):
        tell(f"{event} {arguments!r}")
        raise PermissionError(event)
tell(f"process {os.getpid()}")
sys.addaudithook(look)
"""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"
width="90" height="60"><image x:href="http://127.0.0.1:9/x.png" width="9" height="9"/>
<style>@import url(http://127.0.0.1:9/x.css);</style><use x:href="http://127.0.0.1:9/x.svg#a"/>
<rect width="90" height="60" fill="red"/></svg>"""
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch /tmp/x) (w) file\nshowpage\n"
XMP = """<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY e SYSTEM
"http://127.0.0.1:9/x">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&e;
</rdf:RDF>"""
TEXT = """---
title: Words
keywords: [a, b]
---
![far](http://127.0.0.1:9/far.jpg) <img src="http://127.0.0.1:9/near.jpg">

::: gallery
here
:::
"""
SETTINGS = """
[site]
base_url = "http://127.0.0.1:9/"
icon = "here/gps.jpg"
[images]
max_dimensions = [32]
default_dimension = 32
formats = ["avif", "webp", "jpeg", "png"]
originals = "scrub"
svg = true
[albums]
download = true
[gallery]
map = true
show_location = true
"""


@pytest.fixture
def addressed(site: Site) -> Site:
    """A site whose files name addresses, and programs, wherever they can."""
    site.settings(SETTINGS)
    save(chart(), site.pictures / "here/gps.jpg", exif=gps_exif())
    site.write("pictures/drawn/a.svg", SVG.encode())
    site.write("pictures/eps.eps", EPS)
    site.write("pictures/eps-named.jpg", EPS)
    site.write("pictures/raw.dng", dng(np.full((64, 96, 3), 0.5)))
    site.write("pictures/here/gps.xmp", XMP.encode())
    site.write("pictures/video.mp4", b"\0\0\0\x18ftypmp42")
    site.text("here/index.md", TEXT)
    site.text("about.md", TEXT)
    return site


@pytest.fixture
def every_kind(addressed: Site) -> Site:
    """The same, with every kind of picture that there is."""
    for name, make in PLANTED.items():
        addressed.write(f"pictures/here/{name}.jpg", make()[1])
    return addressed


@posix
def test_c3_nothing_is_fetched_and_no_program_is_started(every_kind: Site, tmp_path: Path) -> None:
    (tmp_path / "warden").mkdir()
    (tmp_path / "warden/sitecustomize.py").write_text(WARDEN, encoding="utf-8")
    log = tmp_path / "log"
    environment = {
        "PYTHONPATH": f"{tmp_path / 'warden'}{os.pathsep}{CHECKOUT}",
        "WARDEN_LOG": str(log),
        "PATH": "",
    }

    for arguments in (("build", "--jobs", "2"), ("check", "--privacy")):
        done = every_kind.run(*arguments, **environment)
        assert (done.returncode, "Traceback" in done.stderr) in ((0, False), (1, False)), (
            done.stderr
        )

    told = log.read_text("utf-8").splitlines()
    assert [line for line in told if not line.startswith("process ")] == []
    # Both commands, and those that the one hired.
    assert len(told) >= 4
    assert len(list((every_kind.output / "full/here").iterdir())) > 20


@posix
def test_c3_the_warden_hears_who_speaks(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WARDEN, encoding="utf-8")
    log = tmp_path / "log"
    for code in (
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "from urllib.request import urlopen; urlopen('http://127.0.0.1:9/')",
    ):
        environment = {"PYTHONPATH": str(tmp_path), "WARDEN_LOG": str(log)}
        assert run([sys.executable, "-c", code], tmp_path, **environment).returncode == 1

    heard = [line.split()[0] for line in log.read_text("utf-8").splitlines()]
    assert [each for each in heard if each != "process"] == [
        *("socket.getaddrinfo", "subprocess.Popen", "os.system", "urllib.Request")
    ]


def test_c3_a_build_needs_no_network_at_all(addressed: Site, tmp_path: Path) -> None:
    right = clean_tree(addressed, tmp_path / "clean")

    # A process that is alone has not even itself to speak to.
    alone = ["unshare", "--net", *command("build")]
    done = run_with_mounts("unshare --net true", alone, addressed.root)

    assert (done.returncode, tree(addressed.output)) == (1, right)


# C4: settings and words are no code.


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: !!python/object/apply:os.system ['touch {}']\n---\n",
        "---\ntitle: !!python/name:os.system\n---\n",
        "---\ntitle: !!python/object/new:os.system ['touch {}']\n---\n",
        "---\n!!python/object/apply:os.mkdir ['{}']\n---\n",
        "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}} {{% include 'base.html' %}}",
        "<script>1</script><?php system('touch {}'); ?>",
    ],
)
def test_c4_words_are_not_executed(site: Site, tmp_path: Path, text: str) -> None:
    site.settings(QUICK)
    site.photo("one.jpg")
    executed = tmp_path / "executed"
    site.text("about.md", text.format(executed))

    report = site.build()

    assert not executed.exists()
    assert {problem.where.partition(":")[0] for problem in report.problems} <= {"content/about.md"}
    page = site.output / "about/index.html"
    if page.exists():
        assert b"<script>1" not in page.read_bytes()
        assert b"&lt;class" not in page.read_bytes()


def test_c4_settings_are_values_and_nothing_else(site: Site, tmp_path: Path) -> None:
    site.photo("one.jpg")
    executed = tmp_path / "executed"
    for name in ("site.py", "settings.py", "conf.py", "fastphoto.py", "setup.py", "conftest.py"):
        site.write(name, f"open({str(executed)!r}, 'w')".encode())
    site.settings(QUICK + '[site]\ntitle = "{{ 7 * 7 }} ${HOME} $(id) %(x)s"\n')
    site.build()

    assert not executed.exists()
    assert "<title>{{ 7 * 7 }} ${HOME} $(id) %(x)s</title>" in site.html("index.html")
    site.settings("import os\nos.mkdir('executed')\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        site.build()


# C5: whoever runs it, wherever.


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site, as it is built where all is known."""
    site = Site(tmp_path_factory.mktemp("usual") / "site")
    site.settings(QUICK)
    site.photo("coast/one.jpg")
    site.text("index.md", "Grüße, 世界\n")
    site.photo("Grüße/世界.jpg", 1)
    site.build()
    return site


@pytest.fixture
def plain(usual: Site, tmp_path: Path) -> Site:
    """The same, not built."""
    return usual.copy(tmp_path / "site")


NOWHERE: Mapping[str, str | None] = {
    **dict.fromkeys(["HOME", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "USER", "LOGNAME"]),
    **dict.fromkeys(["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TZ", "COLUMNS", "PYTHONUTF8"]),
}
PLACES: Mapping[str, Mapping[str, str | None]] = {
    "nothing is known": NOWHERE,
    "a home at the root": {**NOWHERE, "HOME": "/"},
    "a home that is relative": {"HOME": "pictures", "TERM": "dumb", "LANG": "C", "LC_ALL": "C"},
    "what nobody knows": {
        "HOME": "/etc/passwd",
        "TERM": "none",
        "LANG": "xx_XX.UTF-9",
        "COLUMNS": "0",
    },
}


@posix
@pytest.mark.parametrize("name", PLACES)
def test_c5_it_works_wherever_it_is(plain: Site, usual: Site, name: str) -> None:
    environment = surroundings()
    for key, value in PLACES[name].items():
        environment.pop(key, None)
        if value is not None:
            environment[key] = value

    done = subprocess.run(
        command("build", "--jobs", "1"),
        cwd=plain.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )

    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    assert tree(plain.output) == tree(usual.output)


@posix
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "2>&-"])
def test_c5_nobody_has_to_listen(plain: Site, usual: Site, closed: str) -> None:
    # Decoders tell of it on the terminal, and so does the build: not in a file of the site.
    plain.write("pictures/half.png", encoded(chart(), "PNG")[:200])

    shell = ["sh", "-c", f'("$@" {closed}); test $? = 1', "sh", *command("build", "--jobs", "2")]

    assert run(shell, plain.root, **surroundings()).returncode == 0
    assert tree(plain.output) == tree(usual.output)


def test_c5_a_home_is_left_alone(plain: Site, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    before = {*tmp_path.iterdir()}
    for arguments in (("build", "--jobs", "2"), ("clean",)):
        names = ("HOME", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME")
        done = plain.run(*arguments, **dict.fromkeys(names, str(home)))
        assert done.returncode == 0, done.stderr

    assert list(home.iterdir()) == []
    assert {*tmp_path.iterdir()} == before


def test_c5_an_installation_may_be_read_only(plain: Site, usual: Site) -> None:
    plain.output.mkdir()
    packages = Path(np.__file__).parents[1]
    folders = (CHECKOUT, packages)
    mounts = [f"mount --bind {each} {each} && mount -o remount,bind,ro {each}" for each in folders]
    forget = ["env", "-u", "PYTHONDONTWRITEBYTECODE", *command("build", "--jobs", "2")]

    done = run_with_mounts(" && ".join(mounts), forget, plain.root)

    assert (done.returncode, tree(plain.output)) == (0, tree(usual.output)), done.stderr


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may")
def test_c5_a_user_that_nobody_knows_can_build(plain: Site, tmp_path: Path) -> None:
    nobody = 54321
    for path in (plain.root, *plain.root.rglob("*")):
        os.chown(path, nobody, nobody)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)
    environment = {key: value for key, value in surroundings().items() if key != "HOME"}
    asked = [sys.executable, "-c", "import generator.cli, PIL"]
    options = {"user": nobody, "group": nobody, "extra_groups": [], "env": environment}
    try:
        subprocess.run(asked, cwd=plain.root, check=True, capture_output=True, **options)  # type: ignore[call-overload]
    except (OSError, subprocess.SubprocessError):
        pytest.skip("others may not run this Python")

    done = subprocess.run(  # type: ignore[call-overload]
        command("build", "--jobs", "2"),
        cwd=plain.root,
        capture_output=True,
        check=False,
        **options,
    )

    assert done.returncode == 0, done.stderr
    assert {path.stat().st_uid for path in plain.output.rglob("*")} == {nobody}
