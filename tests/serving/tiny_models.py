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
