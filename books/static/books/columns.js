// Check the columns: another format or other letters are shown at once, and a column that is left out is dimmed.
// Everything works without this script. (A button is called action, and so is what form.action gives.)

const PAUSE = 400; // milliseconds: arrow keys pass by other choices
const form = document.querySelector(".checking");
const announcer = document.querySelector("[data-say]");
const said = form.querySelector("[data-said]");
let timer = 0;

form.addEventListener("change", ({ target }) => {
  if (target.name === "column") dim(target);
  if (!target.matches("[data-reads]")) return;
  clearTimeout(timer);
  timer = setTimeout(readAgain, PAUSE);
});

function dim(select) {
  const place = select.closest("td").cellIndex;
  for (const row of form.querySelectorAll(".columns tr")) row.cells[place]?.classList.toggle("unused", !select.value);
}

async function readAgain() {
  const body = new URLSearchParams([...new FormData(form), ["action", "show"]]);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const shown = page.querySelector("[data-shown]");
  const reason = page.querySelector(".summary li, .error p");
  said.textContent = reason?.textContent ?? "";
  announcer.textContent = reason?.textContent ?? "The file was read again.";
  if (answer.ok && shown) form.querySelector("[data-shown]").replaceWith(shown);
}
