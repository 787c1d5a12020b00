// SPDX-License-Identifier: Apache-2.0
"use strict";

const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

// Theme: automatic, light, dark. The choice is remembered where the browser lets a file remember anything.
const THEMES = ["automatic", "light", "dark"];

function recallTheme() {
  try { return localStorage.getItem("harness-theme"); } catch { return null; }
}

function rememberTheme(theme) {
  try { localStorage.setItem("harness-theme", theme); } catch { /* not allowed here */ }
}

function showTheme(theme) {
  const button = document.getElementById("theme");
  if (theme === "automatic") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  button.textContent = `Theme: ${theme}`;
  button.dataset.now = theme;
}

function startTheme() {
  const button = document.getElementById("theme");
  showTheme(THEMES.includes(recallTheme()) ? recallTheme() : "automatic");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(button.dataset.now) + 1) % THEMES.length];
    showTheme(next);
    rememberTheme(next);
  });
}

// A link to a detail opens it, and every detail around it.
function openTarget() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  target.scrollIntoView();
}

// A button that copies the command beside it; where the browser does not allow it, the command is selected.
function startCopying(root = document) {
  for (const button of all("button.copy", root)) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
  }
}
