// What makes the pages quicker for those who have JavaScript. Everything works without.

const form = document.querySelector("form[data-guard]");
const keysButton = document.querySelector("[data-keys]");
const NO_KEYS = "books.no-keys";
let unsaved = form?.hasAttribute("data-unsaved") ?? false;

// Forms: ask before typed text is left behind, and send a form once.
form?.addEventListener("input", () => { unsaved = true; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
for (const sender of document.querySelectorAll("form[method=post]")) {
  sender.addEventListener("submit", (event) => {
    unsaved = false;
    // Later: the button that was pressed may say something, which a disabled one does not.
    setTimeout(() => { (event.submitter ?? sender.querySelector("button")).disabled = true; });
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return; // only a page that comes back from the browser's memory has buttons to free
  for (const button of document.querySelectorAll("form[method=post] button")) button.disabled = false;
});

// The menus close when one clicks elsewhere, and on Escape, which gives the focus back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu details[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu details[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

for (const button of document.querySelectorAll("[data-copy]")) {
  const secret = button.parentElement.querySelector("[data-secret]");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = "Copied";
    } catch { // no permission, or no TLS: the person copies it
      getSelection().selectAllChildren(secret);
      button.textContent = "Selected: copy it now";
    }
  });
}

// A book's page is the same for everybody: only the browser knows from which list one came, also by way of other books.
const back = document.querySelector("[data-back]");
const LIST = "books.list";

function listBefore(base) {
  const from = document.referrer && new URL(document.referrer);
  const isHere = from && from.origin === location.origin && from.pathname.startsWith(base);
  const path = isHere ? from.pathname.slice(base.length) : "";
  const isList = /^(books|(authors|series|topics)\/[^/]+)\/$/.test(path);
  const list = isList ? base + path + from.search : null;
  try {
    if (isList) sessionStorage.setItem(LIST, list);
    else if (!/^books\/[0-9]+\//.test(path)) sessionStorage.removeItem(LIST);
    return sessionStorage.getItem(LIST);
  } catch { return list; } // the browser keeps nothing
}

const before = back && listBefore(back.dataset.back); // the path of the home page
if (before) {
  back.href = before;
  back.textContent = "Back to the list";
}

// Keys: / searches; j and k go through a list, as do the arrows once a row has the focus. Can be turned off.
function off() {
  try { return localStorage.getItem(NO_KEYS) !== null; } catch { return false; }
}

function tell() {
  keysButton.textContent = off() ? "Turn keys on" : "Turn keys off";
}

keysButton.addEventListener("click", () => {
  try { off() ? localStorage.removeItem(NO_KEYS) : localStorage.setItem(NO_KEYS, ""); } catch { /* not kept, then */ }
  tell();
});
tell();

function move(by) {
  const rows = [...document.querySelectorAll("[data-rows] a")];
  const now = rows.indexOf(document.activeElement);
  const row = rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : now + by];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
  return row !== undefined;
}

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (target.closest("input, textarea, select, [contenteditable]")) return;
  const inList = target.closest("[data-rows]") !== null;
  let done = false;
  if (key === "ArrowDown" && inList) done = move(1);
  else if (key === "ArrowUp" && inList) done = move(-1);
  else if (off()) return;
  else if (key === "j") done = move(1);
  else if (key === "k") done = move(-1);
  else if (key === "/") {
    const box = document.querySelector("main [type=search]") ?? document.querySelector("[type=search]");
    box?.focus();
    box?.select();
    done = box !== null;
  }
  if (done) event.preventDefault();
});

// Results as one types, on the same address. One request at a time: a newer one ends the older.
const box = document.querySelector("[data-typed]");
const PAUSE = 150; // milliseconds without a key after which the server is asked
let waiting, asking;
let shown = location.pathname + location.search;

// What the list can be narrowed by takes long to count in a large catalogue: it follows the list.
async function fillFacets() {
  const place = document.querySelector("[data-facets]");
  if (!place) return;
  try {
    const answer = await fetch(place.dataset.facets, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !place.isConnected) return; // another list is shown by now
    for (const part of ["#count", "#narrow", ".common"]) {
      document.querySelector(part).replaceChildren(...(page.querySelector(part)?.childNodes ?? []));
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    place.textContent = "The server could not be reached.";
  }
}

fillFacets();

async function show() {
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams([...new FormData(box.form)].filter(([, value]) => value !== ""));
  const address = `${new URL(box.form.action).pathname}${query.size ? `?${query}` : ""}`;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: asking.signal });
    if (!answer.ok) return; // Enter shows what is wrong
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["[data-results]", "main h1", "title"]) {
      const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
      if (old && fresh) old.replaceChildren(...fresh.childNodes);
    }
    document.querySelector("[data-found]").textContent = document.querySelector("#count")?.textContent ?? "";
    if (location.pathname === new URL(box.form.action).pathname) history.replaceState(null, "", address);
    else history.pushState(null, "", address); // "Back" leads to the page where the typing began
    shown = address;
    fillFacets();
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // offline: Enter tells
  }
}

function later(event) {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(show, PAUSE);
}

addEventListener("popstate", () => { if (location.pathname + location.search !== shown) location.reload(); });
box?.addEventListener("input", later);
box?.addEventListener("compositionend", later);
box?.form.addEventListener("submit", () => { clearTimeout(waiting); asking?.abort(); });
