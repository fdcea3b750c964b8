"""The dev server: what it answers, whom it answers, and what open pages are told."""

import asyncio
import errno
import gzip
import os
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from generator.core.errors import ConfigError, DecodeError, Problem, TemplateError
from generator.core.files import stamp_of
from generator.machines import hosting
from generator.serve import guard
from generator.serve.answers import Source
from generator.serve.server import Complaints, bind
from generator.serve.wire import file_of, showing
from tests.support.serving import Running, TableDesk, running
from tests.support.sites import wait_until

HTML = b"""<!doctype html><html lang="en"><head><title>Front</title>
<link rel="stylesheet" href="static/site.11111111.css"></head><body>Hello</body></html>"""
PICTURE = bytes(range(256)) * 4

# What must never come out, however it is asked for: it lies beside output/.
SECRET = b"the secret beside the site"


@pytest.fixture
def desk(tmp_path: Path) -> TableDesk:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "secret.txt").write_bytes(SECRET)
    (tmp_path / "original.jpg").write_bytes(PICTURE)
    paths = ("image/falls.12345678-320.avif", "static/site.11111111.css", "index.html")
    return TableDesk(
        {
            "index.html": HTML,
            "404.html": HTML.replace(b"Front", b"Not found"),
            "iceland/index.html": HTML.replace(b"Front", b"Iceland"),
            "static/site.11111111.css": b"body { margin: 0 }\n" * 50,
            "image/falls.12345678-320.avif": PICTURE,
            "image/falls.jpg": PICTURE,
            "full/falls.jpg": tmp_path / "original.jpg",
            "site.webmanifest": b"{}",
            "_headers": hosting.headers(paths).encode(),
            "_redirects": b"/old/ /iceland/ 301\n/evil //evil.example/ 301\n",
        }
    )


@pytest.fixture
def server(desk: TableDesk, tmp_path: Path) -> Iterator[Running]:
    with running(desk, tmp_path) as found:
        yield found


# Whom it answers


def test_d1_it_is_reached_from_this_machine_only(desk: TableDesk, tmp_path: Path) -> None:
    sockets = bind("localhost", 0)
    try:
        assert {each.getsockname()[0] for each in sockets} <= {"127.0.0.1", "::1"}
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()
    assert guard.is_loopback("::1")
    assert not guard.is_loopback("0.0.0.0")
    assert not guard.is_loopback("192.168.1.5")


FOREIGN_HOSTS = ("evil.example", "evil.example:{port}", "localhost.evil.example:{port}")
FOREIGN_ORIGINS = (
    *("http://evil.example", "null", "http://127.0.0.1:1", "https://{host}"),
    *("http://[x", "http://{host}/", "http://x@{host}"),
)
EVERYWHERE = ("/", "/livereload.js", "/.fastphoto/desk.js", "/image/falls.jpg", "/nothing")


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("target", EVERYWHERE)
def test_d2_other_names_are_refused(server: Running, target: str, host: str) -> None:
    answer = server.ask(target, Host=host.format(port=server.port))

    assert answer.status == 403
    assert b"Hello" not in answer.body


