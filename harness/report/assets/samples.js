(async () => {
  const { by, element, option } = page;
  const { BEST, read, value, outcome } = columns;
  const ROW = 56;
  const list = by("list"), space = by("space"), rows = by("rows"), detail = by("detail");
  let data;
  try {
    data = await columns.unpacked(by("samples-data").textContent);
  } catch (error) {
    detail.textContent = "The samples cannot be opened (" + error.message + "); a browser of 2023 or later can.";
    document.body.dataset.ready = "yes";
    return;
  }
  notes.open(data.tasks);
  const tasks = data.tasks, all = [];
  tasks.forEach((task, t) => { for (let i = 0; i < task.n; i++) all.push({ t, i, words: null }); });
  let shown = all, at = 0, extra = null;

  // What a sample is called, and where it is found.
  const idOf = ({ t, i }) => read(tasks[t].id, i);
  const addressOf = (item) => "#sample/" + encodeURIComponent(tasks[item.t].task) + "/" + encodeURIComponent(idOf(item));
  const word = (task, name, own) => ((task.words[name] || {})[own] || own.replaceAll("_", " "));
  const called = (task, name) => (task.words[name] || {})[""] || name.replaceAll("_", " ");
  const firstLine = (text) => text.split("\n").find((line) => line.trim()) || text;
  const titleOf = (item) => {
    const task = tasks[item.t], question = read(task.p, item.i);
    const alike = task.p.k && task.p.k.length === 1;  // asked of every sample: its id says more
    return question == null || alike ? idOf(item) : firstLine(question);
  };
  const words = (item) => {
    if (item.words == null) {
      const task = tasks[item.t];
      item.words = [task.id, task.p, task.r, ...task.y].map((column) => read(column, item.i)).filter((text) => text != null).join("\n").toLowerCase();
    }
    return item.words;
  };

  // Filters.
  const OUTCOMES = ["", "right", "not right", "answered", "unparsed", "empty", "refused", "failed"];
  const systems = [...new Set(tasks.flatMap((task) => task.runs))];
  document.querySelectorAll(".f-system").forEach((select) => { option(select, "", systems.length > 1 ? "any" : systems[0] || "any"); if (systems.length > 1) systems.forEach((name) => option(select, name, name)); });
  document.querySelectorAll(".f-outcome").forEach((select) => OUTCOMES.forEach((name) => option(select, name, name || "anything")));
  option(by("f-task"), "", "all");
  tasks.forEach((task, t) => option(by("f-task"), String(t), task.task));
  by("f-and").hidden = systems.length < 2;
  by("f-differ").parentElement.hidden = systems.length < 2;
  const fillSlices = () => {
    const task = by("f-task").value, before = by("f-slice").value, found = new Map();
    tasks.forEach((one, t) => {
      if (task === "" || t === Number(task)) Object.entries(one.tags).forEach(([name, column]) => columns.texts(column).forEach((text) => found.set(name + "=" + text, called(one, name) + ": " + word(one, name, text))));
    });
    by("f-slice").replaceChildren();
    option(by("f-slice"), "", "any");
    [...found].sort((a, b) => a[1].localeCompare(b[1])).slice(0, 500).forEach(([slice, says]) => option(by("f-slice"), slice, says));
    by("f-slice").value = found.has(before) ? before : "";
  };
  const fits = (task, run, i, wanted) => {
    if (wanted === "right" || wanted === "not right") { const own = value(task, run, i); return own != null && own >= BEST === (wanted === "right"); }
    return outcome(task, run, i) === wanted;
  };
  const meets = ({ t, i }, { system, wanted }) => {
    const task = tasks[t];
    if (system === "") return task.runs.some((_, run) => fits(task, run, i, wanted));
    const run = task.runs.indexOf(system);
    return run >= 0 && fits(task, run, i, wanted);
  };
  const disagree = ({ t, i }) => {
    const task = tasks[t], first = value(task, 0, i);
    for (let run = 1; run < task.runs.length; run++) {
      const own = value(task, run, i);
      if (own !== first || (own == null && task.o[run][i] !== task.o[0][i])) return true;
    }
    return false;
  };
  const mean = ({ t, i }) => tasks[t].runs.reduce((sum, _, run) => sum + (value(tasks[t], run, i) || 0), 0) / tasks[t].runs.length;
  const filter = () => {
    const started = performance.now(), before = shown[at];
    const task = by("f-task").value, slice = by("f-slice").value, text = by("f-text").value.trim().toLowerCase();
    const differ = by("f-differ").checked, noted = by("f-noted").checked;
    const conditions = [...document.querySelectorAll(".condition:not([hidden])")]
      .map((pair) => ({ system: pair.querySelector(".f-system").value, wanted: pair.querySelector(".f-outcome").value })).filter(({ wanted }) => wanted !== "");
    const [dimension, part] = [slice.slice(0, slice.indexOf("=")), slice.slice(slice.indexOf("=") + 1)];
    shown = all.filter((item) => (task === "" || item.t === Number(task))
      && conditions.every((condition) => meets(item, condition))
      && (slice === "" || (tasks[item.t].tags[dimension] && read(tasks[item.t].tags[dimension], item.i) === part))
      && (!differ || disagree(item))
      && (!noted || notes.of(tasks[item.t].task, idOf(item)) !== "")
      && (text === "" || words(item).includes(text)));
    if (by("f-order").value === "hard") {
      const hard = new Map(shown.map((item) => [item, mean(item)]));
      shown.sort((a, b) => hard.get(a) - hard.get(b));
    }
    at = Math.max(0, before ? shown.indexOf(before) : 0);
    by("count").textContent = (shown.length === all.length ? "" : shown.length.toLocaleString("en") + " of ") + all.length.toLocaleString("en");
    into();
    draw();
    show();
    document.body.dataset.filterMs = String(performance.now() - started);
  };

  // The list: only the rows in view are in the document.
  const SIGNS = { unparsed: "?", empty: "∅", refused: "⊘", failed: "!" };
  const mark = (task, run, i) => {
    const own = value(task, run, i), told = outcome(task, run, i);
    const good = own != null && own >= BEST;
    const sign = good ? "✓" : SIGNS[told] || (own == null ? "–" : own === 0 ? "✗" : own.toFixed(2));
    const made = element("span", sign, "mark-of " + (good ? "good" : own === 0 || SIGNS[told] ? "bad" : own == null ? "" : "partly"));
    hideable(made, task.runs[run]);
    made.title = task.runs[run] + ": " + (told || "no such sample") + (own == null ? "" : ", " + task.metric + " " + own);
    return made;
  };
  // What the page's first screen leaves out is left out here.
  const hideable = (made, name) => {
    const system = page.systems.findIndex((one) => one.name === name);
    if (system >= 0) { made.dataset.system = String(system); made.hidden = page.out.has(system); }
    return made;
  };
  const isGraded = (task) => task.v.some((own) => typeof own !== "string");
  const fitsMarks = (task) => task.runs.length <= Math.max(4, Math.floor(list.clientWidth * 0.45 / (isGraded(task) ? 44 : 28)));
  const marks = ({ t, i }) => {
    const task = tasks[t], made = element("span", null, isGraded(task) ? "marks graded" : "marks");
    if (fitsMarks(task)) { task.runs.forEach((_, run) => made.append(mark(task, run, i))); return made; }
    const right = task.runs.filter((_, run) => fits(task, run, i, "right")).length;
    made.append(element("span", isGraded(task) ? "mean " + mean({ t, i }).toFixed(2) : right + " ✓ of " + task.runs.length, "mark-of"));
    return made;
  };
  const draw = () => {
    space.style.height = shown.length * ROW + "px";
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5), last = Math.min(shown.length, first + Math.ceil(list.clientHeight / ROW) + 10);
    rows.style.top = first * ROW + "px";
    rows.replaceChildren(...shown.slice(first, last).map((item, offset) => {
      const row = element("div", null, "row"), task = tasks[item.t], picture = (task.im[item.i] || [])[0], reference = read(task.r, item.i);
      row.id = "row-" + (first + offset);
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(first + offset === at));
      row.setAttribute("aria-setsize", String(shown.length));
      row.setAttribute("aria-posinset", String(first + offset + 1));
      if (picture != null) { const image = element("img"); image.src = data.images[picture]; image.alt = ""; row.append(image); }
      const text = element("span", null, "about"), id = idOf(item), title = titleOf(item);
      text.append(element("span", title, "title"));
      const facts = [tasks.length > 1 ? task.task : "", title === id ? "" : id, reference == null ? "" : "reference: " + firstLine(reference), notes.of(task.task, id) ? "noted" : ""];
      text.append(element("small", facts.filter((fact) => fact).join(" · ")));
      row.append(text, marks(item));
      row.addEventListener("click", () => select(first + offset));
      return row;
    }));
    if (shown.length) list.setAttribute("aria-activedescendant", "row-" + at); else list.removeAttribute("aria-activedescendant");
    const names = shown.length ? tasks[shown[at].t].runs : [];
    by("order").hidden = names.length < 2 || !fitsMarks(tasks[shown[at].t]);
    by("order").textContent = "marks, from the left: " + names.join(", ");
  };
  const into = () => {
    const above = at * ROW - list.scrollTop, below = (at + 1) * ROW - list.scrollTop - list.clientHeight;
    if (above < -2 * ROW || below > 2 * ROW) list.scrollTop = at * ROW - (list.clientHeight - ROW) / 2;
    else if (above < 0 || below > 0) list.scrollTop += above < 0 ? above : below;
  };
  const select = (place) => {
    if (!shown.length) return;
    at = Math.min(shown.length - 1, Math.max(0, place));
    into();
    draw();
    show();
    history.replaceState(null, "", addressOf(shown[at]));
  };

  // The sample.
  const part = (box, name, text) => { if (text != null) box.append(element("h4", name), element("pre", text)); };
  const pictureOf = async (task, i, number) => {
    const small = (task.im[i] || [])[number], full = (task.fm[i] || [])[number];
    const found = extra && full != null ? await extra.picture(full) : null;
    return { address: found || (small == null ? null : data.images[small]), isFull: found != null };
  };
  const pictures = (task, i, id) => {
    const made = element("div", null, "pictures"), n = Math.max((task.im[i] || []).length, (task.fm[i] || []).length);
    for (let number = 0; number < n; number++) {
      const button = element("button", null, "picture"), image = element("img");
      button.type = "button";
      image.alt = "picture " + (number + 1) + " of sample " + id + ", larger";
      button.append(image);
      button.addEventListener("click", () => enlarge(task, i, number, id));
      if ((task.im[i] || [])[number] != null) image.src = data.images[task.im[i][number]];
      else pictureOf(task, i, number).then(({ address }) => { if (address) image.src = address; else button.replaceWith(element("p", "The picture is in the file beside the page.", "note")); });
      made.append(button);
    }
    return made;
  };
  const enlarge = async (task, i, number, id) => {
    const { address, isFull } = await pictureOf(task, i, number);
    if (!address) return;
    const image = by("full-picture");
    image.src = address;
    image.alt = "picture " + (number + 1) + " of sample " + id;
    await image.decode().catch(() => {});
    const size = image.naturalWidth + " × " + image.naturalHeight + " pixels";
    const hint = data.beside && data.beside.pictures && !extra ? "; at full size in " + data.beside.file + ", which the button above the list opens" : "";
    by("full-says").textContent = "sample " + id + " · " + size + (isFull || image.naturalWidth < 256 && image.naturalHeight < 256 ? "" : ", reduced for the page" + hint);
    image.classList.toggle("tiny", image.naturalWidth <= 128);
    by("full").showModal();
  };
  const replyOf = (task, run, i) => {
    const made = hideable(element("section", null, "reply"), task.runs[run]), head = element("h4"), text = read(task.y[run], i), why = read(task.w[run], i);
    head.append(mark(task, run, i), " ", task.runs[run], element("small", " " + (outcome(task, run, i) || "no such sample")));
    made.append(head);
    if (text != null) made.append(element("pre", text === "" ? "(empty)" : text));
    if (why != null) {
      const says = element("p", null, "read"), told = read(task.d[run], i);
      if (why.startsWith("-")) says.append(element("em", "nothing read"), " · " + why.slice(1));
      else if (told == null) says.append("read as it stands · " + why);
      else says.append("read ", element("strong", told), " · " + why);
      made.append(says);
    }
    const own = value(task, run, i);
    if (own != null && isGraded(task)) made.append(element("p", task.metric + " " + own, "note"));
    return made;
  };
  const show = () => {
    detail.replaceChildren();
    if (!shown.length) { detail.append(element("p", "No sample fits these filters.")); return; }
    const item = shown[at], i = item.i, task = tasks[item.t], id = idOf(item), head = element("div", null, "head"), link = element("a", "link to it");
    head.append(element("h3", task.task + " · " + id));
    [["‹", "previous sample", -1], ["›", "next sample", 1]].forEach(([sign, name, step]) => {
      const button = element("button", sign);
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.disabled = !shown[at + step];
      button.addEventListener("click", () => select(at + step));
      head.append(button);
    });
    link.href = addressOf(item);
    head.append(link);
    detail.append(head);
    const tags = Object.entries(task.tags).map(([name, column]) => [name, read(column, i)]).filter(([, own]) => own != null).map(([name, own]) => called(task, name) + ": " + word(task, name, own));
    detail.append(element("p", [...tags, "group: " + read(task.g, i)].join(" · "), "note"));
    task.missing.forEach((line) => detail.append(element("p", line, "note")));
    if (!extra && task.cut.includes(i)) detail.append(element("p", data.beside ? "Its texts are in " + data.beside.file + "; the button above the list opens it." : "Its texts are left out, to keep the page small.", "note"));
    const asked = element("div", null, "asked"), said = element("div");
    part(said, "question, in the task's words", read(task.p, i));
    part(said, "reference", read(task.r, i));
    asked.append(pictures(task, i, id), said);
    detail.append(asked);
    if (task.metric) detail.append(element("p", "✓ and ✗ by " + task.metric + (task.rule ? ": " + task.rule : ""), "note"));
    const replies = element("div", null, "replies");
    task.runs.forEach((_, run) => replies.append(replyOf(task, run, i)));
    detail.append(replies);
    const label = element("label", "Your note", "your-note"), area = element("textarea");
    area.id = "note";
    area.value = notes.of(task.task, id);
    area.rows = 2;
    area.placeholder = " ";
    area.addEventListener("input", () => { notes.write(task.task, id, area.value); countNotes(); });
    area.addEventListener("change", draw);
    label.append(area);
    detail.append(label);
  };
  const countNotes = () => {
    const n = notes.all().length;
    ["notes-json", "notes-csv"].forEach((id) => { by(id).hidden = !n; });
    by("notes-say").textContent = n ? n + (n === 1 ? " note, " : " notes, ") + (notes.isLasting() ? "kept in this browser" : "kept until the page is closed") : "";
  };

  // The file beside the page.
  const invite = (told) => {
    const box = by("beside"), held = data.beside;
    box.hidden = !held;
    if (!held || extra) { box.replaceChildren(extra ? held.file + " is open: every text" + (held.pictures ? ", and pictures at full size." : ".") : ""); return; }
    const parts = [held.texts ? "the texts of " + tasks.reduce((sum, task) => sum + task.cut.length, 0).toLocaleString("en") + " samples" : "", held.pictures ? "pictures at full size" : ""];
    const button = element("button", "Open " + held.file + " …");
    button.type = "button";
    button.addEventListener("click", () => by("beside-file").click());
    box.replaceChildren(told ? told + ". " : "", "In a file beside this page: " + parts.filter((text) => text).join(" and ") + ". ", button, " or drop it here. It stays on this machine.");
  };
  const openBeside = async (file) => {
    try {
      extra = await columns.beside(file, data.id);
      extra.texts.forEach((own, t) => Object.assign(tasks[t], own, { cut: [] }));
      all.forEach((item) => { item.words = null; });
      invite();
      filter();
    } catch (error) { invite(file.name + " was not opened: " + error.message); }
    document.body.dataset.beside = extra ? "open" : "refused";
  };
  by("beside-file").addEventListener("change", (event) => { if (event.target.files.length) openBeside(event.target.files[0]); });
  if (data.beside) {
    by("samples").addEventListener("dragover", (event) => event.preventDefault());
    by("samples").addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) openBeside(event.dataTransfer.files[0]); });
  }

  // Addresses.
  const goTo = () => {
    const found = /^#sample\/([^/]+)\/([^/]+)$/.exec(location.hash);
    if (!found) return;
    let task, id;
    try { [task, id] = [decodeURIComponent(found[1]), decodeURIComponent(found[2])]; } catch { return; }
    const is = (item) => tasks[item.t].task === task && idOf(item) === id;
    if (!shown.some(is)) { by("filters").reset(); fillSlices(); filter(); }
    const place = shown.findIndex(is);
    if (place < 0) { detail.replaceChildren(element("p", "There is no sample " + id + " of " + task + " on this page.")); } else select(place);
    by("samples").scrollIntoView();
  };

  let waiting = 0, typing = 0;
  list.addEventListener("scroll", () => { if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); }); });
  window.addEventListener("resize", draw);
  window.addEventListener("hashchange", goTo);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("f-and").addEventListener("click", () => {
    const pair = document.querySelectorAll(".condition")[1];
    pair.hidden = !pair.hidden;
    by("f-and").textContent = pair.hidden ? "and a second system …" : "without the second";
    filter();
  });
  by("f-task").addEventListener("change", () => { fillSlices(); filter(); });
  by("filters").querySelectorAll("select:not(#f-task), input[type=checkbox]").forEach((field) => field.addEventListener("change", filter));
  by("f-text").addEventListener("change", filter);
  by("f-text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(filter, all.length > 5000 ? 150 : 0); });
  by("notes-json").addEventListener("click", () => notes.save(notes.asJson(), "notes.json", "application/json"));
  by("notes-csv").addEventListener("click", () => notes.save(notes.asCsv(), "notes.csv", "text/csv"));
  by("notes-open").addEventListener("click", () => by("notes-file").click());
  by("notes-file").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    event.target.value = "";
    let says;
    try { const n = notes.add(await file.text()); says = n + (n === 1 ? " note" : " notes") + " taken from " + file.name; } catch { says = file.name + " holds no notes"; }
    countNotes();
    filter();
    by("notes-say").textContent = says;
  });
  by("full").addEventListener("click", (event) => { if (event.target === by("full")) by("full").close(); });
  document.addEventListener("keydown", (event) => {
    const focus = document.activeElement, inField = ["INPUT", "SELECT", "TEXTAREA"].includes(focus.tagName) && focus.type !== "checkbox";
    if (by("full").open) return;
    if (event.key === "Escape") { focus.blur(); return; }
    if (inField || event.ctrlKey || event.metaKey || event.altKey) return;
    const inList = focus === list;
    const step = { j: 1, k: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, End: shown.length, Home: -shown.length } : {}) }[event.key];
    if (step) { select(at + step); event.preventDefault(); }
    else if (event.key === "Enter" && inList && shown.length) enlarge(tasks[shown[at].t], shown[at].i, 0, idOf(shown[at]));
    else if (event.key === "/") { by("f-text").focus(); event.preventDefault(); }
    else if (event.key === "n" && by("note")) { by("note").focus(); event.preventDefault(); }
    else if (event.key === "d" && systems.length > 1) { by("f-differ").checked = !by("f-differ").checked; filter(); }
  });
  invite();
  countNotes();
  fillSlices();
  filter();
  goTo();
  document.body.dataset.ready = "yes";
})();
