"""Writes a run as a model folder: bfloat16 safetensors in the diffusers layout, tokenizers, scheduler, manifest.

    python3 training/export.py refined public/models/NAME [--guidance distilled]
"""

import argparse
import json
import random
import shutil
import sys
from pathlib import Path

import torch
import diffusers
from diffusers import EulerAncestralDiscreteScheduler
from safetensors.torch import load_file, save_file

import art
import scenes
from codes import Codes
from common import SEED, weights_file
from model import BETAS, SIDE, tiny_vae, vae
from sheet import painter_of, vae_run
from train_text import load_texts, tokenizer_of

NAME = "Emulsion emoji"
LICENCE = "Apache-2.0 (weights); trained on Fluent Emoji, MIT"
TEXT_PREFIX = "text_model."
EXAMPLES = Path(__file__).parent / "examples.json"
SIZES_AND_STYLES = Path(__file__).parent / "sizes-and-styles.json"


def preview_factors(codes: Codes) -> dict:
    """Least squares from a latent to the mean colour (0..1) of its 8×8 pixels, over training pictures."""
    rng = random.Random(SEED)
    pictures = [torch.from_numpy(art.render(scenes.sample(rng))) for _ in range(200)]
    pixels = torch.stack(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    latents = codes.encode(pixels).permute(0, 2, 3, 1).reshape(-1, codes.scale.numel())
    colours = torch.nn.functional.avg_pool2d(pixels / 2 + 0.5, 8).permute(0, 2, 3, 1).reshape(-1, 3)
    rows = torch.cat([latents, torch.ones(len(latents), 1)], 1).double()
    solution = torch.linalg.lstsq(rows, colours.double()).solution.float()
    rounded = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {"factors": rounded[:-1], "bias": rounded[-1]}


def averaged(run: str, network: torch.nn.Module) -> torch.nn.Module:
    network.load_state_dict(load_file(weights_file(run)))
    return network.eval()


def save(part: torch.nn.Module, folder: Path) -> None:
    part.to(torch.bfloat16).save_pretrained(folder, safe_serialization=True)


def save_text(encoder: torch.nn.Module, folder: Path) -> None:
    """Under the names that SDXL's checkpoints have; some versions of transformers leave `text_model.` out."""
    save(encoder, folder)
    (file,) = folder.glob("*.safetensors")
    tensors = load_file(file)
    if not any(name.startswith(TEXT_PREFIX) for name in tensors):
        save_file({TEXT_PREFIX + name: tensor for name, tensor in tensors.items()}, file, {"format": "pt"})


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("run")
    options.add_argument("folder", type=Path)
    options.add_argument("--guidance", default="distilled")
    options = options.parse_args()
    # Beside the folder, which is not touched before all of the new one is there.
    folder = options.folder.with_name(f"{options.folder.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    texts = load_texts()
    save(painter_of(options.run).unet, folder / "unet")
    save_text(texts.text_encoder, folder / "text_encoder")
    save_text(texts.text_encoder_2, folder / "text_encoder_2")
    save(averaged(vae_run(), vae()), folder / "vae")
    save(averaged("tiny-vae", tiny_vae()), folder / "tiny_vae")
    for name in ("tokenizer", "tokenizer_2"):
        tokenizer_of().save_pretrained(folder / name)
    EulerAncestralDiscreteScheduler(
        **BETAS, prediction_type="v_prediction", timestep_spacing="trailing", steps_offset=1
    ).save_pretrained(folder / "scheduler")
    index = {
        "_class_name": "StableDiffusionXLPipeline",
        "_diffusers_version": diffusers.__version__,
        "force_zeros_for_empty_prompt": True,
        "scheduler": ["diffusers", "EulerAncestralDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "tokenizer_2": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    manifest = {
        "name": NAME,
        "licence": LICENCE,
        "defaultSize": [SIDE, SIDE],
        "defaultSteps": 4,
        "sampler": "turbo",
        "guidance": options.guidance,
        "preview": preview_factors(Codes.load()),
        "examples": json.loads(EXAMPLES.read_text()),
        **json.loads(SIZES_AND_STYLES.read_text()),
    }
    for name, content in (("model_index.json", index), ("emulsion.json", manifest)):
        (folder / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(options.folder, ignore_errors=True)
    folder.rename(options.folder)
    print(f"{options.folder}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
