// The player: the data of the run, what is chosen, and the controls.

const $ = (id) => document.getElementById(id);

// Numbers for people: three digits and a unit.
function scaled(value, units) {
  let unit = 0;
  while (value >= 999.5 && unit + 1 < units.length) [value, unit] = [value / 1000, unit + 1];
  const digits = value >= 99.95 || (unit === 0 && Number.isInteger(value)) ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const bytes = (value) => scaled(value, ["B", "kB", "MB", "GB", "TB"]);

// Whole milliseconds at most: finer than anything one can see here.
function seconds(value) {
  if (Math.abs(value) >= 3600) return `${(value / 3600).toFixed(2)} h`;
  return `${Number(value.toFixed(3))} s`;
}

// What the file holds, and what follows from it once and for all.
function load() {
  const run = JSON.parse($("data").textContent);
  unpackFlights(run);
  run.totals = run.bins.flows.map((flows) => flows.reduce((sum, value, at) => sum + (at % 2 ? value : 0), 0));
  run.busiest = Math.max(...run.totals, 1);
  const rates = run.bins.flows.flatMap((flows) => flows.filter((_, at) => at % 2)).sort((a, b) => a - b);
  // Not the fastest: a single burst would make all others pale.
  run.fast = (rates[Math.floor(0.99 * (rates.length - 1))] || 1) / (run.bins.width / 1e6);
  run.curve = curve(run);
  return run;
}

// Columns of messages, and for each node the numbers of its own.
function unpackFlights(run) {
  const { sent, took } = run.flights;
  for (let at = 1; at < sent.length; at++) sent[at] += sent[at - 1];
  run.ofNode = run.nodes.map(() => []);
  run.longest = run.nodes.map(() => 0);
  for (let at = 0; at < sent.length; at++) {
    for (const node of [run.flights.from[at], run.flights.to[at]]) {
      run.ofNode[node].push(at);
      run.longest[node] = Math.max(run.longest[node], took[at]);
    }
  }
}

// In how many steps a node gets what it wants: where there are requests, one for each.
const stepsOf = (run, node) => node.asked?.length ?? run.steps;

// Share of all that leechers want that is stored: [time, share], ...
function curve(run) {
  const leechers = run.nodes.filter((node) => node.role === "leecher");
  const moments = leechers.flatMap((node) => node.stored).sort((a, b) => a - b);
  const wanted = leechers.reduce((sum, node) => sum + stepsOf(run, node), 0) || 1;
  const points = [[run.span[0], 0]];
  const every = Math.ceil(moments.length / 1000);
  moments.forEach((time, at) => (at + 1) % every === 0 || at + 1 === moments.length ? points.push([time, (at + 1) / wanted]) : 0);
  points.push([run.span[1], moments.length / wanted]);
  return points;
}

// How many of the sorted `values` are at most `limit`.
function countUpTo(values, limit, of = (value) => value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(values[middle]) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Share of the dataset that each node holds at `time`.
function sharesAt(run, time) {
  return run.nodes.map((node) => (node.role === "seeder" ? 1 : countUpTo(node.stored, time) / (stepsOf(run, node) || 1)));
}

// The flows in the bin of `time`, in bytes per second.
function flowsAt(run, time) {
  const bin = Math.min(Math.floor((time - run.bins.start) / run.bins.width), run.bins.flows.length - 1);
  const flat = run.bins.flows[bin], flows = [];
  for (let at = 0; at < flat.length; at += 2) {
    const [pair, sum] = [flat[at], flat[at + 1]];
    flows.push({ from: Math.floor(pair / run.nodes.length), to: pair % run.nodes.length, rate: sum / (run.bins.width / 1e6) });
  }
  return flows;
}

// Most lines of messages in one picture.
const MOST_LINES = 6000;

// The messages of `node` between two times, of the classes that are shown.
function flightsOf(run, node, [from, to], shown) {
  const mine = run.ofNode[node], { sent, took, from: senders, to: receivers, class: kinds } = run.flights;
  const first = countUpTo(mine, from - run.longest[node] - 1, (at) => sent[at]);
  const last = countUpTo(mine, to, (at) => sent[at]);
  const found = [];
  for (const at of mine.slice(first, last)) {
    const arrived = took[at] < 0 ? null : sent[at] + took[at];
    if ((arrived ?? sent[at]) < from || !shown[kinds[at]]) continue;
    const sender = senders[at] === node;
    found.push({ sent: sent[at], arrived, sender, peer: sender ? receivers[at] : senders[at], kind: kinds[at] });
  }
  return found;
}

const run = load();
const chosen = { time: run.span[0], node: 0, layout: run.nodes.length <= 40 ? "circle" : "matrix", window: 0, shown: run.classes.map(() => true), playing: false };
const SLIDER_STEPS = 1000;
const length = run.span[1] - run.span[0];

// The span that the messages are shown for: around now, within the run.
function windowAround(time) {
  if (chosen.window >= length) return run.span;
  const from = Math.min(Math.max(time - chosen.window / 2, run.span[0]), run.span[1] - chosen.window);
  return [from, from + chosen.window];
}

// Whether the trace was full before `time`: then nobody knows what flowed.
const isUntraced = (time) => run.traced_until !== null && time > run.traced_until;

function showNow(flows, shares) {
  const speed = (value) => (isUntraced(chosen.time) ? "not in the trace" : `${bytes(value)}/s`);
  const rate = flows.reduce((sum, flow) => sum + flow.rate, 0);
  const leechers = run.nodes.filter((node) => node.role === "leecher");
  const done = leechers.filter((node) => node.all !== null && node.all <= chosen.time).length;
  const stored = shares.reduce((sum, share, at) => sum + (run.nodes[at].role === "leecher" ? share : 0), 0) / (leechers.length || 1);
  const node = run.nodes[chosen.node], name = `node ${chosen.node} (${node.role})`;
  const complete = (nodes) => {
    const upTo = (of) => nodes.reduce((sum, node) => sum + countUpTo(node[of], chosen.time), 0);
    return `${upTo("stored")} of ${upTo("asked")} asked for by now`;
  };
  const rows = [
    ["arrives", speed(rate)],
    ...(node.asked
      ? [["downloads complete", complete(run.nodes)], [`of ${name}`, complete([node])]]
      : [
          ["stored of what leechers want", `${(100 * stored).toFixed(1)} %`],
          ["leechers that have everything", `${done} of ${leechers.length}`],
          [`${name} holds`, `${(100 * shares[chosen.node]).toFixed(0)} %`],
        ]),
    ["it sends", speed(sum(flows, "from"))],
    ["it receives", speed(sum(flows, "to"))],
    ...[...flows].sort((a, b) => b.rate - a.rate).slice(0, 3).map((flow) => [`${flow.from} \u2192 ${flow.to}`, `${bytes(flow.rate)}/s`]),
  ];
  $("now").replaceChildren(...rows.map(([name, value]) => tableRow(name, value)));
}

const sum = (flows, end) => flows.reduce((total, flow) => total + (flow[end] === chosen.node ? flow.rate : 0), 0);

function tableRow(name, value) {
  const row = document.createElement("tr"), head = document.createElement("th"), cell = document.createElement("td");
  head.scope = "row";
  [head.textContent, cell.textContent] = [name, value];
  row.append(head, cell);
  return row;
}

function showFlights() {
  const span = windowAround(chosen.time), all = flightsOf(run, chosen.node, span, chosen.shown);
  const every = Math.ceil(all.length / MOST_LINES) || 1;
  const lanes = [...new Set(all.map((flight) => flight.peer))].sort((a, b) => a - b);
  drawFlights(run, all.filter((_, at) => at % every === 0), lanes, span, chosen.time);
  const thinned = run.every > 1 ? ` The file holds one in ${run.every} of the ${run.messages} messages.` : "";
  const drawn = every > 1 ? ` One in ${every} of them is drawn.` : "";
  const ended = isUntraced(span[1]) ? ` The trace ends at ${seconds(run.traced_until / 1e6)}.` : "";
  $("drawn").textContent = `${all.length} messages between ${seconds(span[0] / 1e6)} and ${seconds(span[1] / 1e6)}, with ${lanes.length} peers.${drawn}${thinned}${ended}`;
}

// Draws everything anew for what is chosen.
function show() {
  const flows = isUntraced(chosen.time) ? [] : flowsAt(run, chosen.time), shares = sharesAt(run, chosen.time);
  $("clock").textContent = seconds(chosen.time / 1e6);
  $("time").value = Math.round(((chosen.time - run.span[0]) / length) * SLIDER_STEPS);
  $("time").setAttribute("aria-valuetext", $("clock").textContent);
  $("play").textContent = chosen.playing ? "Pause" : "Play";
  $("key").textContent = chosen.layout === "circle" ? `Orange: from node ${chosen.node}; blue: to it.` : `Orange frame: from node ${chosen.node}; blue: to it.`;
  drawOverview(run, chosen.time);
  if (chosen.layout === "circle") drawCircle(run, flows, shares, chosen.node);
  else drawMatrix(run, flows, chosen.node);
  showNow(flows, shares);
  drawHoldings(run, chosen.time, chosen.node);
  showFlights();
}

function goTo(time) {
  chosen.time = Math.min(Math.max(time, run.span[0]), run.span[1]);
  show();
}

// Plays from frame to frame until the end.
function play(before) {
  requestAnimationFrame((moment) => {
    if (!chosen.playing) return;
    const passed = ((moment - before) / 1000 / Number($("speed").value)) * length;
    if (chosen.time + passed >= run.span[1]) chosen.playing = false;
    goTo(chosen.time + passed);
    play(moment);
  });
}

function togglePlay() {
  chosen.playing = !chosen.playing;
  if (chosen.playing && chosen.time >= run.span[1]) chosen.time = run.span[0];
  show();
  if (chosen.playing) play(performance.now());
}

function option(value, text) {
  const made = document.createElement("option");
  [made.value, made.textContent] = [value, text];
  return made;
}

function choose(key, value) {
  chosen[key] = value;
  show();
}

// The leecher that took longest: whoever never finished, or finished last.
function lastFinisher() {
  const end = ({ role, all }) => (role === "leecher" ? all ?? Infinity : -Infinity);
  return run.nodes.reduce((last, node, at) => (end(node) > end(run.nodes[last]) ? at : last), 0);
}

function setUpChoices() {
  $("node").append(...run.nodes.map((node, at) => option(at, `${at} (${node.role})`)));
  const spans = [1000, 300, 100, 30, 10, 3].map((part) => length / part);
  $("window").append(...spans.map((span) => option(span, `${seconds(Number((span / 1e6).toPrecision(2)))} wide`)), option(length, "the whole run"));
  chosen.node = lastFinisher();
  chosen.window = spans[3];
  [$("node").value, $("window").value, $("layout").value] = [chosen.node, chosen.window, chosen.layout];
  $("node").onchange = (event) => choose("node", Number(event.target.value));
  $("window").onchange = (event) => choose("window", Number(event.target.value));
  $("layout").onchange = (event) => choose("layout", event.target.value);
}

function setUpClasses() {
  run.classes.forEach((style, at) => {
    const label = document.createElement("label"), box = document.createElement("input"), sample = document.createElement("canvas");
    [box.type, box.checked] = ["checkbox", true];
    box.onchange = () => { chosen.shown[at] = box.checked; show(); };
    drawSample(sample, style);
    label.append(box, sample, style.name);
    $("classes").append(label);
  });
}

function setUpBookmarks() {
  run.bookmarks.forEach((mark, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${mark.label} (${seconds(Number((mark.at / 1e6).toPrecision(4)))})`;
    button.title = at < 9 ? `Key ${at + 1}` : "";
    button.onclick = () => goTo(mark.at);
    $("bookmarks").append(button);
  });
}

function setUpTime() {
  $("time").oninput = (event) => goTo(run.span[0] + (Number(event.target.value) / SLIDER_STEPS) * length);
  $("play").onclick = togglePlay;
  $("overview").onclick = (event) => goTo(run.span[0] + (event.offsetX / event.target.clientWidth) * length);
  $("holdings").onclick = (event) => {
    const node = Math.floor(event.offsetY / holdingsRow(run));
    if (node < run.nodes.length) { $("node").value = node; choose("node", node); }
  };
}

// Keys that no control of the page uses itself.
function onKey(event) {
  if (event.target.matches("input, select, button") || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = ((event.shiftKey ? 10 : 1) * length) / 200;
  const mark = run.bookmarks[Number(event.key) - 1];
  if (event.key === " ") togglePlay();
  else if (event.key === "ArrowRight") goTo(chosen.time + step);
  else if (event.key === "ArrowLeft") goTo(chosen.time - step);
  else if (mark) goTo(mark.at);
  else return;
  event.preventDefault();
}

setUpChoices();
setUpClasses();
setUpBookmarks();
setUpTime();
document.addEventListener("keydown", onKey);
window.addEventListener("resize", show);
goTo(Math.min(run.bookmarks[1]?.at ?? run.span[0], run.traced_until ?? Infinity));
