"""Pictures that come in through the dev server: what is taken, from whom, and how it is stored."""

import errno
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest

from generator.core.files import Arrival
from generator.serve import upload
from tests.support.pictures import chart, save
from tests.support.serving import Answered, Running, TableDesk, running
from tests.support.sites import tree, wait_until

PAGE = "/.fastphoto/upload.html"
HTML = b"<!doctype html><title>x</title><script>alert(1)</script>" * 9
EXE = b"MZ\x90\0" + bytes(200)


@dataclass
class Visitor:
    """A page of uploads that is open, and where its pictures go."""

    server: Running
    pictures: Path
    token: str = ""

    def send(
        self, name: str, body: bytes, album: str = "iceland", **headers: str | None
    ) -> Answered:
        own = {"Origin": f"http://{self.server.host}", "X_Fastphoto_Token": self.token}
        given = {name: value for name, value in (own | headers).items() if value is not None}
        query = urlencode({"album": album, "name": name}, errors="surrogateescape")
        return self.server.ask(f"{PAGE}?{query}", "POST", body, **given)

    def refused(self, answer: Answered) -> tuple[int, str]:
        """Return how it was refused; nothing may have come of it."""
        assert tree(self.pictures) == {}
        return answer.status, json.loads(answer.body)["error"]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "site/pictures/iceland/south").mkdir(parents=True)
    return tmp_path / "site/pictures"


@pytest.fixture
def visitor(pictures: Path) -> Iterator[Visitor]:
    desk = TableDesk({"iceland/index.html": b"<html><head></head></html>", "index.html": b"x"})
    desk.albums = {"iceland/index.html": "iceland"}
    with running(desk, pictures.parent, upload=True) as server:
        found = re.search(rb'data-token="([^"]+)"', server.ask(PAGE).body)
        assert found
        yield Visitor(server, pictures, found[1].decode())


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return save(chart(300, 200, 1), tmp_path_factory.mktemp("photo") / "a.jpg").read_bytes()


def test_a_picture_arrives_whole(visitor: Visitor, photo: bytes) -> None:
    for album, name in (("iceland", "falls.jpg"), ("", "Été 1.JPG"), ("iceland/south", "a.b.png")):
        answer = visitor.send(name, photo, album)
        assert (answer.status, answer.body) == (201, b"")
        assert (visitor.pictures / album / name).read_bytes() == photo
    assert len(tree(visitor.pictures)) == 3


def test_without_the_flag_there_is_no_such_address(pictures: Path, photo: bytes) -> None:
    with running(TableDesk({"index.html": b"x"}), pictures.parent) as server:
        assert server.ask(PAGE).status == 404
        assert server.ask("/.fastphoto/upload.js").status == 404
        assert server.ask(f"{PAGE}?album=iceland&name=a.jpg", "POST", photo).status == 405
        assert b"upload" not in server.ask("/").body
    assert tree(pictures) == {}


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_only_with_the_token(visitor: Visitor, photo: bytes, token: str | None) -> None:
    assert visitor.send("a.jpg", photo, X_Fastphoto_Token=token).status == 403
    assert tree(visitor.pictures) == {}


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_only_from_pages_of_this_server(visitor: Visitor, photo: bytes, origin: str | None) -> None:
    assert visitor.send("a.jpg", photo, Origin=origin).status == 403
    assert tree(visitor.pictures) == {}


def test_only_by_a_name_of_this_machine(visitor: Visitor, photo: bytes) -> None:
    foreign = {"Host": "evil.example", "Origin": "http://evil.example"}

    assert visitor.send("a.jpg", photo, **foreign).status == 403
    assert tree(visitor.pictures) == {}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_adding(visitor: Visitor, method: str) -> None:
    assert visitor.server.ask(PAGE, method, X_Fastphoto_Token=visitor.token).status == 405


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("page.jpg", HTML, "this is a web page, not a picture"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 9, "not a picture"),
        ("tool.jpg", EXE, "no picture in a format that is built"),
        ("nothing.jpg", b"", "the file is empty"),
        ("zeros.jpg", bytes(5000), "only zeros"),
        ("short.jpg", b"MZ", "no picture"),
        ("setup.exe", EXE, "has no name of a picture"),
        ("site.html", HTML, "has no name of a picture"),
        ("falls", EXE, "has no name of a picture"),
    ],
)
def test_what_is_no_picture(visitor: Visitor, name: str, body: bytes, said: str) -> None:
    status, error = visitor.refused(visitor.send(name, body))

    assert status == 415
    assert said in error


