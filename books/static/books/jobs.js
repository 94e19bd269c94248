// Keeps the pages of jobs up to date. Events bring the numbers; when a job changes its state, the page is fetched again
// and its live part replaced, so that only the server writes texts. Everything works without this script.

const PACE_OVER = 10_000; // milliseconds
const TRY_AGAIN_AFTER = 5_000;
const REST = 500; // between two fetches of the page
const LOG_LINES = 200;

let live = document.querySelector("[data-live]");
const announcer = document.querySelector("[data-say]");
const seen = new Set(); // jobs without a row here
const samples = new Map(); // for each job, how much was done when
const tenths = new Map(); // for each job, the last tenth that was announced
let source = null;
let pressed = null; // the last pressed button, which loses the focus
let timer = 0;
let refreshedAt = -REST;
let isRefreshing = false;
let isOutdated = false;

const number = (value) => value.toLocaleString("en");
const one = (name, within = live) => within.querySelector(`[data-${name}]`);
const rowOf = (job) => rows().find((row) => row.dataset.job === job);
const rows = () => (live.matches("[data-job]") ? [live] : [...live.querySelectorAll("[data-job]")]);
const isOver = (job) => job.status !== "queued" && job.status !== "running";

// The stream -------------------------------------------------------------------------------------------------------

function connect() {
  const address = live.dataset.events;
  if (!address || document.hidden) return disconnect();
  if (source) return;
  source = new EventSource(address);
  source.addEventListener("job", (event) => receive(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
    disconnect();
    refreshIn(TRY_AGAIN_AFTER);
  });
}

function disconnect() {
  source?.close();
  source = null;
}

function receive(job) {
  const row = rowOf(job.id);
  if (row) {
    showNumbers(row, job);
    if (row.dataset.stage !== stageOf(job)) refreshSoon();
  } else if (!seen.has(job.id)) {
    seen.add(job.id);
    if (!isOver(job) || Date.parse(job.created_at) > Date.parse(live.dataset.readAt)) refreshSoon();
  }
  if ("single" in live.dataset && isOver(job)) disconnect(); // else the browser would ask for the ended stream again
}

function stageOf(job) {
  const ends = job.status === "running" && job.cancel_requested ? "ends" : "";
  return `${job.status} ${job.attempt} ${ends}`.trim();
}

// The numbers ------------------------------------------------------------------------------------------------------

function showNumbers(row, job) {
  const bar = one("bar", row);
  if (bar && job.percent !== null) bar.value = job.percent;
  write(one("far", row), farOf(job, row.dataset.unit));
  write(one("pace", row), paceOf(job));
  if (write(one("message", row), job.message)) addToLog(job.message);
  if ("single" in live.dataset && job.percent !== null) announceTenth(job);
}

