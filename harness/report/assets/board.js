(() => {
  const { by, systems, leaveOut } = page;
  const form = by("which");
  if (form) {
    const fields = [...form.querySelectorAll("[data-filter]")];
    const filter = () => {
      const started = performance.now();
      const wanted = fields.filter((field) => field.value.trim() !== "").map((field) => [field.dataset.filter, field.value.trim()]);
      const fits = (system) => wanted.every(([name, value]) => name === "name" ? system.name.toLowerCase().includes(value.toLowerCase()) : system[name].includes(value));
      const left = systems.map((system, place) => [system, place]).filter(([system]) => !fits(system)).map(([, place]) => place);
      leaveOut(left);
      const rows = [...document.querySelectorAll(".matrix tbody tr")], shown = rows.filter((row) => !row.hidden).length;
      by("left").textContent = (shown === rows.length ? "" : shown + " of ") + rows.length + " systems";
      document.body.dataset.boardMs = String(performance.now() - started);
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", filter);
  }
  const chooser = by("sizes-of");
  if (chooser) chooser.addEventListener("change", () => document.querySelectorAll(".plot").forEach((plot, place) => { plot.hidden = place !== Number(chooser.value); }));
  const bar = document.querySelector("#profile .picks");
  if (bar) bar.replaceWith(page.picks(systems.map((_, place) => place)));
})();
