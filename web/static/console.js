// What pages do beyond links and forms: ticks for the live parts, keys, copy buttons, times that stay true.
// Every page works without it.
"use strict";

const TICK = 5000;
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  for (const [size, unit] of UNITS) {
    if (Math.abs(seconds) >= size) {
      const number = Math.floor(Math.abs(seconds) / size);
      return seconds > 0 ? `${number} ${unit} ago` : `in ${number} ${unit}`;
    }
  }
  return "now";
}

let isSignedOut = false;

// A hidden tab asks nothing; one that is seen again asks at once.
function tick() {
  if (document.hidden) return;
  document.querySelectorAll("time[data-ago]").forEach((time) => {
    time.textContent = ago(Date.parse(time.dateTime));
  });
  if (!isSignedOut) document.body.dispatchEvent(new CustomEvent("tick"));
}
setInterval(tick, TICK);
document.addEventListener("visibilitychange", tick);

// Whoever is signed out reads on: nothing of the page goes away, and it is where signing in leads back to.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401) return;
  event.preventDefault();
  if (isSignedOut) return;
  isSignedOut = true;
  const said = document.getElementById("sign-in-again").content.cloneNode(true);
  const way_back = new URLSearchParams({ next: location.pathname + location.search });
  said.querySelector("a").setAttribute("href", `/sign-in?${way_back}`);
  document.getElementById("signed-out").append(said);
});

// A part that is asked again takes the focus away with what had it; whoever stood there stands there again.
const TIMES = "main time[tabindex]";
const named = (one) => one.matches("time")
  ? `time ${[...document.querySelectorAll(TIMES)].indexOf(one)}`
  : one.getAttribute("href") || one.textContent;
let stood = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const at = document.activeElement;
  stood = at.matches("a, button, summary, time") && detail.target.contains(at) ? named(at) : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (stood === null || document.activeElement !== document.body) return;
  const same = [...document.querySelectorAll(`main :is(a, button, summary), ${TIMES}`)].find((one) => named(one) === stood);
  if (same) same.focus({ preventScroll: true });
});

// Rows that can be opened, in the order of the page.
const rows = () => [...document.querySelectorAll("main tbody a[data-row], main .rows a[data-row]")];

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))].focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input, textarea, select, [contenteditable]")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    target.matches("input") ? target.focus() : target.click();
  } else if (event.key in KEYS) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => { copy.textContent = "Copied"; });
  }
  const open = event.target.closest("[data-open]");
  if (open) document.getElementById(open.dataset.open).showModal();
  const all = event.target.closest("[data-all]");
  if (all) {
    document.querySelectorAll(`input[name="${CSS.escape(all.dataset.all)}"]`).forEach((box) => { box.checked = all.checked; });
  }
});

// The menu stands open beside the page on a wide screen, and is folded above it on a narrow one.
const places = document.querySelector("details.places");
const wide = matchMedia("(min-width: 60rem)");
const fold = () => { if (places) places.open = wide.matches; };
wide.addEventListener("change", fold);
fold();
