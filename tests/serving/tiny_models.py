"""Model folders with random weights but real formats: a tool retriever over MiniLM and a compact planner."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolschool.tools.desk import DESK_TOOLS, desk_catalog

TEXTS = ["Text Sid that I am running late", "Create a note called Groceries", "Remind me to call Mom tomorrow"]


def save_retriever(folder: Path) -> Path:
    """A ToolRAG folder; untrained, so what it finds means nothing."""
    import torch

    from toolschool.models.classifier import ToolClassifier

    torch.manual_seed(0)
    model = ToolClassifier.build(num_labels=len(DESK_TOOLS), lora={"r": 2})
    return model.save_pretrained(folder, tools=list(DESK_TOOLS))


def save_planner(folder: Path) -> Path:
    """A planner folder; its plans are what the grammar allows and chance picks."""
    from toolschool.methods.tinyagent.template import PlannerTemplate
    from toolschool.models.backbone import FreshConfig, ModelConfig, load, save
    from toolschool.models.tokenizer import train_tokenizer

    template = PlannerTemplate()
    added = (*template.added_tokens, *(f" {name}" for name in desk_catalog().names))
    train_tokenizer(TEXTS, 600, added).save_pretrained(folder)
    config = ModelConfig(fresh=FreshConfig(tokenizer=str(folder), hidden_size=32, layers=1, heads=2))
    model, tokenizer = load(config)
    artifact = {"method": "tinyagent", "template": template.model_dump(mode="json"), "tools": list(DESK_TOOLS)}
    return save(model, tokenizer, folder, config=config, artifact=artifact)


def learn_by_heart(model: Any, rows: Sequence[Mapping[str, list[int]]]) -> None:
    """Train until every row's loss is small; seconds for a few short rows."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(300):
        losses = [model(**{key: torch.tensor([row[key]]) for key in row}).loss for row in rows]
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        if max(losses) < 0.02:
            break


CALLS = (
    ("Convert 20 dollars to euros", "convert", {"amount": 20, "origin": "USD", "target": "EUR"}),
    ("Convert 8 pounds to dollars", "convert", {"amount": 8, "origin": "GBP", "target": "USD"}),
    ("Note that rent is $1 more", "note", {"text": "rent is $1 more"}),
    ("Note that it is done", "note", {"text": "it is done"}),
)


def save_caller(folder: Path, functions: Path, tools: str = "text") -> Path:
    """A model folder of STE: a tiny model that learns `CALLS` by heart in seconds, with the functions' tools."""
    from toolschool.methods.ste.learnt import METHOD, SOURCES_FILE, TOOLS_FILE
    from toolschool.methods.ste.template import StePrompt
    from toolschool.models.backbone import FreshConfig, ModelConfig, load, save
    from toolschool.models.tokenizer import train_tokenizer
    from toolschool.tools.described import tools_to_json
    from toolschool.tools.toolsets import ToolSource, describe_toolsets
    from toolschool.tools.toolsets.places import sources_to_json

    sources = [ToolSource(functions=str(functions))]
    catalog, template = describe_toolsets(sources).catalog, StePrompt(tools=tools)
    texts = [template.prompt(query) + template.completion(query, name, arguments) for query, name, arguments in CALLS]
    train_tokenizer(texts, 400, template.added_tokens(catalog.names)).save_pretrained(folder)
    config = ModelConfig(fresh=FreshConfig(tokenizer=str(folder), hidden_size=64, layers=2, heads=4))
    model, tokenizer = load(config)
    rows = [template.row(tokenizer, query, name, arguments, 256) for query, name, arguments in CALLS]
    learn_by_heart(model, rows)
    card = {"method": METHOD, "template": template.model_dump(mode="json")}
    save(model, tokenizer, folder, config=config, artifact=card)
    (folder / TOOLS_FILE).write_text(tools_to_json(catalog))
    (folder / SOURCES_FILE).write_text(sources_to_json(sources))
    return folder


SUM = "12 and 34 are"
WORKED = "12 and 34 are [Calculator(12 + 34)->46] 46 in all."
QUESTION = "What do 12 and 34 make?"
NOTE = "Write down that rent is due"


def fresh(folder: Path, **more: Any) -> Any:
    """Configuration, model and tokenizer: tiny, random, with nano's tokens."""
    from toolschool.models.backbone import FreshConfig, ModelConfig, load

    shape = FreshConfig(tokenizer="assets/nano", hidden_size=64, layers=2, heads=2)
    folder.mkdir(parents=True, exist_ok=True)
    config = ModelConfig(fresh=shape, **more)
    return config, *load(config)


