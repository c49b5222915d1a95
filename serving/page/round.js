/* One plan and what becomes of it: its graph, its text as it is written, its calls with arguments, observations and times. */
import { duration, make, said, show } from "./show.js";
import { Graph } from "./graph.js";

/* An observation's status -> the look of it, and its word. */
const ENDS = {
  ok: ["ok", "done"], repeated: ["ok", "repeated"], failed: ["failed", "failed"], invalid: ["failed", "invalid"],
  skipped: ["skipped", "skipped"], declined: ["skipped", "declined"], unfinished: ["skipped", "unfinished"],
};

export class Round {
  #calls = new Map(); // id -> {item, code, state, since}
  #plan = make("pre");
  #list = make("ol", undefined, "calls");
  #none = make("p", "None has started yet.", "soft");
  #notes = make("div");

  constructor(number, reason) {
    this.box = make("section", undefined, "round");
    const title = make("h2", number === 1 ? "Plan" : "Plan " + number);
    title.id = "plan-title-" + number;
    if (reason) title.append(make("small", "planned again: " + reason));
    this.box.setAttribute("aria-labelledby", title.id);
    this.graph = new Graph("Steps of plan " + number, (id) => this.#calls.get(id)?.item.focus());
    const written = [make("h3", "As it is written"), this.#plan, this.#notes];
    this.box.append(title, this.graph.box, ...written, make("h3", "Calls"), this.#list, this.#none);
    this.#plan.className = "writing";
  }

  get steps() { return this.#calls.size; }
  get ended() { return [...this.#calls.values()].filter((call) => call.state === "ended").length; }

  write(text) {
    this.#plan.textContent += text;
    if (this.#plan.textContent.includes("<END_OF_PLAN>")) this.#plan.className = "";
  }

  note(text) { this.#notes.append(said(text)); }

  planned(event) { this.#call(event); }

  started(event) {
    const call = this.#call(event);
    call.code.textContent = written(event); // with results in place of references
    call.since = performance.now();
    this.#set(event.id, "running", "running", "running");
  }

  finished(event) {
    const call = this.#call(event);
    const [look, word] = ENDS[event.status] ?? (event.error ? ENDS.failed : ENDS.ok);
    call.code.textContent = written(event);
    this.#set(event.id, "ended", look, call.since ? word + " · " + duration(event.seconds) : word);
    call.item.append(said(event.error || show(event.value)));
  }

  /* Shows how long the calls that run have been running. */
  tick() {
    for (const [id, call] of this.#calls) {
      if (call.state === "running") this.#say(id, "running", "running · " + duration((performance.now() - call.since) / 1000));
    }
  }

  /* Observations of this round: when each call ran, in seconds since its planning began, on one scale. */
  timed(observations) {
    const ran = observations.filter((seen) => seen.attempts && this.#calls.has(seen.id));
    const first = Math.min(...ran.map((seen) => seen.started_s));
    const whole = Math.max(...ran.map((seen) => seen.finished_s - first), 0.001);
    for (const { id, started_s, finished_s } of ran) {
      const clock = make("div", undefined, "clock"), track = make("div", undefined, "track"), bar = make("i");
      bar.style.left = 100 * (started_s - first) / whole + "%";
      bar.style.width = 100 * (finished_s - started_s) / whole + "%";
      track.append(bar);
      clock.append(track, make("span", started_s.toFixed(2) + " to " + finished_s.toFixed(2) + " s"));
      this.#calls.get(id).item.append(clock);
    }
  }

  /* Nothing more comes. */
  close() {
    this.#plan.className = "";
    for (const [id, call] of this.#calls) if (call.state !== "ended") this.#set(id, "ended", "skipped", "not finished");
    if (!this.#plan.textContent) this.#plan.textContent = "–";
    if (!this.#calls.size) this.#none.textContent = "Nothing was run.";
  }

  #call(event) {
    let call = this.#calls.get(event.id);
    if (!call) {
      const item = make("li"), head = make("div", undefined, "call"), code = make("code", written(event));
      item.tabIndex = -1; // where its node leads
      head.append(code, make("span", "", "state"));
      item.append(head);
      call = { item, code, state: "waiting", since: 0 };
      this.#calls.set(event.id, call);
      this.#list.append(item);
      this.#none.hidden = true;
      this.graph.add({ id: event.id, tool: event.tool, needs: event.needs ?? [] });
      this.#say(event.id, "waiting", "waiting");
    }
    return call;
  }

  #set(id, state, look, word) {
    this.#calls.get(id).state = state;
    this.#say(id, look, word);
  }

  #say(id, look, word) {
    const { item } = this.#calls.get(id);
    item.className = look;
    item.querySelector(".state").textContent = word;
    this.graph.set(id, look, word);
  }
}

const written = ({ id, tool, args }) => id + ".\u00a0" + tool + "(" + args.map((arg) => JSON.stringify(arg)).join(", ") + ")";
