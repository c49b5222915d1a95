"""Random models of the right shape, small enough to be made in a test: a planner folder and a ToolRAG folder."""

from pathlib import Path

from toolschool.methods.tinyagent.template import COMPACT_TOKENS, PlannerTemplate
from toolschool.models import backbone
from toolschool.tools.desk.specs import desk_catalog


def make_planner(folder: Path) -> Path:
    """A Llama of a few thousand parameters with a compact tokenizer."""
    from toolschool.models.tokenizer import train_tokenizer

    names = desk_catalog().names
    texts = [f'<tools> {name}<query>text sid<plan>1. {name}("Sid", ["$1"], None)\n' for name in names]
    train_tokenizer(texts, 700, COMPACT_TOKENS).save_pretrained(folder / "tokenizer")
    shape = backbone.FreshConfig(tokenizer=str(folder / "tokenizer"), hidden_size=32, layers=1, heads=2)
    config = backbone.ModelConfig(fresh=shape)
    model, tokenizer = backbone.load(config)
    artifact = {"method": "tinyagent", "template": PlannerTemplate().model_dump(mode="json")}
    return backbone.save(model, tokenizer, folder / "planner", config=config, artifact=artifact)


def make_toolrag(folder: Path) -> Path:
    """MiniLM with an untrained head."""
    import torch

    from toolschool.models.classifier import ToolClassifier

    torch.manual_seed(0)
    names = desk_catalog().names
    model = ToolClassifier.build(num_labels=len(names), lora={"r": 2})
    return model.save_pretrained(folder / "toolrag", tools=list(names))
