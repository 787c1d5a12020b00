// SPDX-License-Identifier: Apache-2.0
// Parallel coordinates: a line for each candidate over the axes that the reader chooses; ranges keep or dim lines.

const LINES = { top: 46, bottom: 34, height: 380, gap: 116, side: 70 };

function dimensionsToChoose() {
  return data.dimensions.filter((each) => new Set(data.rows.map(each.value).filter((value) => value !== null)).size > 1);
}

function startParallel() {
  const choices = document.getElementById("parallel-axes");
  const options = dimensionsToChoose();
  const isFew = (each) => each.parameter && each.levels && data.rows.every((row) => each.value(row) !== null);
  if (!choice.shown) {
    const first = options.filter(isFew).slice(0, 3);
    choice.shown = new Set([...first, ...options.filter((each) => each.wanted)].map((each) => each.id));
  }
  choices.replaceChildren(...options.map((each, at) => {
    const box = element("input", { type: "checkbox", id: `parallel-axis-${at}` });
    box.checked = choice.shown.has(each.id);
    box.addEventListener("change", () => {
      if (box.checked) choice.shown.add(each.id);
      else { choice.shown.delete(each.id); choice.brushes.delete(each.id); }
      change({});
    });
    return element("label", {}, box, each.title);
  }));
  document.getElementById("unbrush").addEventListener("click", () => { choice.brushes.clear(); change({}); });
  const place = document.getElementById("parallel-chart");
  const chart = { place };
  redraws.push(() => drawParallel(chart));
  new ResizeObserver(() => { if (Math.abs(place.clientWidth - (chart.width || 0)) > 2) drawParallel(chart); }).observe(place);
}