def test_d2_no_name_and_two_names_are_refused(server: Running) -> None:
    for head in (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(head)
            assert connection.recv(100).split()[1] in (b"400", b"403")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_d2_names_of_this_machine_are_known(server: Running, name: str) -> None:
    assert server.ask("/", Host=f"{name}:{server.port}").status == 200
    assert server.ask("/", Host=name).status == 200


def test_d2_whoever_listens_everywhere_is_known_by_addresses_and_never_by_names() -> None:
    everywhere = guard.names_of("0.0.0.0")

    assert guard.is_known("192.168.1.5:8000", everywhere)
    assert guard.is_known("[fe80::1]:8000", everywhere)
    assert not guard.is_known("evil.example", everywhere)
    assert guard.is_known("desk.local:8000", guard.names_of("desk.local"))
    assert not guard.is_known("192.168.1.5", guard.names_of("192.168.1.6"))


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("target", EVERYWHERE)
def test_d3_d4_pages_of_others_are_refused(server: Running, target: str, origin: str) -> None:
    answer = server.ask(target, Origin=origin.format(host=server.host))

    assert answer.status == 403
    assert b"Hello" not in answer.body


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:{port}", "http://evil.example"),
        ("127.0.0.1:{port}", "null"),
        ("127.0.0.1:{port}", "http://127.0.0.1.evil.example:{port}"),
        ("127.0.0.1:{port}", "http://127.0.0.1:1"),
        ("evil.example:{port}", "http://evil.example:{port}"),
        ("evil.example", ""),
    ],
)
def test_d3_a_foreign_page_opens_no_socket(server: Running, host: str, origin: str) -> None:
    upgrade = {
        "Host": host,
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    given = {name: value.format(port=server.port) for name, value in upgrade.items() if value}

    assert server.ask("/livereload", **given).status == 403
    own = given | {"Host": server.host, "Origin": f"http://{server.host}"}
    assert server.ask("/livereload", **own).status == 101


@pytest.mark.parametrize("target", [*EVERYWHERE, "/full/falls.jpg", "/iceland"])
def test_d4_nothing_is_given_to_other_origins(server: Running, target: str) -> None:
    for origin in ({}, {"Origin": f"http://{server.host}"}):
        answer = server.ask(target, **origin)
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_d4_nothing_but_reading(server: Running, method: str) -> None:
    for target in ("/", "/.fastphoto/upload.html", "/livereload"):
        assert server.ask(target, method).status in (400, 405)


TRAVERSALS = (
    "/../secret.txt",
    "/../../secret.txt",
    "/./../secret.txt",
    "/iceland/../../secret.txt",
    "/iceland/../index.html",
    "/%2e%2e/secret.txt",
    "/%2E%2E/secret.txt",
    "/.%2e/secret.txt",
    "/%2e./secret.txt",
    "/..%2fsecret.txt",
    "/..%2Fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/iceland%2findex.html",
    "/iceland/%2e%2e/%2e%2e/secret.txt",
    "/%252e%252e/secret.txt",
    "/%252e%252e%252fsecret.txt",
    "/..\\secret.txt",
    "/..%5csecret.txt",
    "/..%5Csecret.txt",
    "/%2e%2e%5csecret.txt",
    "/iceland\\..\\..\\secret.txt",
    "/..;/secret.txt",
    "/....//secret.txt",
    "/..%00/secret.txt",
    "/index.html%00.jpg",
    "/secret.txt%00",
    "//secret.txt",
    "///etc/passwd",
    "//etc/passwd",
    "/etc/passwd",
    "/%2fetc/passwd",
    "/%c0%ae%c0%ae/secret.txt",
    "/%c0%ae%c0%ae%c0%afsecret.txt",
    "/%e0%80%ae%e0%80%ae/secret.txt",
    "/%uff0e%uff0e/secret.txt",
    "/C:/Windows/win.ini",
    "/c:%5cWindows%5cwin.ini",
    "/.git/config",
    "/.cache/manifest",
    "/.fastphoto/../../secret.txt",
    "/.fastphoto/desk.css/../../../secret.txt",
    "/.fastphoto/%2e%2e/server.py",
    "/full/../../original.jpg",
    "/file:///etc/passwd",
    "/~root/",
)


@pytest.mark.parametrize("target", TRAVERSALS)
def test_d5_nothing_outside_the_site_is_read(server: Running, target: str) -> None:
    answer = server.ask(target)

    assert answer.status in (400, 403, 404)
    assert SECRET not in answer.body
    assert b"root:" not in answer.body
    assert "location" not in answer.headers


@pytest.mark.parametrize("target", ["secret.txt", "http://evil.example/", "*", "evil.example:80"])
def test_d5_what_is_no_path_is_not_read_either(server: Running, target: str) -> None:
    assert server.ask(target).status in (400, 403, 404)


def test_d5_folders_are_not_listed(server: Running) -> None:
    for target in ("/image/", "/static/", "/full/", "/.fastphoto/"):
        answer = server.ask(target)
        assert answer.status == 404
        assert b"falls" not in answer.body


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "//evil.example/",
        "//evil.example/%2e%2e",
        "/\\evil.example",
        "/%5cevil.example",
        "/%2fevil.example",
        "/%09/evil.example",
        "/%0d%0aLocation:%20http://evil.example",
        "///evil.example/iceland",
        "/evil",
        "http://evil.example/iceland",
    ],
)
def test_d5_nobody_is_sent_away(server: Running, target: str) -> None:
    answer = server.ask(target)

    assert answer.status in (400, 403, 404)
    assert "location" not in answer.headers


