// Notes that a reader writes on samples: kept by the browser for this page where it lets a page keep anything, else until it is closed.
const notes = (() => {
  let known = {}, key = "", lasting = false;
  const open = (id) => {
    key = "biomed-harness notes " + id;
    try {
      known = JSON.parse(localStorage.getItem(key) || "{}");
      localStorage.setItem(key, JSON.stringify(known));
      lasting = true;
    } catch { known = {}; }
  };
  const name = (task, id) => JSON.stringify([task, id]);
  const of = (task, id) => known[name(task, id)] || "";
  const write = (task, id, text) => {
    if (text.trim()) known[name(task, id)] = text; else delete known[name(task, id)];
    if (lasting) try { localStorage.setItem(key, JSON.stringify(known)); } catch { lasting = false; }
  };
  const all = () => Object.entries(known).map(([own, note]) => { const [task, id] = JSON.parse(own); return { task, id, note }; });
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
  return { open, of, write, all, asCsv, asJson, save, isLasting: () => lasting };
})();
