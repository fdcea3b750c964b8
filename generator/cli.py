"""The command line: arguments and exit status."""

import _thread
import io
import os
import shlex
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

import click
import msgspec

from generator import __version__
from generator.build import build, check_folders, order_of
from generator.core.config import Config, load_config
from generator.core.errors import FastphotoError, MachineError, Problem, unforeseen
from generator.core.layout import CACHE, OUTPUT, PICTURES
from generator.core.text import visible
from generator.output import publish
from generator.report import Listener, Options, Report
from generator.start.migration import migrate
from generator.start.site import start_site
from generator.state import store
from generator.telling import audited, checked, counted, migrated, summary, tabled, verified
from generator.terminal import Changes, listening, tell_problems

if TYPE_CHECKING:
    from generator.audit import Audit
    from generator.check import Findings
    from generator.output.verify import Verified

INTERRUPTED = 130
_BY_A_SIGNAL = 128

# What asks a program to end, as far as a system has it.
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")

# After all that has to be done: within two seconds, Ctrl-C has ended everything.
_SECONDS_TO_LEAVE = 0.3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fastphoto")
def cli() -> None:
    """Photographs in, a finished static gallery out.

    Exit status: 0 all built; 1 built without the files that were refused, each named, or stopped by
    the machine; 2 nothing published: wrong settings, templates or usage, no pictures, or most
    photos gone; 130 interrupted.
    """


def _site_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--site",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        default=Path(),
        help="The site's folder, which holds pictures/; by default the current one.",
    )(command)


def _output_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--output",
        type=click.Path(path_type=Path),
        help="Where the finished site goes; by default output/ in the site's folder.",
    )(command)


def _removals_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--allow-removals",
        is_flag=True,
        help="Go on even if more than half of the photos, and more than 20, are gone.",
    )(command)


