"use strict";
// What the other scripts share: elements, the systems, and which of these are shown and which are drawn where several are drawn at once.
const page = (() => {
  const by = (id) => document.getElementById(id);
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text != null) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const option = (select, value, text) => { const made = element("option", text); made.value = value; select.append(made); };
  const vector = (name, attributes, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...inside);
    return made;
  };

  const { systems, tasks, colours } = JSON.parse(by("drawn").textContent);
  const FIRST = 6;  // systems that are drawn before a reader chooses others
  const picked = new Set(systems.map((_, place) => place).slice(0, FIRST)), out = new Set(), listeners = [];
  const colour = (system) => "c" + (system % colours);
  const mark = (system) => vector("svg", { class: "mark " + colour(system), viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    vector("use", { href: "#m" + system, x: 8, y: 8 }));
  const isDrawn = (system) => picked.has(system) && !out.has(system);
  const apply = () => {
    document.querySelectorAll("[data-system]").forEach((node) => {
      const system = Number(node.dataset.system);
      node.toggleAttribute("hidden", out.has(system) || (node.closest(".chosen") != null && !picked.has(system)));
    });
    document.querySelectorAll("[data-pick]").forEach((button) => button.setAttribute("aria-pressed", String(picked.has(Number(button.dataset.pick)))));
    listeners.forEach((listener) => listener());
  };
  const pick = (system) => { if (!picked.delete(system)) picked.add(system); apply(); };
  const leaveOut = (left) => { out.clear(); left.forEach((system) => out.add(system)); apply(); };
  // Buttons that choose among some systems.
  const picks = (among) => {
    const bar = element("div", null, "picks");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Systems in these charts");
    (among.length > 1 ? among : []).filter((system) => !out.has(system)).forEach((system) => {
      const button = element("button", null, "pick named");
      button.type = "button";
      button.dataset.pick = String(system);
      button.setAttribute("aria-pressed", String(picked.has(system)));
      button.append(mark(system), " " + systems[system].name);
      bar.append(button);
    });
    return bar;
  };
  document.addEventListener("click", (event) => { const button = event.target.closest("[data-pick]"); if (button) pick(Number(button.dataset.pick)); });

  // Best value first, as each column's metric has it; what has no value stands last.
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".sortable th button[data-better]");
    if (!button) return;
    const started = performance.now(), head = button.closest("th"), body = head.closest("table").tBodies[0], place = head.cellIndex;
    const again = head.getAttribute("aria-sort"), usual = button.dataset.better === "higher" ? "descending" : "ascending";
    const order = again === usual ? (usual === "ascending" ? "descending" : "ascending") : usual, sign = order === "ascending" ? 1 : -1;
    const byName = button.dataset.better === "name";
    const rows = [...body.rows].map((row) => { const text = row.cells[place].dataset.value; return { row, text, number: text === "" ? null : Number(text) }; });
    rows.sort((a, b) => byName ? sign * a.text.localeCompare(b.text) : a.number === null ? (b.number === null ? 0 : 1) : b.number === null ? -1 : sign * (a.number - b.number));
    body.append(...rows.map(({ row }) => row));
    head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    document.body.dataset.sortMs = String(performance.now() - started);
  });

  by("theme").addEventListener("click", () => {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  return { by, element, option, vector, systems, tasks, picks, mark, colour, isDrawn, out, apply, leaveOut, listeners };
})();