def token_row(ids: Sequence[int]) -> dict[str, list[int]]:
    """A row of which every token is learnt."""
    return {"input_ids": list(ids), "labels": list(ids)}


def save_inline(folder: Path) -> Path:
    """A model folder of Toolformer that knows `WORKED` by heart."""
    from toolschool.methods.toolformer.markers import Markers
    from toolschool.methods.toolformer.merging import encode_merged
    from toolschool.models.backbone import save

    config, model, tokenizer = fresh(folder)
    learn_by_heart(model, [token_row([*encode_merged(tokenizer, WORKED, Markers()), tokenizer.eos_token_id])])
    card = {
        "method": "toolformer",
        "style": "annotated",
        "markers": Markers().model_dump(),
        "tools": [{"use": "calculator"}],
    }
    return save(model, tokenizer, folder, config=config, artifact=card)


def save_head(folder: Path) -> Path:
    """A head of one tool over a frozen model that knows the answer to `QUESTION`, and how its call is written."""
    import torch

    from toolschool.methods.toolken.pieces import continued
    from toolschool.methods.toolken.prompts import Prompts
    from toolschool.methods.toolken.reading import Reading
    from toolschool.models.backbone import save
    from toolschool.models.tool_head import ToolHead

    config, model, tokenizer = fresh(folder)
    asked, behind = Prompts().asked(QUESTION), " 12 + 34 ="
    before = tokenizer(asked + behind, add_special_tokens=False)["input_ids"]
    answer = [*before, *continued(tokenizer, " 46."), *continued(tokenizer, "\n")]
    tail = tokenizer(asked + behind + "<add>(", add_special_tokens=False)["input_ids"]
    learn_by_heart(model, [token_row(answer), token_row([*tail, *continued(tokenizer, "12, 34)")])])
    save(model, tokenizer, folder / "base", config=config, artifact={})
    state = Reading.of(model.eval(), before).state
    head = ToolHead(["add"], len(state))
    with torch.no_grad():
        head.weight.copy_(200 * state[None] / state.norm() ** 2)
    head.bias.fill_(-160)  # likelier than any word there, and behind nothing that reads otherwise
    return head.save_pretrained(folder / "model", base=str(folder / "base"))


def save_acting(folder: Path) -> Path:
    """A model folder of ToolGen that does `NOTE` with the desk's tool, and then says so."""
    import json
    from datetime import datetime

    from toolschool.datasets.api_docs import ApiDoc
    from toolschool.methods.toolgen.episodes import Episode, Step
    from toolschool.methods.toolgen.indexing import build_index, token_words
    from toolschool.methods.toolgen.playground import Playground
    from toolschool.methods.toolgen.protocol import Protocol, Spelling, encode
    from toolschool.methods.toolgen.worlds import DeskWorld
    from toolschool.models.backbone import save
    from toolschool.tools.simulated.calls import Exchange

    docs = [ApiDoc(*key, tool.description) for key, tool in DeskWorld().tools.items()]
    index, ground = build_index("atomic", docs), Playground(docs, [])
    folder.mkdir(parents=True, exist_ok=True)
    words = folder / "tokens.json"
    words.write_text(json.dumps(token_words(index, docs)))
    config, model, tokenizer = fresh(folder, token_words=str(words))
    made = "Note 'Rent' created in folder 'Notes'."
    exchange = Exchange("create_note", {"name": "Rent", "content": "rent is due", "folder": ""}, answer=made)
    step = Step("First the note.", next(key for key in ground.tools if key[2] == "create_note"), exchange)
    episode = Episode("note", NOTE, (step,), "All is done.", "I wrote it down.", datetime(2026, 3, 2, 9))
    protocol = Protocol(index, ground.tools)
    learn_by_heart(model, [encode(Spelling(tokenizer, index), protocol, episode, 1024)])
    card = {"method": "toolgen", "template": {}, "stage": "act", "max_length": 600}
    save(model, tokenizer, folder / "model", config=config, artifact=card)
    index.save(folder / "model")
    ground.save(folder / "model")
    return folder / "model"


def save_adapter(folder: Path, base: str, seed: int) -> Path:
    """A LoRA adapter over a model, large enough to change what it writes."""
    import torch

    from toolschool.models.backbone import LoraConfig, ModelConfig, load, read_artifact, save

    config = ModelConfig(name=base, adapter="lora", lora=LoraConfig(r=4), merge=False)
    model, tokenizer = load(config)
    torch.manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(weight, std=0.1)
    return save(model, tokenizer, folder, config=config, artifact=read_artifact(base))