def test_a_picture_by_the_name_of_a_program(visitor: Visitor, photo: bytes) -> None:
    assert visitor.refused(visitor.send("setup.exe", photo))[0] == 415


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a.jpg",
        "..\\a.jpg",
        "/tmp/a.jpg",
        "C:\\a.jpg",
        "C:a.jpg",
        "south/a.jpg",
        ".a.jpg",
        "a.jpg.",
        "a.jpg ",
        "con.jpg",
        "a\0.jpg",
        "a\n.jpg",
        "a?.jpg",
        "a:b.jpg",
        f"{'a' * 250}.jpg",
    ],
)
def test_names_that_are_not_legal_everywhere(visitor: Visitor, photo: bytes, name: str) -> None:
    assert visitor.refused(visitor.send(name, photo))[0] == 400


@pytest.mark.parametrize(
    "album",
    [
        *"nothing .. ../pictures iceland/.. iceland/../.. / /tmp iceland/ . iceland//south".split(),
        *("..\\..", "~", "C:", ".git", "iceland/\0", "link", "x" * 5000, "x/" * 5000),
    ],
)
def test_albums_that_are_none(visitor: Visitor, photo: bytes, album: str) -> None:
    (visitor.pictures / ".git").mkdir()
    (visitor.pictures.parent / "outside").mkdir()
    (visitor.pictures / "link").symlink_to(visitor.pictures.parent / "outside")

    assert visitor.refused(visitor.send("a.jpg", photo, album)) == (404, "there is no such album")
    assert tree(visitor.pictures.parent / "outside") == {}


@pytest.mark.parametrize(
    ("there", "name"),
    [("falls.jpg", "falls.jpg"), ("FALLS.jpg", "falls.JPG"), ("e\u0301.jpg", "\u00e9.jpg")],
)
def test_nothing_is_overwritten(visitor: Visitor, photo: bytes, there: str, name: str) -> None:
    (visitor.pictures / "iceland" / there).write_bytes(b"mine")

    answer = visitor.send(name, photo)

    assert answer.status == 409
    assert json.loads(answer.body)["error"] == f"there is a {there} already: rename yours"
    assert [file.read_bytes() for file in (visitor.pictures / "iceland").glob("*.*")] == [b"mine"]


def test_what_came_meanwhile_is_not_overwritten(tmp_path: Path, photo: bytes) -> None:
    first, second = (upload.Upload(tmp_path / name) for name in ("a.jpg", "A.jpg"))
    for each in (first, second):
        each.write(photo)
    first.finish()
    with pytest.raises(upload.Refusal, match=r"there is a a\.jpg already"):
        second.finish()
    second.discard()

    assert [file.name for file in tmp_path.iterdir()] == ["a.jpg"]


