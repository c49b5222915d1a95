"""The page at `/` in a headless Chromium: a real gateway and a real desk behind it, the models scripted, tools held by the test."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import options
from serving.auth import digest
from serving.bench import ToolBench
from serving.gateway import create_app
from serving.settings import GatewaySettings
from serving.tool_service import ToolService
from toolschool.tools.catalog import Catalog
from toolschool.tools.desk import DESK_TOOLS, Desk, default_world
from toolschool.tools.run import threaded
from toolschool.tools.toolsets.functions import read_functions

playwright = pytest.importorskip(
    "playwright.sync_api", reason="the page is tested with Playwright: pip install playwright"
)
expect = playwright.expect
expect.set_options(timeout=20_000)  # a busy machine makes a slow page, not a wrong one
pytestmark = pytest.mark.timeout(240)

NOW = datetime(2026, 3, 2, 9, 0)
END = "join()<END_OF_PLAN>\n"
TEXT_TWO = f"""1. get_phone_number("Sid")
2. get_phone_number("Lutfi")
3. send_sms(["$1", "$2"], "I am late")
4. {END}"""
HELD = "get_phone_number"
HOSTILE = Path(__file__).with_name("hostile_tools.py")
KEY = "s3cret"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Agent:
    """A gateway at `url`. `hold` keeps calls of HELD from ending until `let_go` is set."""

    models: Any
    url: str = ""
    let_go: threading.Event = field(default_factory=threading.Event)

    def plans(self, *plans: str) -> None:
        """What is planned from now on, whatever is asked."""
        self.models.plans = list(plans)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        wanted = options()
    except FileNotFoundError as error:
        pytest.skip(f"the page is tested in a browser; {error}")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(**wanted)
        yield browser
        browser.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(NOW, world=default_world())
    yield desk
    desk.close()


@pytest.fixture
def serve_agent(scripted, desk, serve):
    """Starts gateways: `serve_agent(settings)`."""
    hostile = read_functions(str(HOSTILE))
    begun = []

    def start(settings: GatewaySettings) -> Agent:
        agent = Agent(scripted(TEXT_TWO, tools=(*DESK_TOOLS, *(tool.name for tool in hostile))))

        async def retrieve(query):
            return [{"name": name, "probability": 0.98 - k / 100} for k, name in enumerate(agent.models.found)]

        def held(tool):
            @threaded
            def run(**args):
                assert agent.let_go.wait(60)
                return desk.call(tool.name, args)

            return replace(tool, run=run) if tool.name == HELD else tool

        agent.models.retrieve = retrieve
        service = ToolService(
            agent.models, desk, lambda: NOW, catalog_at=lambda now: Catalog([*map(held, desk.catalog(now)), *hostile])
        )
        agent.url = serve(create_app(service, settings))
        begun.append(agent)
        return agent

    yield start
    for agent in begun:
        agent.let_go.set()


@pytest.fixture
def agent(serve_agent):
    return serve_agent(GatewaySettings())


@pytest.fixture
def open_page(browser):
    """Opens the page of an agent: `open_page(agent, viewport=...)`. Whatever goes elsewhere, or wrong in the console, fails the test."""
    contexts, wrong = [], []

    def start(agent: Agent, **how: Any) -> Any:
        context = browser.new_context(**{"viewport": DESKTOP, **how})
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("request", lambda each: each.url.startswith((agent.url, "data:")) or wrong.append(each.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda line: line.type == "error" and "Failed to load" not in line.text and wrong.append(line.text),
        )
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(agent.url)
        return page

    yield start
    for context in contexts:
        context.close()
    assert wrong == []


def ask(page: Any, query: str = "Text Sid and Lutfi that I am late") -> None:
    page.get_by_label("What should be done?").fill(query)
    page.get_by_role("button", name="Run", exact=True).click()


def node(page: Any, step: int, state: str | None = None) -> Any:
    return page.locator(f".node{'.' + state if state else ''}[data-step='{step}']")


def call(page: Any, step: int) -> Any:
    return page.locator(".calls > li").nth(step - 1)


def finished(page: Any, agent: Agent) -> None:
    """Ask, and wait for the end."""
    agent.let_go.set()
    ask(page)
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    expect(page.locator("#time")).to_have_text(re.compile(r"in [\d.]+ m?s"))


def test_the_graph_lights_up_while_the_plan_runs(agent, open_page):
    page = open_page(agent)
    ask(page)
    for step in (1, 2):
        expect(node(page, step, "running")).to_contain_text(re.compile(rf"{step}\. get_phone_number.*running · "))
    expect(node(page, 3, "waiting")).to_contain_text(re.compile(r"send_sms.*waiting.*uses 1, 2"))
    edges = page.locator(".edge")
    assert [(edge.get_attribute("data-from"), edge.get_attribute("data-to")) for edge in edges.all()] == [
        ("1", "3"),
        ("2", "3"),
    ]
    expect(page.locator(".edge.ok")).to_have_count(0)
    expect(page.locator("#answer")).to_have_text("Working … 0 of 3 steps")
    first = node(page, 1).locator(".state").inner_text()
    expect(node(page, 1).locator(".state")).not_to_have_text(first)  # its seconds go on
    agent.let_go.set()
    for step in (1, 2, 3):
        expect(node(page, step, "ok")).to_contain_text("done · ")
    expect(page.locator(".edge.ok")).to_have_count(2)
    expect(page.get_by_role("list", name="Steps of plan 1").get_by_role("button")).to_have_count(3)
    shapes = {step: node(page, step).locator(".shape path").get_attribute("d") for step in (1, 3)}
    assert shapes[1] == shapes[3] != ""


def test_what_is_shown_of_a_run(agent, open_page):
    page = open_page(agent)
    finished(page, agent)
    expect(page.locator("#tools li").first).to_have_text(f"{DESK_TOOLS[0]}98%")
    expect(page.locator("#tools li").nth(1)).to_have_text(f"{DESK_TOOLS[1]}97%")
    expect(page.locator(".round pre")).to_contain_text('3. send_sms(["$1", "$2"], "I am late")')
    expect(call(page, 1).locator("code")).to_have_text('1. get_phone_number("Sid")')
    expect(call(page, 1).locator(".said")).to_have_text("+15550100101")
    expect(call(page, 3).locator("code")).to_have_text(
        re.compile(r'^3\.\ssend_sms\(\["\+15550100101",".*"\], "I am late"\)$')
    )
    expect(call(page, 3).locator(".state")).to_have_text(re.compile(r"^done · \d+ ms$"))
    begins, ends = zip(
        *(map(float, re.findall(r"\d+\.\d\d", call(page, step).locator(".clock").inner_text())) for step in (1, 2, 3)),
        strict=True,
    )
    assert begins[0] <= begins[2] <= ends[2]
    assert max(ends[:2]) <= begins[2] + 0.01
    expect(page.locator("#timings")).to_have_text(
        re.compile(r"^tools found after .* · plan begun after .* · first call after .* · answered after ")
    )
    for box in ("#effects", "#desk"):
        expect(page.locator(box)).to_contain_text("messages · added")
        expect(page.locator(box).get_by_role("cell", name="I am late")).to_be_visible()


def test_a_replan_draws_a_second_graph_under_the_first(agent, open_page):
    agent.plans(f'1. get_phone_number("Sid")\n2. nosuch("$1")\n3. {END}', f'3. send_sms(["$1"], "late")\n4. {END}')
    page = open_page(agent)
    finished(page, agent)
    expect(page.locator(".round")).to_have_count(2)
    expect(page.locator(".round h2").nth(1)).to_contain_text(re.compile("Plan 2.*planned again: .*nosuch"))
    expect(node(page, 2, "failed")).to_contain_text("invalid")
    expect(page.locator(".round").nth(1).locator(".node.ok")).to_contain_text(re.compile(r"3\. send_sms.*done.*uses 1"))
    above, below = (page.locator(".graph").nth(each).bounding_box() for each in (0, 1))
    assert above["y"] + above["height"] < below["y"]


def test_a_failed_tool_and_what_waits_for_it(agent, open_page):
    agent.plans(f'1. rude()\n2. echo("$1")\n3. echo("here")\n4. {END}')
    page = open_page(agent)
    finished(page, agent)
    expect(node(page, 1, "failed")).to_contain_text("failed · ")
    expect(node(page, 2, "skipped")).to_contain_text("skipped")
    expect(node(page, 3, "ok")).to_contain_text("done · ")
    expect(page.locator(".edge.failed")).to_have_count(1)
    expect(call(page, 1).locator(".said")).to_contain_text("rude failed: Rude: go away")
    shapes = [node(page, step).locator(".shape path").get_attribute("d") for step in (1, 2, 3)]
    assert len(set(shapes)) == 3


def test_stopping_leaves_nothing_that_seems_to_run(agent, open_page):
    page = open_page(agent)
    ask(page)
    expect(node(page, 1, "running")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#answer")).to_contain_text("Stopped.")
    expect(page.locator(".node.skipped")).to_have_count(3)
    expect(node(page, 1)).to_contain_text("not finished")
    expect(page.locator(".running, .writing")).to_have_count(0)


@pytest.mark.parametrize("probability", [0.9, None])
def test_tools_without_a_desk(scripted, serve, open_page, probability):
    """What was retrieved is shown; a caller, which knows all its tools by heart, retrieves none."""
    tools = read_functions(str(HOSTILE))
    agent = Agent(scripted(f'1. echo("hi")\n2. {END}'))

    async def retrieve(query):
        return [{"name": "echo", "probability": probability}]

    agent.models.retrieve = retrieve
    service = ToolService(agent.models, ToolBench(Catalog(tools)), lambda: NOW)
    agent.url = serve(create_app(service, GatewaySettings()))
    page = open_page(agent)
    expect(page.locator("#known li")).to_have_count(len(tools))
    finished(page, agent)
    expect(page.locator("#answer")).to_have_text("hi")
    expect(page.locator("#toolbox")).to_be_visible(visible=probability is not None)
    for box in ("#examples", "#effects", "#desk"):
        expect(page.locator(box)).to_be_hidden()


def test_an_error_of_the_server_is_told(agent, open_page):
    page = open_page(agent)
    agent.models.error = RuntimeError("broken")
    ask(page)
    expect(page.locator("#answer")).to_contain_text("That did not work: the planner failed")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_a_key_is_asked_for_and_used(serve_agent, open_page):
    agent = serve_agent(GatewaySettings(keys={digest(KEY): "alice"}))
    page = open_page(agent)
    key = page.get_by_label("API key")
    expect(key).to_be_visible()
    key.fill("wrong")
    key.press("Tab")
    expect(page.get_by_role("alert")).to_have_text("The server refused this key.")
    key.fill(KEY)
    key.press("Tab")
    expect(page.get_by_role("alert")).to_have_text("")
    finished(page, agent)
    expect(page.locator("#answer")).to_contain_text("+15550100101")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_can_be_read(agent, open_page, scheme):
    """WCAG's contrast of texts, 4.5, wherever a text stands in a finished run, a failed one and a running one."""
    agent.plans(f'1. rude()\n2. echo("$1")\n3. echo("here")\n4. get_phone_number("Sid")\n5. {END}')
    page = open_page(agent, color_scheme=scheme)
    ask(page)
    expect(node(page, 4, "running")).to_be_visible()
    expect(node(page, 2, "skipped")).to_be_visible()
    page.wait_for_timeout(400)  # colours pass into each other
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) is (scheme == "dark")
    assert [each for each in page.evaluate(CONTRASTS) if each["contrast"] < 4.5] == []


