(() => {
  const { by, element, option } = page;
  const data = JSON.parse(document.getElementById("data").textContent);
  const ROW = 44;
  const list = by("list"), space = by("space"), rows = by("rows"), detail = by("detail");
  // A column holds texts one after the other, each once with the places of all, or those of some samples alone.
  const read = (column, i) => {
    if (column.k) return column.a[i] < 0 ? null : column.k[column.a[i]];
    const text = column.s ? column.s[i] : column[i];
    return text == null ? null : text;
  };
  const OUTCOMES = { a: "answered", u: "unparsed", e: "empty", r: "refused", f: "failed", " ": "" };
  const all = [];
  data.tasks.forEach((task, t) => { for (let i = 0; i < task.n; i++) all.push({ t, i, words: null }); });
  const outcomes = ({ t, i }) => data.tasks[t].o.map((letters) => OUTCOMES[letters[i]]);
  const values = ({ t, i }) => data.tasks[t].v.map((own) => own[i]);
  const words = (item) => {
    if (item.words == null) {
      const task = data.tasks[item.t];
      item.words = [task.id, task.p, task.r, ...task.y].map((column) => read(column, item.i)).filter((text) => text != null).join("\n").toLowerCase();
    }
    return item.words;
  };
  let shown = all, at = 0;

  option(by("f-task"), "", "all");
  data.tasks.forEach((task, t) => option(by("f-task"), String(t), task.task));
  const fillSlices = () => {
    const task = by("f-task").value, before = by("f-slice").value, found = new Set();
    data.tasks.forEach((one, t) => {
      if (task !== "" && t !== Number(task)) return;
      Object.entries(one.tags).forEach(([name, column]) => {
        for (let i = 0; i < (column.k ? column.k.length : one.n); i++) {
          const value = column.k ? column.k[i] : read(column, i);
          if (value != null) found.add(name + "=" + value);
        }
      });
    });
    by("f-slice").replaceChildren();
    option(by("f-slice"), "", "any");
    [...found].sort().slice(0, 500).forEach((slice) => option(by("f-slice"), slice, slice));
    by("f-slice").value = found.has(before) ? before : "";
  };

  const disagree = (item) => {
    const own = values(item), told = outcomes(item);
    return own.some((value) => value !== own[0]) || (own.every((value) => value == null) && told.some((outcome) => outcome !== told[0]));
  };
  const inSlice = ({ t, i }, slice) => Object.entries(data.tasks[t].tags).some(([name, column]) => slice.startsWith(name + "=") && name + "=" + read(column, i) === slice);
  const filter = () => {
    const started = performance.now();
    const task = by("f-task").value, outcome = by("f-outcome").value, value = by("f-value").value, slice = by("f-slice").value;
    const differ = by("f-differ").checked, text = by("f-text").value.trim().toLowerCase();
    shown = all.filter((item) => (task === "" || item.t === Number(task))
      && (outcome === "" || outcomes(item).includes(outcome))
      && (value === "" || values(item).some((own) => own === (value === "right" ? 1 : 0)))
      && (slice === "" || inSlice(item, slice))
      && (!differ || (data.tasks[item.t].runs.length > 1 && disagree(item)))
      && (text === "" || words(item).includes(text)));
    at = 0;
    list.scrollTop = 0;
    by("count").textContent = shown.length === all.length ? String(all.length) : shown.length + " of " + all.length;
    draw();
    show();
    document.body.dataset.filterMs = String(performance.now() - started);
  };

  const badge = (value) => {
    if (value == null) return element("span", "–", "badge");
    return element("span", value === 1 ? "✓" : value === 0 ? "✗" : value.toFixed(2), "badge " + (value === 1 ? "good" : value === 0 ? "bad" : "partly"));
  };
  const draw = () => {
    space.style.height = shown.length * ROW + "px";
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5), last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    rows.style.top = first * ROW + "px";
    rows.replaceChildren(...shown.slice(first, last).map((item, offset) => {
      const row = element("div", null, "row");
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(first + offset === at));
      const task = data.tasks[item.t], id = read(task.id, item.i), reference = read(task.r, item.i);
      values(item).forEach((value) => row.append(badge(value)));
      row.append(reference != null ? reference : id);
      row.append(element("small", task.task + " · " + id + " · " + outcomes(item).join(" / ")));
      row.addEventListener("click", () => { at = first + offset; draw(); show(); });
      return row;
    }));
  };
  const part = (name, text) => { if (text != null) detail.append(element("h4", name), element("pre", text)); };
  const show = () => {
    detail.replaceChildren();
    if (!shown.length) { detail.append(element("p", "No sample fits these filters.")); return; }
    const item = shown[at], i = item.i, task = data.tasks[item.t], id = read(task.id, i), told = outcomes(item), own = values(item);
    detail.append(element("h3", task.task + " · " + id));
    const tags = Object.entries(task.tags).map(([name, column]) => [name, read(column, i)]).filter(([, value]) => value != null).map(([name, value]) => name + ": " + value).join(" · ");
    detail.append(element("p", "group " + read(task.g, i) + (tags ? " · " + tags : ""), "note"));
    (task.im[i] || []).forEach((place) => { const image = element("img"); image.src = data.images[place]; image.alt = "picture of sample " + id; detail.append(image); });
    if (task.credentialed) detail.append(element("p", "Text and pictures of this credentialed dataset are left out of the page.", "note"));
    part("question, in the task's words", read(task.p, i));
    part("reference", read(task.r, i));
    task.runs.forEach((run, r) => {
      const head = element("h4", run + " · " + told[r] + " "), reply = read(task.y[r], i);
      head.append(badge(own[r]));
      detail.append(head);
      if (reply != null) detail.append(element("pre", reply === "" ? "(empty)" : reply));
    });
  };
  const move = (by_) => {
    if (!shown.length) return;
    at = Math.min(shown.length - 1, Math.max(0, at + by_));
    if (at * ROW < list.scrollTop) list.scrollTop = at * ROW;
    if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight;
    draw();
    show();
  };

  let waiting = 0;
  list.addEventListener("scroll", () => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); }); });
  window.addEventListener("resize", draw);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("f-task").addEventListener("change", () => { fillSlices(); filter(); });
  ["f-outcome", "f-value", "f-slice", "f-differ"].forEach((id) => by(id).addEventListener("change", filter));
  by("f-text").addEventListener("input", filter);
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT"].includes(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
    if (event.key === "Escape") { document.activeElement.blur(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const inList = document.activeElement === list;
    if (event.key === "j" || (inList && event.key === "ArrowDown")) { move(1); event.preventDefault(); }
    else if (event.key === "k" || (inList && event.key === "ArrowUp")) { move(-1); event.preventDefault(); }
    else if (event.key === "/") { by("f-text").focus(); event.preventDefault(); }
    else if (event.key === "d") { by("f-differ").checked = !by("f-differ").checked; filter(); }
  });
  fillSlices();
  filter();
})();
