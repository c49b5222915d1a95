/* Where the steps of a plan stand. Pure: steps and a width in, places out.

   Steps are {id, needs}; `needs` are ids of earlier steps, of which those of an earlier plan are not in this graph.
   Side by side, a column holds the steps that wait equally long, by the number of steps in a row before them. Where columns do not fit, steps
   stand one below the other, further to the right the longer they wait. Neither is ever wider than the width. */

const HEIGHT = 58, GAP = 14, BETWEEN = 46, NARROWEST = 168, WIDEST = 250;

/* How many steps in a row each waits for, by id. */
export function depths(steps) {
  const found = new Map();
  for (const step of steps) {
    const before = step.needs.filter((id) => found.has(id)).map((id) => found.get(id) + 1);
    found.set(step.id, Math.max(0, ...before));
  }
  return found;
}

/* {places: id -> {x, y, w, h}, edges: [{from, to, d}], height}. */
export function layout(steps, width) {
  const depth = depths(steps);
  const columns = 1 + Math.max(0, ...depth.values());
  const each = (width - (columns - 1) * BETWEEN) / columns;
  const fits = each >= NARROWEST;
  const places = fits ? sideBySide(steps, depth, columns, Math.min(WIDEST, each)) : stacked(steps, depth, columns, width);
  const edges = steps.flatMap((step) => step.needs.filter((id) => places.has(id) && id !== step.id)
    .map((id) => ({ from: id, to: step.id, d: (fits ? across : down)(places.get(id), places.get(step.id)) })));
  return { places, edges, height: Math.max(0, ...[...places.values()].map((place) => place.y + place.h)) };
}

function sideBySide(steps, depth, columns, w) {
  const places = new Map();
  const column = (number) => steps.filter((step) => depth.get(step.id) === number);
  const most = Math.max(0, ...Array.from({ length: columns }, (_, number) => column(number).length));
  for (let number = 0; number < columns; number++) {
    const inside = column(number);
    const pull = (step) => mean(step.needs.filter((id) => places.has(id)).map((id) => places.get(id).y));
    inside.sort((a, b) => pull(a) - pull(b) || a.id - b.id); // close to what they need: fewer lines cross
    const top = (most - inside.length) * (HEIGHT + GAP) / 2;
    inside.forEach((step, row) => places.set(step.id, { x: number * (w + BETWEEN), y: top + row * (HEIGHT + GAP), w, h: HEIGHT }));
  }
  return places;
}

function stacked(steps, depth, columns, width) {
  const indent = Math.min(28, columns > 1 ? (width * 0.4) / (columns - 1) : 0);
  return new Map(steps.map((step, row) => {
    const x = depth.get(step.id) * indent;
    return [step.id, { x, y: row * (HEIGHT + GAP), w: width - x, h: HEIGHT }];
  }));
}

const mean = (values) => values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
const head = (x, y) => ` M${x - 6} ${y - 4} L${x} ${y} L${x - 6} ${y + 4}`;

/* From the right side of one place to the left side of another. */
function across(from, to) {
  const [x1, y1, x2, y2] = [from.x + from.w, from.y + from.h / 2, to.x - 2, to.y + to.h / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` + head(x2, y2);
}

/* From the lower left of one place to the left side of another that stands further right. */
function down(from, to) {
  const [x2, y2] = [to.x - 2, to.y + to.h / 2];
  const x1 = from.x + (Math.min(28, to.x - from.x)) * 0.4, round = Math.min(8, x2 - x1);
  return `M${x1} ${from.y + from.h} V${y2 - round} Q${x1} ${y2} ${x1 + round} ${y2} H${x2}` + head(x2, y2);
}
