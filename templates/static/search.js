/* Looks through the index of the site, whose shape generator/pages/search.py describes. All words that
   are shown come from the page, which is of use without this script too. */
(() => {
  "use strict";

  const AT_ONCE = 50;
  const SETTLED = 300; // milliseconds without a key, so that not every letter is announced

  const box = document.querySelector("search");
  const [field] = box.getElementsByTagName("input");
  const [more] = box.getElementsByTagName("button");
  const status = box.querySelector("[role=status]");
  const list = box.querySelector(".found");
  const plain = document.querySelector(".index");
  const words = box.dataset;

  const locale = (() => {
    try {
      return Intl.getCanonicalLocales(document.documentElement.lang)[0];
    } catch {
      return "en";
    }
  })();
  const numbers = new Intl.NumberFormat(locale, { numberingSystem: "latn" });
  const days = new Intl.DateTimeFormat(locale, {
    dateStyle: "long", timeZone: "UTC", calendar: "gregory", numberingSystem: "latn",
  });

  let entries = null; // all that can be found
  let loading = null;
  let hits = [];
  let timer = 0;

  // Capitals, for they make one of what small letters tell apart: ß and ss, ς and σ, ı and i.
  const SPELT = { Ø: "O", Ł: "L", Đ: "D", Æ: "AE", Œ: "OE", ẞ: "SS" };
  const fold = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase()
    .replace(/[ØŁĐÆŒẞ]/g, letter => SPELT[letter]);

  const once = make => {
    const made = new Map();
    return key => made.get(key) ?? made.set(key, make(key)).get(key);
  };

  /* An entry holds what is shown, and the folded texts in which words are looked for, the best
     first. */
  const entry = (shown, ...texts) => ({ ...shown, texts, all: texts.join("\n") });

  const unpack = index => {
    const said = once(day => day && days.format(new Date(day)));
    const sought = once(day => `${day} ${fold(said(day))}`);
    const listed = kind => ([title, url]) => entry({ title, url, facts: [kind] }, fold(title));
    const albums = [];
    const photos = [];
    const tags = [];
    for (const [title, , above] of index.tags) tags.push(`${fold(title)}\n${tags[above] ?? ""}`);
    for (const [title, url, above, cover, inside] of index.albums) {
      const folded = fold(title);
      const outer = index.albums[above];
      const facts = [words.album, above > 0 ? outer[0] : ""];
      if (url) albums.push(entry({ title, url, facts, image: cover }, folded, "", fold(facts[1])));
      inside.forEach(([name, day, thumbnail, own = "", labels = [], caption = ""], position) => {
        const address = `${url}${name}`;
        const ending = thumbnail.length > 8 ? thumbnail : thumbnail + index.variant;
        photos.push(entry(
          {
            title: own || words.photo.replace("{}", position + 1),
            url: `${address}/`,
            facts: [title, said(day)],
            image: `image/${address}.${ending}`,
          },
          fold(own), labels.map(each => tags[each]).join("\n"), folded, fold(caption), sought(day),
          fold(name),
        ));
      });
    }
    return [
      ...albums,
      ...index.tags.map(listed(words.tag)),
      ...index.years.map(listed(words.year)),
      ...index.texts.map(listed(words.text)),
      ...photos,
    ];
  };

  const load = () => {
    loading ??= fetch(words.index)
      .then(answer => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then(index => { entries = unpack(index); })
      .catch(() => { loading = null; })
      .then(show);
  };

  const rank = (texts, word) =>
    texts[0].startsWith(word) ? 0 : 1 + texts.findIndex(text => text.includes(word));

  const find = query => {
    const sought = query.split(/\s+/).map(fold);
    const ranks = [];
    for (const each of entries) {
      if (sought.every(word => each.all.includes(word))) {
        const sum = sought.reduce((total, word) => total + rank(each.texts, word), 0);
        (ranks[sum] ??= []).push(each);
      }
    }
    return ranks.flat();
  };

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const row = ({ title, url, facts, image }) => {
    const link = element(
      "a", { href: words.root + url + words.file },
      element("span", { dir: "auto", textContent: title }),
      // Each apart, or those written the other way would change places.
      element("span", { className: "facts" }, ...facts.filter(Boolean).flatMap((fact, position) =>
        [position ? " · " : "", element("bdi", { textContent: fact })])),
    );
    if (image) {
      link.prepend(element("img", {
        loading: "lazy", decoding: "async", alt: "", width: 72, height: 48, src: words.root + image,
      }));
    }
    return element("li", {}, link);
  };

  const asked = () => field.value.trim();

  const extend = () => {
    const there = list.children.length;
    list.append(...hits.slice(there, there + AT_ONCE).map(row));
    more.hidden = list.children.length === hits.length;
  };

  const show = () => {
    const found = entries && asked();
    hits = found ? find(asked()) : [];
    plain.hidden = Boolean(found);
    list.replaceChildren();
    extend();
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED);
  };

  const state = () => {
    if (!asked()) return "";
    if (!entries) return loading ? "" : words.failed;
    return hits.length ? words.results.replace("{}", numbers.format(hits.length)) : words.none;
  };

  const settle = () => {
    status.textContent = state();
    const query = asked() ? `?${new URLSearchParams({ q: asked() })}` : "";
    history.replaceState(history.state, "", location.pathname + query);
  };

  /* Up and down walk through the field and the results; Enter leaves the field for the first. */
  const walk = event => {
    const stops = [field, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    const steps = { ArrowDown: 1, ArrowUp: -1, Enter: at === 0 ? 1 : 0 };
    const next = at >= 0 && steps[event.key] && stops[at + steps[event.key]];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };

  const clear = event => {
    event.preventDefault();
    field.value = "";
    field.focus();
    show();
  };

  box.hidden = false;
  if (location.protocol === "file:") {
    status.textContent = words.offline;
    box.replaceChildren(status);
    return;
  }
  field.addEventListener("focus", load);
  field.addEventListener("input", () => { load(); show(); });
  field.addEventListener("change", settle);
  more.addEventListener("click", () => {
    const next = list.children.length;
    extend();
    list.children[next].querySelector("a").focus();
  });
  box.addEventListener("keydown", event => {
    if (!event.isComposing) (event.key === "Escape" ? clear : walk)(event);
  });
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  if (asked()) load();
})();
