// What is drawn of several systems at once, when a reader opens it and whenever others are chosen.
(() => {
  const { element, vector, systems, tasks, mark, colour, picks, isDrawn, out, listeners } = page;
  const DASHES = ["none", "6 3", "2 3", "8 3 2 3", "1 2", "10 4"];
  const named = (system, className) => { const made = element("span", null, className); made.append(mark(system), " " + systems[system].name); return made; };
  const drawnOf = (task) => task.systems.map((system, place) => ({ system, place })).filter(({ system }) => isDrawn(system));
  const table = (label, top, ...rows) => {
    const wide = element("div", null, "wide"), made = element("table"), heads = element("thead"), body = element("tbody");
    heads.append(top);
    wide.tabIndex = 0;
    wide.setAttribute("role", "region");
    wide.setAttribute("aria-label", label);
    body.append(...rows);
    made.append(heads, body);
    wide.append(made);
    return wide;
  };
  const head = (text, scope, className) => { const made = element("th", text, className); made.scope = scope; return made; };

  const turned = (words) => words.startsWith("+") ? "−" + words.slice(1) : words.startsWith("−") ? "+" + words.slice(1) : words;
  const wins = (task, box) => {
    const there = task.systems.map((system, place) => ({ system, place })).filter(({ system }) => !out.has(system));
    const cells = new Map();
    task.wins.forEach(([one, other, better, words]) => {
      cells.set(one + " " + other, [better, words]);
      cells.set(other + " " + one, [better == null ? null : -better, turned(words)]);
    });
    const top = element("tr");
    top.append(head("row against column", "col", "name"), head("better than", "col", "n"), head("worse than", "col", "n"));
    there.forEach(({ system }) => { const cell = head(null, "col", "against"); cell.title = systems[system].name; cell.append(mark(system), element("span", systems[system].name, "unseen")); top.append(cell); });
    const told = element("p", null, "told");
    told.setAttribute("role", "status");
    const tell = (system, others, own) => {
      const words = others.map((other, column) => own[column] ? systems[other.system].name + " " + own[column][1].replace("; ", " (") + ")" : "").filter((text) => text);
      told.textContent = words.length ? systems[system].name + " against " + words.join(", ") : "";
    };
    const rows = there.map(({ system, place }) => {
      const row = element("tr"), first = head(null, "row", "name"), own = there.map((other) => cells.get(place + " " + other.place));
      const teller = element("button", null, "teller");
      teller.type = "button";
      teller.append(named(system));
      teller.addEventListener("click", () => tell(system, there, own));
      first.append(teller);
      row.append(first, ...[1, -1].map((sign) => element("td", String(own.filter((cell) => cell && cell[0] === sign).length), "n")));
      own.forEach((cell, column) => {
        const text = !cell ? "" : cell[0] === 1 ? "▲" : cell[0] === -1 ? "▽" : cell[0] === 0 ? "=" : "?";
        const made = element("td", text, "against " + ({ "▲": "won", "▽": "lost" }[text] || ""));
        if (cell) made.title = systems[system].name + " against " + systems[there[column].system].name + ": " + cell[1];
        made.addEventListener("click", () => tell(system, [there[column]], [cell]));
        row.append(made);
      });
      return row;
    });
    return [table("Who is better than whom: " + box.dataset.heading, top, ...rows),
      element("p", "▲ the row's system is significantly better than the column's, ▽ worse, = not told apart at 5 %; p adjusted (Holm) over all pairs; empty: not tested against each other. A cell says by how much, a name against all others.", "note"), told];
  };

  const slices = (task) => {
    const groups = element("div", null, "groups");
    groups.append(...task.slices.map((group) => sliceGroup(task, group)));
    return [picks(task.systems), groups];
  };
  const sliceGroup = (task, group) => {
    const part = element("section", null, group.rows.length > 6 ? "group" : "group short"), title = element("h3", group.name + " ");
    title.append(element("small", group.metric));
    part.append(title);
    group.rows.forEach((row) => {
      const line = element("div", null, "slice"), bars = element("div", null, "bars"), name = element("div", row.name + " ", "who");
      name.append(element("small", "n = " + row.n.toLocaleString("en")));
      drawnOf(task).forEach(({ system, place }) => {
        const cell = row.cells[place], bar = element("div", null, "bar " + colour(system)), rail = element("span", null, "rail");
        const made = mark(system);
        bar.title = systems[system].name;
        if (cell) {
          const fill = element("i"), [value, low, high] = cell;
          fill.style.left = Math.min(group.zero, value) + "%";
          fill.style.width = Math.abs(value - group.zero) + "%";
          rail.append(fill);
          if (low != null && high != null) { const whisker = element("b"); whisker.style.left = low + "%"; whisker.style.width = high - low + "%"; rail.append(whisker); }
        }
        bar.append(made, element("span", systems[system].name, "unseen"), rail, element("span", cell ? cell[3] : "–", "number"));
        bars.append(bar);
      });
      line.append(name, bars);
      part.append(line);
    });
    return part;
  };

  // Curves in the unit square, given as thousandths across and up in turn; each with its system's mark upon it.
  const SIDE = 280, LEFT = 46, TOP = 10;
  const square = (lines, across, up, label) => {
    const x = (share) => LEFT + SIDE * share, y = (share) => TOP + SIDE * (1 - share);
    const made = vector("svg", { class: "square", viewBox: "0 0 340 336", role: "img", "aria-label": label },
      ...[0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => [
        vector("path", { class: "grid", d: `M${x(share)} ${TOP}V${y(0)}M${LEFT} ${y(share)}H${x(1)}` }),
        vector("text", { class: "tick", x: x(share), y: y(0) + 15, "text-anchor": "middle" }, String(share)),
        vector("text", { class: "tick", x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, String(share)),
      ]),
      vector("path", { class: "diagonal", d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }),
      vector("text", { class: "axis", x: x(0.5), y: y(0) + 33, "text-anchor": "middle" }, across),
      vector("text", { class: "axis", transform: `translate(12 ${y(0.5)}) rotate(-90)`, "text-anchor": "middle" }, up));
    lines.forEach(({ system, curve }, number) => {
      const points = [];
      for (let place = 0; place < curve.length; place += 2) points.push([x(curve[place] / 1000), y(curve[place + 1] / 1000)]);
      const group = vector("g", { class: colour(system) }, vector("title", {}, systems[system].name),
        vector("path", { class: "curve", "stroke-dasharray": DASHES[system % DASHES.length], d: "M" + points.map((point) => point.map((part) => part.toFixed(1)).join(" ")).join("L") }));
      const [markX, markY] = along(points, (number + 1) / (lines.length + 1));
      group.append(vector("use", { href: "#m" + system, x: markX.toFixed(1), y: markY.toFixed(1) }));
      made.append(group);
    });
    return made;
  };
  const along = (points, share) => {
    const lengths = points.slice(1).map((point, place) => Math.hypot(point[0] - points[place][0], point[1] - points[place][1]));
    let left = share * lengths.reduce((sum, length) => sum + length, 0);
    for (let place = 0; place < lengths.length; place++) {
      if (left <= lengths[place] && lengths[place]) return [0, 1].map((axis) => points[place][axis] + (points[place + 1][axis] - points[place][axis]) * left / lengths[place]);
      left -= lengths[place];
    }
    return points[points.length - 1];
  };
  const figure = (title, ...inside) => { const made = element("figure"), caption = element("figcaption"); caption.append(element("strong", title)); made.append(caption, ...inside); return made; };
  const linesOf = (task, curves) => drawnOf(task).filter(({ place }) => curves[place]).map(({ system, place }) => ({ system, curve: curves[place] }));
  const confusion = (task, box, { labels, confusion: counts }) => {
    const drawn = drawnOf(task).filter(({ place }) => counts[place]), unread = drawn.some(({ place }) => counts[place].some((row) => row[labels.length]));
    const columns = unread ? [...labels, "no answer"] : labels, top = element("tr");
    top.append(head("right ↓, said →", "col", "name"), ...columns.map((label) => head(label, "col")));
    const rows = labels.map((label, right) => {
      const row = element("tr");
      row.append(head(label, "row", "name"));
      columns.forEach((said, column) => {
        const cell = element("td", null, column === right ? "share right" : "share");
        drawn.forEach(({ system, place }) => {
          const own = counts[place][right], total = own.reduce((sum, count) => sum + count, 0) || 1, share = own[column] / total;
          const line = element("div", null, "bar " + colour(system)), rail = element("span", null, "rail"), fill = element("i");
          fill.style.width = 100 * share + "%";
          rail.append(fill);
          line.title = systems[system].name + ": " + own[column] + " of " + total + " " + label + " said " + said;
          line.append(mark(system), element("span", systems[system].name, "unseen"), rail, element("span", String(own[column]), "number"));
          cell.append(line);
        });
        row.append(cell);
      });
      return row;
    });
    return figure("Confusion: of each label that is right, how often each was said", table("Confusion: " + box.dataset.heading, top, ...rows));
  };
  const curves = (task, box) => {
    const found = task.curves, squares = element("div", null, "squares");
    squares.append(confusion(task, box, found));
    if (found.roc.length) {
      const chosen = Number(box.dataset.label || 0), roc = found.roc[chosen], title = figure("ROC of " + roc.name);
      if (found.roc.length > 1) {
        const select = element("select");
        select.setAttribute("aria-label", "Class of the ROC");
        found.roc.forEach((one, place) => page.option(select, String(place), one.name));
        select.value = String(chosen);
        select.addEventListener("change", () => { box.dataset.label = select.value; draw(box); });
        title.firstChild.append(" ", select);
      }
      title.append(square(linesOf(task, roc.curves), "false positive rate", "true positive rate", "ROC of " + roc.name));
      squares.append(title);
    }
    if (found.reliability.some((one) => one)) {
      const notes = element("ul", null, "notes");
      drawnOf(task).filter(({ place }) => found.calibration[place]).forEach(({ system, place }) => { const item = element("li"); item.append(named(system), ": " + found.calibration[place]); notes.append(item); });
      squares.append(figure("Reliability, 15 bins", square(linesOf(task, found.reliability), "confidence", "accuracy", "Reliability"), notes));
    }
    return [picks(task.systems), squares];
  };

  const KINDS = { wins, slices, curves };
  const boxes = [...document.querySelectorAll(".overlay")];
  const draw = (box) => {
    if (!box.open) return;
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.pick : null;
    box.querySelector(".drawn").replaceChildren(...KINDS[box.dataset.kind](tasks[Number(box.dataset.task)], box));
    if (focused != null) { const again = box.querySelector(`[data-pick="${focused}"]`); if (again) again.focus(); }
  };
  boxes.forEach((box) => box.addEventListener("toggle", () => draw(box)));
  listeners.push(() => boxes.forEach(draw));
  window.addEventListener("beforeprint", () => boxes.forEach(draw));
  page.apply();
})();