def test_d5_a_folder_of_any_name_leads_to_itself(desk: TableDesk, server: Running) -> None:
    for name, address in {
        "http:": "/http%3A",
        "evil.example": "/evil.example",
        "a?b": "/a%3Fb",
        "été": "/%C3%A9t%C3%A9",
    }.items():
        desk.files[f"{name}/index.html"] = HTML
        answer = server.ask(address)
        assert answer.status == 301
        assert answer.headers["location"] == f".{address}/"


@pytest.mark.parametrize("swapped", ["link", "pipe", "other", "folder", "link to its folder"])
def test_d5_only_the_file_that_was_planned_is_sent(
    desk: TableDesk, server: Running, tmp_path: Path, swapped: str
) -> None:
    place = tmp_path / "pictures/falls.jpg"
    place.write_bytes(PICTURE)
    desk.files["full/falls.jpg"] = Source(place, stamp_of(place.stat()))
    desk.files["full/falls.svg"] = desk.files["full/falls.jpg"]
    assert server.ask("/full/falls.jpg").body == PICTURE
    place.unlink()
    match swapped:
        case "link":
            place.symlink_to(tmp_path / "secret.txt")
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "other":
            place.write_bytes(SECRET)
        case _:
            (tmp_path / "elsewhere").mkdir()
            (tmp_path / "elsewhere/falls.jpg").write_bytes(SECRET)
            place.parent.rmdir()
            place.parent.symlink_to(tmp_path / "elsewhere")

    for target in ("/full/falls.jpg", "/full/falls.svg"):
        answer = server.ask(target)
        assert (answer.status, SECRET in answer.body) == (500, False)
        assert server.ask(target, Range="bytes=0-3").status == 500


def test_d6_what_stops_the_site_is_told_and_goes_by(desk: TableDesk, server: Running) -> None:
    problem = Problem("templates/photo.html:12", "no 'titel' <b>", "did you mean 'title'?")
    page = server.ask("/")
    with server.page() as open_page:
        open_page.show(page.body)
        desk.change({}, trouble=(problem,))
        assert open_page.hear()["path"] == "/.fastphoto/state.json"
        state = server.ask("/.fastphoto/state.json")
        assert b'"where":"templates/photo.html:12"' in state.body
        assert b"&lt;b&gt;" in server.ask("/.fastphoto/problems.html").body
        assert server.ask("/").body == page.body

        desk.change({"index.html": HTML.replace(b"Hello", b"Mended")}, trouble=())
        assert open_page.hear() == {
            "command": "reload",
            "path": "index.html",
            "liveCSS": True,
            "liveImg": False,
        }


def test_d6_one_broken_file_is_told_where_it_is(desk: TableDesk, server: Running) -> None:
    desk.files["image/torn.jpg"] = DecodeError("cut short", "copy it again")
    desk.files["torn/index.html"] = TemplateError(Problem("templates/a.html:3", "wrong"))

    assert b"cut short" in server.ask("/image/torn.jpg").body
    torn = server.ask("/torn/")
    assert (torn.status, b"templates/a.html:3" in torn.body) == (500, True)
    assert server.ask("/").status == 200


