"""LoRA files as kohya's scripts write them: names of modules, tensors, what the metadata says."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from export import LICENCE, TEXT_PREFIX

PREFIXES = {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}
BASE = "sdxl_base_v1-0"  # what kohya's scripts call SDXL's architecture


def kohya_name(component: str, path: str) -> str:
    """The name of a module at `path` of a component; some versions of transformers leave `text_model.` out."""
    if component != "unet":
        path = TEXT_PREFIX + path.removeprefix(TEXT_PREFIX)
    return PREFIXES[component] + path.replace(".", "_")


def metadata(name: str, rank: int, alpha: float, base: str = BASE, **others: str) -> dict[str, str]:
    """What every file says of itself, and `others`."""
    return {
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(rank),
        "ss_network_alpha": str(alpha),
        "ss_base_model_version": base,
        "ss_output_name": name,
        "modelspec.license": LICENCE,
        **others,
    }


def of_trigger(trigger: str, pictures: int) -> dict[str, str]:
    """Metadata of a word that calls what was learned, as pages and programs look for it."""
    return {
        "ss_tag_frequency": json.dumps({trigger: {trigger: pictures}}),
        "modelspec.trigger_phrase": trigger,
    }


def tensors_of(name: str, down: torch.Tensor, up: torch.Tensor, alpha: float) -> dict[str, torch.Tensor]:
    """A module's three tensors, in bfloat16."""
    values = {"lora_down.weight": down, "lora_up.weight": up, "alpha": torch.tensor(float(alpha))}
    return {f"{name}.{key}": value.detach().cpu().bfloat16().contiguous() for key, value in values.items()}


def write(file: Path, tensors: dict[str, torch.Tensor], said: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file, said)
    print(f"{file.name}: {len(tensors)} tensors, {file.stat().st_size / 1000:.0f} kB")
