// Draws the charts of a page from the JSON in it. Everything that can be read without them is in the page's HTML.
(() => {
  "use strict";

  // Okabe and Ito's colour-blind-safe palette; every line also has a dash of its own
  const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#a5508a", "#b07a00", "#3a9bd0", "#1d2125"];
  const DARK = ["#56b4e9", "#e69f00", "#2bc49a", "#e79dc7", "#f0e442", "#f2734a", "#e4e7ea"];
  const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];
  // by depth in the network: lightness rises along the way, so no hue has to be told from another
  const DEPTH_LIGHT = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 190, 98]];
  const DEPTH_DARK = [[110, 110, 220], [60, 150, 200], [60, 190, 140], [253, 231, 37]];
  const SYNC = "steps";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const hidden = new Set(); // what was switched off, by chart and line, kept when a live page is drawn again
  const layerOf = new Map(); // the layer chosen in each run
  let charts = []; // {u, box, key, steps, full} of those on the page; full: the axis when nothing is zoomed

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => (dark.matches ? DARK : LIGHT);

  function element(tag, attributes, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) e.setAttribute(name, value);
    e.append(...children);
    return e;
  }

  function depthColour(i, n) {
    const stops = dark.matches ? DEPTH_DARK : DEPTH_LIGHT;
    const at = n > 1 ? (i / (n - 1)) * (stops.length - 1) : 0;
    const k = Math.min(Math.floor(at), stops.length - 2);
    const mix = stops[k].map((c, j) => Math.round(c + (stops[k + 1][j] - c) * (at - k)));
    return "rgb(" + mix.join(",") + ")";
  }

  /** Numbers on axes and beside the pointer. */
  function number(v) {
    if (v == null) return "";
    const size = Math.abs(v);
    if (size >= 1e6) return +(v / 1e6).toPrecision(4) + "M";
    if (size >= 1e4) return +(v / 1e3).toPrecision(4) + "k";
    const text = size !== 0 && size < 1e-3 ? (+v.toPrecision(3)).toExponential() : String(+v.toPrecision(4));
    return text.replaceAll("-", "\u2212");
  }

  /** Steps and epochs, which neighbours on an axis must not share. */
  function step(v) {
    if (v == null) return "";
    return v >= 1e6 ? +(v / 1e6).toPrecision(6) + "M" : v >= 1e4 ? +(v / 1e3).toPrecision(6) + "k" : String(+v.toPrecision(6));
  }

  const whole = [1, 2, 5].flatMap((m) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((p) => m * 10 ** p)).sort((a, b) => a - b);

  /** Lines with points of their own as columns over one axis; what a line does not have there is undefined. */
  function join(lines) {
    const tables = lines.map((l) => [l.x, l.y]);
    const expand = [0, 2]; // a null interrupts a line up to its next own point, whatever points other lines have there
    return tables.length === 1 ? tables[0] : uPlot.join(tables, tables.map(() => expand));
  }

  function dashOf(line, i) {
    return line.dash || DASHES[i % DASHES.length];
  }

  function swatch(line, i) {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg");
    svg.setAttribute("width", 26);
    svg.setAttribute("height", 10);
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(ns, line.points === "only" ? "circle" : "path");
    if (line.points === "only") {
      for (const [k, v] of [["cx", 13], ["cy", 5], ["r", 4]]) path.setAttribute(k, v);
      path.setAttribute("fill", line.hollow ? "none" : line.colour);
    } else {
      path.setAttribute("d", "M0 5H26");
      path.setAttribute("stroke-dasharray", dashOf(line, i).join(" "));
    }
    path.setAttribute("stroke", line.colour);
    path.setAttribute("stroke-width", 2.5);
    svg.append(path);
    return svg;
  }

  /** The part of the axis that is shown. */
  function shown(u) {
    return { min: u.scales.x.min, max: u.scales.x.max };
  }

  /** The values nearest to the pointer, the line that is nearest first. */
  function tooltip(chart) {
    const tip = element("div", { class: "tip", hidden: "" });
    const show = (u) => {
      const { left, top, idxs } = u.cursor;
      if (left == null || left < 0 || !idxs) return void (tip.hidden = true);
      const rows = [];
      for (let s = 1; s < u.series.length; s++) {
        const i = idxs[s];
        const y = i == null ? null : u.data[s][i];
        if (!u.series[s].show || y == null) continue;
        rows.push({ s, i, y, away: Math.abs(u.valToPos(y, "y") - top) });
      }
      if (!rows.length) return void (tip.hidden = true);
      rows.sort((a, b) => a.away - b.away);
      tip.replaceChildren(element("b", {}, chart.xText(u.data[0][u.cursor.idx])));
      for (const r of rows.slice(0, 7)) {
        const text = chart.yText ? chart.yText(r.s - 1, u.data[0][r.i], r.y) : number(r.y);
        tip.append(element("div", {}, element("span", {}, u.series[r.s].label), element("span", {}, text)));
      }
      if (rows.length > 7) tip.append(element("div", {}, "and " + (rows.length - 7) + " more"));
      tip.hidden = false;
      const room = u.over.clientWidth;
      const at = left > room / 2 ? left - tip.offsetWidth - 12 : left + 12;
      tip.style.left = Math.max(2 - u.over.offsetLeft, Math.min(at, room - tip.offsetWidth)) + "px";
      tip.style.top = Math.max(0, Math.min(top - 20, u.over.clientHeight - tip.offsetHeight)) + "px";
    };
    return { hooks: { init: (u) => u.over.append(tip), setCursor: show } };
  }

  /** The phases as bands behind the lines, named above them where there is room. */
  function bands(spans) {
    const each = (draw) => (u) => {
      const { ctx, bbox } = u;
      ctx.save();
      spans.forEach((span, i) => {
        const from = Math.max(bbox.left, u.valToPos(span.from, "x", true));
        const to = Math.min(bbox.left + bbox.width, u.valToPos(span.to, "x", true));
        if (to > from) draw(ctx, bbox, from, to, span, i);
      });
      ctx.restore();
    };
    const fill = (ctx, bbox, from, to, span, i) => {
      ctx.fillStyle = css("--band");
      if (i % 2) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    };
    const name = (ctx, bbox, from, to, span, i) => {
      const size = 11 * devicePixelRatio;
      ctx.fillStyle = css("--edge");
      if (i) ctx.fillRect(from, bbox.top - size, devicePixelRatio, bbox.height + size);
      ctx.font = size + "px system-ui, sans-serif";
      ctx.textBaseline = "bottom";
      ctx.textAlign = "left";
      ctx.fillStyle = css("--dim");
      if (ctx.measureText(span.name).width + size < to - from) ctx.fillText(span.name, from + size / 3, bbox.top - size / 4);
    };
    return { hooks: { drawClear: each(fill), drawAxes: each(name) } };
  }

  /**
   * A chart with a title, a legend of buttons and a line of text.
   * chart: {key, title, text, xLabel, yLabel, lines: [{name, title, x, y, colour, dash, points}], logX, logY, spans, range, steps}
   */
  function figure(parent, chart) {
    const lines = chart.lines.filter((l) => l.y.some((v) => v != null && !(chart.logY && v <= 0)));
    if (!lines.length) return;
    chart.lines = lines;
    const caption = element("figcaption", {}, element("h3", {}, chart.title));
    if (chart.text) caption.append(element("p", {}, chart.text));
    const box = element("div", { class: "plot", role: "img", "aria-label": chart.title });
    const legend = element("div", { class: "legend", role: "group", "aria-label": "lines shown" });
    parent.append(element("figure", {}, caption, legend, box));
    const axis = { stroke: css("--dim"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 } };
    const text = { font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif", labelSize: 18 };
    const values = (text) => (u, splits) => splits.map(text);
    const few = lines.every((l) => l.x.length < 60); // then each point is marked
    const entry = { box, key: chart.key, steps: chart.steps };
    let span; // of the axis, which the chart itself does not know yet when it asks for the range of the values over it
    const xRange = (u, from, to) => (span = chart.xRange ? chart.xRange(u, from, to) : around(from, to, chart));
    const yRange = (u) => {
      const [low, high] = extent(u, lines, span, chart.logY);
      if (low > high) return [null, null];
      return chart.logY ? uPlot.rangeLog(low, high, 10, false) : uPlot.rangeNum(low, high, 0.1, true);
    };
    const options = {
      width: box.clientWidth,
      height: innerWidth < 600 ? 230 : 300,
      padding: [chart.spans ? 18 : 8, 14, 0, 0],
      legend: { show: false },
      focus: { alpha: 0.25 },
      cursor: {
        focus: { prox: lines.length > 1 ? 16 : -1 },
        dataIdx: nearest,
        points: { size: 7 },
        sync: chart.steps ? { key: SYNC + chart.steps } : undefined,
        drag: { x: true, y: false },
      },
      scales: {
        x: { time: false, distr: chart.logX ? 3 : 1, range: xRange },
        y: { distr: chart.logY ? 3 : 1, range: chart.range || yRange },
      },
      series: [{}].concat(
        lines.map((l, i) => ({
          label: l.name,
          show: !hidden.has(chart.key + l.name),
          stroke: l.colour,
          width: l.points === "only" ? 0 : l.width || 2,
          dash: dashOf(l, i),
          spanGaps: false,
          paths: l.points === "only" ? () => null : undefined,
          points: {
            show: l.points === "only" || few,
            size: l.points === "only" ? 10 : l.size || 5,
            fill: l.hollow ? css("--back") : l.colour,
            stroke: l.colour,
            width: 2,
          },
        })),
      ),
      axes: [
        { ...axis, ...text, label: chart.xLabel, values: values(chart.wholeX ? step : number), size: 34, space: 64, incrs: chart.wholeX ? whole : undefined },
        { ...axis, ...text, label: chart.yLabel, values: values(number), size: 54, space: 34 },
      ],
      plugins: [tooltip(chart), { hooks: { ready: (u) => (entry.full = shown(u)) } }].concat(chart.spans ? [bands(chart.spans)] : [], chart.plugins || []),
    };
    for (const [i, scale] of [[0, chart.logX && "x"], [1, chart.logY && "y"]]) {
      if (!scale) continue;
      const filter = decades(scale);
      Object.assign(options.axes[i], { filter, grid: { ...axis.grid, filter }, ticks: { ...axis.ticks, filter } });
    }
    const clean = (y) => (chart.logY ? y.map((v) => (v != null && v <= 0 ? null : v)) : y);
    const u = new uPlot(options, join(lines.map((l) => ({ x: l.x, y: clean(l.y) }))), box);
    charts.push(Object.assign(entry, { u }));
    const buttons = [];
    const set = (i, show) => {
      const name = chart.key + lines[i].name;
      if (show) hidden.delete(name);
      else hidden.add(name);
      buttons[i].setAttribute("aria-pressed", show);
      u.setSeries(i + 1, { show });
    };
    if (lines.length > 6) {
      for (const [label, show] of [["show all", true], ["show none", false]]) {
        const button = element("button", { type: "button" }, label);
        button.onclick = () => lines.forEach((_, i) => set(i, show));
        legend.append(button);
      }
    }
    lines.forEach((l, i) => {
      if (lines.length < 2) return;
      const name = chart.key + l.name;
      const button = element("button", { type: "button", "aria-pressed": !hidden.has(name), title: l.title || "" });
      button.append(swatch(l, i), l.name);
      button.onclick = () => set(i, hidden.has(name));
      button.onmouseenter = () => u.setSeries(i + 1, { focus: true });
      button.onmouseleave = () => u.setSeries(null, { focus: true });
      buttons.push(button);
      legend.append(button);
    });
  }

  /** An axis from one position to another, or around a single one. */
  function around(from, to, { logX, wholeX }) {
    if (from == null || to - from > (wholeX ? 1 : 0)) return [from, to];
    return logX ? [from / 2, to * 2] : [from - 0.5, to + 0.5];
  }

  /** The least and the largest value that the lines take between two positions: also where they only pass, without a point there. */
  function extent(u, lines, [from, to], log) {
    let [low, high] = [Infinity, -Infinity];
    const add = (y) => ([low, high] = [Math.min(low, y), Math.max(high, y)]);
    const xs = u.data[0];
    lines.forEach((line, l) => {
      if (!u.series[l + 1].show) return;
      let last = null; // its point before, null where it is interrupted
      u.data[l + 1].forEach((y, i) => {
        if (y === undefined) return; // another line's point
        const point = y === null ? null : { x: xs[i], y };
        if (point && point.x >= from && point.x <= to) add(y);
        if (point && last && line.points !== "only") {
          for (const edge of [from, to]) {
            const way = (edge - last.x) / (point.x - last.x);
            if (way > 0 && way < 1) add(log ? last.y ** (1 - way) * y ** way : last.y + way * (y - last.y));
          }
        }
        last = point;
      });
    });
    return [low, high];
  }

  /** On a logarithmic axis powers of ten have a number, and 2 and 5 where there are few of them. */
  function decades(scale) {
    return (u, splits) => {
      const { min, max } = u.scales[scale];
      const shown = Math.log10(max / min);
      const digits = shown > 3 ? /^1(\.0*)?e/ : /^[125](\.0*)?e/;
      const step = shown > 12 ? 4 : shown > 6 ? 2 : 1;
      return splits.map((v) => {
        const text = v == null ? "" : (+v.toPrecision(6)).toExponential();
        const fits = (digits.test(text + "e") || shown < 0.3) && (shown <= 3 || Math.round(Math.log10(v)) % step === 0);
        return fits ? v : null;
      });
    };
  }

  /** The index of the own point of a line that is nearest to the pointer, if the line passes there or ends beside it. */
  function nearest(u, series, hovered) {
    const ys = u.data[series];
    if (ys[hovered] != null) return hovered;
    const own = (step) => {
      let i = hovered;
      while (i >= 0 && i < ys.length && ys[i] === undefined) i += step;
      return ys[i] == null ? null : i; // null: the line is interrupted
    };
    const away = (i) => (i == null ? Infinity : Math.abs(u.valToPos(u.data[0][i], "x") - u.valToPos(u.data[0][hovered], "x")));
    const [left, right] = [own(-1), own(1)];
    const best = away(left) <= away(right) ? left : right;
    return (left != null && right != null) || away(best) < 12 ? best : null;
  }

  // ---- one run

  function drawRun(parent, run, id) {
    const { curves, growth } = run;
    const spans = curves.spans;
    const offset = spans.filter((s) => s.name === "base" || s.name === "training").reduce((at, s) => Math.max(at, s.to), 0);
    const where = (x) => {
      // an epoch, like the removal, stands at the end of its last step
      const span = spans.find((s) => x > s.from && x <= s.to) || spans[x > 0 ? spans.length - 1 : 0];
      if (!span) return "step " + step(x);
      const inGrowth = ["picking", "growing", "stabilising"].includes(span.name);
      const start = inGrowth ? offset : span.from;
      return span.name + ", iteration " + Math.floor(x - start).toLocaleString("en");
    };
    const colours = palette();
    const styles = {
      "training images": { colour: colours[3], dash: [], width: 1 },
      "test images": { colour: colours[0], dash: [] },
      "test images, without the groups that go": { colour: colours[1], dash: DASHES[1] },
      "test images, L1 in one shot": { colour: colours[2], dash: DASHES[2] },
      "best epoch": { colour: colours[6], points: "only" },
    };
    const styled = (curve) => ({ ...curve, ...styles[curve.name] });
    const overSteps = { steps: id + 1, spans, xLabel: "step", wholeX: true, xText: where };
    zoomButtons(parent, spans, id + 1);
    figure(parent, {
      ...overSteps, key: id + "accuracy", title: "Accuracy", yLabel: "top-1, %", lines: curves.accuracy.map(styled),
      text: "Drag the mouse over a chart to zoom, double-click to see all; the buttons show a phase, or show or hide a line.",
    });
    figure(parent, {
      ...overSteps, key: id + "loss", title: "Loss", yLabel: "cross-entropy", logY: true, lines: curves.loss.map(styled),
    });
    if (growth) drawGrowth(parent, growth, id, overSteps, offset);
  }

  function zoomButtons(parent, spans, steps) {
    if (spans.length < 2) return;
    const row = element("div", { class: "buttons", role: "group", "aria-label": "phase shown" });
    for (const span of [{ name: "all phases" }].concat(spans)) {
      const button = element("button", { type: "button" }, span.name);
      button.onclick = () => {
        // all: as if nothing had been zoomed, so that a live page shows what is new
        for (const c of charts) if (c.steps === steps) c.u.setScale("x", "from" in span ? { min: span.from, max: span.to } : c.full);
      };
      row.append(button);
    }
    parent.append(row);
  }

  /** Layers whose values are equal are one line that says so. */
  function grouped(names, valuesOf) {
    const groups = new Map();
    for (const name of names) {
      const key = JSON.stringify(valuesOf(name));
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(name);
    }
    return [...groups.values()];
  }

  function drawGrowth(parent, growth, id, overSteps, offset) {
    const names = Object.keys(growth.layers);
    const x = growth.x.map((i) => i + offset + 0.5); // as the losses of these steps
    const ofLayer = (name, y) => {
      const i = names.indexOf(name);
      return { name, x, y, colour: depthColour(i, names.length), dash: DASHES[i % 3] };
    };
    const lambdas = [];
    for (const [what, member, dash] of [["that go", "lambda", []], ["that stay", "lambdaMin", [6, 4]]]) {
      const sets = grouped(names, (name) => growth.layers[name][member]);
      sets.forEach((set, i) => {
        const layers = set.length === names.length && names.length > 1 ? "all " + set.length + " layers" : shortened(set);
        lambdas.push({
          name: "groups " + what + ", " + layers, title: set.join(", "), x, y: growth.layers[set[0]][member], dash,
          colour: sets.length === 1 ? palette()[what === "that go" ? 1 : 0] : depthColour(i, sets.length),
        });
      });
    }
    figure(parent, {
      ...overSteps, key: id + "lambda", title: "Penalty \u03bb", yLabel: "\u03bb", lines: lambdas,
      text: "Of the groups that are to be removed, and of those that stay; layers with the same course are one line.",
    });
    figure(parent, {
      ...overSteps, key: id + "ratio", title: "Magnitude of the groups that stay / of those that go", yLabel: "ratio of mean scores",
      logY: true, lines: names.map((name) => ofLayer(name, growth.layers[name].ratio)),
    });
    const spreads = names.map((name) => spread(ofLayer(name, []), growth, name)).filter((l) => l.x.length);
    const [low, high] = [Math.min(...spreads.map((l) => l.x[0])), Math.max(...spreads.map((l) => l.x[l.x.length - 1]))];
    const picked = growth.layers[names[0]].lambda[growth.x.indexOf(growth.times.pick)];
    figure(parent, {
      key: id + "spread", title: "Spread of the scores as \u03bb grows (figure 1, row 1)", xLabel: "\u03bb (logarithmic)", logX: true,
      yLabel: "std / mean of the scores", xText: (v) => "\u03bb " + number(v), lines: spreads,
      spans: growth.times.pick > 0 && picked ? [{ name: "picking", from: low, to: picked }, { name: "growing", from: picked, to: high }] : undefined,
      text: "Standard deviation of a layer's scores divided by their mean: the larger, the better the groups are told apart.",
    });
    const chosen = names.includes(layerOf.get(id)) ? layerOf.get(id) : names[0];
    const select = element("select", { id: "layer" + id });
    for (const name of names) {
      const option = element("option", { value: name }, name);
      option.selected = name === chosen;
      select.append(option);
    }
    const one = element("div", {});
    parent.append(
      element("h3", {}, "One layer"),
      element("div", { class: "buttons" }, element("label", { for: select.id }, "layer"), select),
      one,
    );
    const draw = () => {
      layerOf.set(id, select.value);
      charts = charts.filter((c) => !one.contains(c.box) || void c.u.destroy());
      one.replaceChildren();
      oneLayer(one, growth, select.value, id, overSteps, x);
    };
    select.onchange = draw;
    draw();
  }

  function shortened(set) {
    return set.length > 2 ? set.length + " layers (" + set[0] + ", \u2026)" : set.join(", ");
  }

  /** lambda only grows until it is final; from then on there is nothing to draw over it. */
  function spread(line, growth, name) {
    const layer = growth.layers[name];
    const xs = [];
    const ys = [];
    layer.lambda.forEach((l, i) => {
      if (l == null || l <= 0 || layer.spread[i] == null || (xs.length && l <= xs[xs.length - 1])) return;
      xs.push(l);
      ys.push(layer.spread[i]);
    });
    return { ...line, x: xs, y: ys };
  }

  function oneLayer(parent, growth, name, id, overSteps, x) {
    const layer = growth.layers[name];
    const [stays, goes] = palette();
    figure(parent, {
      ...overSteps, key: id + "magnitude", title: "Mean score of " + name, yLabel: "mean |w|", logY: true,
      text: "Where layers lose their groups together, the sum of the means in all of them.",
      lines: [
        { name: "groups that stay", x, y: layer.kept, colour: stays, dash: [] },
        { name: "groups that go", x, y: layer.pruned, colour: goes, dash: DASHES[1] },
      ],
    });
    const moments = growth.moments.filter((m) => m.layers[name]);
    if (!moments.length) return;
    parent.append(
      element("h3", {}, "Scores of each group of " + name + " (figure 1, row 2)"),
      element("p", {}, "Divided by the largest. Blue stays, orange (with a line on top) goes, or would at that moment."),
    );
    const grid = element("div", { class: "moments" });
    parent.append(grid);
    for (const moment of moments) bars(grid, moment, moment.layers[name], [stays, goes]);
  }

  /** The scores of a layer's groups at one iteration. */
  function bars(parent, moment, groups, colours) {
    const title = "iteration " + moment.iteration.toLocaleString("en") + ", \u03bb " + number(moment.lambda);
    const box = element("div", { class: "plot", role: "img", "aria-label": "scores at " + title });
    parent.append(element("div", {}, element("h4", {}, title), box));
    const most = Math.max(...groups.scores.map((s) => s || 0)) || 1;
    const gone = new Set(groups.pruned);
    const all = groups.scores.map((s) => (s == null ? null : s / most));
    const data = [all.map((_, g) => g), all.map((s, g) => (gone.has(g) ? null : s)), all.map((s, g) => (gone.has(g) ? s : null))];
    const axis = { stroke: css("--dim"), grid: { stroke: css("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
    const path = uPlot.paths.bars({ size: [0.8, 30], gap: 0 });
    const chart = { xText: (g) => "group " + g, yText: (s, x, y) => number(y * most) };
    const series = (label, colour, width) => ({ label, stroke: colour, fill: colour + (width ? "90" : ""), width, paths: path, points: { show: false } });
    const u = new uPlot(
      {
        width: box.clientWidth, height: 150, legend: { show: false },
        cursor: { drag: { x: true, y: false }, points: { show: false } },
        scales: { x: { time: false, range: (_, a, b) => [a - 0.6, b + 0.6] }, y: { range: [0, 1.02] } },
        series: [{}, series("stays", colours[0], 0), series("goes", colours[1], 1.5)],
        axes: [
          { ...axis, size: 22, incrs: whole, space: 36, grid: { show: false } },
          { ...axis, size: 30, incrs: [0.5] },
        ],
        plugins: [tooltip(chart)],
      },
      data,
      box,
    );
    charts.push({ u, box });
  }

  // ---- several runs

  function drawComparison(parent, { epochs, points, batches }) {
    const colours = palette();
    const rows = [...new Set(epochs.map((e) => e.row))];
    const line = (e, curve) => {
      const seed = epochs.filter((o) => o.row === e.row).indexOf(e);
      return { ...curve, name: e.name, colour: colours[rows.indexOf(e.row) % colours.length], dash: DASHES[seed % DASHES.length] };
    };
    const byEpoch = { xLabel: "epoch", wholeX: true, xText: (v) => "epoch " + v };
    figure(parent, {
      ...byEpoch, key: "epochs", title: "Accuracy by epoch of finetuning or training", yLabel: "top-1, %",
      lines: epochs.map((e) => line(e, e.accuracy)),
      text: "One colour for each row of the table; runs that differ in the seed differ in the dash.",
    });
    figure(parent, {
      ...byEpoch, key: "losses", title: "Loss by epoch", yLabel: "cross-entropy", logY: true,
      lines: epochs.map((e) => line(e, e.loss)),
    });
    scatter(parent, points, "macs", "Accuracy against multiply-accumulates", "multiply-accumulates before / after", (p) => ({ mean: p.macs, std: 0 }));
    for (const batch of batches) {
      scatter(
        parent, points, "measured" + batch, "Accuracy against measured speed, batch " + batch, "time before / after, batch " + batch,
        (p) => p.measured[batch],
      );
    }
  }

  /** Points with error bars; published ones only over the speedup in theory, since the paper measures no time. */
  function scatter(parent, points, key, title, xLabel, at) {
    const colours = palette();
    const names = [...new Set(points.map((p) => p.line))];
    const lines = [];
    const errors = [];
    names.forEach((name, i) => {
      for (const published of key === "macs" ? [false, true] : [false]) {
        const own = points
          .filter((p) => p.line === name && at(p) && (!published || p.published))
          .map((p) => ({ x: at(p), y: published ? p.published : p.accuracy, label: p.label }))
          .sort((a, b) => a.x.mean - b.x.mean);
        if (!own.length) continue;
        errors.push(own);
        lines.push({
          name: (published ? "published: " : "") + name, x: own.map((p) => p.x.mean), y: own.map((p) => p.y.mean), own,
          colour: colours[i % colours.length], dash: published ? DASHES[2] : DASHES[[0, 3, 1][i % 3]], hollow: published, size: 8,
        });
      }
    });
    if (!lines.length) return;
    lines.forEach((l) => distinct(l.x));
    const draw = (u) => {
      const { ctx } = u;
      ctx.save();
      ctx.lineWidth = 1.5 * devicePixelRatio;
      lines.forEach((l, i) => {
        if (!u.series[i + 1].show) return;
        ctx.strokeStyle = l.colour;
        l.own.forEach((p, k) => {
          const cx = u.valToPos(l.x[k], "x", true);
          const cy = u.valToPos(p.y.mean, "y", true);
          const cap = 4 * devicePixelRatio;
          const stroke = (x1, y1, x2, y2) => {
            ctx.beginPath();
            ctx.moveTo(x1, y1);
            ctx.lineTo(x2, y2);
            ctx.stroke();
          };
          if (p.y.std) {
            const [low, high] = [p.y.mean - p.y.std, p.y.mean + p.y.std].map((v) => u.valToPos(v, "y", true));
            stroke(cx, low, cx, high);
            for (const end of [low, high]) stroke(cx - cap, end, cx + cap, end);
          }
          if (p.x.std) {
            const [low, high] = [p.x.mean - p.x.std, p.x.mean + p.x.std].map((v) => u.valToPos(v, "x", true));
            stroke(low, cy, high, cy);
            for (const end of [low, high]) stroke(end, cy - cap, end, cy + cap);
          }
        });
      });
      ctx.restore();
    };
    const ys = errors.flat().flatMap((p) => [p.y.mean - (p.y.std || 0), p.y.mean + (p.y.std || 0)]);
    const xs = errors.flat().flatMap((p) => [p.x.mean - (p.x.std || 0), p.x.mean + (p.x.std || 0)]);
    const padded = (v) => {
      const [low, high] = [Math.min(...v), Math.max(...v)];
      const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
      return [low - pad, high + pad];
    };
    const positions = lines.flatMap((l) => l.x);
    const [first, last] = [Math.min(...positions), Math.max(...positions)];
    figure(parent, {
      key, title, xLabel, yLabel: "top-1, %", lines, xText: (v) => number(v) + "\u00d7",
      range: padded(ys),
      xRange: (u, low, high) => (low <= first && high >= last ? padded(xs) : [low, high]),
      yText: (s, x, y) => {
        const l = lines[s];
        const p = l.own[l.x.indexOf(x)]; // two points may have the same accuracy
        return number(y) + (p.y.std ? " \u00b1 " + number(p.y.std) : "") + (p.label ? ", " + p.label : "");
      },
      plugins: [{ hooks: { draw } }],
      text: "Means over the seeds; bars are one sample standard deviation."
        + (lines.some((l) => l.hollow) ? " Published values stand at the speedup of our network, which is the same experiment." : ""),
    });
  }

  /** The columns of a chart need rising positions. */
  function distinct(xs) {
    for (let i = 1; i < xs.length; i++) if (xs[i] <= xs[i - 1]) xs[i] = xs[i - 1] + Math.abs(xs[i - 1]) * 1e-9 + 1e-12;
  }

  // ---- the page

  function draw() {
    charts.forEach((c) => c.u.destroy());
    charts = [];
    const data = JSON.parse(document.getElementById("data").textContent);
    const comparison = document.querySelector("[data-comparison]");
    if (comparison) {
      comparison.replaceChildren();
      drawComparison(comparison, data.comparison);
    }
    for (const place of document.querySelectorAll("[data-run]")) {
      const id = +place.dataset.run;
      const around = place.closest("details.run");
      const begin = () => {
        place.replaceChildren();
        drawRun(place, data.runs[id], id);
      };
      if (!around || around.open) begin();
      if (around) around.ontoggle = () => around.open && !place.hasChildNodes() && begin();
    }
  }

  addEventListener("resize", () => {
    for (const { u, box } of charts) {
      if (box.clientWidth !== u.width && box.clientWidth) u.setSize({ width: box.clientWidth, height: u.height });
    }
  });
  dark.addEventListener("change", draw);
  const live = document.querySelector("script[data-live]");
  let source = live ? document.querySelector("main").innerHTML : ""; // as it was sent, before charts are drawn into it
  draw();

  /** A page of a run that is under way fetches itself from its server, and draws what is new. */
  async function refresh() {
    if (document.activeElement instanceof HTMLSelectElement) return; // it may be open
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      const old = document.querySelector("main");
      if (!answer.ok || !fresh || fresh.innerHTML === source) return;
      source = fresh.innerHTML;
      const at = scrollY;
      const opened = [...old.querySelectorAll("details")].map((d) => d.open);
      const zoomed = new Map();
      for (const { u, key, full } of charts) {
        const now = shown(u);
        if (full && (now.min !== full.min || now.max !== full.max)) zoomed.set(key, now);
      }
      charts.forEach((c) => c.u.destroy());
      charts = [];
      old.replaceWith(document.importNode(fresh, true));
      document.querySelectorAll("main details").forEach((d, i) => (d.open = !!opened[i]));
      draw();
      await null; // the new charts have taken their full range by then
      for (const { u, key } of charts) if (zoomed.has(key)) u.setScale("x", zoomed.get(key));
      scrollTo(0, at);
    } catch {
      // the server has ended: what is there stays
    }
  }
  if (live) setInterval(refresh, 5000);
})();
