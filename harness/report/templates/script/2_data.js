// SPDX-License-Identifier: Apache-2.0
// The candidates of a study, what the reader has chosen, and what all charts and the table share.

const SVG = new DOMParser().parseFromString("<svg></svg>", "text/html").body.firstChild.namespaceURI;
let data = null; // as harness/report/dataset.py writes it
const choice = { x: null, y: null, shown: null, brushes: new Map(), picked: null, sort: null, rows: 50, only: "all" };
const redraws = []; // called whenever a choice changes

function readData() {
  const block = document.getElementById("data");
  data = block ? JSON.parse(block.textContent) : null;
  if (!data) return;
  const boards = new Set(data.axes.map((axis) => axis.board).filter((board) => board !== null));
  data.dimensions = data.axes.map((axis, at) => ({
    ...axis,
    title: boards.size > 1 && axis.board ? `${axis.label} on ${axis.board}` : axis.label,
    note: [axis.percent ? "%" : axis.unit, axis.how === "host" ? "" : axis.how].filter(Boolean).join(", "),
    value: (row) => row.values[at],
  }));
  data.parameters.forEach((name, at) => {
    const found = new Set(data.rows.map((row) => row.parameters[at]).filter((value) => value !== null));
    const numeric = [...found].every((value) => typeof value === "number");
    const levels = numeric ? null : [...found].sort((a, b) => String(a).localeCompare(String(b), "en"));
    data.dimensions.push({
      id: `parameter ${name}`, title: name, note: "parameter", wanted: false, parameter: true, levels, low: null, high: null,
      value: (row) => (levels && row.parameters[at] !== null ? levels.indexOf(row.parameters[at]) : row.parameters[at]),
    });
  });
  data.byId = new Map(data.dimensions.map((each) => [each.id, each]));
  data.byNumber = new Map(data.rows.map((row) => [row.n, row]));
  for (const id of [...choice.brushes.keys()]) if (!data.byId.has(id)) choice.brushes.delete(id);
}

function text(dimension, value) {
  if (value === null || value === undefined) return "–";
  if (dimension.levels) return String(dimension.levels[value]);
  if (dimension.parameter) return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  const digits = { minimumFractionDigits: dimension.digits, maximumFractionDigits: dimension.digits };
  return (dimension.percent ? value * 100 : value).toLocaleString("en-US", digits);
}

function short(value) {
  for (const [size, letter] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) {
    if (Math.abs(value) >= size) return `${Number((value / size).toPrecision(5))}${letter}`;
  }
  return String(Number(value.toPrecision(5)));
}

// Whether a candidate lies within all brushes of the parallel coordinates.
function inside(row) {
  for (const [id, [low, high]] of choice.brushes) {
    const value = data.byId.get(id).value(row);
    if (value === null || value < low || value > high) return false;
  }
  return true;
}

function change(what) {
  Object.assign(choice, what);
  for (const redraw of redraws) redraw();
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// What a candidate says when it is touched, a fact a line.
function words(row) {
  const lines = [`Trial ${row.n}: ${data.families[row.family]}, ${row.steps || "not compressed"}`];
  if (row.network) lines.push(row.network);
  data.dimensions.forEach((each, at) => {
    if (each.parameter || each.fact || !each.inTable || row.values[at] === null) return;
    const range = row.ranges[at] ? ` (${text(each, row.ranges[at][0])} to ${text(each, row.ranges[at][1])})` : "";
    lines.push(`${each.title}: ${text(each, row.values[at])}${range}${each.note ? ` ${each.note}` : ""}`);
  });
  return [...lines, STATUS_WORDS[row.status]].join("\n");
}

const STATUS_WORDS = {
  "front": "On the front", "beaten": "Beaten by another", "breaks a limit": "Breaks a limit",
  "incomplete": "Not measured on every board", "not verified": "NOT verified",
};

// The words beside what the pointer or the keyboard is at; they follow it when the page scrolls.
const tip = { at: null, place: null };
function showTip(row, place) {
  const bubble = document.getElementById("tip");
  if (tip.at !== row.n) bubble.textContent = words(row);
  tip.at = row.n;
  tip.place = place;
  bubble.hidden = false;
  placeTip();
}

function placeTip() {
  if (tip.at === null) return;
  const bubble = document.getElementById("tip");
  const [point, size] = [tip.place(), bubble.getBoundingClientRect()];
  const above = point.top - size.height - 12;
  bubble.style.left = `${Math.max(8, Math.min(point.left - size.width / 2, innerWidth - size.width - 8))}px`;
  bubble.style.top = `${above > 8 ? above : Math.min(point.top + 16, innerHeight - size.height - 8)}px`;
}

function hideTip() {
  tip.at = null;
  document.getElementById("tip").hidden = true;
}

// The panel of the candidate that was chosen.
function drawPicked() {
  const panel = document.getElementById("picked");
  const row = choice.picked === null ? null : data.byNumber.get(choice.picked);
  panel.hidden = !row;
  if (!row) return;
  const [title, ...facts] = words(row).split("\n");
  const link = row.link || ("live" in document.documentElement.dataset ? row.id : "");
  const more = link
    ? element("a", { href: link }, `All about trial ${row.n}`)
    : element("span", {}, "All about it: ", element("code", {}, `harness report ${row.id}`));
  const close = element("button", { type: "button", class: "plain" }, "Close");
  close.addEventListener("click", () => change({ picked: null }));
  panel.replaceChildren(element("p", { class: "name" }, title), element("p", { class: "muted" }, facts.join(" · ")), element("p", {}, more, " ", close));
}