function drawParallel(chart) {
  const { place } = chart;
  chart.width = place.clientWidth;
  const shown = data.dimensions.filter((each) => choice.shown.has(each.id));
  document.getElementById("unbrush").hidden = !choice.brushes.size;
  if (!chart.width) { place.replaceChildren(); return; }
  if (!shown.length) { place.replaceChildren(element("p", { class: "muted" }, "The candidates differ in nothing that is chosen here.")); return; }
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const width = Math.max(chart.width, 2 * LINES.side + (shown.length - 1) * LINES.gap);
  const axes = shown.map((dimension, at) => verticalAxis(dimension, LINES.side + (shown.length > 1 ? (at * (width - 2 * LINES.side)) / (shown.length - 1) : 0)));
  const svg = shape("svg", { class: "chart", width, height: LINES.height, viewBox: `0 0 ${width} ${LINES.height}`, role: "group", "aria-label": `Parallel coordinates of ${data.rows.length} candidates over ${axes.map((axis) => axis.dimension.title).join(", ")}` });
  drawLines(svg, axes);
  axes.forEach((axis, at) => drawBrush(svg, axis, at));
  const left = place.scrollLeft;
  place.replaceChildren(svg);
  place.scrollLeft = left;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Better lies up: an axis of what is minimised is turned round.
function verticalAxis(dimension, x) {
  const values = data.rows.map(dimension.value).filter((value) => value !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = !dimension.levels && low > 0 && high / low >= LOGARITHMIC_FROM;
  const scale = logarithmic ? Math.log10 : (value) => value;
  const turned = !dimension.parameter && dimension.minimised;
  const [from, to] = turned ? [high, low] : [low, high];
  const bottom = LINES.height - LINES.bottom;
  const place = (value) => bottom - ((scale(value) - scale(from)) / (scale(to) - scale(from))) * (bottom - LINES.top);
  const back = (y) => {
    const at = scale(from) + ((bottom - y) / (bottom - LINES.top)) * (scale(to) - scale(from));
    return Math.min(high, Math.max(low, logarithmic ? 10 ** at : at));
  };
  return { dimension, x, low, high, turned, place, back, distinct: [...new Set(values)].sort((a, b) => a - b) };
}

function drawLines(svg, axes) {
  const paths = { outside: "", inside: "", best: "", picked: "" };
  for (const row of data.rows) {
    if (row.status === "not verified") continue;
    const kind = row.n === choice.picked ? "picked" : !inside(row) ? "outside" : row.status === "front" ? "best" : "inside";
    let pen = "M";
    for (const axis of axes) {
      const value = axis.dimension.value(row);
      if (value === null) { pen = "M"; continue; }
      paths[kind] += `${pen}${Math.round(axis.x)} ${Math.round(axis.place(value) * 10) / 10}`;
      pen = "L";
    }
  }
  const opacity = Math.max(0.06, Math.min(0.5, 25 / data.rows.length));
  for (const [kind, d] of Object.entries(paths)) {
    svg.append(shape("path", { class: `line ${kind}`, d, "stroke-opacity": kind === "inside" ? opacity : kind === "outside" ? opacity / 3 : 0.9 }));
  }
}

function drawBrush(svg, axis, at) {
  const { dimension, x } = axis;
  const bottom = LINES.height - LINES.bottom;
  const brush = choice.brushes.get(dimension.id);
  const label = (y, words, kind) => shape("text", { class: kind, x, y, "text-anchor": "middle" }, words);
  const cut = (words) => (words.length > 19 ? `${words.slice(0, 18)}…` : words);
  svg.append(label(14, cut(dimension.label || dimension.title), "title"), label(28, cut(dimension.board || dimension.note), "tick"));
  svg.append(shape("path", { class: "axis", d: `M${x} ${LINES.top}V${bottom}` }));
  if (dimension.levels) {
    for (const value of axis.distinct) svg.append(shape("text", { class: "level", x: x + 7, y: axis.place(value) + 4 }, cut(text(dimension, value))));
  } else {
    svg.append(label(LINES.top - 5, text(dimension, axis.turned ? axis.low : axis.high), "tick"));
    svg.append(label(bottom + 16, text(dimension, axis.turned ? axis.high : axis.low), "tick"));
  }
  const reach = shape("rect", { class: "brushable", x: x - 18, y: LINES.top - 8, width: 36, height: bottom - LINES.top + 16 });
  svg.append(reach);
  const [low, high] = brush || [axis.low, axis.high];
  const [one, other] = [axis.place(low), axis.place(high)].sort((a, b) => a - b);
  if (brush) svg.append(shape("rect", { class: "brush", x: x - 7, y: one - 4, width: 14, height: other - one + 8, rx: 3 }));
  listenToDrag(svg, reach, axis);
  svg.append(handle(axis, at, "low", low, high), handle(axis, at, "high", low, high));
}

// A handle is a slider: arrows move it by one value, Page keys by a tenth of them, Home and End to the ends, Escape lets go.
function handle(axis, at, end, low, high) {
  const { dimension } = axis;
  const value = end === "low" ? low : high;
  const y = axis.place(value);
  const made = shape("path", {
    id: `handle-${at}-${end}`, class: `handle${choice.brushes.has(dimension.id) ? " on" : ""}`, tabindex: "0", role: "slider",
    "aria-orientation": "vertical", "aria-label": `${dimension.title}: ${end === "low" ? "least" : "most"}`,
    "aria-valuemin": axis.low, "aria-valuemax": axis.high, "aria-valuenow": value, "aria-valuetext": text(dimension, value),
    d: `M${axis.x - 11} ${y}h22`,
  });
  made.addEventListener("keydown", (event) => {
    const here = axis.distinct.findIndex((each) => each >= value);
    const up = axis.turned ? -1 : 1; // the way that the arrow points
    const far = Math.max(1, Math.round(axis.distinct.length / 10));
    const steps = { ArrowUp: up, ArrowDown: -up, ArrowRight: 1, ArrowLeft: -1, PageUp: up * far, PageDown: -up * far, Home: -1e9, End: 1e9 };
    if (event.key === "Escape") choice.brushes.delete(dimension.id);
    else if (event.key in steps) {
      const next = axis.distinct[Math.max(0, Math.min(axis.distinct.length - 1, here + steps[event.key]))];
      setBrush(axis, end === "low" ? [Math.min(next, high), high] : [low, Math.max(next, low)]);
    } else return;
    event.preventDefault();
    change({});
  });
  return made;
}

function setBrush(axis, [low, high]) {
  if (low <= axis.low && high >= axis.high) choice.brushes.delete(axis.dimension.id);
  else choice.brushes.set(axis.dimension.id, [low, high]);
}

function listenToDrag(svg, reach, axis) {
  reach.addEventListener("pointerdown", (event) => {
    const y = (moved) => moved.clientY - svg.getBoundingClientRect().top;
    const from = y(event);
    const preview = shape("rect", { class: "brush", x: axis.x - 7, y: from, width: 14, height: 0, rx: 3 });
    svg.insertBefore(preview, reach);
    reach.setPointerCapture(event.pointerId);
    reach.onpointermove = (moved) => {
      preview.setAttribute("y", Math.min(from, y(moved)));
      preview.setAttribute("height", Math.abs(y(moved) - from));
    };
    reach.onpointerup = (moved) => {
      reach.onpointermove = null;
      const ends = [axis.back(from), axis.back(y(moved))].sort((a, b) => a - b);
      if (Math.abs(y(moved) - from) < 4) choice.brushes.delete(axis.dimension.id); // a click lets go
      else setBrush(axis, axis.dimension.levels ? [Math.ceil(ends[0] - 0.4), Math.floor(ends[1] + 0.4)] : ends);
      change({});
    };
  });
}
