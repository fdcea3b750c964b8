"""What hosts are told, read as they read it, and what they would refuse."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from generator.machines.hosting import HOSTS, Host, headers, refusals, tallied
from tests.support.sites import Site, tree
from tests.support.told import settings

Rules = list[tuple[str, dict[str, str]]]

FOR_EVER = "public, max-age=31536000, immutable"
DIGEST = re.compile(r"image/.*\.[0-9a-f]{8}-\d+\.\w+|static/.*\.[0-9a-f]{8}\.\w+")


def read(text: str) -> Rules:
    """Read rules as both hosts do: a line with a path, then indented lines with headers."""
    rules: Rules = []
    for line in text.splitlines():
        if line.startswith("/"):
            rules.append((line, {}))
        elif line and not line.startswith("#"):
            assert line.startswith("  ")
            name, colon, value = line.strip().partition(": ")
            assert colon and value and name not in rules[-1][1]
            rules[-1][1][name] = value
    assert all(found for _, found in rules)
    return rules


def cloudflare(rule: str) -> re.Pattern[str]:
    """Match as Cloudflare Pages does: an asterisk is anything, all else is itself."""
    assert rule.count("*") <= 1
    assert ":" not in rule
    return re.compile(".*".join(map(re.escape, rule.split("*"))))


def netlify(rule: str) -> re.Pattern[str]:
    """Match as Netlify does: a part that is an asterisk alone may be missing with its slash.

    Capitals are small letters; beside an asterisk, a dot is any character.
    """
    parts = (
        "?(.*)" if part == "*" else part.replace("*", "(.*)") if "*" in part else re.escape(part)
        for part in filter(None, rule.split("/"))
    )
    return re.compile(f"/{'/'.join(parts)}/?", re.IGNORECASE)


@pytest.fixture(params=[cloudflare, netlify], ids=["cloudflare", "netlify"])
def host(request: pytest.FixtureRequest) -> object:
    return request.param


def sent(rules: Rules, path: str, pattern: object) -> dict[str, str]:
    """Return the headers that a host sends with a path; no header comes from two rules."""
    assert callable(pattern)
    found: dict[str, str] = {}
    for rule, values in rules:
        if pattern(rule).fullmatch(path):
            assert not found.keys() & values.keys(), f"{path} has two rules"
            found |= values
    return found


def requests(site: Site) -> Iterator[tuple[str, str]]:
    """Yield every file of a site with the path that it is asked for by."""
    for path in tree(site.output):
        yield path, f"/{path.removesuffix('index.html')}"


@pytest.fixture
def odd(site: Site) -> Site:
    """A site whose names come close to what is matched."""
    site.settings(settings())
    for number, name in enumerate(
        ("falls.jpg", "pole-64.jpg", "STATIC noise/a.jpg", "image x/b-32.JPG", "deep/er/c.avif.jpg")
    ):
        site.photo(name, number)
    site.photo("tiny.jpg", 7, 41, 30)
    site.photo("w.webp", 8)
    site.build()
    return site


def test_only_what_has_a_digest_in_its_name_never_changes(odd: Site, host: object) -> None:
    rules = read(odd.html("_headers"))
    for path, address in requests(odd):
        lasting = sent(rules, address, host).get("Cache-Control")
        if not DIGEST.fullmatch(path):
            assert lasting is None, path
        elif not path.endswith(("-64.jpg", "-32.jpg")):
            # Pictures are called pole-64.jpg and b-32.JPG: these sizes cannot be told from them.
            assert lasting == FOR_EVER, path


def test_usually_every_file_with_a_digest_is_kept_for_ever(site: Site, host: object) -> None:
    for number in range(4):
        site.photo(f"a/DSC_100{number}.jpg", number)
        site.photo(f"b/IMG-{number}.png", number)
    site.build()
    rules = read(site.html("_headers"))
    for path, address in requests(site):
        lasting = sent(rules, address, host).get("Cache-Control")
        assert lasting == (FOR_EVER if DIGEST.fullmatch(path) else None), path


def test_x7_every_answer_has_the_headers_that_protect(odd: Site, host: object) -> None:
    rules = read(odd.html("_headers"))
    for address in ("/", "/falls/", "/404.html", "/no/such/page", "/static/x.css"):
        found = sent(rules, address, host)
        assert found["Content-Security-Policy"] == (
            "default-src 'self'; base-uri 'self'; form-action 'none';"
            " frame-ancestors 'self'; object-src 'none'"
        )
        assert found["X-Content-Type-Options"] == "nosniff"
        assert found["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert re.fullmatch(r"[a-z-]+=\(\)(, [a-z-]+=\(\))*", found["Permissions-Policy"])


def test_a_page_beside_the_folder_of_styles_is_not_taken_for_one(odd: Site) -> None:
    rules = read(odd.html("_headers"))

    assert (odd.output / "static-noise/a/index.html").exists()
    assert "Cache-Control" not in sent(rules, "/static-noise/a/", netlify)


def test_no_site_has_more_rules_than_hosts_read() -> None:
    variants = [f"image/{n}.{n:08x}-{n}.jpg" for n in range(1000, 1300)]
    frequent = [f"image/{n}.{n:08x}-320.jpg" for n in range(1000, 1300)]
    rules = read(headers([*variants, *frequent, "image/x.jpg"]))

    assert len(rules) <= 100
    assert "/image/*-320.jpg" in dict(rules)
    assert all(len(line) < 2000 for line in headers(variants).splitlines())


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({}, {}),
        ({"a": 10**9}, {"Cloudflare Pages": "a has 1,000.0 MB, of 26.2 MB allowed"}),
        ({"a/b": 25 * 1024 * 1024}, {}),
        ({"a/b": 25 * 1024 * 1024 + 1}, {"Cloudflare Pages": "a/b has 26.2 MB"}),
        ({f"{n % 2}/{n}": 1 for n in range(20_000)}, {}),
        (
            {f"{n % 2}/{n}": 1 for n in range(20_001)},
            {"Cloudflare Pages": "20,001 files, of 20,000 allowed"},
        ),
        (
            {f"a/{n}": 1 for n in range(54_001)},
            {"Cloudflare Pages": "54,001", "Netlify": "54,001 files in a/, of 54,000"},
        ),
        (
            {f"{n}": 20_000_000 for n in range(51)},
            {"GitHub Pages": "1,020.0 MB, of 1,000.0 MB", "GitLab Pages": "1,020.0 MB"},
        ),
    ],
)
def test_hosts_that_would_refuse_are_named_with_the_reason(
    sizes: dict[str, int], expected: dict[str, str]
) -> None:
    found = {each.host: each.why for each in refusals(tallied([([*sizes], [*sizes.values()])]))}

    assert found.keys() == expected.keys()
    assert all(why in found[name] for name, why in expected.items())


def test_the_summary_tells_files_and_bytes_and_is_quiet_about_hosts(site: Site) -> None:
    site.photo("a.jpg")
    done = site.run("build")
    files = len(tree(site.output))

    assert f" out in {files} files\n" in done.stdout
    assert not any(host.name in done.stdout for host in HOSTS)
    report = json.loads(site.run("build", "--json").stdout)
    assert report["hosts"] == []
    assert (report["files"], report["files_written"]) == (files, 0)


def test_the_summary_names_hosts_that_would_refuse(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from generator.cli import cli
    from generator.machines import hosting

    monkeypatch.setattr(hosting, "HOSTS", (Host("Small Pages", files=3),))
    site.photo("a.jpg")
    for arguments in (["build"], ["build", "--json"]):
        with pytest.raises(SystemExit):
            cli.main([*arguments, "--site", str(site.root), "--jobs", "1"], standalone_mode=False)
    plain, told = capsys.readouterr().out.split("{", 1)

    why = f"{len(tree(site.output))} files, of 3 allowed"
    assert f"too much for Small Pages: {why}\n" in plain
    assert json.loads("{" + told)["hosts"] == [{"host": "Small Pages", "why": why}]


def test_the_table_is_in_order() -> None:
    assert all(one.name < other.name for one, other in pairwise(HOSTS))
