// SPDX-License-Identifier: Apache-2.0
"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Theme: automatic, light, dark. The choice is remembered where the browser lets a file remember anything.
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const themes = ["automatic", "light", "dark"];
  const recall = () => { try { return localStorage.getItem("harness-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("harness-theme", theme); } catch { /* not allowed here */ } };
  const show = (theme) => {
    if (theme === "automatic") delete root.dataset.theme; else root.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    button.dataset.now = theme;
  };
  show(themes.includes(recall()) ? recall() : "automatic");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(button.dataset.now) + 1) % themes.length];
    show(next);
    remember(next);
  });

  // Points: words on hover, focus and touch; the same entry lights up in every plot and in the table.
  const tip = document.getElementById("tip");
  const same = (entry) => all(`[data-entry="${entry}"]`);
  const place = (point) => {
    const at = point.querySelector(".mark").getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const middle = at.left + at.width / 2 - size.width / 2;
    const above = at.top - size.height - 6;
    tip.style.left = `${Math.max(8, Math.min(middle, innerWidth - size.width - 8))}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  };
  let current = null;
  const enter = (point) => {
    current = point;
    tip.textContent = point.dataset.words;
    tip.hidden = false;
    place(point);
    same(point.dataset.entry).forEach((each) => each.classList.add("near"));
  };
  const leave = (point) => {
    current = null;
    tip.hidden = true;
    same(point.dataset.entry).forEach((each) => each.classList.remove("near"));
  };
  for (const point of all(".point")) {
    const title = point.querySelector("title"); // shown by the browser itself where this script does not run
    point.dataset.words = title.textContent;
    title.remove();
    point.addEventListener("pointerenter", () => enter(point));
    point.addEventListener("pointerleave", () => leave(point));
    point.addEventListener("focus", () => enter(point));
    point.addEventListener("blur", () => leave(point));
    point.addEventListener("click", () => {
      const picked = point.classList.contains("picked");
      all(".picked").forEach((each) => each.classList.remove("picked"));
      if (!picked) same(point.dataset.entry).forEach((each) => each.classList.add("picked"));
    });
  }
  for (const row of all("tr[data-entry]")) {
    const points = () => all(`.point[data-entry="${row.dataset.entry}"]`);
    row.addEventListener("pointerenter", () => points().forEach((each) => each.classList.add("near")));
    row.addEventListener("pointerleave", () => points().forEach((each) => each.classList.remove("near")));
  }
  addEventListener("scroll", () => { if (current) place(current); }, { passive: true });

  // Sorting: numbers by value, texts by letters, what is missing last, what is not verified below everything.
  const order = (kind, sign) => (a, b) => {
    if (a.key === "" || b.key === "") return (a.key === "") - (b.key === "");
    return sign * (kind === "number" ? Number(a.key) - Number(b.key) : a.key.localeCompare(b.key, "en"));
  };
  const sort = (table, column, direction) => {
    const heads = all("thead th", table);
    const body = table.tBodies[0];
    const compare = order(heads[column].dataset.kind, direction === "desc" ? -1 : 1);
    const rows = Array.from(body.rows, (row) => ({
      row, key: row.cells[column].dataset.key, last: "last" in row.dataset, at: Number(row.dataset.entry.split("-")[1]),
    }));
    rows.sort((a, b) => a.last - b.last || compare(a, b) || a.at - b.at);
    body.append(...rows.map((each) => each.row));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", direction === "desc" ? "descending" : "ascending");
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const first = head.dataset.first || "asc";
        const second = first === "asc" ? "desc" : "asc";
        const now = head.getAttribute("aria-sort");
        sort(table, column, now === (first === "asc" ? "ascending" : "descending") ? second : first);
      });
    });
  }

  // A link to a detail opens it.
  const open = () => {
    const target = /^#d-\d+-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (target) { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
})();
