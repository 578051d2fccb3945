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
  // Names beside their marks: on the first side where there is room among the other names, else not at all.
  const SIDES = [[9, 4, "start"], [-9, 4, "end"], [0, -9, "middle"], [0, 17, "middle"]];
  const overlap = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width && one.y < other.y + other.height && other.y < one.y + one.height;
  const nameMarks = () => document.querySelectorAll(".plot:not([hidden]) .dots").forEach((plot) => {
    const taken = [], width = plot.clientWidth;
    plot.querySelectorAll("text[data-system]:not([hidden])").forEach((text) => {
      text.style.display = "";
      const fits = SIDES.some(([dx, dy, anchor]) => {
        text.setAttribute("dx", dx);
        text.setAttribute("dy", dy);
        text.setAttribute("text-anchor", anchor);
        const box = text.getBBox();
        return box.x >= 0 && box.x + box.width <= width && !taken.some((other) => overlap(box, other));
      });
      text.style.display = fits ? "" : "none";
      if (fits) taken.push(text.getBBox());
    });
  });
  page.listeners.push(nameMarks);
  window.addEventListener("resize", nameMarks);
  const chooser = by("sizes-of");
  if (chooser) chooser.addEventListener("change", () => { document.querySelectorAll(".plot").forEach((plot, place) => { plot.hidden = place !== Number(chooser.value); }); nameMarks(); });
  const bar = document.querySelector("#profile .picks");
  if (bar) bar.replaceWith(page.picks(systems.map((_, place) => place)));
})();
