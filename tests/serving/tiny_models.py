"""Model folders with random weights but real formats: a tool retriever over MiniLM and a compact planner."""

from pathlib import Path

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


CALLS = (
    ("Convert 20 dollars to euros", "convert", {"amount": 20, "origin": "USD", "target": "EUR"}),
    ("Convert 8 pounds to dollars", "convert", {"amount": 8, "origin": "GBP", "target": "USD"}),
    ("Note that rent is $1 more", "note", {"text": "rent is $1 more"}),
    ("Note that it is done", "note", {"text": "it is done"}),
)


def save_caller(folder: Path, functions: Path, tools: str = "text") -> Path:
    """A model folder of STE: a tiny model that learns `CALLS` by heart in seconds, with the functions' tools."""
    import torch

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
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(300):
        losses = [model(**{key: torch.tensor([row[key]]) for key in row}).loss for row in rows]
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()
        if max(losses) < 0.02:
            break
    card = {"method": METHOD, "template": template.model_dump(mode="json")}
    save(model, tokenizer, folder, config=config, artifact=card)
    (folder / TOOLS_FILE).write_text(tools_to_json(catalog))
    (folder / SOURCES_FILE).write_text(sources_to_json(sources))
    return folder
