"use strict";
// Pictures: each function draws one canvas from what it is given.

const INK = "#222", FAINT = "#bbb", SENT = "#D55E00", RECEIVED = "#0072B2", NOW = "#CC0000";

// Clears a canvas of the page for `height` pixels, sharp on any screen.
function begin(id, height) {
  const canvas = document.getElementById(id), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth || 800;
  canvas.style.height = height + "px";
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  return { pen, width, height };
}

function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function area(pen, points, base) {
  pen.beginPath();
  pen.moveTo(points[0][0], base);
  points.forEach(([x, y]) => pen.lineTo(x, y));
  pen.lineTo(points[points.length - 1][0], base);
  pen.fill();
}

// White to dark blue for a share from 0 to 1.
function shade(share) {
  const mix = (from, to) => Math.round(from + (to - from) * share);
  return `rgb(${mix(247, 8)},${mix(251, 48)},${mix(255, 107)})`;
}

// The whole run: rate as an area, share stored as a line, bookmarks and now.
function drawOverview(run, now) {
  const { pen, width, height } = begin("overview", 64);
  const x = (time) => ((time - run.span[0]) / (run.span[1] - run.span[0])) * width;
  const bars = run.totals.map((bytes, bin) => [x(run.bins.start + (bin + 0.5) * run.bins.width), height - 14 - (bytes / run.busiest) * (height - 18)]);
  pen.fillStyle = "#cfe3f1";
  area(pen, bars, height - 14);
  pen.strokeStyle = INK;
  pen.lineWidth = 1.5;
  pen.beginPath();
  run.curve.forEach(([time, share], at) => pen[at ? "lineTo" : "moveTo"](x(time), height - 14 - share * (height - 18)));
  pen.stroke();
  pen.lineWidth = 1;
  if (run.traced_until !== null) drawUntraced(pen, x(run.traced_until), width, height - 14);
  drawMarks(pen, run, x, height - 14);
  drawTimeAxis(pen, run.span, x, width, height);
  drawNow(pen, x(now), height - 14);
}

function drawUntraced(pen, from, to, height) {
  pen.fillStyle = "rgba(150,150,150,0.2)";
  pen.fillRect(from, 0, to - from, height);
  pen.fillStyle = "#555";
  pen.fillText("the trace is full: rates unknown", from + 6, height - 8);
}

function drawMarks(pen, run, x, height) {
  for (const mark of run.bookmarks) {
    pen.fillStyle = "rgba(213,94,0,0.18)";
    if (mark.until !== null) pen.fillRect(x(mark.at), 0, x(mark.until) - x(mark.at), height);
    pen.strokeStyle = SENT;
    pen.setLineDash([3, 3]);
    line(pen, x(mark.at), 0, x(mark.at), height);
    pen.setLineDash([]);
  }
}

function drawTimeAxis(pen, [from, to], x, width, height) {
  pen.fillStyle = "#555";
  for (const time of ticks(from, to, Math.max(2, Math.floor(width / 110)))) {
    const label = seconds(time / 1e6), half = pen.measureText(label).width / 2;
    pen.fillText(label, Math.min(Math.max(x(time) - half, 0), width - 2 * half), height - 5);
    pen.fillRect(x(time), height - 16, 1, 4);
  }
}

function drawNow(pen, x, height) {
  pen.strokeStyle = NOW;
  pen.lineWidth = 1.5;
  line(pen, x, 0, x, height);
  pen.lineWidth = 1;
}

// Round numbers between two times, about so many.
function ticks(from, to, count) {
  const raw = (to - from) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((size) => size >= raw);
  const all = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) all.push(tick);
  return all;
}

// A flow against the fast ones of the run, from 0 to 1; by the root, so that
// slow ones can be seen.
const strengthOf = (run, rate) => Math.min(Math.sqrt(rate / run.fast), 1);

// Places on the circle, by node: those of one region (or class) beside each other.
function slots(run) {
  const part = (node) => run.nodes[node].part ?? "";
  const order = run.nodes.map((_, at) => at).sort((a, b) => (part(a) < part(b) ? -1 : part(a) > part(b) ? 1 : a - b));
  const slot = [];
  order.forEach((node, at) => (slot[node] = at));
  return slot;
}

