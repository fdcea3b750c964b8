/* What a page gets from the dev server beside itself: it reloads, takes on new stylesheets, and shows what is wrong.
   It speaks through livereload.js, whose plug-in it is, and stands in no file of the site. */
(() => {
"use strict";

const STATE = "/.fastphoto/state.json";
const PROBLEMS = "/.fastphoto/problems.html";
const KEPT = "fastphoto: the open photo";
const SEEN = "fastphoto: the problems that were seen";
const { page, digest } = document.currentScript.dataset;
const shadow = makeRoot();
const { problems: shown } = document.documentElement.dataset;
let leaving = false;

window.LiveReloadPluginFastphoto = class {
  static identifier = "fastphoto";
  static version = "1";

  reload(path, { originalPath }) {
    if (path === STATE) show();
    else if (path.endsWith(".css")) swap(originalPath, path);
    else reload();
    return true;
  }

  analyze() { return { page, digest, styles: styles().map(link => link.getAttribute("href")) }; }
};

if (shown) sessionStorage.setItem(SEEN, shown);
reopen();

function styles() { return [...document.querySelectorAll("link[rel~=stylesheet]:not([data-former])")]; }

/* The former stylesheet stays until the new one is there, so that nothing is ever seen without. */
function swap(former, href) {
  const link = styles().find(each => each.getAttribute("href") === former);
  if (!link) return reload();
  const next = link.cloneNode();
  next.onload = () => link.remove();
  next.onerror = reload;
  next.setAttribute("href", href);
  link.dataset.former = "";
  link.after(next);
}

/* Where the page was scrolled to, the browser remembers. A photo in the viewer is a step of the history, under
   which its own page would be loaded: so the step is taken back, and taken again afterwards. */
async function reload() {
  if (leaving) return;
  leaving = true;
  // A reload would cut short what is on its way in.
  await window.fastphotoUploads;
  const photo = document.querySelector("dialog.viewer[open]") && history.state?.photo;
  if (!photo) return location.reload();
  sessionStorage.setItem(KEPT, photo);
  addEventListener("popstate", () => location.reload(), { once: true });
  history.back();
}

function reopen() {
  const photo = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (photo) [...document.querySelectorAll(".grid a")].find(link => link.href === photo)?.click();
}

/* What is wrong stands in a tree of its own, where no style of the site reaches it. */
function makeRoot() {
  const root = document.createElement("fastphoto-desk").attachShadow({ mode: "open" });
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/.fastphoto/desk.css" });
  root.append(link);
  document.body.append(root.host);
  return root;
}

/* Of two changes in a row, the answer to the first may come last. */
let asked = 0;

async function show() {
  const turn = ++asked;
  const { trouble, texts, problems, errors, digest } = await (await fetch(STATE)).json();
  if (turn !== asked) return;
  for (const old of shadow.querySelectorAll(":not(link)")) old.remove();
  const isSeen = sessionStorage.getItem(SEEN) === digest;
  if (!shown && (errors || (problems && !isSeen))) shadow.append(makeBadge(problems, errors));
  if (trouble.length) {
    overlay("The site cannot be built", trouble,
      "The last good one is shown. This goes away with the next save that mends it.", problems);
  } else if (texts.length && !isSeen && !shown) {
    const one = new Set(texts.map(each => each.where.replace(/:\d+$/, ""))).size === 1;
    overlay(one ? "A text is left out" : "Texts are left out", texts,
      `The site is shown without ${one ? "it" : "them"}. This goes away with the next save that mends it.`, problems,
      () => sessionStorage.setItem(SEEN, digest));
  }
}

/* Warnings are out of the way once their page was read, until there are others. */
function makeBadge(count, errors) {
  const link = make("a", { className: errors ? "badge errors" : "badge", href: PROBLEMS },
    count === 1 ? "1 problem" : `${count} problems`);
  return make("aside", { ariaLabel: "Problems" }, link);
}

/* It lies over all else, an open viewer too, and Escape closes it. */
function overlay(title, wrong, sequel, problems, onclose = () => {}) {
  const close = make("button", { type: "button", autofocus: true }, "Close");
  const alert = make("div", { role: "alert" });
  const dialog = make("dialog", { className: "trouble" }, alert, make("p", { className: "ways" }, close));
  dialog.setAttribute("aria-labelledby", "trouble");
  if (problems) close.before(make("a", { href: PROBLEMS }, "All problems"));
  close.onclick = () => dialog.close();
  dialog.onclose = onclose;
  // Keys are the overlay's own as long as it is open.
  dialog.onkeydown = event => event.stopPropagation();
  shadow.append(dialog);
  dialog.showModal();
  // Afterwards, so that what comes into the alert is read out.
  alert.append(
    make("h1", { id: "trouble" }, title),
    make("ul", {}, ...wrong.map(makeItem)),
    make("p", {}, sequel));
}

function makeItem({ where, what, hint }) {
  const parts = [make("span", {}, what)];
  if (where) parts.unshift(make("code", {}, where));
  if (hint) parts.push(make("em", {}, hint));
  return make("li", {}, ...parts);
}

function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
})();
