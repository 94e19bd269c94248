// Check the columns: a column that is left out is dimmed at once; another format or other letters are shown at once.

const form = document.querySelector("[data-columns]");

form?.addEventListener("change", ({ target }) => {
  if (target.name === "column") dim(target);
  if (target.matches("[data-reads]")) form.querySelector("[value=show]").focus();
});

function dim(select) {
  const place = select.closest("td").cellIndex;
  for (const row of form.querySelectorAll(".columns tr")) row.cells[place]?.classList.toggle("unused", !select.value);
}