@cli.command("build")
@_site_option
@_output_option
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes that render; 0 is one a core, 1 works without any.",
)
@click.option("--strict", is_flag=True, help="Publish nothing if anything is refused or warned of.")
@click.option("--force", is_flag=True, help="Render every variant again.")
@_removals_option
@click.option("--quiet", "-q", is_flag=True, help="Print problems only.")
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Also name every file passed over, to render, written and removed, and originals that"
    " tell a location, names or serial numbers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def build_command(
    site: Path,
    output: Path | None,
    jobs: int | None,
    strict: bool,
    force: bool,
    allow_removals: bool,
    quiet: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Build the site: pictures/, content/ and templates/ to output/."""
    config = load_config(site)
    processes = _processes(jobs, config)
    options = Options(
        strict=strict,
        force=force,
        verbose=verbose,
        jobs=processes,
        may_remove_most=allow_removals,
    )
    with listening(quiet=quiet or as_json, verbose=verbose) as listener:
        report = build(site, output or site / OUTPUT, config, options, listener)
    if as_json:
        click.echo(_json(report))
    else:
        _tell(report, quiet=quiet)
    sys.exit(report.exit_code)


@cli.command("new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="With a few pictures, to see what comes out.")
@click.option(
    "--from-sigal",
    "settings",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="With what a site of sigal's has, by its sigal.conf.py; pictures are copied.",
)
def new_command(folder: Path, demo: bool, settings: Path | None) -> None:
    """Start a site in a new folder DIR, ready to be built."""
    if demo and settings:
        raise click.UsageError("choose one of --demo and --from-sigal")
    if settings:
        with listening(quiet=False, verbose=False) as listener:
            migration = migrate(settings, folder, partial(listener.progress, "Copying files"))
        for line in migrated(migration):
            click.echo(visible(line))
    else:
        start_site(folder, demo=demo)
        pictures = "more photographs" if demo else "photographs"
        place = visible(str(folder / PICTURES))
        click.echo(f"Put {pictures} into {place}, a folder for each album.")
    where = "" if folder.resolve() == Path.cwd() else f" --site {shlex.quote(str(folder))}"
    click.echo(visible(f"Then build it: fastphoto build{where}"))


@cli.command("check")
@_site_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Where the finished site is; by default output/ in the site's folder.",
)
@click.option(
    "--privacy",
    is_flag=True,
    help="Instead, read every published file for locations, names, serial numbers, maker notes;"
    " originals that are published as they are it only counts.",
)
@click.option(
    "--verify",
    "verifies",
    is_flag=True,
    help="Instead, compare the bytes of every published file with what was written.",
)
@click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Also name every file passed over, every photo without words, and originals that tell a"
    " location, names or serial numbers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check_command(
    site: Path, output: Path | None, privacy: bool, verifies: bool, verbose: bool, as_json: bool
) -> None:
    """Say what a build would refuse or warn of, and write nothing.

    Exit status: 0 nothing found; 1 something to mend; 2 wrong settings or usage, no pictures, or
    with --privacy or --verify nothing built yet.
    """
    # Late: they bring what builds need, which takes more than a start of the command may.
    from generator.audit import audit_privacy  # noqa: PLC0415
    from generator.check import check_site  # noqa: PLC0415
    from generator.output.verify import verify  # noqa: PLC0415

    if privacy and verifies:
        raise click.UsageError("choose one of --privacy and --verify")
    config = load_config(site)
    output = output or site / OUTPUT
    found: Audit | Findings | Verified
    if privacy:
        found = audit_privacy(site, output, config)
        lines = audited(found)
    elif verifies:
        with listening(quiet=as_json, verbose=verbose) as listener:
            found = verify(output, site / CACHE, partial(listener.progress, "Reading files"))
        lines = verified(found)
    else:
        options = Options(jobs=_processes(None, config))
        with listening(quiet=as_json, verbose=verbose) as listener:
            found = check_site(order_of(site, output, config, options, listener))
        lines = checked(found, verbose=verbose)
    if as_json:
        click.echo(_json(found))
    else:
        tell_problems(found.problems)
        for line in lines:
            click.echo(line)
    sys.exit(1 if found.problems else 0)


@cli.command("stats")
@_site_option
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def stats_command(site: Path, as_json: bool) -> None:
    """Count albums, photos, bytes, cameras and lenses, and write nothing."""
    # Late, as for check.
    from generator.stats import stats_of  # noqa: PLC0415

    config = load_config(site)
    check_folders(site, site / OUTPUT)
    options = Options(jobs=_processes(None, config))
    with listening(quiet=as_json, verbose=False) as listener:
        stats = stats_of(order_of(site, site / OUTPUT, config, options, listener))
    for line in (_json(stats),) if as_json else tabled(stats):
        click.echo(line)


@cli.command("clean")
@_site_option
def clean_command(site: Path) -> None:
    """Remove what builds of this site made.

    That is in every folder that they wrote to, and nothing else is removed.
    """
    cache = site / CACHE
    if not (cache.is_dir() and store.is_ours(cache)):
        click.echo("There is nothing to remove.")
        return
    with store.exclusive(cache, Listener().waiting):
        count, problems = publish.remove_all(cache)
        store.remove_all(cache)
    tell_problems(problems)
    click.echo(f"Removed {counted(count, 'file')} and the cache.")


@cli.command("serve")
@_site_option
@_output_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    help="Where it is served; 8000 by default, 0 is any free one.",
)
@click.option(
    "--host",
    default="localhost",
    help="The address to listen at; by default those that only this machine reaches.",
)
@click.option("--open", "opens", is_flag=True, help="Open the front page in the browser.")
@click.option("--upload", is_flag=True, help="Take pictures that are dropped on an album's page.")
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes that render; 0 is one a core.",
)
@_removals_option
@click.option("--quiet", "-q", is_flag=True, help="Print problems only.")
@click.option("--verbose", "-v", is_flag=True, help="Also name every file rendered and written.")
def serve_command(
    site: Path,
    output: Path | None,
    port: int,
    host: str,
    opens: bool,
    upload: bool,
    jobs: int | None,
    allow_removals: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Build, serve and reload while you work.

    Ctrl-C ends it. Exit status: 0 after Ctrl-C; 143 and 129 by SIGTERM and SIGHUP; 2 wrong usage,
    or the port is taken.
    """
    # Late: no build needs a server.
    from generator.serve.desk import SiteDesk  # noqa: PLC0415
    from generator.serve.guard import is_loopback  # noqa: PLC0415
    from generator.serve.server import Service, bind, run  # noqa: PLC0415

    if not is_loopback(host):
        if upload:
            raise click.UsageError("--upload is for this machine alone: leave out --host")
        what = "everybody in this network can see the site, and what is not published yet"
        tell_problems([Problem("--host", what, severity="warning", code="seen-by-others")])
    sockets = bind(host, port)
    address = _address(host, sockets[0].getsockname()[1])
    with listening(quiet=quiet, verbose=verbose) as listener:
        processes = partial(_at_least_one, jobs)
        options = Options(may_remove_most=allow_removals)
        desk = SiteDesk(site, output or site / OUTPUT, processes, listener, options)
        desk.listen(Changes(quiet=quiet))
        service = Service(desk, site, host, upload, _tell_if_heard)
        click.echo(f"Serving at {address} until Ctrl-C")
        status = 0
        try:
            desk.start()
            if opens:
                click.launch(address)
            run(service, sockets)
        except KeyboardInterrupt:
            click.echo("Ended.")
        except SystemExit as ending:
            status = int(ending.code or 0)
            raise
        finally:
            desk.close()
            _leave_for_certain(status)


