// Proposes names that the catalogue has, under the boxes for people, topics and series. Forms work without.

const PAUSE = 150; // milliseconds without a key after which the server is asked
const MOST = 8;
const SEPARATORS = { authors: /[;、\n]/, contributors: /[;、\n(（]/, topics: /[;、,，\n]/, series: /\n/ };
let topics;

async function read(address, signal) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
  return answer.ok ? answer.json() : {};
}

async function known(field, home, typed, signal) {
  if (field !== "topics") {
    const list = field === "series" ? field : "authors";
    const found = await read(`${home}${list}/?${new URLSearchParams({ q: typed, size: MOST })}`, signal);
    return (found[list] ?? []).map((each) => each.name);
  }
  topics ??= (await read(`${home}topics/`, signal)).topics ?? []; // they are few, and the server has them in memory
  const wanted = typed.toLowerCase();
  const fitting = topics.filter(({ name }) => name.toLowerCase().includes(wanted));
  return fitting.sort((one, other) => other.books - one.books).slice(0, MOST).map((each) => each.name);
}

// The role of a contributor stands in brackets after the name.
function isRole(opening) {
  return opening === "(" || opening === "（";
}

// Where in the box the name stands that the cursor is in.
function part({ name, value, selectionStart }) {
  const isEnd = (place) => SEPARATORS[name].test(value[place]);
  let [start, end] = [selectionStart, selectionStart];
  while (start > 0 && !isEnd(start - 1)) start -= 1;
  while (end < value.length && !isEnd(end)) end += 1;
  if (isRole(value[end])) while (end > start && value[end - 1] === " ") end -= 1;
  return { start, end, typed: isRole(value[start - 1]) ? "" : value.slice(start, end).trim() };
}

for (const box of document.querySelectorAll(Object.keys(SEPARATORS).map((name) => `[data-home] [name=${name}]`).join())) {
  const list = Object.assign(document.createElement("ul"), { className: "suggestions", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "hidden", role: "status" });
  list.setAttribute("aria-label", "Names in the catalogue");
  box.removeAttribute("list"); // what is offered without scripts
  box.after(list, status);
  let waiting, asking;

  const show = (names) => {
    list.hidden = names.length === 0;
    status.textContent = names.length ? `Names of the catalogue that follow: ${names.length}.` : "";
    list.replaceChildren(...names.map((name) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: name, dir: "auto" });
      button.addEventListener("click", () => {
        const { start, end } = part(box);
        box.setRangeText(`${box.value[start] === " " ? " " : ""}${name}`, start, end, "end");
        box.dispatchEvent(new Event("change", { bubbles: true }));
        box.focus();
        show([]);
      });
      item.append(button);
      return item;
    }));
  };

  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const { typed } = part(box);
    try {
      const names = typed.length > 1 || /[^\x00-\x7f]/.test(typed) ? await known(box.name, box.form.dataset.home, typed, asking.signal) : [];
      show(names.filter((name) => name !== typed));
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // offline: there are none
    }
  };

  box.addEventListener("input", (event) => {
    clearTimeout(waiting);
    if (!event.isComposing) waiting = setTimeout(ask, PAUSE);
  });
  box.addEventListener("compositionend", () => { waiting = setTimeout(ask, PAUSE); });
  box.parentElement.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    show([]);
    box.focus();
  });
}
