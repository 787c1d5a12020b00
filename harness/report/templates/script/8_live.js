// SPDX-License-Identifier: Apache-2.0
// A live page asks its server for itself, and takes over the parts that have changed. A file has no server.

const LIVE_EVERY = 2000; // milliseconds
const live = { tag: "", parts: new Map() };

// The parts as they were served: called before anything is drawn into them.
function keepParts() {
  if (!("live" in document.documentElement.dataset)) return;
  live.tag = document.documentElement.dataset.live;
  for (const part of all("[data-part]")) live.parts.set(part.dataset.part, part.outerHTML);
}

function startLive() {
  if ("live" in document.documentElement.dataset) setTimeout(refresh, LIVE_EVERY);
}

async function refresh() {
  let wait = LIVE_EVERY;
  const status = document.getElementById("live");
  try {
    const answer = document.hidden ? null : await fetch(location.pathname, { headers: { "If-None-Match": live.tag }, cache: "no-store" });
    if (answer && answer.status === 200) {
      takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
      live.tag = answer.headers.get("ETag") || "";
    }
    status.textContent = !answer || [200, 304].includes(answer.status) ? "Live" : `The server answered ${answer.status}`;
  } catch {
    status.textContent = "harness watch has ended: this is how it stood";
    wait = 3 * LIVE_EVERY;
  }
  setTimeout(refresh, wait);
}

function takeOver(page) {
  const fresh = all("[data-part]", page);
  const changed = (part) => live.parts.get(part.dataset.part) !== part.outerHTML;
  const charts = fresh.some((part) => "charts" in part.dataset && changed(part));
  const focused = document.activeElement ? document.activeElement.id : "";
  for (const part of fresh) {
    if (!changed(part) && !(charts && "charts" in part.dataset)) continue;
    live.parts.set(part.dataset.part, part.outerHTML);
    exchange(document.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`), document.importNode(part, true));
  }
  if (charts) startCharts();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// What the reader has opened stays open.
function exchange(old, made) {
  const open = new Set(all("details[id]", old).filter((each) => each.open).map((each) => each.id));
  for (const each of all("details[id]", made)) each.open ||= open.has(each.id);
  old.replaceWith(made);
  startCopying(made);
}
