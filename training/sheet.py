"""Paints a contact sheet straight from a run's averaged weights, to see how training goes.

    python3 training/sheet.py teacher OUT.png [--steps 4] [--guidance 1] [--seed 1]
"""

import argparse
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

from codes import Codes
from common import DEVICE, weights_file
from model import vae
from painter import Painter
from sampling import sample
from train_text import load_texts, tokenizer_of

PROMPTS = """a red apple|a panda|a fox on a blue background|a purple apple on a yellow background|flat rocket|flat cat
a green dinosaur|一只蓝色的章鱼|a flat pink castle on a black background|flat mushroom on a green background|a slice of pizza|a unicorn
一辆红色的汽车|黄色背景上的企鹅|a blue hamburger|two yellow balloons|a flat orange guitar on a purple background|a snowman on a blue background
a flat heart on a pink background|a teapot|扁平的幽灵|扁平风格的向日葵|a green butterfly|an owl on an orange background""".replace("\n", "|").split("|")


def painter_of(run: str) -> Painter:
    """The averaged weights of a run."""
    painter = Painter()
    painter.load_state_dict(load_file(weights_file(run)))
    return painter.to(DEVICE).eval()


@torch.no_grad()
def encoded(prompts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Context and pooled text of prompts."""
    ids = tokenizer_of()(prompts, padding="max_length", truncation=True, return_tensors="pt").input_ids
    return load_texts()(ids.to(DEVICE))


def vae_run() -> str:
    """The run of the autoencoder: fitted to what the UNet paints once it has been."""
    return next((run for run in ("fitted-vae", "vae") if weights_file(run).exists()), "vae")


def decoder():
    """The trained decoder where there is one, else the least-squares inverse of the codes."""
    file = weights_file(vae_run())
    if not file.exists():
        return Codes.load().decode
    network = vae()
    network.load_state_dict(load_file(file))
    return lambda z: network.eval().decode(z).sample


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("run")
    options.add_argument("out")
    options.add_argument("--steps", type=int, default=4)
    options.add_argument("--guidance", type=float, default=1.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--side", type=int, default=256)
    options = options.parse_args()
    painter, decode = painter_of(options.run), decoder()
    side, generator = (options.side, options.side), torch.Generator().manual_seed(options.seed)
    latents = sample(painter, *encoded(PROMPTS), side, options.steps, options.guidance, generator)
    with torch.no_grad():
        pictures = torch.cat([decode(z) for z in latents.cpu().split(1)])
    pixels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(pixels[k : k + 6]), 1) for k in range(0, len(pixels), 6)]
    Image.fromarray(np.concatenate(rows, 0)).save(options.out)


if __name__ == "__main__":
    sys.exit(main())