def test_d6_a_file_that_goes_while_it_is_served_costs_that_answer_only(
    desk: TableDesk, server: Running, tmp_path: Path
) -> None:
    desk.files["full/gone.jpg"] = tmp_path / "gone.jpg"

    assert server.ask("/full/gone.jpg").status == 500
    assert server.ask("/full/falls.jpg").body == PICTURE


def test_d6_a_fault_of_ours_is_told_and_costs_that_answer_only(
    desk: TableDesk, server: Running
) -> None:
    with server.page() as broken, server.page() as whole:
        broken.show(server.ask("/iceland/").body)
        whole.show(server.ask("/").body)
        desk.change({"iceland/index.html": KeyError("ours"), "index.html": HTML + b"more"})
        assert whole.hear()["path"] == "index.html"
        assert server.ask("/iceland/").status == 500
    assert "KeyError" in server.faults[0].what
    server.faults.clear()


def test_d8_files_are_the_same_bytes_and_pages_only_gain_scripts(server: Running) -> None:
    body = server.ask("/").body
    added = rb'<script defer src="[^"]+"[^>]*></script>\n'

    assert len(re.findall(added, body)) == 2
    assert re.sub(added, b"", body) == HTML
    assert server.ask("/site.webmanifest").body == b"{}"


def test_d9_a_taken_port_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as told:
            bind("localhost", port)
    assert str(told.value) == (
        f"port {port} is taken (end what is there, or take another: --port {port + 1})"
    )


def test_more_connections_than_can_be_are_let_go(
    desk: TableDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.serve.server._MOST_CONNECTIONS", 5)
    with running(desk, tmp_path) as server:
        idle = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(9)]
        for each in idle[5:]:
            assert each.recv(1) == b""
        head = f"GET / HTTP/1.1\r\nHost: {server.host}\r\n\r\n"
        idle[0].sendall(head.encode())
        assert idle[0].recv(12) == b"HTTP/1.1 200"
        for each in idle:
            each.close()
        wait_until(lambda: can_ask(server))


def can_ask(server: Running) -> bool:
    try:
        return server.ask("/").status == 200
    except OSError:
        return False


def test_who_asks_for_nothing_is_let_go(
    desk: TableDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.serve.server._IDLE_SECONDS", 0.1)
    with running(desk, tmp_path) as server:
        head = f"GET / HTTP/1.1\r\nHost: {server.host}\r\n"
        for said in ("", head, head + "Content-Length: 9\r\n\r\n1234"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
                connection.sendall(said.encode())
                assert connection.recv(1) == b""


def test_what_goes_wrong_over_and_over_is_told_once() -> None:
    told: list[Problem] = []
    tell = Complaints(told.append)
    try:
        raise KeyError("ours")
    except KeyError as error:
        fault = error
    with closing(asyncio.new_event_loop()) as loop:
        for _ in range(3):
            tell(loop, {"exception": OSError(errno.EMFILE, "Too many open files")})
            tell(loop, {"exception": fault})
        tell(loop, {"message": "slow"})

    assert [("ulimit" in each.hint, "KeyError" in each.what) for each in told] == [
        (True, False),
        (False, True),
    ]


# What it answers


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/static/site.11111111.css", "text/css; charset=utf-8"),
        ("/livereload.js", "text/javascript; charset=utf-8"),
        ("/site.webmanifest", "application/manifest+json; charset=utf-8"),
        ("/image/falls.12345678-320.avif", "image/avif"),
        ("/full/falls.jpg", "image/jpeg"),
    ],
)
def test_types(server: Running, target: str, kind: str) -> None:
    answer = server.ask(target)

    assert (answer.status, answer.headers["content-type"]) == (200, kind)


def test_every_answer_has_the_headers_that_hosts_send(server: Running) -> None:
    for target in ("/", "/image/falls.jpg", "/nothing", "/iceland", "/.fastphoto/problems.html"):
        headers = server.ask(target).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "server" not in headers


