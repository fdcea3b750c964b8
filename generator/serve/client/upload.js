/* Pictures that are dropped on an album's page, or on the page of uploads, go into the album's folder. The page
   changes by itself as soon as they are there. */
(() => {
"use strict";

const KEPT = "fastphoto: refused";
const { token, album } = document.currentScript.dataset;
const chosen = document.querySelector("select#album");
const [panel, list] = makePanel();

tell(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
sessionStorage.removeItem(KEPT);
// The page reloads when what was taken is there; what was not stays to be read.
addEventListener("pagehide", () => {
  if (!panel.hidden) sessionStorage.setItem(KEPT, JSON.stringify([...list.children].map(each => each.textContent)));
});

document.querySelector("input#files")?.addEventListener("change", async event => {
  await take([...event.target.files]);
  event.target.value = "";
});
addEventListener("dragover", event => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  tell([`Drop pictures to add them to ${folder() || "pictures/"}`]);
});
addEventListener("dragleave", event => { if (!event.relatedTarget) tell([]); });
addEventListener("drop", event => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});

function folder() { return chosen ? chosen.value : album; }

function carriesFiles(event) { return event.dataTransfer?.types.includes("Files"); }

function makePanel() {
  const root = document.createElement("fastphoto-upload").attachShadow({ mode: "open" });
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/.fastphoto/desk.css" });
  const panel = Object.assign(document.createElement("aside"), { className: "arriving", ariaLabel: "Pictures" });
  const list = document.createElement("ul");
  list.setAttribute("role", "status");
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
  close.onclick = () => tell([]);
  panel.append(list, close);
  root.append(sheet, panel);
  document.body.append(root.host);
  return [panel, list];
}

function tell(lines) {
  panel.hidden = !lines.length;
  list.replaceChildren(...lines.map(line => Object.assign(document.createElement("li"), { textContent: line })));
}

/* One after the other: the disk is the narrow place, and what is refused is seen at once. */
async function take(files) {
  const target = folder(), refused = [];
  for (const [index, file] of files.entries()) {
    tell([`${index} of ${files.length} added: ${file.name}`, ...refused]);
    const why = await send(file, target);
    if (why) refused.push(why);
  }
  tell([`${files.length - refused.length} of ${files.length} added`, ...refused]);
}

/* Return what is wrong, or nothing. */
async function send(file, folder) {
  const query = new URLSearchParams({ album: folder, name: file.name });
  try {
    const answer = await fetch(`/.fastphoto/upload.html?${query}`,
      { method: "POST", body: file, headers: { "X-Fastphoto-Token": token } });
    if (answer.ok) return "";
    const said = await answer.text();
    try { return JSON.parse(said).error; } catch { return `${file.name}: ${said}`; }
  } catch { return `${file.name}: the server does not answer`; }
}
})();
