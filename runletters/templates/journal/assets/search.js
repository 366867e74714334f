// Searches the letters of this folder. Reads nothing but the index beside it, sends nothing,
// and shows every word as text, never as markup.
"use strict";
(function () {
  const SHOWN = 40;
  const plain = (text) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss");
  const rows = (window.RUN_JOURNAL_INDEX || []).map((row) => ({
    anchor: row[0], date: row[1], title: row[2], figures: row[3], letter: row[4],
    plain: plain(row.join("\n")),
  }));
  const box = document.getElementById("search");
  const input = document.getElementById("words");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  let hits = [];
  let words = [];

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  // A sentence around the first word found, so that one sees why a run is listed.
  function excerpt(row) {
    const text = row.letter.replace(/\s+/g, " ");
    const folded = plain(text);
    const at = Math.max(0, Math.min(...words.map((word) => {
      const place = folded.indexOf(word);
      return place < 0 ? Infinity : place;
    }), folded.length) - 50);
    const start = at > 0 && at < text.length ? text.indexOf(" ", at) + 1 : 0;
    const end = start + 170 < text.length ? text.lastIndexOf(" ", start + 170) : text.length;
    return (start > 0 ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  }

  function line(row) {
    const link = document.createElement("a");
    link.href = "letters/" + row.anchor.slice(0, 7) + ".html#" + row.anchor;
    link.append(element("time", row.date), " ", element("b", row.figures), " ");
    if (row.title) link.append(element("i", row.title), " ");
    link.append(element("span", excerpt(row)));
    const item = document.createElement("li");
    item.append(link);
    return item;
  }

  function show() {
    const next = hits.slice(list.childElementCount, list.childElementCount + SHOWN);
    list.append(...next.map(line));
    more.hidden = list.childElementCount >= hits.length;
  }

  function search() {
    words = plain(input.value).split(/\s+/).filter(Boolean);
    hits = words.length ? rows.filter((row) => words.every((word) => row.plain.includes(word))) : [];
    list.replaceChildren();
    const said = hits.length === 1 ? box.dataset.one : box.dataset.many;
    count.textContent = !words.length ? ""
      : !hits.length ? box.dataset.none : said.replace("{n}", String(hits.length));
    show();
  }

  input.addEventListener("input", search);
  more.addEventListener("click", show);
  input.focus();
  search();
})();