// The name of each region in the middle of its nodes, outside of them.
function drawParts(pen, run, slot, place, radius) {
  const parts = new Map();
  run.nodes.forEach(({ part }, node) => part && parts.set(part, [...(parts.get(part) ?? []), slot[node]]));
  pen.font = "bold 12px system-ui, sans-serif";
  for (const [part, places] of parts) {
    const middle = (Math.min(...places) + Math.max(...places)) / 2;
    pen.fillText(part, ...place(middle, radius));
  }
  pen.font = "12px system-ui, sans-serif";
}

// Nodes on a circle; a flow leaves its sender on the right-hand side.
function drawCircle(run, flows, shares, chosen) {
  const { pen, width, height } = begin("links", 520);
  const named = run.nodes.some((node) => node.part), slot = slots(run);
  const count = run.nodes.length, radius = Math.min(width, height) / 2 - (named ? 56 : 34);
  const onCircle = (at, r) => {
    const angle = (2 * Math.PI * at) / count - Math.PI / 2;
    return [width / 2 + r * Math.cos(angle), height / 2 + r * Math.sin(angle)];
  };
  const place = (node, r = radius) => onCircle(slot[node], r);
  for (const flow of [...flows].sort((a, b) => a.rate - b.rate)) drawArc(pen, run, flow, chosen, place, [width / 2, height / 2]);
  const size = Math.max(3, Math.min(13, (2.2 * radius) / count));
  run.nodes.forEach((node, at) => drawNode(pen, node, at, place(at), size, shares[at], at === chosen));
  const every = Math.ceil(count / 64);
  pen.textAlign = "center";
  for (let at = 0; at < count; at += every) pen.fillText(at, ...place(at, radius + size + 14));
  if (named) drawParts(pen, run, slot, onCircle, radius + size + 32);
  pen.textAlign = "left";
}

function drawArc(pen, run, { from, to, rate }, chosen, place, [cx, cy]) {
  const [x1, y1] = place(from), [x2, y2] = place(to);
  const strength = strengthOf(run, rate);
  const mine = from === chosen || to === chosen;
  pen.strokeStyle = from === chosen ? SENT : to === chosen ? RECEIVED : INK;
  pen.globalAlpha = mine ? 0.35 + 0.6 * strength : 0.05 + 0.35 * strength;
  pen.lineWidth = 0.6 + 4.4 * strength;
  // Bent towards the centre, and a little to the right of the sender.
  const bend = [(x1 + x2) / 2 * 0.6 + cx * 0.4 - (y2 - y1) * 0.12, (y1 + y2) / 2 * 0.6 + cy * 0.4 + (x2 - x1) * 0.12];
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.quadraticCurveTo(...bend, x2, y2);
  pen.stroke();
  pen.globalAlpha = 1;
  pen.lineWidth = 1;
}

