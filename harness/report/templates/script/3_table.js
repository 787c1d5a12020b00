// SPDX-License-Identifier: Apache-2.0
// The table of all candidates: sorted on request, a piece at a time, so that thousands of them do not slow the page.

const AT_ONCE = 50;

function columnsOfTable() {
  const names = [
    { id: "Trial", title: "Trial", note: "", key: (row) => row.n, numeric: true },
    { id: "Network", title: "Network", note: "", key: (row) => data.families[row.family] },
    { id: "Compression", title: "Compression", note: "", key: (row) => row.steps || "none" },
    { id: "Status", title: "Status", note: "", key: (row) => STATUS_WORDS[row.status] },
  ];
  const figures = data.dimensions
    .filter((each) => each.inTable)
    .map((each) => ({ ...each, key: each.value, numeric: true, descending: !each.minimised, dimension: each }));
  return [...names, ...figures];
}

function startTable() {
  const table = document.getElementById("candidates-table");
  const only = document.getElementById("only");
  only.value = choice.only;
  only.addEventListener("change", () => change({ only: only.value, rows: AT_ONCE }));
  document.getElementById("more").addEventListener("click", () => change({ rows: choice.rows + 4 * AT_ONCE }));
  const columns = columnsOfTable();
  if (!choice.sort && data.metric !== null) {
    const metric = columns.find((column) => column.id === data.dimensions[data.metric].id);
    choice.sort = { id: metric.id, sign: metric.descending ? -1 : 1 };
  }
  table.tHead.replaceChildren(element("tr", {}, ...columns.map((column) => {
    const button = element("button", { type: "button" }, column.title);
    if (column.note) button.append(element("small", {}, column.note));
    const head = element("th", { scope: "col", class: column.numeric ? "number" : "" }, button);
    button.addEventListener("click", () => {
      const first = column.descending ? -1 : 1;
      const again = choice.sort && choice.sort.id === column.id && choice.sort.sign === first;
      change({ sort: { id: column.id, sign: again ? -first : first } });
    });
    return head;
  })));
  redraws.push(() => drawTable(table, columns));
}

function wantedRows() {
  const kept = { all: () => true, front: (row) => row.status === "front", met: (row) => ["front", "beaten"].includes(row.status) };
  return data.rows.filter((row) => kept[choice.only](row) && inside(row));
}

// Numbers by value, texts by letters, what is missing last, what is not verified below everything.
function sorted(rows, column, sign) {
  const last = (row) => (row.status === "not verified" ? 2 : 0) + (column.key(row) === null ? 1 : 0);
  const compare = column.numeric ? (a, b) => a - b : (a, b) => String(a).localeCompare(String(b), "en");
  return rows.sort((a, b) => last(a) - last(b) || (column.key(a) === null ? 0 : sign * compare(column.key(a), column.key(b))) || a.n - b.n);
}

function drawTable(table, columns) {
  const column = columns.find((each) => choice.sort && each.id === choice.sort.id) || columns[0];
  const sign = choice.sort ? choice.sort.sign : 1;
  const rows = sorted(wantedRows(), column, sign);
  columns.forEach((each, at) => {
    const head = table.tHead.rows[0].cells[at];
    if (each === column) head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
  table.tBodies[0].replaceChildren(...rows.slice(0, choice.rows).map((row) => tableRow(row, columns)));
  const shown = Math.min(rows.length, choice.rows);
  const brushed = choice.brushes.size ? " within the ranges chosen in the parallel coordinates" : "";
  document.getElementById("count").textContent = `${shown.toLocaleString("en-US")} of ${rows.length.toLocaleString("en-US")} candidates${brushed}`;
  document.getElementById("more").hidden = shown >= rows.length;
}

function tableRow(row, columns) {
  const wrong = row.status === "not verified";
  const made = element("tr", { "data-trial": row.n, class: wrong ? "fault" : row.status === "front" ? "onfront" : "" });
  if (row.n === choice.picked) made.classList.add("picked");
  columns.forEach((column, at) => made.append(tableCell(row, column, at, wrong)));
  return made;
}

function tableCell(row, column, at, wrong) {
  if (at === 0) {
    const name = row.link ? element("a", { href: row.link }, String(row.n)) : element("button", { type: "button", class: "plain" }, String(row.n));
    if (!row.link) name.addEventListener("click", () => { change({ picked: row.n }); document.getElementById("picked").scrollIntoView({ block: "nearest" }); });
    const mark = row.status === "front" ? [element("span", { class: "diamond", "aria-hidden": "true" }, "◆")] : [];
    return element("th", { scope: "row", class: "number" }, ...mark, name);
  }
  if (column.id === "Status") {
    const kind = { "front": "good", "not verified": "bad" }[row.status] || "";
    return element("td", {}, element("span", { class: `badge ${kind}` }, STATUS_WORDS[row.status]));
  }
  if (!column.dimension) {
    const note = column.id === "Network" && row.network ? [element("small", {}, row.network)] : [];
    return element("td", { class: "words" }, column.key(row), ...note);
  }
  const cell = element("td", { class: "number" });
  const value = text(column.dimension, column.key(row));
  cell.append(wrong && value !== "–" ? element("s", {}, value) : value);
  const range = row.ranges[data.dimensions.indexOf(column.dimension)];
  if (range) cell.append(element("small", {}, `${text(column.dimension, range[0])} to ${text(column.dimension, range[1])}`));
  return cell;
}