def test_what_never_changes_is_kept_and_all_else_asked_for_again(server: Running) -> None:
    lasting = "public, max-age=31536000, immutable"
    targets = (
        "/static/site.11111111.css",
        "/image/falls.12345678-320.avif",
        "/",
        "/image/falls.jpg",
        "/image/nothing.12345678-320.avif",
    )
    kept = [server.ask(target).headers["cache-control"] for target in targets]

    assert kept == [lasting, lasting, "no-cache", "no-cache", "no-store"]


def test_the_pages_own_404_is_shown(server: Running) -> None:
    answer = server.ask("/nothing/here")

    assert answer.status == 404
    assert b"<title>Not found" in answer.body


def test_before_there_is_a_site_a_page_waits_for_it(tmp_path: Path) -> None:
    desk = TableDesk({})
    with running(desk, tmp_path) as server, server.page() as page:
        answer = server.ask("/")
        assert (answer.status, b"One moment" in answer.body) == (503, True)
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        page.show(answer.body)
        desk.change({"index.html": HTML})
        assert page.hear()["path"] == "index.html"


def test_a_site_that_never_was_built_says_why(tmp_path: Path) -> None:
    desk = TableDesk({})
    with running(desk, tmp_path) as server:
        desk.change({}, trouble=(Problem("site.toml:2", "unknown setting 'site.titel'"),))
        assert b"site.toml:2" in server.ask("/").body


def test_a_folder_without_its_slash_is_led_to(server: Running) -> None:
    answer = server.ask("/iceland?q=a%20b")

    assert (answer.status, answer.headers["location"]) == (301, "./iceland/?q=a%20b")
    assert answer.headers["cache-control"] == "no-store"


def test_former_addresses_lead_to_new_ones(server: Running) -> None:
    answer = server.ask("/old/")

    assert (answer.status, answer.headers["location"]) == (301, "/iceland/")


@pytest.mark.parametrize("target", ["/image/falls.jpg", "/full/falls.jpg"])
@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-24", slice(1000, None)),
        ("bytes=1000-9999", slice(1000, None)),
        ("bytes=-9999", slice(None)),
    ],
)
def test_ranges(server: Running, target: str, wanted: str, part: slice) -> None:
    answer = server.ask(target, Range=wanted)
    start, stop, _ = part.indices(1024)

    assert (answer.status, answer.body) == (206, PICTURE[part])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/1024"


@pytest.mark.parametrize("wanted", ["bytes=1024-", "bytes=9999-10000", "bytes=-0"])
def test_ranges_of_nothing(server: Running, wanted: str) -> None:
    answer = server.ask("/full/falls.jpg", Range=wanted)

    assert (answer.status, answer.body) == (416, b"")
    assert answer.headers["content-range"] == "bytes */1024"


@pytest.mark.parametrize(
    "wanted",
    [
        *("bytes=5-2", "bytes=-", "lines=1-2", "bytes=0-1,4-5", "x"),
        *(f"bytes={digits}".replace("n", "9" * 5000) for digits in ("n-", "0-n", "-n")),
    ],
)
def test_ranges_that_are_passed_over(server: Running, wanted: str) -> None:
    answer = server.ask("/full/falls.jpg", Range=wanted)

    assert (answer.status, answer.body) == (200, PICTURE)


def test_a_range_of_what_has_changed_is_all_of_it(server: Running) -> None:
    tag = server.ask("/full/falls.jpg").headers["etag"]

    assert server.ask("/full/falls.jpg", Range="bytes=0-9", If_Range=tag).status == 206
    assert server.ask("/full/falls.jpg", Range="bytes=0-9", If_Range='"other"').status == 200


