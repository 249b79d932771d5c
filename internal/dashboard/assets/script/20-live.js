// A list that tells of new calls without moving, filters that close, and what takes
// long and is asked for when somebody wants it.
(() => {
  const place = document.querySelector("[data-live]");
  if (!place || !window.EventSource) return;
  const link = place.querySelector("a");
  let source;
  const close = () => {
    source?.close();
    source = undefined;
  };
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(place.dataset.live);
    source.addEventListener("calls", (e) => {
      link.textContent = JSON.parse(e.data).text;
      link.hidden = false;
    });
  };
  // A browser has few connections to one host: a page that nobody sees has none.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
})();

(() => {
  const opened = () => [...document.querySelectorAll("details.pick[open]")];
  document.addEventListener("click", (e) => opened().forEach((d) => d.contains(e.target) || (d.open = false)));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    opened().forEach((d) => {
      d.open = false;
      if (d.contains(document.activeElement)) d.querySelector("summary").focus();
    });
  });
})();

(() => {
  document.addEventListener("click", async (e) => {
    const link = e.target.closest("a[data-load]");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    e.preventDefault();
    if (link.getAttribute("aria-busy")) return;
    const place = document.getElementById(link.dataset.load);
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(link.dataset.load) || page.querySelector("main .problem");
      if (!found || answer.redirected) throw new Error("no such part");
      place.replaceChildren(...(found.id ? found.childNodes : [found]));
    } catch {
      location.assign(link.href);
    }
  });
})();
