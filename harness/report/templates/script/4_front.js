// SPDX-License-Identifier: Apache-2.0
// The candidates as points over two figures that the reader chooses.

const FRAME = { left: 58, right: 18, top: 34, bottom: 54, height: 430 };
const LOGARITHMIC_FROM = 15; // largest over smallest value, from where on a linear axis hides the small ones

// Glyphs by family, about 12 units wide; in the order of the colours.
const GLYPHS = [
  (x, y) => `M${x - 5.6} ${y}a5.6 5.6 0 1 0 11.2 0a5.6 5.6 0 1 0 -11.2 0z`,
  (x, y) => `M${x - 5} ${y - 5}h10v10h-10z`,
  (x, y) => `M${x} ${y - 6.4}l6.2 11.2h-12.4z`,
  (x, y) => `M${x} ${y - 7}l7 7l-7 7l-7 -7z`,
  (x, y) => `M${x - 2.2} ${y - 6.4}h4.4v4.2h4.2v4.4h-4.2v4.2h-4.4v-4.2h-4.2v-4.4h4.2z`,
  (x, y) => `M${x} ${y - 6.4}l6.2 4.5l-2.4 7.2h-7.6l-2.4 -7.2z`,
];

function figures() {
  return data.dimensions.filter((each) => !each.parameter && data.rows.some((row) => each.value(row) !== null));
}

function startFront() {
  const [across, up] = ["x", "y"].map((name) => document.getElementById(`axis-${name}`));
  const options = figures();
  if (!options.length) return;
  const costs = options.filter((each) => each.wanted && each.minimised);
  if (!data.byId.has(choice.y)) choice.y = (data.metric === null ? options[0] : data.dimensions[data.metric]).id;
  if (!data.byId.has(choice.x)) choice.x = (costs[0] || options[options.length - 1]).id;
  for (const [select, name] of [[across, "x"], [up, "y"]]) {
    select.replaceChildren(...options.map((each) => element("option", { value: each.id }, each.note ? `${each.title} (${each.note})` : each.title)));
    select.value = choice[name];
    select.addEventListener("change", () => change({ [name]: select.value }));
  }
  const place = document.getElementById("front-chart");
  const chart = { place, points: [], at: null };
  redraws.push(() => drawFront(chart));
  new ResizeObserver(() => { if (Math.abs(place.clientWidth - (chart.width || 0)) > 2) drawFront(chart); }).observe(place);
}

function axisOf(dimension, values, start, end) {
  const shown = dimension.percent ? values.map((value) => value * 100) : values;
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const logarithmic = low > 0 && high / low >= LOGARITHMIC_FROM;
  let [from, to] = [low, high];
  if (logarithmic) {
    const room = (high / low) ** 0.06;
    [from, to] = [low / room, high * room];
  } else {
    const room = Math.max((high - low) * 0.08, Math.abs(high) * 1e-3, 1e-6);
    [from, to] = [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }
  const scale = logarithmic ? Math.log10 : (value) => value;
  const at = (value) => start + ((scale(value) - scale(from)) / (scale(to) - scale(from))) * (end - start);
  const ticks = (logarithmic ? decades(from, to) : round(from, to)).filter((value) => value >= from && value <= to);
  return {
    logarithmic, ticks: ticks.map((value) => [at(value), short(value)]),
    place: (value) => Math.round(at(dimension.percent ? value * 100 : value) * 10) / 10,
    holds: (value) => { const here = dimension.percent ? value * 100 : value; return here >= from && here <= to; },
  };
}

// About five round numbers: steps of 1, 2 or 5 times a power of ten.
function round(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const marks = [];
  for (let number = Math.ceil(low / step); number * step <= high; number += 1) marks.push(Number((number * step).toPrecision(12)));
  return marks;
}

function decades(low, high) {
  const factors = high / low < 60 ? [1, 2, 5] : high / low < 3e3 ? [1, 3] : [1];
  const marks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of factors) marks.push(factor * 10 ** power);
  }
  return marks;
}

function drawFront(chart) {
  const { place } = chart;
  const [across, up] = [data.byId.get(choice.x), data.byId.get(choice.y)];
  const rows = data.rows.filter((row) => row.status !== "not verified" && across.value(row) !== null && up.value(row) !== null);
  chart.width = place.clientWidth;
  const width = Math.max(280, chart.width);
  if (!rows.length || !chart.width) { place.replaceChildren(); return; }
  const bottom = FRAME.height - FRAME.bottom;
  const x = axisOf(across, rows.map(across.value), FRAME.left, width - FRAME.right);
  const y = axisOf(up, rows.map(up.value), bottom, FRAME.top);
  chart.points = rows.map((row) => ({ row, x: x.place(across.value(row)), y: y.place(up.value(row)) }));
  const svg = shape("svg", {
    id: "front-points", class: "chart", width, height: FRAME.height, viewBox: `0 0 ${width} ${FRAME.height}`, tabindex: "0", role: "application",
    "aria-label": `${up.title} against ${across.title}, ${rows.length} candidates. Left and right go along the front, up and down through all candidates, Enter chooses one.`,
  });
  drawAxes(svg, { x, y, across, up, width, bottom });
  drawLimits(svg, { x, y, across, up, width, bottom });
  const steps = staircase(chart.points, across, up);
  if (steps) svg.append(shape("path", { class: "steps", d: steps }));
  drawPoints(svg, chart.points);
  chart.ring = shape("path", { class: "ring", d: "" });
  svg.append(chart.ring);
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(svg);
  if (hadFocus) svg.focus({ preventScroll: true });
  ring(chart, chart.points.find((point) => point.row.n === choice.picked));
  listenFront(chart, svg);
}

