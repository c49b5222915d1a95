/* Where the steps of a plan stand. Pure: steps and a width in, places and lines out.

   Steps are {id, needs}; `needs` are ids of earlier steps, of which those of an earlier plan are not in this graph.
   Side by side, a column holds the steps that wait equally long, by the number of steps in a row before them; a line that passes a column
   has a lane of its own there. Where columns do not fit, steps stand one below the other, further to the right the longer they wait.
   Neither is ever wider than the width. */

const HEIGHT = 58, LANE = 12, GAP = 14, BETWEEN = 46, NARROWEST = 168, WIDEST = 250, INDENT = 28;

/* How many steps in a row each waits for, by id. */
export function depths(steps) {
  const found = new Map();
  for (const { id, needs } of steps) {
    found.set(id, Math.max(0, ...needs.filter((each) => found.has(each)).map((each) => found.get(each) + 1)));
  }
  return found;
}

/* {places: id -> {x, y, w, h}, edges: [{from, to, line, head}], height}. */
export function layout(steps, width) {
  const depth = depths(steps);
  const known = steps.map(({ id, needs }) => ({ id, needs: needs.filter((each) => depth.has(each) && each < id) }));
  const columns = 1 + Math.max(0, ...depth.values());
  const each = (width - (columns - 1) * BETWEEN) / columns;
  return each >= NARROWEST ? sideBySide(known, depth, columns, Math.min(WIDEST, each)) : stacked(known, depth, columns, width);
}

function sideBySide(steps, depth, columns, w) {
  const grid = columnsOf(steps, depth, columns);
  const tall = (items) => items.reduce((sum, item) => sum + item.h + GAP, -GAP);
  const height = Math.max(0, ...grid.map(tall));
  const spots = new Map(); // id of a step, or "from-to-column" of a lane -> place
  grid.forEach((items, number) => {
    items.sort((a, b) => pull(a, spots) - pull(b, spots)); // close to what they need: fewer lines cross
    let y = (height - tall(items)) / 2;
    for (const { key, h } of items) {
      spots.set(key, { x: number * (w + BETWEEN), y, w, h });
      y += h + GAP;
    }
  });
  const edges = steps.flatMap(({ id, needs }) => needs.map((from) => {
    const lanes = between(depth.get(from), depth.get(id)).map((number) => spots.get(laneKey(from, id, number)));
    return { from, to: id, ...across([spots.get(from), ...lanes, spots.get(id)]) };
  }));
  return { places: new Map(steps.map(({ id }) => [id, spots.get(id)])), edges, height };
}

/* What stands in each column: steps, and the lanes of lines that pass. `after` are the keys it is drawn to. */
function columnsOf(steps, depth, columns) {
  const grid = Array.from({ length: columns }, () => []);
  for (const { id, needs } of steps) {
    const last = (from) => depth.get(id) - depth.get(from) > 1 ? laneKey(from, id, depth.get(id) - 1) : from;
    grid[depth.get(id)].push({ key: id, h: HEIGHT, after: needs.map(last) });
    for (const from of needs) {
      for (const number of between(depth.get(from), depth.get(id))) {
        const before = number - 1 > depth.get(from) ? laneKey(from, id, number - 1) : from;
        grid[number].push({ key: laneKey(from, id, number), h: LANE, after: [before] });
      }
    }
  }
  return grid;
}

const laneKey = (from, to, column) => from + "-" + to + "-" + column;
const between = (first, last) => Array.from({ length: Math.max(0, last - first - 1) }, (_, k) => first + 1 + k);
const middle = ({ y, h }) => y + h / 2;

function pull({ after }, spots) {
  return after.length ? after.reduce((sum, key) => sum + middle(spots.get(key)), 0) / after.length : 0;
}

function stacked(steps, depth, columns, width) {
  const indent = Math.min(INDENT, columns > 1 ? (width * 0.4) / (columns - 1) : 0);
  const places = new Map(steps.map(({ id }, row) => {
    const x = depth.get(id) * indent;
    return [id, { x, y: row * (HEIGHT + GAP), w: width - x, h: HEIGHT }];
  }));
  const turn = (id) => steps.filter((step) => depth.get(step.id) === depth.get(id) && step.id < id).length; // neighbours' lines keep apart
  const edges = steps.flatMap(({ id, needs }) => needs.map((from) => ({ from, to: id, ...down(places.get(from), places.get(id), indent * (0.2 + 0.2 * (turn(from) % 3))) })));
  return { places, edges, height: steps.length * (HEIGHT + GAP) - GAP };
}

const arrow = (x, y) => `M${x - 6} ${y - 4} L${x} ${y} L${x - 6} ${y + 4}`;

/* From the right side of the first place, through lanes, to the left side of the last. */
function across(spots) {
  let [x, y] = [spots[0].x + spots[0].w, middle(spots[0])];
  let line = `M${x} ${y}`;
  spots.slice(1).forEach((spot, k) => {
    const last = k === spots.length - 2, [x2, y2] = [spot.x - (last ? 2 : 0), middle(spot)], bend = (x2 - x) / 2;
    line += ` C${x + bend} ${y} ${x2 - bend} ${y2} ${x2} ${y2}` + (last ? "" : ` H${spot.x + spot.w}`);
    [x, y] = [last ? x2 : spot.x + spot.w, y2];
  });
  return { line, head: arrow(x, y) };
}

/* From the lower left of one place to the left side of another that stands further right. */
function down(from, to, aside) {
  const x1 = from.x + aside, x2 = to.x - 2, y2 = middle(to), round = Math.min(8, x2 - x1);
  return { line: `M${x1} ${from.y + from.h} V${y2 - round} Q${x1} ${y2} ${x1 + round} ${y2} H${x2}`, head: arrow(x2, y2) };
}
