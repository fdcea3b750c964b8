"""A build after any edits equals a build from nothing, byte for byte, and does no needless work."""

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from generator import design, steps
from generator.build import Last
from generator.core import files
from generator.core.config import Config
from generator.core.model import Stamp
from generator.library import scan, survey
from generator.output import publish
from generator.pixels import encode
from generator.planning.plan import Plan
from generator.report import Report
from generator.state import store
from tests.support.cases import cases
from tests.support.pictures import chart, save, xmp_packet
from tests.support.sites import (
    Site,
    clean_tree,
    folders,
    scraps,
    stamps,
    surroundings,
    tree,
    wait_until,
)

# A build distrusts files that were changed two seconds before, for some disks' clocks are slow.
# The clocks that tests run by tick a hundred times a second at least.
TICK_NS = 20_000_000

# Names that meet in one address, sort apart by number and by letter, or need encoding. One folder
# bears a picture's name.
NAMES = ("a.jpg", "a.png", "A.webp", "2.jpg", "10.jpg", "sea & sky #1.jpg", "été.gif", "b.jpg")
FOLDERS = ("", "coast", "coast/deep", "Coast 2", "b.jpg")
TEXTS = (
    *("index.md", "about.md", "a.md", "a.jpg.md", "2.md", "coast.md", "b.jpg/index.md"),
    *("coast/index.md", "coast/a.md", "coast/deep/index.md", "coast/notes.md"),
)
WORDS = (
    "Plain words.\n",
    "# A heading\n\n![A picture](a.jpg) and a [link](/coast/), a [broken one](/nowhere/).\n",
    "---\ntitle: Named\ncaption: Said\nkeywords: [x, y]\ndate: 2024-05-06\n---\nText.\n",
    "---\naliases: [/old/, a]\ndate: 2024-05-07\n---\nMoved.\n",
    "---\nsort: name\nreverse: true\ncover: 2.jpg\n---\n[About](about.md)\n",
    "---\nkeywords: [X, x/deep]\ndate: 2024-06-07\nsections: day\nlayout: square\n---\n",
    "---\nsections: {One: a.jpg, Two: b.jpg}\nlayout: columns\n---\n[x](/tags/x/)\n",
    "---\nslug: elsewhere\n---\n![Still](/still.bmp)\n",
    "---\ntitel: misspelt\n---\nThis text is refused.\n",
)
SIDECARS = ("a.xmp", "a.jpg.xmp", "A.XMP", "coast/a.xmp", "coast/b.jpg.Xmp", "b.xmp", "no.xmp")
SAID = (
    xmp_packet("<dc:title>Beside</dc:title><photoshop:City>Vik</photoshop:City>"),
    xmp_packet("<dc:title>Anew</dc:title><xmp:Rating>-1</xmp:Rating>"),
    xmp_packet("<photoshop:DateCreated>2021-02-03T04:05:06.7+08:00</photoshop:DateCreated>"),
    b"<broken",
)
LADDER = "[images]\nmax_dimensions = [16, 20]\ndefault_dimension = 20\nformats = "
SETTINGS = (
    f'{LADDER}["jpeg"]\n',
    f'{LADDER}["jpeg"]\n[site]\ntitle = "Another"\nbase_url = "https://example.org/x/"\n'
    'icon = "still.bmp"\n',
    f'{LADDER}["jpeg"]\nquality = {{ jpeg = 40 }}\n[gallery]\nmin_rating = 0\n',
    f'{LADDER}["webp"]\n[gallery]\nshow_location = true\n',
    f'{LADDER}["webp", "jpeg"]\n[gallery]\npage_size = 2\n',
    f'{LADDER}["avif"]\n',
    f'{LADDER}["png"]\noriginals = "none"\n',
    f'{LADDER}["jpeg"]\n[albums]\nsort = "name"\nreverse = true\nignore = ["2*"]\n',
    '[images]\nmax_dimensions = [24]\ndefault_dimension = 16\nformats = ["jpeg"]\n',
)
# Templates that show all that a template is given are quicker than the theme's, and see more.
TEMPLATES = {
    **{f"{kind}.html": ("{{ site }} {{ page }}",) for kind in ("front", "album", "photo", "page")},
    "404.html": ("Gone: {{ site.title }}", "Not there."),
    "_picture.html": ('<img src="{{ picture.sources[-1] | src }}" alt="{{ picture.alt }}">',),
    "static/site.css": ("body { color: red }", "body { color: blue }"),
    "static/more/extra.txt": ("one", "two"),
}