function write(element, text) {
  if (!element || !text || element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function farOf({ done, total }, unit) {
  if (total !== null) return `${number(done)} of ${number(total)} ${unit}`;
  return done ? `${number(done)} ${unit}` : "";
}

function paceOf({ id, done, total, status }) {
  const now = performance.now();
  const kept = (samples.get(id) ?? []).filter(({ at, done: before }) => now - at < PACE_OVER && before <= done);
  samples.set(id, [...kept, { at: now, done }]);
  if (status !== "running" || !kept.length || now - kept[0].at < 1_000 || done === kept[0].done) return "";
  const rate = (done - kept[0].done) / ((now - kept[0].at) / 1_000);
  const digits = rate < 10 ? 1 : 0;
  const said = `${rate.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })} a second`;
  return total ? `${said}, about ${duration((total - done) / rate)} left` : said;
}

function duration(time) {
  const seconds = Math.max(Math.round(time), 1);
  if (seconds >= 7_200) return `${Math.round(seconds / 3_600)} hours`;
  if (seconds >= 120) return `${Math.round(seconds / 60)} minutes`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

function addToLog(message) {
  const log = one("log");
  if (!log) return;
  log.closest("section").hidden = false;
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const line = `${new Date().toISOString().slice(11, 19)} ${message}`;
  const lines = log.textContent.split("\n").filter((before) => before !== "");
  if (lines.at(-1)?.slice(9) !== message) log.textContent = `${[...lines, line].slice(-LOG_LINES).join("\n")}\n`;
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

// For screen readers: each change of state, and each tenth of the progress ----------------------------------------

function announce(text) {
  if (announcer) announcer.textContent = text;
}

function announceTenth({ id, percent }) {
  const tenth = Math.floor(percent / 10);
  if (tenths.has(id) && tenth > tenths.get(id) && tenth < 10) announce(`${percent} %`);
  tenths.set(id, tenth);
}

function announceStates(before) {
  const changed = rows().filter((row) => {
    const was = before.get(row.dataset.job);
    return was ? was !== row.dataset.stage : row.dataset.stage.startsWith("running");
  });
  if (changed.length) {
    announce(changed.map((row) => `${one("name", row).textContent}: ${row.querySelector(".state").textContent}`).join(". "));
  }
}

// The page, fetched again ---------------------------------------------------------------------------------------------

async function refresh() {
  if (isRefreshing) {
    isOutdated = true;
    return;
  }
  isRefreshing = true;
  isOutdated = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) location.reload(); // to the sign-in page
    if (answer.ok) replaceLive(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    refreshIn(TRY_AGAIN_AFTER);
  }
  isRefreshing = false;
  refreshedAt = performance.now();
  if (isOutdated) refreshSoon();
  connect();
}

function refreshIn(time) {
  clearTimeout(timer);
  timer = setTimeout(refresh, time);
}

function refreshSoon() {
  refreshIn(Math.max(refreshedAt + REST - performance.now(), 0));
}

function replaceLive(page) {
  const fresh = one("live", page);
  if (!fresh) return;
  const before = new Map(rows().map((row) => [row.dataset.job, row.dataset.stage]));
  const focused = live.contains(document.activeElement) ? document.activeElement : pressed;
  pressed = null;
  for (const { id } of live.querySelectorAll("details[open]")) fresh.querySelector(`#${id}`)?.setAttribute("open", "");
  live.replaceWith(fresh);
  live = fresh;
  document.title = page.title;
  if (focused) (counterpart(focused) ?? one("focus"))?.focus({ preventScroll: true });
  scrollLogToEnd();
  announceStates(before);
}

function counterpart(element) {
  const name = element.id ? "id" : "href";
  const value = element.getAttribute(name);
  return value && live.querySelector(`[${name}="${CSS.escape(value)}"]`);
}

function scrollLogToEnd() {
  const log = one("log");
  if (log) log.scrollTop = log.scrollHeight;
}

// Buttons of a job: pressed without leaving the page ---------------------------------------------------------------

async function press(form) {
  pressed = form.querySelector("button");
  pressed.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
    if (answer.status === 401 || answer.status === 403) form.submit(); // shows the reason
    else await refresh();
  } catch {
    form.submit();
  }
}

// Dropping a file onto the page of jobs ----------------------------------------------------------------------------

function takeDrops(area) {
  const box = area.querySelector("[type=file]");
  const button = area.querySelector("button");
  const label = button.textContent;
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => area.classList.toggle("over", on);
  addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    mark(false);
    const [file] = event.dataTransfer.files; // one list is one job
    if (!file) return;
    const chosen = new DataTransfer();
    chosen.items.add(file);
    box.files = chosen.files;
    box.dispatchEvent(new Event("change"));
    button.focus();
  });
  box.addEventListener("change", () => showColumns(area, box.files[0]));
  area.addEventListener("submit", () => { button.textContent = "Uploading …"; });
  addEventListener("pageshow", (event) => { if (event.persisted) button.textContent = label; });
}

async function showColumns(area, file) {
  const place = one("columns", area);
  place.textContent = "";
  if (!file) return;
  const start = new TextDecoder().decode(await file.slice(0, 1 << 16).arrayBuffer());
  const [first] = start.split(/\r?\n/, 1);
  const isTable = !first.startsWith("{") && !first.includes("\ufffd");
  const columns = isTable ? first.split(first.includes("\t") ? "\t" : first.includes(";") ? ";" : ",") : [];
  const names = columns.map((name) => name.trim().replace(/^"|"$/g, "")).join(", ");
  if (names) place.textContent = `Columns: ${names.length > 300 ? `${names.slice(0, 300)} …` : names}`;
  announce(`${file.name} chosen.`);
}

// ------------------------------------------------------------------------------------------------------------------

if (live) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-here]")) return;
    event.preventDefault();
    press(event.target);
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : refresh()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  scrollLogToEnd();
  connect();
}
const area = document.querySelector("[data-drop]");
if (area) takeDrops(area);
