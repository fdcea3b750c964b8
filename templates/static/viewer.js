/* The viewer shows the photos of a page one at a time, over the page. It stands on what is there without it: a
   tile is a link to the page of its photo, and whatever the viewer cannot do is left to that link. Swiping,
   panning and modality are the browser's own. The page loads viewer.min.js, which is made of this file. */
(() => {
"use strict";

const here = () => location.href.split("#")[0];
const page = here();
const dialog = document.querySelector(".viewer");
const links = tiles();
const rtl = getComputedStyle(document.documentElement).direction === "rtl";
// The window's address comes to be that of another page; addresses in this one must mean what they mean.
const base = Object.assign(document.createElement("base"), { href: page });
document.head.append(base);

if (dialog?.showModal && links.length) view();
else addEventListener("popstate", comeBack);
if (document.querySelector("figure.photo")) turnPages();

/* After a reload under the viewer's address, the album is one step back in the same document. */
function comeBack() { if (here() !== page) location.reload(); }

/* One tile of each photo. Those with ids stand in order; then comes what is out of its place, in a text. */
function tiles() {
  const found = {};
  for (const selector of [".grid [id] > a", ".grid a"])
    for (const tile of document.querySelectorAll(selector)) found[tile.href] ??= tile;
  return Object.values(found);
}

/* A photo's own page: the arrow keys lead on, unless they are the viewer's. */
function turnPages() {
  const keys = sidedKeys();
  addEventListener("keydown", event => {
    if (dialog?.open || event.defaultPrevented) return;
    if (isChord(event) || event.shiftKey || !keys[event.key]) return;
    document.querySelector(`a[rel=${keys[event.key] > 0 ? "next" : "prev"}]`)?.click();
  });
}

function sidedKeys() {
  return rtl ? { ArrowLeft: 1, ArrowRight: -1 } : { ArrowLeft: -1, ArrowRight: 1 };
}

function isChord(event) { return event.ctrlKey || event.metaKey || event.altKey; }

function view() {
  const SLIDES = 7; // With fewer, fast swipes outrun them.
  const SETTLED = 300; // ms until a photo that was come to counts as looked at
  const PAUSE = 5000; // ms for which a slideshow shows a photo
  const IDLE = 3000; // ms until the controls withdraw
  const TAPS = 300; // ms between the taps of a double tap

  const root = document.documentElement;
  const words = dialog.dataset;
  const [stage, strip, place, title, notice, live, info, help] =
    ["stage", "strip", "place", "title", "notice", "live", "info", "help"]
      .map(name => dialog.querySelector(`.viewer-${name}`));
  const control = Object.fromEntries(
    [...dialog.querySelectorAll("[data-do]")].map(each => [each.dataset.do, each]));
  const pageTitle = document.title;
  const addresses = links.map(link => link.href);
  let number; // as the pages write it, and in English if nobody knows their language
  for (const language of ["en", root.lang]) try {
    number = new Intl.NumberFormat(language, { numberingSystem: "latn", useGrouping: true });
  } catch { /* nobody does */ }
  const sides = sidedKeys();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const saves = navigator.connection?.saveData;

  let shown = false;
  let current = -1; // the photo that is looked at: an index of links
  let direction = 1; // of travel: 1 or -1
  let zoom = 1; // how many times larger than it fits
  let held = null; // which point of the picture zoom keeps where it is
  let width = 0, height = 0; // of the strip, CSS px
  let leaving = false;
  let fetched = { index: -1 }; // the page of one photo
  const timers = {};

  const slides = Array.from({ length: SLIDES }, makeSlide);
  strip.style.setProperty("--count", links.length);
  for (const each of Object.values(control)) each.title = each.getAttribute("aria-label");

  /* Slides: each lies where its photo lies on an endless strip, so none is ever moved while it is seen. */

  function makeSlide() {
    const figure = document.createElement("figure");
    const frame = document.createElement("div");
    figure.tabIndex = 0;
    figure.append(frame);
    strip.append(figure);
    return { figure, frame, index: NaN };
  }

  function slideOf(index) { return slides[index % SLIDES]; }

  function tileOf(index) { return links[index].querySelector("img"); }

  function arrange() {
    for (const slide of slides) {
      const nearest = current + ((slides.indexOf(slide) - current) % SLIDES + SLIDES + 3) % SLIDES - 3;
      if (slide.index !== nearest) settleDown(slide, nearest);
      slide.figure.inert = slide.index !== current;
    }
  }

  function settleDown(slide, index) {
    empty(slide);
    slide.index = index;
    slide.figure.hidden = !links[index];
    if (!links[index]) return;
    const tile = tileOf(index);
    slide.figure.style[rtl ? "right" : "left"] = `${index * 100}%`;
    slide.ratio = tile.getAttribute("width") / tile.getAttribute("height");
    slide.pixels = widest(tile).width;
    slide.original = "";
    // What the tile shows already stands for the photo until that is decoded.
    slide.frame.className = tile.className;
    slide.frame.style.backgroundImage = tile.naturalWidth ? `url("${tile.currentSrc}")` : "";
    size(slide);
  }

  function empty(slide) {
    const image = slide.frame.querySelector("img");
    if (image) {
      // Without addresses the browser stops fetching.
      for (const source of slide.frame.querySelectorAll("source")) source.remove();
      image.removeAttribute("srcset");
      image.removeAttribute("src");
    }
    slide.frame.replaceChildren();
    slide.ready = null;
  }

  function forget(slide) {
    empty(slide);
    slide.index = NaN;
  }

  function fill(slide, priority) {
    slide.ready ??= load(slide, priority);
    return slide.ready;
  }

  async function load(slide, priority) {
    const picture = tileOf(slide.index).parentElement.cloneNode(true);
    const image = picture.querySelector("img");
    image.removeAttribute("loading");
    image.removeAttribute("class");
    image.fetchPriority = priority;
    slide.picture = picture;
    ask(slide, fitted(slide));
    slide.frame.append(picture);
    try {
      // To ask for a decoding that never comes would hold the picture for ever.
      await new Promise((done, fail) => { image.onload = done; image.onerror = fail; });
      if (picture.isConnected) await image.decode();
      if (!picture.isConnected) return;
      slide.frame.className = "";
      slide.frame.style.backgroundImage = "";
    } catch { /* It has gone, or a larger one is on its way: what stands for it stays. */ }
  }

  /* Ask for a picture that is sharp at this width in CSS px. */
  function ask(slide, pixels) {
    slide.asked = pixels;
    for (const each of slide.picture.children) each.sizes = `${Math.ceil(pixels)}px`;
  }

  async function loadAround() {
    const wanted = saves ? [0] : [0, direction, 2 * direction, -direction];
    const index = current;
    for (const slide of slides) if (!wanted.includes(slide.index - index) && slide.ready) empty(slide);
    await fill(slideOf(index), "high");
    if (index !== current || !shown) return;
    for (const offset of wanted) if (links[index + offset]) fill(slideOf(index + offset), "low");
  }

  function widest(image) {
    return image.srcset.split(",").map(each => each.trim().split(" "))
      .map(([address, size]) => ({ address, width: parseInt(size) }))
      .reduce((best, each) => each.width > best.width ? each : best, { address: image.src, width: 0 });
  }

  function fitted(slide) {
    return Math.min(width, height * slide.ratio, tileOf(slide.index).getAttribute("width"));
  }

  function size(slide) {
    const across = fitted(slide) * (slide.index === current ? zoom : 1);
    slide.frame.style.width = `${across}px`;
    slide.frame.style.height = `${across / slide.ratio}px`;
  }

  function measure() {
    ({ width, height } = strip.getBoundingClientRect());
    for (const slide of slides) if (links[slide.index]) size(slide);
    if (!links[current]) return;
    center();
    sharpen();
  }

  function center() {
    slideOf(current).figure.scrollIntoView({ inline: "center", block: "nearest", behavior: "instant" });
  }

  /* From photo to photo. */

  function go(index) {
    if (!links[index]) return;
    become(index);
    center();
  }

  function become(index) {
    const focused = !dialog.contains(document.activeElement) || strip.contains(document.activeElement);
    if (index !== current) {
      direction = index < current ? -1 : 1;
      magnify(1);
      current = index;
    }
    arrange();
    describe();
    if (focused) focusPhoto();
    loadAround();
    // Histories may not be written to at any rate: the first of a run at once, then the last.
    if (!timers.settle) write("replaceState");
    later("settle", SETTLED, settle);
  }

  function focusPhoto() { slideOf(current).figure.focus({ preventScroll: true }); }

  function turn(step) {
    stop();
    const end = control[step > 0 ? "next" : "previous"];
    if (links[current + step]) go(current + step);
    else if (!end.hidden) location.assign(end.href);
  }

  function jump(index) {
    stop();
    go(Math.max(0, Math.min(links.length - 1, index)));
  }

  function name(index) { return links[index].dataset.title || tileOf(index).alt; }

  /* Where the photo stands in its list, of which this page may be a part. */
  function position() {
    return words.position.replace("{position}", number.format(current + (+words.first || 1)))
      .replace("{count}", number.format(words.count || links.length));
  }

  function announcement() {
    // Photos without words are described by their position already.
    const said = name(current), where = position();
    return said.includes(where) ? said : `${where}: ${said}`;
  }

  function describe() {
    place.textContent = position();
    title.textContent = links[current].dataset.title || "";
    lead(control.previous, addresses[current - 1]);
    lead(control.next, addresses[current + 1]);
    const { address } = widest(tileOf(current));
    control.download.href = address;
    control.download.download = decodeURI(address).replace(/.*\/|\.[0-9a-f]{8}-\d+(?=\.\w+$)/g, "");
    info.querySelector("a").href = addresses[current];
    showZoom();
  }

  function lead(link, address) {
    if (!address && link === document.activeElement) focusPhoto();
    link.hidden = !address;
    if (address) link.href = address;
  }

  /* What waits until a photo is looked at. */
  function settle() {
    cancel("settle");
    if (!shown) return;
    document.title = `${name(current)} – ${pageTitle}`;
    write("replaceState");
    // In a slideshow nobody wants to be told every five seconds.
    if (!isPlaying()) live.textContent = announcement();
    if (!info.hidden) fillInfo();
    if (!links[current - 1] || !links[current + 1]) leadOn();
  }

  /* An album goes on beyond this page: its first and last photo lead to their neighbours' own pages. */
  async function leadOn() {
    const index = current;
    const photo = await pageOf(index);
    const found = selector => resolved(photo?.querySelector(selector), addresses[index]);
    if (index !== current || found(".turn .up")?.split("#")[0] !== page) return;
    if (!links[index - 1]) lead(control.previous, found("a[rel=prev]"));
    if (!links[index + 1]) lead(control.next, found("a[rel=next]"));
  }

  /* The page of a photo, or null where it cannot be fetched. */
  function pageOf(index) {
    if (fetched.index !== index) fetched = { index, page: fetchPage(addresses[index]) };
    return fetched.page;
  }

  async function fetchPage(address) {
    if (location.protocol === "file:") return null; // never, and a try would be reported as an error
    try {
      const answer = await fetch(address);
      return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    } catch { return null; }
  }

  function resolved(link, address) { return link && new URL(link.getAttribute("href"), address).href; }

  /* Opening and closing. */

  function open(index) {
    shown = true;
    leaving = false;
    current = index;
    direction = 1;
    morph(tileOf(index), () => {
      // Nothing is focused in a page that is hidden, nor brought back to.
      document.activeElement.blur();
      root.classList.add("viewing");
      if (!dialog.open) dialog.showModal();
      dialog.returnValue = "";
      zoom = 1;
      arrange();
      measure();
      // Keys may have led on meanwhile.
      go(current);
      focusPhoto();
      wake();
      return slideOf(current).frame;
    });
  }

  function close(still) {
    shown = false;
    stop();
    for (const timer in timers) cancel(timer);
    help.close();
    showInfo(false);
    if (document.fullscreenElement) document.exitFullscreen();
    document.title = pageTitle;
    morph(slideOf(current).frame, () => {
      root.classList.remove("viewing");
      dialog.close("left");
      slides.forEach(forget);
      root.offsetTop; // The page is there again.
      links[current].focus({ preventScroll: true });
      links[current].parentElement.scrollIntoView({ block: "nearest", behavior: "instant" });
      return tileOf(current);
    }, still);
  }

  /* The way out is one step back, so that the history is as if the viewer had never been. */
  function leave() {
    if (leaving) return;
    settle();
    leaving = true;
    history.back();
  }

  /* Change the page; what was one element grows into another, where the browser can do that. */
  function morph(from, change, still = false) {
    if (!document.startViewTransition || calm.matches || still || document.hidden) return void change();
    let to = from;
    from.style.viewTransitionName = "photo";
    const transition = document.startViewTransition(() => {
      from.style.viewTransitionName = "";
      to = change();
      to.style.viewTransitionName = "photo";
    });
    const done = () => { to.style.viewTransitionName = ""; };
    transition.ready.catch(() => {}); // It was skipped, which is no fault.
    transition.finished.then(done, done);
  }

  /* The address of the photo, or that of its tile where another page's cannot be taken: on file://, and where
     a policy forbids that the base stays. */
  function write(method) {
    const state = { page, photo: addresses[current] };
    try {
      history[method](state, "", addresses[current]);
      if (document.baseURI === base.href) return;
      method = "replaceState";
    } catch { /* file:// */ }
    try { history[method](state, "", `${page}#${links[current].parentElement.id}`); } catch { /* too often */ }
  }

  document.addEventListener("click", event => {
    const link = event.target.closest?.(".grid a"), index = addresses.indexOf(link?.href);
    if (index < 0 || shown || event.defaultPrevented) return;
    if (event.button || event.shiftKey || isChord(event)) return;
    event.preventDefault();
    current = index;
    links[index] = link; // Of the tiles of a photo, this is the one to come back to.
    write("pushState");
    open(current);
  });

  addEventListener("popstate", event => {
    const index = event.state?.page === page ? addresses.indexOf(event.state.photo) : -1;
    if (index >= 0) (shown ? go : open)(index);
    else if (here() !== page) location.reload();
    else if (shown) close(event.hasUAVisualTransition);
  });

  dialog.addEventListener("cancel", event => {
    event.preventDefault();
    leave();
  });
  // A browser may close a dialog without asking.
  dialog.addEventListener("close", () => { if (dialog.returnValue !== "left") leave(); });

  /* Where the strip has come to. While a finger moves it, slides are left alone as long as there are enough. */
  function arrive() {
    cancel("arrive");
    const index = reached();
    if (index === current || !links[index]) return;
    stop();
    become(index);
  }

  function reached() {
    const box = strip.getBoundingClientRect();
    // While the window changes its size, where the strip is says nothing.
    return shown && box.width === width ? Math.round(Math.abs(strip.scrollLeft) / width) : current;
  }

  strip.addEventListener("scroll", event => {
    if (event.target !== strip) return;
    if (Math.abs(reached() - current) > 1) arrive();
    else later("arrive", 150, arrive);
  });
  strip.addEventListener("scrollend", event => { if (event.target === strip) arrive(); });

  new ResizeObserver(() => { if (shown && dialog.open) measure(); }).observe(strip);

  /* Zoom: the slide is a scroll container, and its picture wider than it. */

  function naturalZoom() {
    const slide = slideOf(current);
    return slide.pixels / devicePixelRatio / fitted(slide);
  }

  /* As it fits; a pixel to a pixel; twice as large, if that is more. */
  function steps() {
    const natural = naturalZoom();
    return [1, natural, Math.max(2, natural)]
      .filter((step, index, all) => index === 0 || step > all[index - 1] * 1.01);
  }

  function mostZoom() { return 2 * steps().at(-1); }

  function magnify(wanted, x, y, anchor) {
    if (!links[current]) return;
    const slide = slideOf(current), { figure, frame } = slide;
    const next = Math.max(1, Math.min(mostZoom(), wanted));
    if (next === zoom && !anchor) return;
    held = anchor ?? spot(frame, x, y);
    zoom = next;
    figure.classList.toggle("zoomed", zoom > 1);
    size(slide);
    const box = frame.getBoundingClientRect();
    figure.scrollLeft += box.left + held.across * box.width - held.x;
    figure.scrollTop += box.top + held.down * box.height - held.y;
    showZoom();
    later("sharpen", 100, sharpen);
  }

  /* A point of the window, and which point of the picture is there; without one, the middle. */
  function spot(frame, x, y) {
    const box = frame.getBoundingClientRect(), around = strip.getBoundingClientRect();
    x ??= around.left + around.width / 2;
    y ??= around.top + around.height / 2;
    const within = value => Math.max(0, Math.min(1, value));
    return { x, y, across: within((x - box.left) / box.width), down: within((y - box.top) / box.height) };
  }

  function step(sign) {
    const ladder = steps(), top = ladder.at(-1);
    if (sign > 0) magnify(ladder.find(each => each > zoom * 1.01) ?? zoom * 1.5);
    else if (zoom > top * 1.01) magnify(Math.max(top, zoom / 1.5));
    else magnify(ladder.findLast(each => each < zoom / 1.01) ?? 1);
  }

  function toggleZoom(x, y) { magnify(zoom > 1 ? 1 : steps()[1], x, y); }

  function showZoom() {
    control["zoom-in"].disabled = zoom >= mostZoom();
    control["zoom-out"].disabled = zoom <= 1;
  }

  function sharpen() {
    const slide = slideOf(current), across = fitted(slide) * zoom;
    if (!slide.ready || slide.original === "shown") return;
    if (across > 1.2 * slide.asked) ask(slide, across);
    if (zoom > 1 && !slide.original) findOriginal(slide);
    if (slide.original && across * devicePixelRatio > 1.2 * widest(tileOf(current)).width) showOriginal(slide);
  }

  /* Beyond the largest variant there is the original, if its page offers one that browsers can show. */
  async function findOriginal(slide) {
    const index = slide.index;
    slide.original = "none";
    const link = (await pageOf(index))?.querySelector("a.original");
    if (!link || slide.index !== index || index !== current) return;
    const address = resolved(link, addresses[index]);
    if (!/\.(avif|gif|jpe?g|png|webp)$/i.test(address)) return;
    const wasNatural = Math.abs(zoom - naturalZoom()) < 0.01;
    slide.pixels = +tileOf(index).getAttribute("width");
    slide.original = address;
    if (wasNatural) magnify(naturalZoom(), 0, 0, held);
    showZoom();
    sharpen();
  }

  function showOriginal(slide) {
    const image = slide.picture.querySelector("img");
    if (slide.original === "none") return;
    for (const source of slide.picture.querySelectorAll("source")) source.remove();
    image.removeAttribute("srcset");
    image.src = slide.original;
    slide.original = "shown";
  }

  function pan(right, down) {
    slideOf(current).figure.scrollBy({
      left: right * width / 4, top: down * height / 4, behavior: calm.matches ? "instant" : "smooth",
    });
  }

  /* Mouse: a double click zooms, a wheel with Ctrl (which is what trackpads send for a pinch) too; a drag pans. */

  strip.addEventListener("dblclick", event => toggleZoom(event.clientX, event.clientY));

  strip.addEventListener("wheel", event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    stop();
    magnify(zoom * Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
  }, { passive: false });

  strip.addEventListener("dragstart", event => event.preventDefault());

  strip.addEventListener("pointerdown", event => {
    stop();
    if (event.pointerType === "mouse" && !event.button && zoom > 1) strip.setPointerCapture(event.pointerId);
  });

  strip.addEventListener("pointermove", event => {
    if (!strip.hasPointerCapture(event.pointerId)) return;
    slideOf(current).figure.scrollBy({ left: -event.movementX, top: -event.movementY, behavior: "instant" });
  });

  /* Touch: two fingers pinch, one pulls the photo down to close, a double tap zooms; all else is scrolling. */

  let pinch = null, pull = null, tap = null;

  function between([one, other]) {
    return {
      x: (one.clientX + other.clientX) / 2,
      y: (one.clientY + other.clientY) / 2,
      apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    };
  }

  function startTouch(event) {
    const [finger] = event.touches;
    pull = event.touches.length === 1 && zoom === 1 ? { x: finger.clientX, y: finger.clientY, down: 0 } : null;
    tap = event.touches.length === 1 ? { ...tap, x: finger.clientX, y: finger.clientY } : null;
    if (event.touches.length !== 2) return;
    if (event.cancelable) event.preventDefault();
    stop();
    const middle = between(event.touches);
    pinch = { zoom, apart: middle.apart, ...spot(slideOf(current).frame, middle.x, middle.y) };
  }

  function moveTouch(event) {
    const [finger] = event.touches;
    if (tap && Math.hypot(finger.clientX - tap.x, finger.clientY - tap.y) > 10) tap = null;
    if (pinch && event.touches.length === 2) {
      if (event.cancelable) event.preventDefault();
      const middle = between(event.touches);
      magnify(pinch.zoom * middle.apart / pinch.apart, 0, 0, { ...pinch, x: middle.x, y: middle.y });
    } else if (pull) pullDown(event, finger.clientX - pull.x, finger.clientY - pull.y);
  }

  function pullDown(event, across, down) {
    if (!pull.down && Math.abs(across) > 10) pull = null;
    else if (pull.down || down > 10) {
      if (event.cancelable) event.preventDefault();
      pull.down = Math.max(0, down);
      stage.style.setProperty("--pull", `${pull.down}px`);
      stage.classList.add("pulled");
    }
  }

  function endTouch(event) {
    if (event.touches.length < 2) pinch = null;
    if (event.touches.length) return;
    if (pull?.down > height / 8 && event.type === "touchend") leave();
    pull = null;
    stage.classList.remove("pulled");
    stage.style.removeProperty("--pull");
    if (tap && event.type === "touchend") endTap(event);
  }

  function endTap(event) {
    event.preventDefault(); // or else it would be a click as well
    const again = tap.at && event.timeStamp - tap.at < TAPS;
    cancel("tap");
    if (again) toggleZoom(tap.x, tap.y);
    else later("tap", TAPS, () => stage.classList.contains("idle") ? wake() : rest());
    tap = { at: again ? 0 : event.timeStamp };
  }

  for (const [type, listener] of Object.entries(
    { touchstart: startTouch, touchmove: moveTouch, touchend: endTouch, touchcancel: endTouch },
  )) strip.addEventListener(type, listener, { passive: false });

  /* Details: one source of truth, the page of the photo. */

  function showInfo(wanted) {
    info.hidden = !wanted;
    control.info.setAttribute("aria-expanded", wanted);
    if (wanted) fillInfo();
  }

  async function fillInfo() {
    const index = current, body = info.firstElementChild;
    const photo = await pageOf(index);
    if (index !== current) return;
    const heading = document.createElement("h2");
    heading.textContent = photo?.querySelector("h1")?.textContent ?? name(index);
    body.replaceChildren(heading);
    for (const part of photo?.querySelectorAll("figcaption .caption, figcaption .prose, dl.details") ?? [])
      body.append(foreign(part, addresses[index]));
  }

  /* Take a part of another page over; its links lead where they led. */
  function foreign(part, address) {
    const own = document.importNode(part, true);
    for (const each of own.querySelectorAll("picture, img")) each.remove();
    for (const each of own.querySelectorAll("[id]")) each.removeAttribute("id");
    for (const link of own.querySelectorAll("[href]")) link.href = resolved(link, address);
    return own;
  }

  for (const type of ["pointerdown", "focus"])
    control.info.addEventListener(type, () => pageOf(current));

  /* Slideshow. */

  let lock = null;

  function isPlaying() { return stage.classList.contains("playing"); }

  async function play() {
    mark("play", "playing", true);
    beat();
    try {
      lock = await navigator.wakeLock?.request("screen");
      if (!isPlaying()) unlock();
    } catch { /* not now, says the system */ }
  }

  function unlock() {
    lock?.release();
    lock = null;
  }

  function stop() {
    if (!isPlaying()) return;
    cancel("beat");
    mark("play", "playing", false);
    unlock();
  }

  async function beat() {
    await slideOf(current).ready;
    later("beat", PAUSE, () => {
      if (!isPlaying()) return;
      morph(strip, () => {
        go((current + 1) % links.length);
        return strip;
      });
      beat();
    });
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); });
  dialog.addEventListener("focusin", event => {
    if (event.target.closest("[data-do]") && event.target !== control.play) stop();
  });

  /* Fullscreen and sharing. */

  control.fullscreen.hidden = !document.fullscreenEnabled;
  control.share.hidden = location.protocol === "file:" || !(navigator.share || navigator.clipboard);

  function toggleFullscreen() {
    if (control.fullscreen.hidden) return;
    // A dialog cannot be shown full screen, what is in it can.
    (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()).catch(() => {});
  }

  document.addEventListener("fullscreenchange", () => mark("fullscreen", "full", document.fullscreenElement));

  async function share() {
    if (control.share.hidden) return;
    const url = addresses[current];
    try {
      if (navigator.share) return void await navigator.share({ title: name(current), url });
      await navigator.clipboard.writeText(url);
      say(words.copied);
    } catch (error) { if (error.name !== "AbortError") say(url); }
  }

  function say(text) {
    notice.textContent = text;
    later("say", 4000, () => { notice.textContent = ""; });
  }

  /* Set whether something is on: a class of the stage, and what its button would do. */
  function mark(command, state, on) {
    const button = control[command];
    stage.classList.toggle(state, !!on);
    button.title = on ? button.dataset.off : button.dataset.on;
    button.setAttribute("aria-label", button.title);
  }

  /* Commands, their buttons and their keys. */

  const commands = {
    previous: () => turn(-1),
    next: () => turn(1),
    first: () => jump(0),
    last: () => jump(links.length - 1),
    forwards: () => jump(current + 10),
    backwards: () => jump(current - 10),
    "zoom-in": () => { stop(); step(1); },
    "zoom-out": () => { stop(); step(-1); },
    fit: () => magnify(1),
    play: () => isPlaying() ? stop() : play(),
    fullscreen: toggleFullscreen,
    share,
    download: () => control.download.click(),
    info: () => { stop(); showInfo(info.hidden); },
    help: () => { stop(); help.showModal(); },
    "close-help": () => help.close(),
    close: leave,
  };
  const KEYS = {
    Home: "first", End: "last", PageDown: "forwards", PageUp: "backwards", Escape: "close", "+": "zoom-in",
    "=": "zoom-in", "-": "zoom-out", 0: "fit", i: "info", f: "fullscreen", p: "play", " ": "play", d: "download",
    s: "share", "?": "help",
  };
  const PANS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  dialog.addEventListener("click", event => {
    const button = event.target.closest("[data-do]");
    const command = button?.dataset.do;
    if (!command || command === "download" || event.shiftKey || isChord(event)) return;
    // Beyond the end a link is what it is.
    if (button.href && !links[current + (command === "next" ? 1 : -1)]) return;
    event.preventDefault();
    commands[command]();
  });

  addEventListener("keydown", event => {
    if (!shown || help.open || isChord(event)) return;
    wake();
    stage.classList.toggle("tabbed", event.key === "Tab");
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    action();
  });

  function actionOf({ key, target }) {
    const scrolls = /^(Arrow|Page|Home|End)/.test(key);
    if (scrolls && info.contains(target)) return null;
    if (key === " " && target.closest("a, button")) return null;
    if (zoom > 1 && PANS[key]) return () => pan(...PANS[key]);
    if (sides[key]) return () => turn(sides[key]);
    return commands[KEYS[key.length === 1 ? key.toLowerCase() : key]];
  }

  /* Controls withdraw from those who do not point at them, but never from those who use keys. */

  function wake() {
    stage.classList.remove("idle");
    later("rest", IDLE, rest);
  }

  function rest() {
    if (help.open || dialog.querySelector("a:focus-visible, button:focus-visible")) return;
    stage.classList.add("idle");
  }

  dialog.addEventListener("pointermove", event => { if (event.pointerType === "mouse") wake(); });

  function later(timer, milliseconds, then) {
    cancel(timer);
    timers[timer] = setTimeout(then, milliseconds);
  }

  function cancel(timer) {
    clearTimeout(timers[timer]);
    timers[timer] = 0;
  }
}
})();
