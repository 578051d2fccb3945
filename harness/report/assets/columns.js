// The samples as Python packed them, opened; and the file beside the page, from which the rest is taken when its reader opens it.
const columns = (() => {
  const BEST = 1 - 1e-6;
  const OUTCOMES = { a: "answered", u: "unparsed", e: "empty", r: "refused", f: "failed", " ": "" };
  const unpacked = async (letters) => {
    const bytes = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
    return JSON.parse(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  };
  // A column holds texts in a row, each once with a letter or the place of each sample's, or those of some samples alone.
  const place = (column, i) => {
    if (!column.c) return column.a[i];
    const code = column.c.charCodeAt(i);
    return code === 32 ? -1 : code - 35 - (code > 60) - (code > 92);
  };
  const read = (column, i) => {
    if (column.k) { const at = place(column, i); return at < 0 ? null : column.k[at]; }
    const text = column.s ? column.s[i] : column[i];
    return text == null ? null : text;
  };
  const texts = (column) => new Set(column.k || Object.values(column.s || column).filter((text) => text != null));
  const value = (task, run, i) => {
    const own = task.v[run];
    if (typeof own !== "string") return own[i];
    return own[i] === "-" ? null : Number(own[i]);
  };
  const outcome = (task, run, i) => OUTCOMES[task.o[run][i]];
  const dataAddress = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

  // The file is an archive whose comment, at its end, says where its index stands, and this where all else does.
  const COMMENT = /^biomed-harness samples 1 (\d{20}) (\d{20})$/, LENGTH = 66;
  const beside = async (file, id) => {
    const part = (start, length) => file.slice(start, start + length);
    const found = COMMENT.exec(await part(Math.max(0, file.size - LENGTH), LENGTH).text());
    if (!found) throw Error("this is no file beside a report");
    const index = JSON.parse(await part(Number(found[1]), Number(found[2])).text());
    if (index.id !== id) throw Error("this file belongs to another page, or to this one as it was made at another time");
    return {
      texts: JSON.parse(await part(...index.texts).text()),
      picture: async (at) => {
        const [first, length, kind] = index.pictures[at];
        return length ? dataAddress(file.slice(first, first + length, "image/" + kind)) : null;
      },
    };
  };
  return { BEST, unpacked, read, texts, value, outcome, beside };
})();
