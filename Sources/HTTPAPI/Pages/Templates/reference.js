"use strict";
// Search as you type: whatever does not hold all the words is put away. Without this script the page shows everything.
const field = document.getElementById("search");
const found = document.getElementById("found");
const entries = [...document.querySelectorAll("[data-words]")].map((element) => ({
  element,
  words: element.dataset.words.toLowerCase(),
  line: document.querySelector(`[data-for="${CSS.escape(element.id)}"]`),
}));
field.closest("label").hidden = false;

function search() {
  const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, words, line } of entries) {
    const fits = wanted.every((word) => words.includes(word));
    element.hidden = !fits;
    if (line) line.hidden = !fits;
    if (fits) count += 1;
  }
  for (const group of document.querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("[data-words]:not([hidden]), [data-for]:not([hidden])");
  }
  found.textContent = wanted.length === 0 ? "" : count === 0 ? "Nothing found; try another word." : `${count} found`;
}

field.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});
search();
