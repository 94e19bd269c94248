// The look-up of an ISBN on the page that adds a book: fills in the form without leaving it. What a person typed stays.

const form = document.querySelector("form[data-lookup]");
const box = form.elements.isbn;
const isbn13 = document.getElementById("id_isbn13");
const said = form.querySelector("[role=status]");
const field = form.querySelector(".field");
const filled = new Map(); // the boxes that were filled in for the person, and with what: as long as nobody changes them
let asking;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  asking?.abort();
  asking = new AbortController();
  tell("Looking it up …");
  const { signal } = asking;
  try {
    const answer = await ask(AbortSignal.any([signal, AbortSignal.timeout(20_000)]));
    if (!signal.aborted) show(answer);
  } catch {
    if (!signal.aborted) fail("The catalogue cannot be reached. Try again, or fill in the form by hand.");
  }
});

async function ask(signal) {
  const address = `${form.dataset.lookup}?${new URLSearchParams({ isbn: box.value })}`;
  const response = await fetch(address, { headers: { Accept: "application/json" }, signal });
  return { ok: response.ok, status: response.status, data: await response.json() };
}

function show({ ok, status, data }) {
  if (ok && data.book) {
    const link = document.createElement("a");
    link.href = data.book.url;
    link.dir = "auto";
    link.textContent = data.book.title;
    tell("This book is in the catalogue already: ", link, ".");
  } else if (ok) {
    tell(fill({ isbn13: data.isbn13, ...data.record }, data.origins));
  } else if (status === 401) {
    fail("You are signed out. Sign in on another page, then look it up again.");
  } else {
    if (data.detail && isbn13.value.trim() === "") put(isbn13, box.value, ""); // to go on by hand
    fail(data.detail ?? Object.values(data.errors).flat().join(" "));
  }
  box.select(); // the next one may be scanned over it
}

// Fill in what is empty, and what an earlier look-up has filled in; tells what was done.
function fill(record, origins) {
  for (const [input, text] of filled) if (input.value === text) put(input, "", "");
  filled.clear();
  const kept = [];
  let count = 0;
  for (const [name, value] of Object.entries(record)) {
    const input = document.getElementById(`id_${name}`);
    const text = Array.isArray(value) ? value.join("\n") : String(value);
    if (input.value.trim() === "") {
      put(input, text, origins[name]);
      filled.set(input, input.value);
      count += 1;
    } else if (input.value.trim() !== text.trim()) {
      kept.push(label(input));
    }
  }
  const stays = kept.length ? ` As you typed it stays: ${kept.join(", ")}.` : "";
  return `${count === 1 ? "1 field is" : `${count} fields are`} filled in.${stays} Look it over, then add the book.`;
}

function put(input, text, origin) {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  source(input, origin);
}

// Say at the field where its value is from; nothing once a person changes it.
function source(input, origin) {
  const id = `${input.id}-origin`;
  document.getElementById(id)?.remove();
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((name) => name && name !== id);
  if (origin) {
    const hint = document.createElement("p");
    hint.className = "hint origin";
    hint.id = id;
    hint.textContent = `from ${origin}`;
    input.before(hint);
    others.unshift(id);
  }
  input.setAttribute("aria-describedby", others.join(" "));
}

for (const input of document.querySelectorAll(".book-form input:not([type=hidden]), .book-form textarea")) {
  if (document.getElementById(`${input.id}-origin`)) filled.set(input, input.value); // filled in before the page came
  input.addEventListener("input", (event) => { if (event.isTrusted) source(input, ""); });
}

function label(input) {
  return document.querySelector(`label[for=${input.id}]`).firstChild.textContent.trim();
}

function tell(...words) {
  said.replaceChildren(...words);
  field.classList.remove("wrong");
  box.removeAttribute("aria-invalid");
}

function fail(reason) {
  const line = document.createElement("p");
  line.className = "reason";
  line.textContent = reason;
  tell(line);
  field.classList.add("wrong");
  box.setAttribute("aria-invalid", "true");
}
