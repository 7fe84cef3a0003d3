// What works without it works better with it: a theme of one's own, and a status page that follows.
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const show = (theme) => { if (theme) root.dataset.theme = theme; else delete root.dataset.theme; };
  show(kept());

  const themes = () => {
    const button = document.getElementById("theme");
    if (!button) return;
    const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const name = () => button.setAttribute("aria-pressed", String(dark()));
    name();
    button.closest("[hidden]").hidden = false;
    button.addEventListener("click", () => {
      const next = dark() ? "light" : "dark";
      try { localStorage.setItem("theme", next); } catch { /* it then lasts for this page */ }
      show(next);
      name();
    });
  };

  // How the element that has the focus is found again.
  const mark = (element) => element.id ? `#${CSS.escape(element.id)}` : `[href="${CSS.escape(element.getAttribute("href") ?? "")}"]`;

  // Each element marked data-live takes the place of its old self when the server's page says something else.
  const refresh = async () => {
    const answer = await fetch(location.href, { cache: "no-cache", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    let changed = false;
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const old = document.getElementById(fresh.id);
      if (!old || old.innerHTML === fresh.innerHTML) continue;
      const focused = old.contains(document.activeElement) && mark(document.activeElement);
      old.replaceChildren(...fresh.childNodes);
      old.className = fresh.className;
      if (focused) old.querySelector(focused)?.focus({ preventScroll: true });
      changed = true;
    }
    if (!changed) return;
    document.title = page.title;
    const said = document.getElementById("said");
    if (said) said.textContent = (document.querySelector("[data-said]") ?? document.querySelector("h1")).textContent;
  };

  const follow = () => {
    const source = document.body.dataset.stream;
    if (!source || !window.EventSource) return;
    let waiting = 0;
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(() => refresh().catch(() => {}), Math.random() * 300); };
    const stream = new EventSource(source);
    let opened = 0;
    stream.addEventListener("open", () => { if (opened++) soon(); });
    stream.addEventListener("page", soon);
    addEventListener("pagehide", () => stream.close());
  };

  addEventListener("DOMContentLoaded", () => { themes(); follow(); });
})();
