/* The page: a request goes out, and the events of its run (serving/service.py) come back and are shown. */
import { $, duration, make, showChanges } from "./show.js";
import { Refused, Server } from "./talk.js";
import { Round } from "./round.js";

const EXAMPLES = [
  "Text Sid that I am running ten minutes late",
  "Set up a one hour meeting with Lutfi tomorrow at 3pm called Roadmap and invite him",
  "Create a note called Groceries that says milk, eggs and bread",
  "Remind me to call the dentist tomorrow at 9am",
];
const MOST_LISTED = 40, TICK_MS = 100;
const server = new Server();
let running = null, rounds = new Map(), why = "", began = 0, reached = [];

function round(number) {
  number = Math.max(1, number); // 0: no plan was written at all
  if (!rounds.has(number)) {
    for (const earlier of rounds.values()) earlier.close();
    rounds.set(number, new Round(number, why));
    $("rounds").append(rounds.get(number).box);
  }
  return rounds.get(number);
}

const ON = {
  tools(event) {
    reach("tools found");
    $("tools").replaceChildren(...event.tools.map((tool) => {
      const chip = make("li", tool.name);
      if (tool.probability != null) chip.append(make("span", percent(tool.probability)));
      return chip;
    }));
    $("tools-note").textContent = event.tools.length ? "with their probabilities" : "no tool fits this request";
    $("toolbox").hidden = event.tools.some((tool) => tool.probability == null); // all that it knows: listed above
    if (event.tools.length) round(1);
  },
  plan(event) {
    reach("plan begun");
    round(event.round).write(event.text);
  },
  call_planned(event) { round(event.round).planned(event); },
  call_started(event) {
    reach("first call");
    round(event.round).started(event);
  },
  call_finished(event) { round(event.round).finished(event); },
  problem(event) { round(event.round).note("Problem: " + event.text); },
  replan(event) { why = event.text; },
  trace(event) {
    $("time").textContent = "in " + duration(event.seconds);
    for (const [number, each] of rounds) each.timed(event.observations.filter((seen) => seen.round === number));
    showChanges($("effects"), event.effects);
  },
};

const percent = (probability) => probability > 0.99 ? ">99%" : Math.round(probability * 100) + "%";

/* Notes when something happened for the first time, as seen from here. */
function reach(what) {
  if (!reached.some(([name]) => name === what)) reached.push([what, (performance.now() - began) / 1000]);
}

function progress() {
  const all = [...rounds.values()], sum = (name) => all.reduce((count, each) => count + each[name], 0);
  $("answer").textContent = sum("steps") ? "Working … " + sum("ended") + " of " + sum("steps") + " steps" : "Working …";
}

function reset() {
  for (const id of ["rounds", "tools", "effects", "time", "timings", "tools-note"]) $(id).replaceChildren();
  $("effects").append(make("p", "Nothing yet.", "soft"));
  rounds = new Map();
  [why, began, reached] = ["", performance.now(), []];
  for (const id of ["work", "answerbox"]) $(id).hidden = false;
  $("answerbox").classList.remove("failed");
  progress();
}

function fail(message) {
  $("answerbox").hidden = false;
  $("answerbox").classList.add("failed");
  $("answer").textContent = message;
}

async function run(query) {
  running = new AbortController();
  $("send").textContent = "Stop";
  reset();
  const clock = setInterval(() => rounds.forEach((each) => each.tick()), TICK_MS);
  let answer = "";
  try {
    for await (const chunk of server.ask(query, running.signal)) {
      const event = chunk.toolschool, content = chunk.choices[0]?.delta.content;
      if (event) ON[event.type]?.(event);
      if (content) $("answer").textContent = answer += content;
      else if (event && !answer) progress();
    }
    reach("answered");
  } catch (error) {
    fail(error.name === "AbortError" ? "Stopped. The desk shows what was done until then." : "That did not work: " + error.message);
    refused(error);
  } finally {
    clearInterval(clock);
    rounds.forEach((each) => each.close());
    $("timings").textContent = reached.map(([what, seconds]) => what + " after " + duration(seconds)).join(" · ");
    running = null;
    $("send").textContent = "Run";
  }
  await showDesk();
}

async function showDesk() {
  try {
    showChanges($("desk"), (await server.get("v1/desk")).changes);
  } catch (error) {
    $("desk").replaceChildren(make("p", "It could not be read: " + error.message, "soft"));
  }
}

/* A server with keys: ask for one, or say that this one is none of them. */
function refused(error) {
  if (!(error instanceof Refused && error.status === 401)) return;
  $("keybox").hidden = false;
  $("api").hidden = true; // a link sends no key
  $("keynote").textContent = server.key ? "The server refused this key." : "";
}

/* What there is: a desk has rows to show and examples that fit it; other tools are listed. */
async function look() {
  try {
    const tools = (await server.get("v1/tools")).data.map((tool) => tool.function);
    const desk = tools.some((tool) => tool.name === "create_note");
    for (const node of document.querySelectorAll(".of-desk")) node.hidden = !desk;
    $("known").hidden = desk;
    $("known").replaceChildren(...tools.slice(0, MOST_LISTED).map((tool) => {
      const chip = make("li", tool.name);
      chip.title = tool.description;
      return chip;
    }));
    if (tools.length > MOST_LISTED) $("known").append(make("li", "and " + (tools.length - MOST_LISTED) + " more"));
    $("keynote").textContent = "";
  } catch (error) {
    refused(error);
    if (!(error instanceof Refused && error.status === 401)) fail("The tools could not be listed: " + error.message);
    return;
  }
  await showDesk();
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) return running.abort();
  const query = $("query").value.trim();
  if (query) run(query);
});
$("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!running) $("form").requestSubmit();
  }
});
$("key").addEventListener("change", () => {
  server.key = $("key").value.trim();
  look();
});
for (const text of EXAMPLES) {
  const button = make("button", text), item = make("li");
  button.type = "button";
  button.addEventListener("click", () => { $("query").value = text; $("query").focus(); });
  item.append(button);
  $("examples").append(item);
}
$("query").value = new URLSearchParams(location.search).get("q") ?? "";
look();
