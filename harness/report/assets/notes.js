// Notes that a reader writes on samples. They belong to a sample and not to a page: the browser keeps them for every page of the same samples,
// where it lets a page keep anything, else until the page is closed.
const notes = (() => {
  const known = new Map();  // task to {key, own: id to note}
  let lasting = false;
  const open = (sets) => sets.forEach(({ task, set }) => {
    const one = { key: "biomed-harness notes " + set, own: {} };
    known.set(task, one);
    try {
      one.own = JSON.parse(localStorage.getItem(one.key) || "{}");
      localStorage.setItem(one.key, JSON.stringify(one.own));
      lasting = true;
    } catch { lasting = false; }
  });
  const of = (task, id) => known.get(task).own[id] || "";
  const write = (task, id, text) => {
    const one = known.get(task);
    if (text.trim()) one.own[id] = text; else delete one.own[id];
    if (lasting) try { localStorage.setItem(one.key, JSON.stringify(one.own)); } catch { lasting = false; }
  };
  const all = () => [...known].flatMap(([task, { own }]) => Object.entries(own).map(([id, note]) => ({ task, id, note })));
  // Somebody else's notes stand below one's own; returns how many were taken.
  const add = (text) => JSON.parse(text).filter(({ task, id, note }) => {
    if (!known.has(task) || typeof id !== "string" || typeof note !== "string" || of(task, id).includes(note)) return false;
    write(task, id, [of(task, id), note].filter((one) => one).join("\n"));
    return true;
  }).length;
  // A spreadsheet computes, and may run, what begins as a formula.
  const cell = (text) => '"' + (/^[=+\-@\t\r]/.test(text) ? "'" + text : text).replaceAll('"', '""') + '"';
  const asCsv = () => ["task,id,note", ...all().map((one) => [one.task, one.id, one.note].map(cell).join(","))].join("\n") + "\n";
  const asJson = () => JSON.stringify(all(), null, 1) + "\n";
  const save = (text, file, kind) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  return { open, of, write, all, add, asCsv, asJson, save, isLasting: () => lasting };
})();