CONTRASTS = """() => {
  const light = (c) => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = (rgb) => 0.2126 * light(rgb[0]) + 0.7152 * light(rgb[1]) + 0.0722 * light(rgb[2]);
  const colours = (text) => [...text.matchAll(/rgba?\\(([^)]*)\\)/g)].map((match) => match[1].split(",").map(Number)).filter((c) => c[3] !== 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const style = getComputedStyle(node), found = [...colours(style.backgroundImage), ...colours(style.backgroundColor)];
      if (found.length) return found[0];
    }
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    const [a, b] = [colours(getComputedStyle(node).color)[0], behind(node)].map(luminance).sort((one, other) => one - other);
    found.push({ text: walker.currentNode.textContent.slice(0, 40), contrast: (b + 0.05) / (a + 0.05) });
  }
  if (found.length < 20) throw new Error("only " + found.length + " texts");
  return found;
}"""


@pytest.mark.parametrize("width", [320, 390, 700])
def test_it_fits_a_phone(agent, open_page, width):
    chain = [f'{k}. echo("{"$" + str(k - 1) if k > 1 else "w" * 400}")' for k in range(1, 7)]
    agent.plans("\n".join([*chain, '7. get_phone_number("Sid")', '8. send_sms(["$7"], "$6")', f"9. {END}"]))
    page = open_page(agent, viewport={**PHONE, "width": width}, has_touch=True, is_mobile=True)
    finished(page, agent)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    places = [each.bounding_box() for each in page.locator(".node").all()]
    assert len(places) == 8
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= width
        assert place["width"] >= 120
    for above, below in pairwise(sorted(places, key=lambda place: place["y"])):
        assert above["y"] + above["height"] <= below["y"]


