// SPDX-License-Identifier: Apache-2.0
// On paper nothing is folded.
addEventListener("beforeprint", () => { for (const each of all("details")) each.open = true; });
