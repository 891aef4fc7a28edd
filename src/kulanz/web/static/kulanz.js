// The desk's own script: keys, drafts, undo, marked rows, news. No framework; the pages work without it.
(() => {
  "use strict";
  const one = (css, within = document) => within.querySelector(css);
  const all = (css, within = document) => [...within.querySelectorAll(css)];
  const POLL = 5000, POLL_LONGEST = 60000, DRAFT_WAIT = 900, TYPING = 8000;
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  // News: ask a cheap address; when something changed, fetch the page's region and put it in place.
  let wait = POLL, timer = 0, asked = 0, lastTyped = 0;
  async function ask() {
    const live = one("#live[data-live]");
    if (!live) return;
    if (!document.hidden) {
      try {
        const address = new URL(live.dataset.live, location.href);
        address.searchParams.set("seit", live.dataset.since);
        if ("here" in live.dataset && asked++ % 3 === 0) address.searchParams.set("hier", "1");
        if (Date.now() - lastTyped < TYPING) address.searchParams.set("tippt", "1");
        const answer = await fetch(address, { credentials: "same-origin" });
        if (answer.status === 401) { location.reload(); return; }
        if (answer.status === 200) await renew(live, await answer.text());
        else if (answer.status !== 204) throw new Error(String(answer.status));
        wait = POLL;
        stand(true);
      } catch {
        wait = Math.min(wait * 2, POLL_LONGEST);
        stand(false);
      }
    }
    timer = setTimeout(ask, wait);
  }
  function stand(fresh) {
    const place = one("#stand");
    if (!place) return;
    place.classList.toggle("is-old", !fresh);
    if (fresh) one("time", place).textContent = new Date().toLocaleTimeString("de-DE");
  }
  async function renew(live, since) {
    const answer = await fetch(live.dataset.self, { credentials: "same-origin", headers: { "X-Kulanz-Region": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement && document.activeElement.id;
    const marked = new Set(all("[name=fall]:checked").map((box) => box.value));
    const current = one("[data-row][aria-current]")?.dataset.row;
    const opened = all("details[open]").map((drop) => drop.dataset.mail || "").filter(Boolean);
    const parts = live.dataset.parts ? live.dataset.parts.split(" ") : ["live"];
    for (const id of parts) {
      const old = document.getElementById(id), now = fresh.getElementById(id);
      if (!old || !now || one(".ku-drop[open]", old) || (opened.length && id === "verlauf")) continue;
      const top = old.scrollTop, atEnd = old.scrollHeight - top - old.clientHeight < 40;
      old.replaceWith(document.adoptNode(now));
      now.scrollTop = id === "verlauf" && atEnd ? now.scrollHeight : top;
    }
    one("#live").dataset.since = since;
    for (const box of all("[name=fall]")) box.checked = marked.has(box.value);
    if (current) choose(one(`[data-row="${current}"]`), false);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    countMarked();
    startCounts();
  }

  // Lists: j and k move, x marks, Enter opens.
  const rows = () => all("[data-row]");
  function choose(row, scroll = true) {
    if (!row) return;
    for (const other of all("[data-row][aria-current]")) other.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    if (scroll) { row.scrollIntoView({ block: "nearest" }); one("a", row)?.focus({ preventScroll: true }); }
  }
  function move(step) {
    const list = rows(), at = list.findIndex((row) => row.hasAttribute("aria-current"));
    if (list.length) choose(list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))]);
  }
  function countMarked() {
    const bar = one("#viele");
    if (!bar) return;
    const count = all("[name=fall]:checked").length;
    bar.hidden = !count;
    one("[data-marked]", bar).textContent = count;
  }

  // Keys. One-letter keys can be switched off; Ctrl+Enter stays.
  const typing = (where) => where.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const press = (css) => { const found = all(css).find((item) => item.offsetParent !== null); found?.click(); return Boolean(found); };
  const keys = {
    "/": () => one("#suche")?.focus(),
    "?": () => one("#tasten")?.showModal(),
    j: () => move(1),
    k: () => move(-1),
    x: () => one("[data-row][aria-current] [name=fall]")?.click(),
    n: () => { if (!press('[data-key="n"]')) location.assign(one("[data-next]")?.dataset.next || "/faelle/naechster/"); },
    z: () => press('[data-key="z"]'),
    r: () => { const text = one("#text"); if (text) { tab("antwort"); text.focus(); } },
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      const form = event.target.closest("#antwort");
      if (form) { event.preventDefault(); one("[role=tabpanel]:not([hidden]) .btn-primary", form).click(); }
      return;
    }
    if (event.key === "Escape") {
      all("details.ku-drop[open]").forEach((drop) => { drop.open = false; one("summary", drop).focus(); });
      if (typing(event.target)) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.body.dataset.keys === "off" || one("dialog[open]") || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  // Composer: two tabs, and a draft that saves itself.
  function tab(name) {
    for (const button of all("#antwort [role=tab]")) {
      const on = button.id === `tab-${name}`;
      button.setAttribute("aria-selected", on);
      button.tabIndex = on ? 0 : -1;
      document.getElementById(button.getAttribute("aria-controls")).hidden = !on;
    }
  }
  let saving = 0, unsaved = false, busy = false;
  function say(words, bad = false) {
    const place = one("#gespeichert");
    if (place) { place.textContent = words; place.classList.toggle("ku-tone-stop", bad); }
  }
  async function saveDraft() {
    const form = one("#antwort[data-draft]");
    if (!form || !unsaved) return;
    if (busy) { saving = setTimeout(saveDraft, 300); return; }
    busy = true; unsaved = false;
    try {
      const body = new URLSearchParams({ text: one("#text").value, version: form.dataset.version });
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers: { "X-CSRFToken": token() }, credentials: "same-origin" });
      const told = await answer.json();
      if (answer.ok) { form.dataset.version = told.version; say(told.said); }
      else { say(told.said, true); if (answer.status !== 409) unsaved = true; }
    } catch {
      unsaved = true;
      say(document.documentElement.lang === "en" ? "not saved, trying again" : "nicht gespeichert, versuche es wieder", true);
      saving = setTimeout(saveDraft, 5000);
    } finally { busy = false; }
  }
  function grow(area) {
    const thread = one("#verlauf"), atEnd = thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
    area.rows = Math.max(5, Math.min(16, area.value.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 84), 1)));
    if (atEnd) thread.scrollTop = thread.scrollHeight;
  }
  document.addEventListener("input", (event) => {
    if (event.target.id === "text") {
      lastTyped = Date.now(); unsaved = true;
      grow(event.target);
      clearTimeout(saving);
      saving = setTimeout(saveDraft, DRAFT_WAIT);
    }
  });
  window.addEventListener("pagehide", () => {
    const form = one("#antwort[data-draft]");
    if (!form || !unsaved) return;
    const body = new URLSearchParams({ text: one("#text").value, version: form.dataset.version, csrfmiddlewaretoken: token() });
    navigator.sendBeacon(form.dataset.draft, body);
  });

  // Undo: seconds run down, then the bar goes.
  function startCounts() {
    for (const bar of all("[data-undo]:not([data-runs])")) {
      bar.dataset.runs = "1";
      const ends = Date.now() + 1000 * Number(bar.dataset.undo);
      const tick = () => {
        if (!bar.isConnected) return;
        const left = Math.max(0, (ends - Date.now()) / 1000);
        one("progress", bar).value = left;
        const words = one("[data-left]", bar);
        if (words) words.textContent = `${Math.ceil(left)} s`;
        if (left > 0) setTimeout(tick, 250); else bar.remove();
      };
      tick();
    }
  }

  // A mail as it was sent: loaded when opened, as high as it is.
  function showMail(details, address) {
    const frame = one("iframe", details);
    if (!frame || (frame.src && !address)) return;
    frame.addEventListener("load", () => {
      const body = frame.contentDocument?.documentElement;
      if (body) frame.height = Math.min(1600, Math.max(120, body.scrollHeight + 8));
    });
    frame.src = address || details.dataset.mail;
  }
  document.addEventListener("toggle", (event) => {
    const it = event.target;
    if (it.matches("details[data-mail]") && it.open) showMail(it);
    if (it.matches("details.ku-drop") && it.open) for (const other of all("details.ku-drop[open]")) if (other !== it) other.open = false;
  }, true);

  document.addEventListener("change", (event) => { if (event.target.name === "fall") countMarked(); });
  document.addEventListener("click", async (event) => {
    const at = event.target;
    if (!at.closest(".ku-drop")) for (const drop of all("details.ku-drop[open]")) drop.open = false;
    const opener = at.closest("[data-open]"), pictures = at.closest("[data-pictures]"), copy = at.closest("[data-copy]"), tabs = at.closest("#antwort [role=tab]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    if (tabs) { tab(tabs.id.replace("tab-", "")); one("[role=tabpanel]:not([hidden]) textarea")?.focus(); }
    if (pictures) { showMail(pictures.closest("details"), pictures.dataset.pictures); pictures.closest("p").remove(); }
    if (at.closest("[data-unmark]")) { for (const box of all("[name=fall]:checked")) box.checked = false; countMarked(); }
    if (copy) {
      const source = document.getElementById(copy.dataset.copy);
      await navigator.clipboard.writeText(source ? source.value ?? source.innerText : copy.dataset.text || "");
      copy.classList.add("is-copied");
      copy.setAttribute("aria-live", "polite");
      if (copy.dataset.done) copy.lastChild.textContent = ` ${copy.dataset.done}`;
    }
  });
  document.addEventListener("submit", (event) => { if (event.target.id === "antwort") { unsaved = false; clearTimeout(saving); } });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); ask(); } });

  const text = one("#text"), thread = one("#verlauf");
  if (text) grow(text);
  if (thread) thread.scrollTop = thread.scrollHeight;
  countMarked();
  startCounts();
  timer = setTimeout(ask, POLL);
})();