@pytest.mark.parametrize("target", ["/", "/static/site.11111111.css", "/full/falls.jpg", "/x"])
def test_head_is_get_without_a_body(server: Running, target: str) -> None:
    whole, head = server.ask(target), server.ask(target, "HEAD")
    del whole.headers["date"], head.headers["date"]

    assert (head.status, head.headers, head.body) == (whole.status, whole.headers, b"")
    assert int(head.headers["content-length"]) == len(whole.body)


@pytest.mark.parametrize("target", ["/", "/static/site.11111111.css", "/full/falls.jpg"])
def test_what_the_browser_knows_is_not_sent_again(server: Running, target: str) -> None:
    tag = server.ask(target).headers["etag"]
    again = server.ask(target, If_None_Match=f'"other", {tag}')

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert server.ask(target, If_None_Match='"other"').status == 200


def test_texts_are_compressed_and_pictures_are_not(desk: TableDesk, server: Running) -> None:
    css = server.ask("/static/site.11111111.css", Accept_Encoding="br, gzip;q=0.8")

    assert css.headers["content-encoding"] == "gzip"
    assert gzip.decompress(css.body) == desk.files["static/site.11111111.css"]
    for target, accepted in {
        "/static/site.11111111.css": "br, gzip;q=0",
        "/image/falls.jpg": "gzip",
        "/full/falls.jpg": "gzip",
    }.items():
        assert "content-encoding" not in server.ask(target, Accept_Encoding=accepted).headers


def test_an_empty_file_is_sent(desk: TableDesk, server: Running, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    desk.files |= {"a.jpg": tmp_path / "empty", "b.txt": b""}

    assert [server.ask(target).status for target in ("/a.jpg", "/b.txt")] == [200, 200]
    assert server.ask("/a.jpg", Range="bytes=0-").status == 416


def test_an_original_of_many_megabytes_arrives_whole(
    desk: TableDesk, server: Running, tmp_path: Path
) -> None:
    body = bytes(range(256)) * (40 << 12)
    (tmp_path / "large.tif").write_bytes(body)
    desk.files["full/large.tif"] = tmp_path / "large.tif"

    assert server.ask("/full/large.tif").body == body
    assert server.ask("/full/large.tif", Range=f"bytes={len(body) - 3}-").body == body[-3:]


def test_one_that_hangs_up_costs_nobody_else(
    desk: TableDesk, server: Running, tmp_path: Path
) -> None:
    (tmp_path / "large.tif").write_bytes(bytes(40 << 20))
    desk.files["full/large.tif"] = tmp_path / "large.tif"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(f"GET /full/large.tif HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        connection.recv(10)

    assert server.ask("/").status == 200


def test_pages_do_not_wait_behind_pictures(desk: TableDesk, server: Running) -> None:
    desk.gives_pictures.clear()
    with ThreadPoolExecutor(40) as visitors:
        waiting = [visitors.submit(server.ask, "/image/falls.jpg") for _ in range(40)]
        wait_until(lambda: desk.asked.count("image/falls.jpg") >= 8)
        assert server.ask("/").status == 200
        assert not any(each.done() for each in waiting)
        desk.gives_pictures.set()
        assert {each.result().body for each in waiting} == {PICTURE}


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/", "index.html"),
        ("/iceland/", "iceland/index.html"),
        ("/iceland/falls.jpg", "iceland/falls.jpg"),
        ("/%C3%A9t%C3%A9/a%20b%3F%23.jpg", "été/a b?#.jpg"),
        ("/a%25b", "a%b"),
        ("/a..b/c...", "a..b/c..."),
        ("", None),
        ("//", None),
        ("/a//b", None),
        ("/%ff", None),
    ],
)
def test_addresses_and_their_files(address: str, path: str | None) -> None:
    assert file_of(address) == path


# What open pages are told


def test_a_page_reloads_only_if_it_is_another(desk: TableDesk, server: Running) -> None:
    with server.page() as first, server.page() as second:
        first.show(server.ask("/").body)
        second.show(server.ask("/iceland/").body)
        desk.change({"iceland/index.html": HTML + b"more"})
        assert second.hear()["path"] == "iceland/index.html"
        desk.change({"index.html": HTML + b"more"})
        # The first thing that it is told is its own change.
        assert first.hear()["path"] == "index.html"


