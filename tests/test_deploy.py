"""The recipes of docs/deploy.md: they parse, they say what we know, and a server takes them."""

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest
import yaml

from generator.cli import cli
from generator.core.routes import IMAGE, STATIC, is_variant
from tests.support.sites import Site, tree
from tests.test_docs import ROOT

TEXT = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [body for kind, body in BLOCKS if kind == language]


def block(heading: str) -> str:
    """Return the first block below a heading."""
    below = TEXT.split(f"\n## {heading}\n", 1)[1]
    found = re.search(r"^```\w*\n(.*?)^```$", below, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def lasting(path: str) -> bool:
    folder, _, name = path.partition("/")
    return folder == STATIC or (folder == IMAGE and is_variant(name))


@pytest.fixture
def paths(site: Site) -> list[str]:
    """The files of a site whose names make trouble."""
    for index, name in enumerate(
        ("a.jpg", "static/b.jpg", "image/c.png", "pole-1080.jpg", "x.1a2b3c4d-64.jpg", "ü/é.jpg")
    ):
        site.photo(name, index)
    site.build()
    return list(tree(site.output))


def test_files_of_settings_parse() -> None:
    workflow, pages = map(yaml.safe_load, blocks("yaml"))
    netlify, wrangler = map(tomllib.loads, blocks("toml"))

    steps = workflow["jobs"]["build"]["steps"]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    kept = [step["with"]["path"] for step in steps if "cache" in step.get("uses", "")]
    assert kept == [".cache", ".cache"]
    assert used[-1] == "actions/upload-pages-artifact"
    assert steps[-1]["with"]["path"] == "output"
    assert pages["pages"]["cache"]["paths"] == [".cache/"]
    assert netlify["build"]["publish"] == wrangler["pages_build_output_dir"] == "output"


def test_every_command_of_ours_is_one() -> None:
    commands = re.findall(r"fastphoto (build|check|\w+)((?: --[\w-]+(?: \w+)?)*)$", TEXT, re.M)
    shown = [(name, re.findall(r"--[\w-]+", rest)) for name, rest in commands]

    assert {name for name, _ in shown} >= {"build"}
    for name, options in shown:
        with click.Context(cli) as context:
            command = cli.get_command(context, name)
        assert command is not None, name
        assert set(options) <= {each for known in command.params for each in known.opts}


def test_servers_keep_for_ever_what_never_changes_and_nothing_else(paths: list[str]) -> None:
    wanted = {path for path in paths if lasting(path)}
    nginx = re.findall(r'^    "~(.+)" "public, max-age=31536000, immutable";$', TEXT, re.M)
    caddy = set(re.findall(r"path_regexp (\S+)$", TEXT, re.M))

    assert len(wanted) > 20
    assert len(nginx) == 2
    assert len(caddy) == 1
    for patterns in (nginx, caddy):
        assert {p for p in paths if any(re.search(each, f"/{p}") for each in patterns)} == wanted


def test_every_file_goes_to_the_bucket_once_with_its_header(paths: list[str]) -> None:
    """As the command line of AWS reads filters: of those that match, the last one counts."""
    script = block("S3 and CloudFront")
    (digest,) = re.findall(r"^DIGEST='(.+)'$", script, re.M)
    uploads: dict[str, list[str]] = {path: [] for path in paths}
    for line in script.splitlines():
        if line.startswith("aws s3 sync") and "--delete" not in line:
            filters = re.findall(r"--(include|exclude) ['\"]?([^'\" ]+)", line)
            (header,) = re.findall(r'--cache-control "\$(\w+)"', line)
            for path in paths:
                taken = True
                for kind, pattern in filters:
                    if fnmatchcase(path, pattern.replace("$DIGEST", digest)):
                        taken = kind == "include"
                if taken:
                    uploads[path].append(header)
    assert uploads.pop("manifest.webmanifest") == []
    assert "cp output/manifest.webmanifest" in script
    assert uploads == {
        path: ["LASTING" if lasting(path) else "CHANGING"]
        for path in paths
        if path != "manifest.webmanifest"
    }


@pytest.mark.skipif(not shutil.which("nginx"), reason="needs nginx")
def test_nginx_takes_its_recipe(tmp_path: Path) -> None:
    kept = "".join(f"{each}_temp_path {tmp_path}/{each};\n" for each in ("client_body", "proxy"))
    (tmp_path / "mime.types").write_text("types { text/html html; }\n")
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{kept}{block('nginx')}}}\n"
    )
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr.replace('[warn] the "user"', "")


def test_the_container_builds_and_serves_what_is_there() -> None:
    (dockerfile,) = blocks("dockerfile")

    assert dockerfile.count("\nFROM ") == 2
    assert "unprivileged" in dockerfile.rsplit("\nFROM ", 1)[1]
    served = re.findall(r"COPY --from=build /site/output (\S+)", dockerfile)
    assert served == re.findall(r"^    root (\S+);$", block("nginx"), re.M)
