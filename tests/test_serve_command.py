"""`serve` from the command line: the whole of it, from an edit to what is served and told."""

import http.client
import io
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from subprocess import Popen
from threading import Thread

import pytest

from generator.cli import _at_least_one, _tell_if_heard
from generator.core.config import load_config
from generator.core.errors import Problem
from tests.support.processes import workers
from tests.support.sites import SECONDS, Site, clean_tree, tree, wait_until


@dataclass
class Serving:
    """The command at work; `said` are its lines so far."""

    process: Popen[str]
    said: list[str] = field(default_factory=list)
    port: int = 0

    def get(self, path: str = "/") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def has_said(self, expression: str) -> bool:
        return any(re.search(expression, line) for line in self.said)


@contextmanager
def serving(site: Site, *arguments: str) -> Iterator[Serving]:
    process = site.start("serve", "--port", "0", "--jobs", "1", *arguments)
    found = Serving(process)
    readers = [
        Thread(target=lambda stream=stream: found.said.extend(stream))
        for stream in (process.stdout, process.stderr)
    ]
    for reader in readers:
        reader.start()
    try:
        wait_until(lambda: found.has_said("^Serving at") or process.poll() is not None)
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", "".join(found.said))
        assert address, found.said
        found.port = int(address[1])
        yield found
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def test_what_is_edited_is_served_and_built(small: Site, tmp_path: Path) -> None:
    small.photo("walks/one.jpg")
    small.text("index.md", "Hello")
    with serving(small) as found:
        wait_until(lambda: b"Hello" in found.get()[1])
        small.text("index.md", "Goodbye")
        wait_until(lambda: b"Goodbye" in found.get()[1])
        wanted = clean_tree(small, tmp_path / "twin")
        wait_until(partial(is_built_as, small.output, wanted))
        assert found.has_said(r"^\d\d:\d\d:\d\d \d+ files? changed$")
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(SECONDS) == 0
    assert found.said.count("Ended.\n") == 1
    assert "Traceback" not in "".join(found.said)


def test_s16_what_is_wrong_is_told_and_the_next_save_mends_it(small: Site) -> None:
    small.photo("walks/one.jpg")
    small.settings("[site]\ntitel = 'Walks'\n")
    with serving(small) as found:
        wait_until(lambda: found.has_said(r"site\.toml:2: unknown setting 'site\.titel'"))
        status, page = found.get()
        assert (status, b"site.toml:2" in page) == (503, True)
        small.settings("[site]\ntitle = 'Walks'\n")
        wait_until(lambda: b"<title>Walks" in found.get()[1])
        small.settings("[site]\ntitel = 'Walks'\n")
        wait_until(lambda: sum("site.titel" in line for line in found.said) == 2)
        assert b"<title>Walks" in found.get()[1]


def test_d8_pages_are_as_built_but_for_scripts(small: Site, tmp_path: Path) -> None:
    small.photo("walks/one.jpg")
    with serving(small) as found:
        wanted = clean_tree(small, tmp_path / "twin")
        wait_until(partial(is_built_as, small.output, wanted))
        for path in ("walks/index.html", "search.json", "_headers"):
            wait_until(partial(is_served_as_built, found, small.output, path))


def is_built_as(output: Path, wanted: Mapping[str, str]) -> bool:
    try:
        return tree(output) == wanted
    except FileNotFoundError:
        # One that was being written has come into its place meanwhile.
        return False


def is_served_as_built(found: Serving, output: Path, path: str) -> bool:
    served = re.sub(rb'<script defer src="/[^>]*></script>\n', b"", found.get(f"/{path}")[1])
    return served == (output / path).read_bytes()


def test_d9_a_taken_port_is_one_line(small: Site) -> None:
    small.photo("one.jpg")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = small.run("serve", "--port", str(port))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: port {port} is taken (end what is there, or take another: --port {port + 1})\n"
    )
    assert not small.output.exists()


def test_d1_whoever_opens_it_to_the_network_is_warned(small: Site) -> None:
    small.photo("one.jpg")
    with serving(small, "--host", "0.0.0.0") as found:
        wait_until(lambda: found.has_said("warning: --host: everybody in this network can see"))


