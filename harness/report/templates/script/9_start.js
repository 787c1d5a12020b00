// SPDX-License-Identifier: Apache-2.0
// Puts the page to work; a live page does the parts that deal with candidates again when they have changed.

function startCharts() {
  redraws.length = 0;
  readData();
  if (!data || !data.rows.length) return;
  startFront();
  startParallel();
  startTable();
  redraws.push(drawPicked);
  change({});
}

addEventListener("scroll", placeTip, { passive: true });
addEventListener("hashchange", openTarget);
startTheme();
keepParts();
startCopying();
startCharts();
openTarget();
startLive();