// A pie of what the node holds; seeders are square.
function drawNode(pen, node, at, [x, y], size, share, isChosen) {
  pen.fillStyle = "#fff";
  pen.strokeStyle = isChosen ? NOW : INK;
  pen.lineWidth = isChosen ? 2.5 : 1;
  pen.beginPath();
  if (node.role === "seeder") pen.rect(x - size, y - size, 2 * size, 2 * size);
  else pen.arc(x, y, size, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  pen.fillStyle = shade(1);
  pen.beginPath();
  if (node.role === "seeder") pen.rect(x - size + 2, y - size + 2, 2 * size - 4, 2 * size - 4);
  else pen.moveTo(x, y), pen.arc(x, y, Math.max(size - 2, 1), -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  pen.fill();
  pen.fillStyle = INK;
  pen.lineWidth = 1;
}

// Senders down, receivers across.
function drawMatrix(run, flows, chosen) {
  const { pen, width, height } = begin("links", 520);
  const count = run.nodes.length, left = 44, top = 30;
  const cell = Math.min(width - left - 4, height - top - 4) / count;
  pen.fillStyle = "#fafafa";
  pen.fillRect(left, top, cell * count, cell * count);
  for (const { from, to, rate } of flows) {
    pen.fillStyle = shade(0.15 + 0.85 * strengthOf(run, rate));
    pen.fillRect(left + to * cell, top + from * cell, Math.max(cell - 0.5, 0.5), Math.max(cell - 0.5, 0.5));
  }
  pen.strokeStyle = SENT;
  pen.strokeRect(left, top + chosen * cell, cell * count, cell);
  pen.strokeStyle = RECEIVED;
  pen.strokeRect(left + chosen * cell, top, cell, cell * count);
  drawMatrixNames(pen, count, cell, left, top);
}

function drawMatrixNames(pen, count, cell, left, top) {
  pen.fillStyle = INK;
  pen.textAlign = "right";
  for (let at = 0, every = Math.ceil(14 / cell); at < count; at += every) pen.fillText(at, left - 4, top + (at + 0.5) * cell);
  pen.textAlign = "center";
  for (let at = 0, every = Math.ceil(28 / cell); at < count; at += every) pen.fillText(at, left + (at + 0.5) * cell, top - 8);
  pen.textAlign = "left";
  pen.fillText("from \u2193  to \u2192", 0, 8);
}

// Height of a row of the holdings.
const holdingsRow = (run) => Math.max(2, Math.min(16, Math.floor(420 / run.nodes.length)));

// A row for each node.
function drawHoldings(run, now, chosen) {
  const row = holdingsRow(run), height = row * run.nodes.length + 16;
  const { pen, width } = begin("holdings", height);
  const left = 28, x = (time) => left + ((time - run.span[0]) / (run.span[1] - run.span[0])) * (width - left);
  run.nodes.forEach((node, at) => drawHolding(pen, run, node, at * row, row, x));
  pen.fillStyle = INK;
  for (let at = 0, every = Math.ceil(13 / row); at < run.nodes.length; at += every) pen.fillText(at, 0, Math.max((at + 0.5) * row, 6));
  pen.strokeStyle = NOW;
  pen.strokeRect(left, chosen * row, width - left - 1, row);
  drawTimeAxis(pen, run.span, x, width, height);
  drawNow(pen, x(now), height - 16);
}

function drawHolding(pen, run, node, y, row, x) {
  const end = run.span[1], tall = row > 5 ? row - 1 : row;
  const fill = (from, to, share) => {
    // Whole pixels: seams between steps would show.
    const left = Math.round(x(from));
    pen.fillStyle = shade(share);
    pen.fillRect(left, y, Math.max(Math.round(x(to)) - left, 1), tall);
  };
  if (node.role === "seeder") return fill(run.span[0], end, 1);
  fill(run.span[0], end, 0);
  node.stored.forEach((at, step) => fill(at, node.stored[step + 1] ?? end, (step + 1) / stepsOf(run, node)));
  pen.fillStyle = SENT;
  (node.asked ?? []).forEach((at) => pen.fillRect(Math.round(x(at)), y, 1, tall));
}

// The messages of the chosen node in lanes, one for each peer.
function drawFlights(run, flights, lanes, [from, to], now) {
  const tall = lanes.length > 24 ? 18 : lanes.length > 10 ? 28 : 44, gap = 8;
  const { pen, width, height } = begin("flights", Math.max(lanes.length, 1) * (tall + gap) + 20);
  const left = 62, x = (time) => left + ((time - from) / (to - from)) * (width - left);
  const top = new Map(lanes.map((peer, at) => [peer, at * (tall + gap) + 4]));
  pen.strokeStyle = FAINT;
  for (const [peer, y] of top) {
    line(pen, left, y, width, y);
    line(pen, left, y + tall, width, y + tall);
    pen.fillStyle = INK;
    pen.fillText("node " + peer, 0, y + tall / 2);
  }
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, height - 14);
  pen.clip();
  pen.globalAlpha = Math.min(Math.max(300 / flights.length, 0.25), 0.9);
  for (const flight of flights) drawFlight(pen, run, flight, top, tall, x);
  pen.restore();
  drawTimeAxis(pen, [from, to], x, width, height);
  if (now >= from && now <= to) drawNow(pen, x(now), height - 14);
}

function drawFlight(pen, run, { sent, arrived, sender, peer, kind }, top, tall, x) {
  const style = run.classes[kind], y = top.get(peer);
  const [y1, y2] = sender ? [y, y + tall] : [y + tall, y];
  pen.strokeStyle = style.colour;
  pen.setLineDash(style.dash);
  if (arrived !== null) line(pen, x(sent), y1, x(arrived), y2);
  else drawLost(pen, x(sent), y1, (y1 + y2) / 2);
  pen.setLineDash([]);
}

function drawLost(pen, x, y, middle) {
  line(pen, x, y, x + 8, middle);
  pen.setLineDash([]);
  line(pen, x + 5, middle - 3, x + 11, middle + 3);
  line(pen, x + 5, middle + 3, x + 11, middle - 3);
}

// A sample of a class's line, for its legend.
function drawSample(canvas, { colour, dash }) {
  [canvas.width, canvas.height] = [68, 20];
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.setLineDash(dash);
  line(pen, 0, 5, 34, 5);
}
