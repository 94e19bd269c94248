// The laboratory, live: draws how long other requests wait while a case runs. The page works without it.

const BETWEEN = 50; // milliseconds between two of them
const BEFORE = 800; // that they are measured before the case begins, and after it has ended
const AFTER = 400;
const GIVE_UP = 60_000; // a busy machine may be slow
const SHOWN = BEFORE + 1_000 + AFTER; // of time, at least, in a plot
const HIGH = 1_100; // of wait, at least
const EACH = 10; // milliseconds between two waits that the process itself measured
const MARKS = [[0, "0"], [250, "250 ms"], [500, "500 ms"], [750, "750 ms"], [1_000, "1 s"]];
const HEIGHT = 160, LEFT = 52, RIGHT = 8, TOP = 10, FOOT = 22;

const teller = document.querySelector("[data-say]");
const PROBE = teller.dataset.probe; // what the others request
const allButton = document.querySelector("[data-all]");
const drawn = new Map(); // the last run of each case, by where it is drawn
let running = false;

const say = (text) => { teller.textContent = text; };
const wait = (time) => new Promise((resolve) => { setTimeout(resolve, time); });
const digits = (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"));
const processOf = (answer) => answer.headers.get("X-Request-Id")?.split("-")[0];

// Running a case ---------------------------------------------------------------------------------------------------

async function ask(run) {
  const visit = { at: performance.now(), took: null, process: null };
  run.visits.push(visit);
  try {
    const answer = await fetch(PROBE, { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP) });
    await answer.arrayBuffer();
    visit.process = processOf(answer);
  } catch { /* no response: drawn as one that waited until now */ }
  visit.took = performance.now() - visit.at;
}

async function runCase(item) {
  const form = item.querySelector("form");
  const outcome = item.querySelector("[data-outcome]");
  const title = item.querySelector("h2").textContent;
  const run = { began: performance.now(), from: null, to: null, process: null, visits: [], each: [], ended: null };
  outcome.hidden = false;
  outcome.querySelector("[data-said]").textContent = "Measuring how long others wait when nothing runs …";
  drawn.set(outcome.querySelector("[data-plot]"), run);
  const visits = [];
  const probe = setInterval(() => visits.push(ask(run)), BETWEEN);
  const frames = animate(run);
  say(`${title} is running.`);
  await wait(BEFORE);
  run.from = performance.now();
  const told = await tell(form.action, run);
  run.to = performance.now();
  await wait(AFTER);
  clearInterval(probe);
  await Promise.all(visits);
  run.ended = performance.now();
  await frames;
  const words = wordsOf(run, told);
  outcome.querySelector("[data-said]").textContent = words;
  say(`${title}: ${words}`);
}

async function tell(address, run) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(GIVE_UP) });
    run.process = processOf(answer);
    const told = await answer.json();
    run.each = told.others?.each_ms ?? [];
    return told;
  } catch {
    return { detail: "The server did not answer: is it still running?" };
  }
}

function wordsOf(run, told) {
  if (told.detail) return told.detail;
  const quiet = run.visits.filter(({ at, took }) => at + took < run.from);
  const during = run.visits.filter(({ at, took }) => at < run.to && at + took >= run.from);
  const elsewhere = during.filter(({ process }) => process && process !== run.process).length;
  const parts = [`It took ${told.seconds.toFixed(2)} s.`];
  if (told.error) parts.push(`Django: ${told.error}`);
  parts.push(`Others waited ${figures(during)}; when nothing ran, ${figures(quiet)}.`);
  if (elsewhere) parts.push(`${elsewhere} of ${during.length} were served by another process, which was not blocked.`);
  parts.push(`The event loop came back at most ${digits(told.others.longest_ms)} ms late.`);
  return parts.join(" ");
}

function figures(visits) {
  const waits = visits.map(({ took }) => took).sort((a, b) => a - b);
  if (!waits.length) return "not at all, since there were none";
  const part = (share) => waits[Math.max(Math.ceil(waits.length * share) - 1, 0)];
  return `${digits(part(0.5))} ms (p50) and ${digits(part(0.99))} ms (p99)`;
}

// Drawing ----------------------------------------------------------------------------------------------------------

function svg(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

function draw(plot, run) {
  const width = plot.clientWidth;
  if (!width) return;
  const now = run.ended ?? performance.now();
  const shown = Math.max(SHOWN, now - run.began);
  const x = (at) => LEFT + ((at - run.began) / shown) * (width - LEFT - RIGHT);
  const waits = run.visits.map(({ at, took }) => took ?? now - at);
  const high = Math.max(HIGH, ...waits);
  const y = (took) => HEIGHT - FOOT - (took / high) * (HEIGHT - FOOT - TOP);
  const parts = [];
  if (run.from) {
    const until = run.to ?? now;
    parts.push(svg("rect", { class: "span", x: x(run.from), y: 0, width: x(until) - x(run.from), height: HEIGHT - FOOT }));
    parts.push(svg("text", { x: x(run.from), y: HEIGHT - 6 }, run.to ? "the case ran" : "the case is running"));
  }
  for (const [took, name] of MARKS) {
    parts.push(svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(took), y2: y(took) }));
    parts.push(svg("text", { x: LEFT - 8, y: y(took) + 4, "text-anchor": "end" }, name));
  }
  if (run.each.length) parts.push(svg("polygon", { class: "waits", points: outline(run, x, y) }));
  for (const [number, { at, took, process }] of run.visits.entries()) {
    const kind = took === null ? "open" : process && process === run.process ? "mine" : "";
    parts.push(svg("line", { class: `wait ${kind}`, x1: x(at), x2: x(at), y1: y(0), y2: y(waits[number]) }));
  }
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true", focusable: "false" });
  picture.append(...parts); // what it shows, the caption says in words
  plot.replaceChildren(picture);
}

function outline({ from, each }, x, y) {
  const tops = each.map((took, number) => [x(from + number * EACH), y(took)]);
  const ends = [[x(from + each.length * EACH), y(0)], [x(from), y(0)]];
  return [...tops, ...ends].join(" ");
}

function animate(run) {
  const [plot] = [...drawn].find(([, drawnRun]) => drawnRun === run);
  return new Promise((resolve) => {
    const frame = () => {
      draw(plot, run);
      run.ended ? resolve() : setTimeout(frame, 33); // also in a tab that is not in front
    };
    frame();
  });
}

// ------------------------------------------------------------------------------------------------------------------

async function alone(work) {
  if (running) return;
  running = true;
  const buttons = [allButton, ...document.querySelectorAll("[data-run] button")];
  for (const button of buttons) button.setAttribute("aria-disabled", "true"); // which keeps the focus where it is
  try { await work(); } finally {
    running = false;
    for (const button of buttons) button.removeAttribute("aria-disabled");
  }
}

async function runAll() {
  for (const form of document.querySelectorAll("[data-run]")) {
    const item = form.closest("[data-case]");
    item.scrollIntoView({ block: "nearest" });
    await runCase(item);
  }
  say("All cases have run.");
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-run]")) return;
  event.preventDefault();
  alone(() => runCase(event.target.closest("[data-case]")));
});
allButton.addEventListener("click", () => alone(runAll));
allButton.closest("[data-with-script]").hidden = false;
addEventListener("resize", () => { for (const [plot, run] of drawn) draw(plot, run); });
