"use strict";
// What the other scripts share.
const page = (() => {
  const by = (id) => document.getElementById(id);
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text != null) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const option = (select, value, text) => { const made = element("option", text); made.value = value; select.append(made); };
  by("theme").addEventListener("click", () => {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  return { by, element, option };
})();