def test_too_large_a_picture(
    visitor: Visitor, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAX_BYTES", 100_000)

    assert visitor.send("a.jpg", photo + bytes(100_000)).status == 413
    assert tree(visitor.pictures) == {}
    assert visitor.send("a.jpg", photo[:50_000]).status == 201


def test_too_large_a_picture_of_untold_size(tmp_path: Path, photo: bytes) -> None:
    arriving = upload.Upload(tmp_path / "a.jpg")
    arriving._size = upload.MAX_BYTES
    with pytest.raises(upload.Refusal) as refusal:
        arriving.write(photo)
    arriving.discard()

    assert refusal.value.status == 413
    assert tree(tmp_path) == {}


def test_a_broken_connection_leaves_nothing(visitor: Visitor, photo: bytes) -> None:
    head = (
        f"POST {PAGE}?album=iceland&name=a.jpg HTTP/1.1\r\nHost: {visitor.server.host}\r\n"
        f"Origin: http://{visitor.server.host}\r\nX-Fastphoto-Token: {visitor.token}\r\n"
        "Content-Length: 999999\r\n\r\n"
    )
    folder = visitor.pictures / "iceland"
    with socket.create_connection(("127.0.0.1", visitor.server.port)) as connection:
        connection.sendall(head.encode() + photo)
        wait_until(lambda: len(list(folder.glob(".*.tmp"))) == 1)

    wait_until(lambda: tree(visitor.pictures) == {})


def test_an_upload_that_ends_in_the_middle_of_its_finish_is_whole(
    tmp_path: Path, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    arriving = upload.Upload(tmp_path / "a.jpg")
    arriving.write(photo)
    is_placing, goes_on = Event(), Event()

    def waiting(folder: Path, name: str) -> Path:
        is_placing.set()
        assert goes_on.wait(20)
        return folder / name

    monkeypatch.setattr(upload, "free_place", waiting)
    with ThreadPoolExecutor(2) as pool:
        finished = pool.submit(arriving.finish)
        assert is_placing.wait(20)
        discarded = pool.submit(arriving.discard)
        assert not wait([discarded], 0.2).done
        goes_on.set()
        finished.result()
        discarded.result()

    assert contents(tmp_path) == {"a.jpg": photo}


def test_an_upload_that_was_discarded_does_not_come_to_be(tmp_path: Path, photo: bytes) -> None:
    arriving = upload.Upload(tmp_path / "a.jpg")
    arriving.write(photo)
    arriving.discard()
    for late in (arriving.finish, lambda: arriving.write(photo)):
        with pytest.raises(upload.Refusal, match="cut short"):
            late()

    assert tree(tmp_path) == {}


@pytest.mark.parametrize("has_links", [True, False])
def test_what_comes_at_the_last_moment_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)
    arrival, place = Arrival(tmp_path / "a.jpg"), tmp_path / "a.jpg"
    place.write_bytes(b"copied meanwhile")
    with pytest.raises(FileExistsError):
        arrival.finish()
    arrival.discard()
    assert contents(tmp_path) == {"a.jpg": b"copied meanwhile"}

    place.unlink()
    arrival = Arrival(place)
    arrival.write(b"whole")
    arrival.finish()
    assert contents(tmp_path) == {"a.jpg": b"whole"}


@pytest.mark.parametrize("has_links", [True, False])
def test_nothing_empty_is_left_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", without_links)
    arrival = Arrival(tmp_path / "a.jpg")
    for beside in tmp_path.iterdir():
        beside.unlink()
    with pytest.raises(FileNotFoundError):
        arrival.finish()

    assert tree(tmp_path) == {}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def without_links(source: Path, target: Path) -> None:
    raise PermissionError(errno.EPERM, "not permitted")


def test_what_a_killed_server_left_is_removed_and_nothing_else(pictures: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    kept = {
        ".a.jpg.tmp": b"",
        f".0123456789ab.{os.getppid()}.tmp": b"of one that is at work",
        f".mine.{gone.pid}.tmp": b"",
        f"0123456789ab.{gone.pid}.tmp": b"",
    }
    for name, body in kept.items():
        (pictures / "iceland" / name).write_bytes(body)
    for process in (gone.pid, os.getpid()):
        (pictures / f"iceland/south/.0123456789ab.{process}.tmp").write_bytes(b"half")
    with running(TableDesk({"index.html": b"x"}), pictures.parent, upload=True) as server:
        assert server.ask("/").status == 200

    assert contents(pictures / "iceland") == kept
    assert tree(pictures / "iceland/south") == {}


def test_the_address_of_uploads_is_that_alone(visitor: Visitor, photo: bytes) -> None:
    target = "/xfastphoto/uploadxhtml?album=iceland&name=a.jpg"

    assert visitor.server.ask(target, "POST", photo, Host=visitor.server.host).status == 405


def test_the_page_of_uploads_leaves_out_what_scans_do(visitor: Visitor) -> None:
    (visitor.pictures.parent / "site.toml").write_text(
        "[albums]\nignore = ['raw', 'iceland/so*']\n"
    )
    for name in (b"raw", b"m\xfcll"):
        os.mkdir(os.path.join(os.fsencode(visitor.pictures), name))  # noqa: PTH102, PTH118
    answer = visitor.server.ask(PAGE)

    assert answer.status == 200
    assert re.findall(r'<option value="(.*?)">', answer.body.decode()) == ["", "iceland"]


def test_album_pages_take_pictures_and_others_do_not(visitor: Visitor) -> None:
    page = visitor.server.ask("/iceland/").body
    token = f'data-album="iceland" data-token="{visitor.token}"'

    assert token.encode() in page
    assert b"upload.js" not in visitor.server.ask("/").body


def test_the_page_of_uploads_names_every_album(visitor: Visitor) -> None:
    (visitor.pictures / '<b> & "c"').mkdir()
    (visitor.pictures / ".git").mkdir()
    html = visitor.server.ask(PAGE).body.decode()

    assert re.findall(r'<option value="(.*?)">', html) == [
        "",
        "&lt;b&gt; &amp; &#34;c&#34;",
        "iceland",
        "iceland/south",
    ]


def test_a_site_may_have_a_page_of_uploads_of_its_own(visitor: Visitor) -> None:
    own = visitor.pictures.parent / "templates/upload.html"
    own.parent.mkdir()
    own.write_text("{{ albums | length }} albums")
    assert visitor.server.ask(PAGE).body.startswith(b"3 albums")

    own.write_text("{{ album }}")
    broken = visitor.server.ask(PAGE)
    assert broken.status == 500
    assert b"templates/upload.html:1" in broken.body
    assert b'data-page=".fastphoto/upload.html"' in broken.body