def _leave_for_certain(status: int) -> None:
    """Have the process end soon, though threads still wait for what may never come."""
    leaving = threading.Timer(_SECONDS_TO_LEAVE, os._exit, (status,))
    leaving.daemon = True
    leaving.start()


def _tell_if_heard(*problems: Problem) -> None:
    """Print what is wrong, though the terminal may be closed, or what it is written to full."""
    with suppress(OSError, ValueError):
        tell_problems(problems)


def _address(host: str, port: int) -> str:
    """Return where this machine finds a server that listens at a host."""
    near = {"localhost": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://{f'[{near}]' if ':' in near else near}:{port}/"


def _processes(jobs: int | None, config: Config) -> int:
    """Return how many processes work, by the option, else the settings, else the machine.

    One is none beside this.
    """
    wanted = (config.build.jobs if jobs is None else jobs) or _cores()
    return 0 if wanted == 1 else wanted


def _at_least_one(jobs: int | None, config: Config) -> int:
    """Return how many processes work for a server: what one is at can be given up at once."""
    return max(1, _processes(jobs, config))


def _cores() -> int:
    """Return how many processes can really run at once, and never one: a process may die."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(2, usable or 1)


def _json(value: object) -> bytes:
    """Write a value as JSON, in which what could act on a terminal stands by its number."""
    text = msgspec.json.format(msgspec.json.encode(value)).decode()
    return "".join(c if c == "\n" or c.isprintable() else _by_number(c) for c in text).encode()


def _by_number(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _tell(report: Report, *, quiet: bool) -> None:
    tell_problems(report.problems)
    if not quiet:
        for line in summary(report):
            click.echo(line)


def main() -> NoReturn:
    """Run the command line and exit, with one line for whatever goes wrong."""
    if sys.getfilesystemencoding() != "utf-8":
        # The locale has another encoding than the names of files, in which the site is written.
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    _silence_others()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name must not be able to stop the program that names it.
            stream.reconfigure(errors="backslashreplace")
    if not sys.warnoptions:
        # What libraries say to programmers is nothing for photographers.
        warnings.simplefilter("ignore")
    sys.unraisablehook = _not_lost
    for name in _ENDING:
        number = getattr(signal, name, None)
        # Whoever started this may want it to outlive its terminal: nohup, or a shell's "&".
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        sys.exit(_run())
    finally:
        # All is said. What Python itself still has to say of the end is of no use to anybody.
        _end_undisturbed()
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _silence_others() -> None:
    """Leave the stream of errors to this program alone.

    Processes start with it, and Python tells of what fails in them in tracebacks; libraries write
    of damaged pictures there. What is to be said of either we say.
    """
    if os.name != "posix" or not isinstance(sys.stderr, io.TextIOWrapper):
        return
    own = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    # Unbuffered: of what cannot be written nothing must stay, for processes that start flush it.
    raw = cast(BinaryIO, io.FileIO(own, "w"))
    sys.stderr = io.TextIOWrapper(raw, encoding=sys.stderr.encoding, write_through=True)


def _end(number: int, frame: object) -> NoReturn:
    # By an exception, so that processes are stopped and half-written files removed.
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _not_lost(lost: "sys.UnraisableHookArgs") -> None:
    """End a little later if that was asked for where Python can raise nothing, as in a finalizer.

    What else cannot be raised is of no use to anybody.
    """
    if isinstance(lost.exc_value, KeyboardInterrupt | SystemExit):
        code = getattr(lost.exc_value, "code", None) or INTERRUPTED
        again = threading.Timer(0.01, _thread.interrupt_main, (code - _BY_A_SIGNAL,))
        again.daemon = True
        again.start()


def _end_undisturbed() -> None:
    """Be deaf from now on to what would only interrupt the end."""
    for name in _ENDING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _tell_of_the_end()
        return INTERRUPTED
    except SystemExit as ending:
        if isinstance(ending.code, int) and ending.code > _BY_A_SIGNAL:
            _tell_of_the_end()
        raise
    except FastphotoError as error:
        _tell_if_heard(*error.problems)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has left: there is nobody to tell, not even by Python at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is still told in one line
        _tell_if_heard(*_problems(error))
        return MachineError.exit_code


def _problems(error: Exception) -> tuple[Problem, ...]:
    if isinstance(error, OSError):
        return MachineError.of(error, "the build had to stop").problems
    if isinstance(error, ImportError):
        what, hint = (
            f"a library cannot be loaded: {error}",
            "build again, or install fastphoto anew",
        )
        return (Problem("", what, hint, code="machine"),)
    return (unforeseen(error),)


def _tell_of_the_end() -> None:
    # The terminal may be what ended.
    _end_undisturbed()
    with suppress(OSError, ValueError):
        click.echo("Interrupted. What was rendered is kept for the next build.", err=True)
