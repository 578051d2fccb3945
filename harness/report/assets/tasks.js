(() => {
  document.querySelectorAll(".chooser").forEach((chooser) => chooser.addEventListener("change", () => {
    const boxes = [...chooser.querySelectorAll("input")], shown = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.column));
    chooser.parentElement.querySelectorAll(".scores [data-of]").forEach((cell) => { cell.hidden = !shown.has(cell.dataset.of); });
    chooser.querySelector("summary span").textContent = String(shown.size);
  }));
  document.querySelectorAll("[data-forest]").forEach((box) => box.addEventListener("change", () => {
    box.closest("figure").querySelector(".forest").classList.toggle(box.dataset.forest, !box.checked);
  }));
})();