# What a user keeps in the output folder.
FOREIGN = ("CNAME", "coast/notes.txt")


class Edits(RuleBasedStateMachine):
    """Edits a site like a person in a hurry, and builds now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.site = Site(self.home / "site")
        self.still = self.site.pictures / "still.bmp"
        self.edited = True
        self.patches = pytest.MonkeyPatch()
        self.patches.setattr(files, "CLOCK_TICK_NS", TICK_NS)
        # Nobody cuts the power here, and waiting for the disk takes longer than all the rest.
        self.patches.setattr(os, "sync", lambda: None)
        self.patches.setattr(os, "fsync", lambda descriptor: None)

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            self.patches.undo()
            shutil.rmtree(self.home)

    @initialize()
    def begin(self) -> None:
        self.site.settings(SETTINGS[0])
        self.paint(self.still, 0)
        self.paint(self.site.pictures / "coast/a.jpg", 1)
        for name in TEMPLATES:
            self.override_template(name, 0)

    # Edits of pictures.

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES), seed=st.integers(1, 9))
    def add_or_replace(self, folder: str, name: str, seed: int) -> None:
        self.paint(self.site.pictures / folder / name, seed)

    @rule(seed=st.integers(1, 9))
    def edit_without_a_trace(self, seed: int) -> None:
        """Change pixels, and neither the size nor the time of the file."""
        before = self.still.stat()
        self.paint(self.still, seed)
        os.utime(self.still, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert self.still.stat().st_size == before.st_size
        self.edited = True

    @rule(pick=st.integers(0, 99), year=st.sampled_from([1970, 1999, 2090]))
    def touch(self, pick: int, year: int) -> None:
        seconds = (year - 1970) * 31_557_600
        os.utime(self.a_photo(pick), (seconds, seconds))
        self.edited = True

    @rule(pick=st.integers(0, 99), keep=st.floats(0, 0.9))
    def cut(self, pick: int, keep: float) -> None:
        photo = self.a_photo(pick)
        if photo != self.still:
            photo.write_bytes(photo.read_bytes()[: int(photo.stat().st_size * keep)])
            self.edited = True

    @rule(pick=st.integers(0, 99))
    def delete(self, pick: int) -> None:
        photo = self.a_photo(pick)
        if photo != self.still:
            photo.unlink()
            self.edited = True

    @rule(pick=st.integers(0, 99), other=st.integers(0, 99))
    def swap_names(self, pick: int, other: int) -> None:
        one, two = self.a_photo(pick), self.a_photo(other)
        if self.still not in (one, two):
            aside = self.home / "aside"
            one.replace(aside)
            two.replace(one) if two != one else None
            aside.replace(two)
            self.edited = True

    @rule(pick=st.integers(0, 99), folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def rename(self, pick: int, folder: str, name: str) -> None:
        photo, target = self.a_photo(pick), self.site.pictures / folder / name
        if photo != self.still and photo not in target.parents and target not in photo.parents:
            self.make_room(target)
            photo.replace(target)
            self.edited = True

    @rule(there=st.sampled_from(FOLDERS[1:]), to=st.sampled_from(["moved", "coast", "Coast 2/in"]))
    def move_folder(self, there: str, to: str) -> None:
        source, target = self.site.pictures / there, self.site.pictures / to
        if source.is_dir() and not target.exists() and source not in target.parents:
            self.make_room(target)
            source.rename(target)
            self.edited = True

    @rule(path=st.sampled_from(SIDECARS), said=st.sampled_from(SAID))
    def write_sidecar(self, path: str, said: bytes) -> None:
        target = self.site.pictures / path
        self.make_room(target)
        target.write_bytes(said)
        self.edited = True

    # Edits of everything else.

    @rule(path=st.sampled_from(TEXTS), words=st.sampled_from(WORDS))
    def write_text(self, path: str, words: str) -> None:
        self.site.text(path, words)
        self.edited = True

    @rule(path=st.sampled_from(TEXTS))
    def delete_text(self, path: str) -> None:
        (self.site.root / "content" / path).unlink(missing_ok=True)
        self.edited = True

    @rule(text=st.sampled_from(SETTINGS))
    def change_settings(self, text: str) -> None:
        self.site.settings(text)
        self.edited = True

    @rule(name=st.sampled_from(sorted(TEMPLATES)), version=st.integers(0, 1))
    def override_template(self, name: str, version: int) -> None:
        texts = TEMPLATES[name]
        self.site.write(f"templates/{name}", texts[version % len(texts)].encode())
        self.edited = True

    @rule(name=st.sampled_from(sorted(TEMPLATES)))
    def drop_override(self, name: str) -> None:
        (self.site.root / "templates" / name).unlink(missing_ok=True)
        self.edited = True

    @rule(reads=st.integers(0, 2), makes=st.integers(0, 2))
    def change_version(self, reads: int, makes: int) -> None:
        """Go on with another version of the program, newer or older."""
        self.patches.setattr(scan, "SCAN_VERSION", reads)
        self.patches.setattr(encode, "RECIPE_VERSION", makes)
        for module in (survey, design):
            self.patches.setattr(module, "code_digest", lambda: f"{reads} {makes}")
        self.edited = True

    # Damage to what was built. It comes between two builds of the same sources: a file that was
    # changed by hand and is no longer wanted is nobody's to remove.

    @rule(pick=st.integers(0, 999), how=st.sampled_from(["delete", "cut", "replace"]))
    def damage_output(self, pick: int, how: str) -> None:
        self.check()
        built = sorted(path for path in self.site.output.rglob("*") if path.is_file())
        victim = built[pick % len(built)]
        if how == "delete":
            victim.unlink()
        else:
            body = victim.read_bytes()
            victim.write_bytes(body[: len(body) // 2] if how == "cut" else b"mine" + body)
        self.edited = True
        self.check()

    @rule(part=st.sampled_from(["", store.MEMO, store.LAST, store.OUTPUTS, "variants"]))
    def delete_cache(self, part: str) -> None:
        self.check()
        lost = self.site.cache / part
        shutil.rmtree(lost) if lost.is_dir() else lost.unlink(missing_ok=True)
        before = stamps(self.site.output)
        self.edited = True
        self.check()
        assert stamps(self.site.output) == before

    @rule()
    def force(self) -> None:
        self.site.build(force=True)
        self.edited = True

    @precondition(lambda self: self.edited)
    @rule(patient=st.booleans())
    def check(self, patient: bool = True) -> None:
        if patient:
            settle(self.site, TICK_NS)
        report = self.site.build()

        with tempfile.TemporaryDirectory(dir=self.home) as folder:
            twin = self.site.copy(Path(folder) / "twin")
            clean = twin.build()
            assert tree(self.site.output) == tree(twin.output)
            assert folders(self.site.output) == folders(twin.output)
            assert facts(report) == facts(clean)
        self.check_idle(report)
        self.edited = False

    def check_idle(self, report: Report) -> None:
        before = stamps(self.site.output)
        again = self.site.build()
        assert (again.files_written, again.files_removed, again.variants_made) == (0, 0, 0)
        assert stamps(self.site.output) == before
        assert facts(again) == facts(report)

    @invariant()
    def leaves_no_scraps(self) -> None:
        assert scraps(self.site) == []

    # Tools.

    def a_photo(self, pick: int) -> Path:
        found = sorted(path for path in self.site.pictures.rglob("*") if path.is_file())
        return found[pick % len(found)]

    def paint(self, target: Path, seed: int) -> None:
        self.make_room(target)
        save(chart(24 + seed % 3 if target != self.still else 24, 20, seed), target)
        self.edited = True

    def make_room(self, target: Path) -> None:
        """Let a file or folder take the place of whatever stands in its way."""
        for above in target.parents:
            if above.is_file():
                above.unlink()
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)


TestEdits = Edits.TestCase
TestEdits.settings = settings(
    max_examples=cases(8),
    stateful_step_count=16,
    suppress_health_check=list(HealthCheck),
)


def facts(report: Report) -> tuple[object, ...]:
    """Return what a report says of the site, and not of how much work it took."""
    return (
        *(report.photos, report.albums, report.pages, report.files),
        *(report.bytes_in, report.bytes_out, report.strays, report.problems),
    )


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CLOCK_TICK_NS", TICK_NS)


@pytest.fixture
def built(site: Site) -> Site:
    """A small site with an album, a text and a foreign file, built."""
    site.photo("a.jpg", 1)
    site.photo("coast/b.png", 2)
    site.photo("coast/c.jpg", 3)
    site.text("coast/index.md", "# The coast\n\n![b](b.png)\n")
    site.build()
    site.write("output/CNAME", b"photos.example.org")
    site.write("output/coast/notes.txt", b"mine")
    return site


def settle(site: Site, tick_ns: int) -> None:
    """Wait until the sources are older than a tick of the clock: changes would show from now on."""
    newest = max(path.stat().st_ctime_ns for path in site.root.rglob("*"))
    wait_until(lambda: time.time_ns() - tick_ns > newest)


@pytest.mark.usefixtures("fast_clock")
def test_nothing_is_opened_for_its_content_if_nothing_changed(built: Site) -> None:
    settle(built, TICK_NS)
    first = built.build()

    code = """
