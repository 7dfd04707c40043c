"""Writes LoRAs that break one rule each, for tests: e2e/fixtures/lora-cases/.

    python3 training/lora_cases.py

They are seeded noise in a few modules of the embedded model, in the form of kohya's scripts. Each is like the others but
for what its name says; README.md beside them tells what each breaks.
"""

import sys
from functools import partial

import torch

from common import ROOT, SEED
from lora_files import BASE, kohya_name, metadata, tensors_of, write
from model import text_encoders, unet
from vocabulary import LENGTH

FOLDER = ROOT.parent / "e2e/fixtures/lora-cases"
BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0"
ATTENTION = tuple(f"{BLOCK}.attn2.{layer}" for layer in ("to_q", "to_k", "to_v", "to_out.0"))
RANK, ALPHA = 8, 4.0
SIZE = 0.02  # of the factors' values: little enough to leave a picture recognisable
SD1_WIDTH, SD1_CONTEXT = 320, 768


class Noise:
    """Factors of modules, the same in every run."""

    def __init__(self, name: str):
        self.generator = torch.Generator().manual_seed(SEED + sum(name.encode()))

    def values(self, *shape: int) -> torch.Tensor:
        return SIZE * torch.randn(shape, generator=self.generator)

    def module(self, name: str, down: tuple[int, ...], up: tuple[int, ...], alpha: float) -> dict[str, torch.Tensor]:
        return tensors_of(name, self.values(*down), self.values(*up), alpha)


def attention(noise: Noise, rank: int = RANK, alpha: float = ALPHA) -> dict[str, torch.Tensor]:
    """A sound LoRA of one attention."""
    network, tensors = unet(), {}
    for path in ATTENTION:
        out, inner = network.get_submodule(path).weight.shape
        tensors |= noise.module(kohya_name("unet", path), (rank, inner), (out, rank), alpha)
    return tensors


def conv_in(noise: Noise) -> dict[str, torch.Tensor]:
    """Besides the attention, the first convolution: LoCon's form, down as wide as its kernel."""
    weight = unet().conv_in.weight
    down, up = (RANK, *weight.shape[1:]), (weight.shape[0], RANK, 1, 1)
    return attention(noise) | noise.module(kohya_name("unet", "conv_in"), down, up, ALPHA)


def norms() -> dict[str, int]:
    """Widths of the norms of one block and of a text encoder's first layer, by kohya's names."""
    network, (encoder, _) = unet(), text_encoders(LENGTH)
    found = {kohya_name("unet", path): network.get_submodule(path) for path in (f"{BLOCK}.norm{k}" for k in (1, 2, 3))}
    for path, layer in encoder.named_modules():
        if path.endswith("layers.0.layer_norm1"):
            found[kohya_name("text_encoder", path)] = layer
    return {name: layer.weight.numel() for name, layer in found.items()}


def norm_factors(noise: Noise) -> dict[str, torch.Tensor]:
    """Besides the attention, factors of norms' weights."""
    tensors = attention(noise)
    for name, width in norms().items():
        tensors |= noise.module(name, (RANK,), (width, RANK), ALPHA)
    return tensors


def norm_differences(noise: Noise) -> dict[str, torch.Tensor]:
    """Besides the attention, differences of norms' weights and biases, as LyCORIS names them."""
    tensors = attention(noise)
    for name, width in norms().items():
        tensors |= {f"{name}.{key}": noise.values(width).bfloat16() for key in ("w_norm", "b_norm")}
    return tensors


def dora(noise: Noise) -> dict[str, torch.Tensor]:
    """The attention with a magnitude for each output, as LyCORIS names it."""
    tensors = attention(noise)
    for path in ATTENTION:
        out = unet().get_submodule(path).weight.shape[0]
        tensors[f"{kohya_name('unet', path)}.dora_scale"] = (1 + noise.values(out, 1)).bfloat16()
    return tensors


def sd1(noise: Noise) -> dict[str, torch.Tensor]:
    """Modules of Stable Diffusion 1.x: one text encoder, attention in the first block, a context of 768."""
    tensors = {}
    for layer in ("q_proj", "v_proj"):
        name = f"lora_te_text_model_encoder_layers_0_self_attn_{layer}"
        tensors |= noise.module(name, (RANK, SD1_CONTEXT), (SD1_CONTEXT, RANK), ALPHA)
    for layer, inner in (("to_q", SD1_WIDTH), ("to_k", SD1_CONTEXT), ("to_v", SD1_CONTEXT), ("to_out.0", SD1_WIDTH)):
        name = kohya_name("unet", f"down_blocks.0.attentions.0.transformer_blocks.0.attn2.{layer}")
        tensors |= noise.module(name, (RANK, inner), (SD1_WIDTH, RANK), ALPHA)
    return tensors


CASES = {
    "sound": attention,
    "rank-16-alpha-32": partial(attention, rank=16, alpha=32.0),
    "conv-in": conv_in,
    "not-normalised": partial(attention, alpha=32.0),
    "norm-factors": norm_factors,
    "norm-differences": norm_differences,
    "dora": dora,
    "sd1": sd1,
}


def main() -> None:
    for name, case in CASES.items():
        rank, alpha = {"rank": RANK, "alpha": ALPHA, **getattr(case, "keywords", {})}.values()
        said = metadata(name, rank, alpha, base="sd_v1" if name == "sd1" else BASE)
        write(FOLDER / f"{name}.safetensors", case(Noise(name)), said)


if __name__ == "__main__":
    sys.exit(main())