def test_a_page_catches_up_with_what_it_missed(desk: TableDesk, server: Running) -> None:
    before = server.ask("/").body
    desk.change({"index.html": HTML + b"more"})
    with server.page() as page:
        page.show(before)
        assert page.hear()["path"] == "index.html"


def test_a_stylesheet_is_swapped_without_a_reload(desk: TableDesk, server: Running) -> None:
    old, new = "static/site.11111111.css", "static/site.22222222.css"
    with server.page() as page:
        page.show(server.ask("/").body)
        desk.change({"index.html": HTML.replace(b"11111111", b"22222222")})
        told = page.hear()
        assert (told["path"], told["originalPath"]) == (new, old)


def test_a_page_that_was_not_there_reloads_once_it_is(desk: TableDesk, server: Running) -> None:
    with server.page() as page:
        body = server.ask("/new/").body
        assert b'data-page="new/index.html"' in body
        page.show(body)
        desk.change({"new/index.html": HTML.replace(b"Hello", b"New")})
        assert page.hear()["path"] == "new/index.html"


def test_what_is_no_message_closes_that_page_only(server: Running) -> None:
    with server.page() as page:
        page.say(nothing="known")
        # A close frame, and no message: RFC 6455, 5.5.1.
        assert page._file.read(1) == b"\x88"
    assert server.ask("/").status == 200


HELLO = b'{"command":"hello"}'
INFO = b'{"command":"info","plugins":{"fastphoto":{"page":"%s"}}}'


@pytest.mark.parametrize(
    "said",
    [
        [b'{"command":"hello","a":' + b"[" * 20_000 + b"]" * 20_000 + b"}"],
        [b'{"command":"hello","a":' + b"[" * 60_000],
        [b'{"command":"hello","command":' + b"9" * 5000 + b"}"],
        [HELLO, HELLO],
        [INFO % b"index.html"],
        [HELLO, INFO % b"image/falls.jpg"],
        [HELLO, INFO % b"index.html", INFO % b"iceland/index.html"],
    ],
)
def test_who_does_not_speak_as_a_page_does_is_let_go(
    desk: TableDesk, server: Running, said: list[bytes]
) -> None:
    with server.page() as page:
        for body in said:
            page.send(body)
        while page._file.read(1) != b"\x88":
            # A message of less than 126 bytes, or of more.
            size = page._file.read(1)[0]
            page._file.read(size if size < 126 else int.from_bytes(page._file.read(2)))
    assert server.ask("/").status == 200
    assert "image/falls.jpg" not in desk.asked


def test_digits_without_end_do_not_harm_a_greeting(server: Running) -> None:
    with server.page() as page:
        page.send(b'{"command":"hello","a":' + b"9" * 5000 + b"}")
        assert page.hear()["command"] == "hello"


def test_what_stands_in_the_place_of_a_picture_is_no_page(desk: TableDesk, server: Running) -> None:
    desk.files["image/torn.jpg"] = DecodeError("cut short", "copy it again")

    assert b"data-page" not in server.ask("/image/torn.jpg").body
    assert b'data-page="404.html"' in server.ask("/image/nothing.jpg").body


@pytest.mark.parametrize(
    ("html", "styles"),
    [
        (
            b'<link rel=stylesheet href=a.css><link href="b.css?x=1&amp;y" rel="stylesheet">',
            ("a.css", "b.css?x=1&y"),
        ),
        (b"<LINK REL='stylesheet' HREF='a.css'>", ("a.css",)),
        (b'<link rel="icon" href="a.png">', ()),
    ],
)
def test_stylesheets_of_a_page(html: bytes, styles: tuple[str, ...]) -> None:
    assert showing("", html).styles == styles
