/* What a page gets from the dev server beside itself: it reloads, takes on new stylesheets, and shows what is wrong.
   It speaks through livereload.js, whose plug-in it is, and stands in no file of the site. */
(() => {
"use strict";

const STATE = "/.fastphoto/state.json";
const KEPT = "fastphoto: the open photo";
const { page, digest } = document.currentScript.dataset;
const shadow = makeRoot();

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
function reload() {
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

async function show() {
  const { trouble, problems } = await (await fetch(STATE)).json();
  for (const old of shadow.querySelectorAll(":not(link)")) old.remove();
  if (problems && location.pathname !== "/.fastphoto/problems.html") shadow.append(makeBadge(problems));
  if (trouble.length) showTrouble(trouble, problems);
}

function makeBadge(count) {
  const link = make("a", { className: "badge", href: "/.fastphoto/problems.html" },
    count === 1 ? "1 problem" : `${count} problems`);
  return make("aside", { ariaLabel: "Problems" }, link);
}

/* It lies over all else, an open viewer too, and Escape closes it. */
function showTrouble(trouble, problems) {
  const close = make("button", { type: "button", autofocus: true }, "Close");
  const alert = make("div", { role: "alert" });
  const dialog = make("dialog", { className: "trouble" }, alert, make("p", { className: "ways" }, close));
  dialog.setAttribute("aria-labelledby", "trouble");
  if (problems) close.before(make("a", { href: "/.fastphoto/problems.html" }, "All problems"));
  close.onclick = () => dialog.close();
  // Keys are the overlay's own as long as it is open.
  dialog.onkeydown = event => event.stopPropagation();
  shadow.append(dialog);
  dialog.showModal();
  // Afterwards, so that what comes into the alert is read out.
  alert.append(
    make("h1", { id: "trouble" }, "The site cannot be built"),
    make("ul", {}, ...trouble.map(makeItem)),
    make("p", {}, "The last good one is shown. This goes away with the next save that mends it."));
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