function drawAxes(svg, { x, y, across, up, width, bottom }) {
  for (const [at, label] of y.ticks) {
    svg.append(shape("path", { class: "grid", d: `M${FRAME.left} ${at}H${width - FRAME.right}` }));
    svg.append(shape("text", { class: "tick", x: FRAME.left - 8, y: at, dy: ".33em", "text-anchor": "end" }, label));
  }
  let free = -Infinity;
  for (const [at, label] of x.ticks) {
    svg.append(shape("path", { class: "grid", d: `M${at} ${FRAME.top}V${bottom}` }));
    const room = label.length * 7 + 6;
    if (at - room / 2 < free) continue;
    free = at + room / 2;
    svg.append(shape("text", { class: "tick", x: at, y: bottom + 19, "text-anchor": "middle" }, label));
  }
  svg.append(shape("path", { class: "axis", d: `M${FRAME.left} ${FRAME.top}V${bottom}H${width - FRAME.right}` }));
  const name = (each, axis) => `${each.title}${each.note || axis.logarithmic ? ` (${[each.note, axis.logarithmic ? "log scale" : ""].filter(Boolean).join(", ")})` : ""}`;
  svg.append(shape("text", { class: "title", x: 4, y: 16 }, name(up, y)));
  const whole = name(across, x); // what does not fit stands in the choice of axes too
  const label = whole.length * 7 > width - FRAME.right ? across.title : whole;
  svg.append(shape("text", { class: "title", x: width - FRAME.right, y: FRAME.height - 10, "text-anchor": "end" }, label));
}

function drawLimits(svg, { x, y, across, up, width, bottom }) {
  for (const bound of [across.low, across.high]) {
    if (bound !== null && x.holds(bound)) svg.append(shape("path", { class: "limit", d: `M${x.place(bound)} ${FRAME.top}V${bottom}` }, shape("title", {}, `Limit: ${text(across, bound)}`)));
  }
  for (const bound of [up.low, up.high]) {
    if (bound !== null && y.holds(bound)) svg.append(shape("path", { class: "limit", d: `M${FRAME.left} ${y.place(bound)}H${width - FRAME.right}` }, shape("title", {}, `Limit: ${text(up, bound)}`)));
  }
}

// One path for each family and status: thousands of points are a handful of elements.
function drawPoints(svg, points) {
  const paths = new Map();
  for (const { row, x, y } of points) {
    const dim = inside(row) ? "" : " outside";
    const name = row.status === "breaks a limit" ? `mark broken${dim}` : `mark s${row.family % GLYPHS.length}${row.status === "front" ? " front" : ""}${dim}`;
    const drawn = row.status === "breaks a limit" ? `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` : GLYPHS[row.family % GLYPHS.length](x, y);
    paths.set(name, (paths.get(name) || "") + drawn);
  }
  const order = (name) => (name.includes("outside") ? 0 : name.includes("front") ? 2 : 1);
  for (const name of [...paths.keys()].sort((a, b) => order(a) - order(b))) svg.append(shape("path", { class: name, d: paths.get(name) }));
}

// The front of these two figures alone, as steps.
function staircase(points, across, up) {
  const sign = (each) => (each.minimised ? 1 : -1);
  const met = points.filter(({ row }) => ["front", "beaten"].includes(row.status));
  met.sort((a, b) => sign(across) * (a.x - b.x) || -sign(up) * (a.y - b.y));
  const corners = [];
  for (const point of met) {
    const last = corners[corners.length - 1];
    if (!last || sign(up) * (last.y - point.y) < 0) corners.push(point);
  }
  if (corners.length < 2) return "";
  return `M${corners[0].x} ${corners[0].y}${corners.slice(1).map((point) => `H${point.x}V${point.y}`).join("")}`;
}

function ring(chart, point) {
  chart.at = point || null;
  chart.ring.setAttribute("d", point ? `M${point.x - 9.5} ${point.y}a9.5 9.5 0 1 0 19 0a9.5 9.5 0 1 0 -19 0z` : "");
}

function listenFront(chart, svg) {
  const nearest = (event) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    for (const point of chart.points) {
      const distance = Math.hypot(point.x - x, point.y - y) - (point.row.status === "front" ? 3 : 0);
      if (distance < 22 && (!best || distance < best.distance)) best = { point, distance };
    }
    return best && best.point;
  };
  const show = (point) => {
    ring(chart, point);
    if (!point) { hideTip(); return; }
    showTip(point.row, () => {
      const box = svg.getBoundingClientRect();
      return { left: box.left + point.x, top: box.top + point.y };
    });
  };
  svg.addEventListener("pointermove", (event) => show(nearest(event)));
  svg.addEventListener("pointerleave", () => { hideTip(); ring(chart, chart.points.find((point) => point.row.n === choice.picked)); });
  svg.addEventListener("blur", hideTip);
  svg.addEventListener("click", (event) => { const point = nearest(event); change({ picked: point ? point.row.n : null }); });
  svg.addEventListener("keydown", (event) => {
    const along = ["ArrowLeft", "ArrowRight"].includes(event.key);
    if (along || ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      const fronts = chart.points.filter((point) => point.row.status === "front");
      const points = [...(along && fronts.length ? fronts : chart.points)].sort((a, b) => a.x - b.x || b.y - a.y);
      const step = ["ArrowRight", "ArrowUp"].includes(event.key) ? 1 : -1;
      const here = points.findIndex((point) => chart.at && point.row.n === chart.at.row.n);
      show(points[here < 0 ? (step > 0 ? 0 : points.length - 1) : (here + step + points.length) % points.length]);
    } else if (event.key === "Enter" && chart.at) {
      change({ picked: chart.at.row.n });
    } else if (event.key === "Escape") {
      show(null);
      change({ picked: null });
    }
  });
}
