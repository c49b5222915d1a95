/* A plan as a graph that lights up: a node for each step, a line wherever one needs another's result.

   Nodes are buttons in a list, so they can be reached and read without the picture; lines are drawn behind them. */
import { draw, make } from "./show.js";
import { layout } from "./layout.js";

const SHAPES = {
  waiting: "M8 3.5v4.5l3 2M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  running: "M8 2a6 6 0 1 1-6 6",
  ok: "M2.5 8.5l3.5 3.5L13.5 4.5",
  failed: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  skipped: "M2.5 8h11",
};

export class Graph {
  #steps = new Map(); // id -> {id, needs, node, state}
  #list = make("ol");
  #lines = draw("svg", { class: "edges", "aria-hidden": "true", width: "100%", height: "100%" });

  /* `pick(id)` is called where a node is activated. */
  constructor(label, pick) {
    this.box = make("div", undefined, "graph");
    this.#list.setAttribute("aria-label", label);
    this.box.append(this.#lines, this.#list);
    this.pick = pick;
    new ResizeObserver(() => this.#place()).observe(this.box);
  }

  add({ id, tool, needs }) {
    const node = make("button"), item = make("li"), how = make("span", undefined, "how");
    const name = make("code", id + ". " + tool);
    node.type = "button";
    node.title = tool;
    node.dataset.step = id;
    how.append(make("span", "", "state"), make("span", needs.length ? "uses " + needs.join(", ") : "", "needs"));
    const shape = draw("svg", { class: "shape", viewBox: "0 0 16 16", "aria-hidden": "true" });
    shape.append(draw("path", {}));
    node.append(shape, name, how);
    node.addEventListener("click", () => this.pick(id));
    item.append(node);
    this.#list.append(item);
    this.#steps.set(id, { id, needs, node });
    this.set(id, "waiting", "waiting");
    this.#place();
  }

  /* `state` is a key of SHAPES, `word` what stands there. */
  set(id, state, word) {
    const step = this.#steps.get(id);
    step.node.querySelector(".state").textContent = word;
    if (step.state === state) return;
    step.state = state;
    step.node.className = "node " + state;
    step.node.querySelector("path").setAttribute("d", SHAPES[state]);
    for (const line of this.#lines.children) if (line.dataset.from === String(id)) line.setAttribute("class", lineClass(state));
  }

  #place() {
    const steps = [...this.#steps.values()], width = this.box.clientWidth;
    if (!width) return; // not shown
    const { places, edges, height } = layout(steps, width);
    this.box.style.height = height + "px";
    for (const { id, node } of steps) {
      const { x, y, w, h } = places.get(id);
      Object.assign(node.style, { left: x + "px", top: y + "px", width: w + "px", height: h + "px" });
    }
    this.#lines.replaceChildren(...edges.map(({ from, to, line, head }) => {
      const edge = draw("g", { class: lineClass(this.#steps.get(from).state), "data-from": from, "data-to": to });
      edge.append(draw("path", { class: "line", d: line }), draw("path", { d: head }));
      return edge;
    }));
  }
}

const lineClass = (state) => "edge" + (state === "ok" || state === "failed" ? " " + state : "");
