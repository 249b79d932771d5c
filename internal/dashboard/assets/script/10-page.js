// What every page does: it tells the server the reader's zone, and has keys.
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = document.cookie.split("; ").find((c) => c.startsWith("zone="));
  if (zone && known !== "zone=" + encodeURIComponent(zone)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "zone=" + encodeURIComponent(zone) + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
    // Only a page that shows times, and only once: cookies may be off.
    if (document.querySelector("time") && document.cookie.includes("zone=")) location.reload();
  }
})();

// Where the views are wider than the window, the one that is open is seen.
document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

(() => {
  const rows = () => [...document.querySelectorAll("[data-rows] [data-href]")];
  const typing = (e) => e.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((r) => r.classList.contains("chosen"));
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    all.forEach((r) => r.classList.toggle("chosen", r === next));
    const link = next.querySelector("a[href]");
    (link || next).focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.querySelector("[type=search]")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e) || document.querySelector("dialog[open]")) return;
    if (e.key === "Enter" && !e.target.closest("a, button, summary")) {
      const row = document.querySelector("[data-rows] .chosen");
      if (row) location.assign(row.dataset.href);
      return;
    }
    const act = keys[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  });
})();