def test_by_keyboard_alone(agent, open_page):
    agent.let_go.set()
    page = open_page(agent)
    page.keyboard.press("Tab")
    page.keyboard.type("Text Sid")
    page.keyboard.press("Enter")
    expect(node(page, 3, "ok")).to_be_visible()
    page.locator("#examples button").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.step") == "1"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(call(page, 3)).to_be_focused()


def test_what_a_tool_says_never_becomes_markup(agent, open_page):
    agent.plans(f'1. page()\n2. echo("<img src=x onerror=alert(4)>$1")\n3. plan_syntax()\n4. {END}')
    page = open_page(agent)
    finished(page, agent)
    expect(call(page, 1).locator(".said")).to_contain_text("<script>alert(1)</script><img src=x onerror=alert(2)>")
    expect(call(page, 2).locator("code")).to_contain_text("<img src=x onerror=alert(4)>")
    expect(page.locator("#answer")).to_contain_text("<script>")
    assert page.locator("main script, main img, main a").count() == 0
    assert page.locator(".node").count() == 3  # the plan in a result is a text, too


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_where_that_is_asked_for(agent, open_page, motion):
    page = open_page(agent, reduced_motion=motion)
    ask(page)
    expect(node(page, 1, "running")).to_be_visible()
    moving = page.evaluate("document.getAnimations().filter((each) => each instanceof CSSAnimation).length")
    assert (moving > 0) is (motion == "no-preference")


