(() => {
  // Best value first, as each column's metric has it; a run without a value stands last.
  document.querySelectorAll(".scores th button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th"), body = head.closest("table").tBodies[0], place = head.cellIndex;
    const sign = button.dataset.better === "lower" ? 1 : -1;
    const value = (row) => { const text = row.cells[place].dataset.value; return text === "" ? Infinity : sign * Number(text); };
    [...body.rows].sort((a, b) => (value(a) === value(b) ? 0 : value(a) - value(b))).forEach((row) => body.append(row));
    head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  }));
})();
