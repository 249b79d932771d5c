// The queue of calls to review: answers by keys, and what is new said aloud.
"use strict";

(() => {
  const say = document.querySelector("[data-say]");
  // A screen reader tells what changes, and not what was there from the start.
  if (say && say.dataset.say.trim()) setTimeout(() => { say.textContent = say.dataset.say; }, 100);
  const area = document.querySelector("[data-review]");
  if (!area) {
    undoOnly();
    return;
  }
  let sent = false;
  addEventListener("submit", (e) => {
    if (sent) e.preventDefault();
    sent = true;
  });
  // Who goes back sees what is true now, and not a call that was answered since.
  addEventListener("pageshow", (e) => { e.persisted ? location.reload() : (sent = false); });
  document.getElementById("call").focus({ preventScroll: true });

  const choices = () => [...area.querySelectorAll(".choices button")];
  const move = (by) => {
    const all = choices(), at = all.indexOf(document.activeElement);
    all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length].focus();
  };
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && e.target.id === "label") e.target.blur();
    if (ignored(e)) return;
    if (e.key === "j" || e.key === "ArrowDown" && e.target.closest(".choices")) move(1);
    else if (e.key === "k" || e.key === "ArrowUp" && e.target.closest(".choices")) move(-1);
    else if (!press(e.key)) return;
    e.preventDefault();
  });

  function undoOnly() {
    document.addEventListener("keydown", (e) => {
      if (!ignored(e) && press(e.key)) e.preventDefault();
    });
  }
  function ignored(e) {
    return e.repeat || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]") ||
      e.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  }
  function press(key) {
    const button = /^[0-9us]$/.test(key) && document.querySelector(`main [data-key="${key}"]`);
    if (button) button.click();
    return !!button;
  }
})();