def test_uploads_are_for_this_machine_alone(small: Site) -> None:
    small.photo("one.jpg")
    done = small.run("serve", "--port", "0", "--upload", "--host", "0.0.0.0")

    assert done.returncode == 2
    assert "--upload is for this machine alone: leave out --host" in done.stderr
    assert not small.output.exists()


@pytest.mark.parametrize(("how", "status"), [("SIGINT", 0), ("SIGTERM", 128 + signal.SIGTERM)])
def test_it_ends_though_an_answer_never_does(small: Site, how: str, status: int) -> None:
    small.photo("one.jpg")
    endless = small.root / "templates/upload.html"
    endless.parent.mkdir(exist_ok=True)
    loop, end = "{% for a in range(99999) %}", "{% endfor %}"
    endless.write_text(loop * 5 + end * 5)
    with serving(small, "--upload") as found:
        wait_until(lambda: found.get()[0] == 200)
        with socket.create_connection(("127.0.0.1", found.port)) as asking:
            head = f"GET /.fastphoto/upload.html HTTP/1.1\r\nHost: 127.0.0.1:{found.port}\r\n\r\n"
            asking.sendall(head.encode())
            asking.settimeout(0.5)
            with pytest.raises(TimeoutError):
                asking.recv(1)
            found.process.send_signal(getattr(signal, how))
            assert found.process.wait(SECONDS) == status
    assert "Traceback" not in "".join(found.said)


def test_it_ends_as_others_ask_it_to(small: Site) -> None:
    small.photo("one.jpg")
    with serving(small) as found:
        found.process.terminate()
        assert found.process.wait(SECONDS) == 128 + signal.SIGTERM
    assert "Traceback" not in "".join(found.said)


def test_a_closed_terminal_stops_no_work(small: Site) -> None:
    small.photo("walks/one.jpg")
    small.text("index.md", "Hello")
    process = small.start("serve", "--port", "0", "--jobs", "1")
    assert process.stdout
    assert process.stderr
    try:
        port = re.search(r":(\d+)/", process.stdout.readline())
        assert port
        process.stdout.close()
        process.stderr.close()
        found = Serving(process, port=int(port[1]))
        wait_until(lambda: b"Hello" in found.get()[1])
        small.settings("[site")
        wait_until(lambda: b"site.toml" in found.get("/.fastphoto/state.json")[1])
        small.settings(Site.SETTINGS)
        small.text("index.md", "Goodbye")
        wait_until(lambda: b"Goodbye" in found.get()[1])
        page = small.output / "index.html"
        wait_until(lambda: page.exists() and "Goodbye" in page.read_text("utf-8"))
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()


def test_one_process_ends_at_once_too(site: Site) -> None:
    site.settings("[images]\nmax_dimensions = [3000]\nformats = ['avif']\neffort = 'small'\n")
    site.photo("walks/one.png", width=4000, height=3000)
    with serving(site) as found:
        wait_until(lambda: b"walks" in found.get()[1])
        html = found.get("/walks/")[1].decode()
        address = re.search(r"image/[^\"\s]+\.avif", html)
        assert address
        asked = Thread(target=suppressed, args=(found, f"/{address[0]}"))
        asked.start()
        wait_until(lambda: bool(workers(found.process.pid)))
        began = time.monotonic()
        found.process.send_signal(signal.SIGINT)
        assert found.process.wait(SECONDS) == 0
        assert time.monotonic() - began < 2.5
        asked.join()


def suppressed(found: Serving, path: str) -> None:
    with suppress(OSError, http.client.HTTPException):
        found.get(path)


def test_the_settings_say_how_many_processes_work(small: Site) -> None:
    config = load_config(small.root)
    assert _at_least_one(3, config) == 3
    assert _at_least_one(1, config) == 1
    small.settings("[build]\njobs = 5\n")
    config = load_config(small.root)
    assert _at_least_one(None, config) == 5
    assert _at_least_one(3, config) == 3
    assert _at_least_one(0, config) >= 2


def test_a_fault_of_the_server_is_told_to_nobody_if_nobody_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _tell_if_heard(Problem("", "heard"))
    assert capsys.readouterr().err == "error: heard\n"
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stderr", closed)
    _tell_if_heard(Problem("", "unheard"))
