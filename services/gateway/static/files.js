// Tables that scripts fill, as files: what stands in a table is sent, and comes back as one.

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-table]"))) {
  const table = /** @type {HTMLTableElement} */ (document.getElementById(form.dataset.table ?? ""));
  /** What can be pressed stands in a column of its own, which is no part of a file. @param {HTMLTableRowElement} row */
  const texts = (row) => {
    const acts = [...(table.tHead?.rows[0].cells ?? [])].map((cell) => "acts" in cell.dataset);
    return [...row.cells].filter((_cell, place) => !acts[place]).map((cell) => (cell.textContent ?? "").trim());
  };
  form.addEventListener("submit", () => {
    /** @type {HTMLInputElement} */ (form.elements.namedItem("rows")).value = JSON.stringify([...table.rows].map(texts));
  });
}