def test_where_the_steps_stand(agent, open_page):
    """`layout.js` alone: columns by depth, none on another, inside the width; a reference to nowhere is no line."""
    page = open_page(agent)
    places = page.evaluate(
        """async () => {
          const { layout } = await import("./page/layout.js");
          const steps = [[1, []], [2, []], [3, [1]], [4, [3, 2]], [5, [9, 5]]].map(([id, needs]) => ({ id, needs }));
          return [900, 300].map((width) => { const made = layout(steps, width);
            return { ...made, places: [...made.places].map(([id, place]) => ({ id, ...place })) }; });
        }"""
    )
    for made, width in zip(places, (900, 300), strict=True):
        at = {place["id"]: place for place in made["places"]}
        assert at[1]["x"] == at[2]["x"] == at[5]["x"] < at[3]["x"] < at[4]["x"]
        assert sorted((edge["from"], edge["to"]) for edge in made["edges"]) == [(1, 3), (2, 4), (3, 4)]
        for place in made["places"]:
            assert place["x"] + place["w"] <= width + 0.01
            assert place["y"] + place["h"] <= made["height"] + 0.01
            over = [
                other["id"]
                for other in made["places"]
                if other["id"] != place["id"]
                and abs(other["y"] - place["y"]) < place["h"]
                and other["x"] < place["x"] + place["w"]
                and place["x"] < other["x"] + other["w"]
            ]
            assert over == []