import json, sys
from pathlib import Path
from generator.build import Last
from generator.core import files
from generator.core.model import Stamp
files.CLOCK_TICK_NS = int(sys.argv[1])
from generator.build import build
from generator.core.config import load_config
from generator.report import Options
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
site = Path(sys.argv[2])
report = build(site, site / "output", load_config(site), Options())
print(json.dumps([report.photos, report.files_written, opened, sorted(sys.modules)]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(TICK_NS), str(built.root)],
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    photos, written, opened, modules = json.loads(done.stdout)

    inside = {Path(each).relative_to(built.root) for each in opened if str(built.root) in each}
    assert (photos, written) == (first.photos, 0)
    # The records of the last build are read, the output folder is held while its files are asked
    # for their size and time.
    assert {path.parts[0] for path in inside} == {"site.toml", ".cache", "output"}
    assert Path("output") in inside
    assert not any(len(path.parts) > 1 for path in inside if path.parts[0] == "output")
    assert set(modules).isdisjoint({"PIL.Image", "jinja2", "markdown"})


@pytest.mark.usefixtures("fast_clock")
def test_s7_a_change_is_seen_although_size_and_time_are_as_before(built: Site) -> None:
    photo = save(chart(seed=1), built.pictures / "still.bmp")
    settle(built, TICK_NS)
    built.build()
    before = photo.stat()

    save(chart(seed=2), photo)
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    built.build()

    assert (built.output / "full/still.bmp").read_bytes() == photo.read_bytes()


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk as FAT is: its clock ticks every two seconds, it has no other time, and no inodes."""

    def stamp_of(status: os.stat_result) -> Stamp:
        tick = status.st_mtime_ns // files.CLOCK_TICK_NS * files.CLOCK_TICK_NS
        return Stamp(status.st_size, tick, tick, 0)

    for name, module in tuple(sys.modules.items()):
        if name.startswith("generator.") and hasattr(module, "stamp_of"):
            monkeypatch.setattr(module, "stamp_of", stamp_of)


@pytest.mark.usefixtures("slow_clock")
def test_s7_a_change_within_a_tick_of_the_clock_is_seen(built: Site) -> None:
    photo = save(chart(seed=0), built.pictures / "still.bmp")
    size = photo.stat().st_size

    for seed in range(1, 1 + cases(4)):
        # In place and at once, so that on such a disk nothing but the bytes would tell.
        photo.write_bytes(save(chart(seed=seed), built.root / "aside.bmp").read_bytes())
        report = built.build()
        assert report.photos_rendered == 1
        assert (built.output / "full/still.bmp").read_bytes() == photo.read_bytes()
    assert photo.stat().st_size == size


def rendered_anew(site: Site, path: str) -> bool:
    """Build, and tell whether a picture was made anew; that is what is published in any case."""
    report = site.build()
    assert (site.output / "full" / path).read_bytes() == (site.pictures / path).read_bytes()
    assert site.build().files_written == 0
    return report.photos_rendered > 0


@pytest.mark.usefixtures("fast_clock")
def test_s7_an_older_file_in_the_place_of_a_newer_one_is_seen(built: Site) -> None:
    older = save(chart(seed=8), built.root / "older.jpg")
    os.utime(older, (10**9, 10**9))
    settle(built, TICK_NS)
    built.build()

    shutil.copy2(older, built.pictures / "a.jpg")

    assert (built.pictures / "a.jpg").stat().st_mtime == 10**9
    assert rendered_anew(built, "a.jpg")


@pytest.mark.usefixtures("fast_clock")
def test_s7_two_files_of_one_size_and_time_that_swap_their_names_are_seen(built: Site) -> None:
    one, two = (save(chart(seed=n), built.pictures / f"{n}.bmp") for n in (1, 2))
    for path in (one, two):
        os.utime(path, (10**9, 10**9))
    settle(built, TICK_NS)
    built.build()
    before = [path.stat() for path in (one, two)]

    one.rename(built.root / "aside")
    two.rename(one)
    (built.root / "aside").rename(two)

    assert {(each.st_size, each.st_mtime_ns) for each in before} == {
        (path.stat().st_size, path.stat().st_mtime_ns) for path in (one, two)
    }
    assert not rendered_anew(built, "1.bmp")
    assert not rendered_anew(built, "2.bmp")


@pytest.mark.usefixtures("fast_clock")
@pytest.mark.parametrize("year", [2099, 1970, 1930], ids=str)
def test_s7_a_time_that_cannot_be_true_costs_nothing_and_hides_nothing(
    built: Site, year: int
) -> None:
    photo = save(chart(seed=1), built.pictures / "still.bmp")
    moment = (year - 1970) * 31_557_600 * 10**9 + 1
    os.utime(photo, ns=(moment, moment))
    settle(built, TICK_NS)
    before = built.build()
    assert photo.stat().st_mtime_ns == moment

    # It is known for certain: what the build left says that there is nothing to do.
    assert store.load(built.cache, store.LAST, Last) is not None
    assert built.build().problems == before.problems
    save(chart(seed=2), photo)
    os.utime(photo, ns=(moment, moment))
    assert rendered_anew(built, "still.bmp")


def test_files_are_read_once_more_in_the_room_of_the_plan(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = [], survey.survey

    def counting(root: Path, config: Config) -> survey.Survey:
        looks.append(sum(1 for each in gc.get_objects() if isinstance(each, Plan)))
        return look(root, config)

    monkeypatch.setattr(steps, "survey", counting)
    gc.collect()
    before = sum(1 for each in gc.get_objects() if isinstance(each, Plan))
    save(chart(), site.pictures / "young.bmp")
    site.build()
    # Only files as young as this one are looked at again.
    assert looks == [before]


def test_s7_a_change_of_modes_alone_writes_nothing(built: Site) -> None:
    before = stamps(built.output)
    for path in built.pictures.rglob("*.*"):
        path.chmod(0o600)
    report = built.build()
    assert (report.photos_rendered, report.files_written) == (0, 0)
    assert stamps(built.output) == before


def test_s7_a_clock_that_was_set_back_hides_no_change(
    built: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = save(chart(seed=0), built.pictures / "still.bmp")
    now = time.time_ns
    built.build()
    for number, back in enumerate((3600, 86_400, 10**9), 1):
        monkeypatch.setattr(time, "time_ns", lambda back=back: now() - back * 10**9)
        photo.write_bytes(save(chart(seed=number), built.root / "aside.bmp").read_bytes())
        # As the system would note it by that clock.
        os.utime(photo, ns=(time.time_ns(), time.time_ns()))
        assert rendered_anew(built, "still.bmp")
        assert not rendered_anew(built, "still.bmp")


def test_s7_a_touched_picture_is_not_rendered_again(built: Site) -> None:
    before = stamps(built.output)

    for path in built.pictures.rglob("*.*"):
        os.utime(path, (1, 1))
    report = built.build()

    assert (report.photos_rendered, report.variants_made, report.files_written) == (0, 0, 0)
    assert stamps(built.output) == before


def test_s6_one_edit_rewrites_only_what_shows_it(built: Site) -> None:
    before = stamps(built.output)

    built.photo("coast/c.jpg", 7)
    report = built.build()

    after = stamps(built.output)
    changed = {path for path in before if before[path] != after.get(path)}
    unconcerned = {
        *(path for path in before if path.startswith(("static/", "a/", "image/a.", "full/a."))),
        *(path for path in before if path.startswith(("image/coast/b.", "full/coast/b."))),
        *(".nojekyll", "404.html", "CNAME", "coast/notes.txt"),
    }
    assert report.photos_rendered == 1
    assert changed.isdisjoint(unconcerned)
    assert {"coast/c/index.html", "coast/index.html", "full/coast/c.jpg"} <= changed


def test_s6_a_picture_under_a_new_name_is_not_rendered_again(built: Site) -> None:
    (built.pictures / "coast").rename(built.pictures / "shore")

    report = built.build()

    assert (report.photos_rendered, report.variants_made) == (0, 0)
    assert (built.output / "full/shore/c.jpg").exists()
    assert not (built.output / "full/coast").exists()


def test_s6_what_is_removed_leaves_the_site_with_its_empty_folders(built: Site) -> None:
    shutil.rmtree(built.pictures / "coast")
    shutil.rmtree(built.root / "content")
    (built.output / "coast/notes.txt").unlink()

    report = built.build()

    assert report.files_removed > 0
    assert [path for path in tree(built.output) if "coast" in path] == []
    assert [path for path in folders(built.output) if "coast" in path] == []


def test_foreign_files_survive_every_build_and_the_removal_of_their_album(
    built: Site, tmp_path: Path
) -> None:
    shutil.rmtree(built.pictures / "coast")
    shutil.rmtree(built.root / "content")
    built.build()
    built.build(force=True)
    assert (built.output / "coast/notes.txt").read_bytes() == b"mine"
    assert (built.output / "CNAME").read_bytes() == b"photos.example.org"

    publish.remove_all(built.cache)

    assert set(tree(built.output)) == {".nojekyll", "CNAME", "coast/notes.txt"}


def test_s6_every_setting_that_a_page_or_picture_shows_reaches_the_output(
    built: Site, tmp_path: Path
) -> None:
    made = {}
    for number, text in enumerate(SETTINGS):
        built.settings(text)
        built.build()
        found = tree(built.output)
        made[text] = {path: found[path] for path in found if path not in FOREIGN}
        assert made[text] == clean_tree(built, tmp_path / f"clean{number}")

    usual = made.pop(SETTINGS[0])
    assert usual not in made.values()
