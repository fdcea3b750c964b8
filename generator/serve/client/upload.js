/* Pictures that are dropped on an album's page, or on the page of uploads, go into the album's folder. The page
   changes by itself as soon as they are there. */
(() => {
"use strict";

const { token, album } = document.currentScript.dataset;
const chosen = document.querySelector("select#album");
const list = makeList();

document.querySelector("input#files")?.addEventListener("change", async event => {
  await take([...event.target.files]);
  event.target.value = "";
});
addEventListener("dragover", event => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
  document.documentElement.classList.add("over");
});
for (const end of ["dragleave", "drop"])
  addEventListener(end, () => document.documentElement.classList.remove("over"));
addEventListener("drop", event => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  take([...event.dataTransfer.files]);
});

function carriesFiles(event) { return event.dataTransfer?.types.includes("Files"); }

function makeList() {
  const root = document.createElement("fastphoto-upload").attachShadow({ mode: "open" });
  root.append(Object.assign(document.createElement("link"),
    { rel: "stylesheet", href: "/.fastphoto/desk.css" }));
  document.body.append(root.host);
  const list = Object.assign(document.createElement("ul"), { className: "arriving", hidden: true });
  list.setAttribute("role", "status");
  root.append(list);
  return list;
}

/* One after the other: the disk is the narrow place, and the first that is refused is seen at once. */
async function take(files) {
  const folder = chosen ? chosen.value : album;
  list.replaceChildren();
  list.hidden = !files.length;
  for (const file of files) {
    const item = document.createElement("li");
    item.textContent = `${file.name} …`;
    list.append(item);
    item.textContent = await send(file, folder);
    if (!item.textContent) item.remove();
  }
  const refused = list.childElementCount;
  const done = document.createElement("li");
  done.textContent = `${files.length - refused} of ${files.length} added`;
  list.prepend(done);
}

/* Return what is wrong, or nothing. */
async function send(file, folder) {
  const query = new URLSearchParams({ album: folder, name: file.name });
  try {
    const answer = await fetch(`/.fastphoto/upload.html?${query}`,
      { method: "POST", body: file, headers: { "X-Fastphoto-Token": token } });
    if (answer.ok) return "";
    const said = await answer.text();
    try { return JSON.parse(said).error; } catch { return said; }
  } catch { return `${file.name}: the server does not answer`; }
}
})();
