"""Fits the decoder to what a finished UNet paints, once distillation is over.

A caption determines its picture, so the true art is known for every latent the UNet ends with. Half of each batch are
such pairs, the other half stays what train_vae.py showed: the decoder still undoes exact codes. A critic keeps what is
painted as crisp and as plain as art is. The encoder and the UNet stay as they are.

    python3 training/fit_decoder.py --painter refined [--pictures 1200] [--steps 1000] [--share 0.5]
"""

import argparse
import os
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import art
import scenes
import words
from codes import Codes
from critic import balanced, critic, discernment
from common import DEVICE, SEED, Ema, Run, cosine, digest, mixed, set_rate, weights_file
from model import vae
from sampling import sample
from sheet import encoded, painter_of
from train_vae import Pictures, as_logged, difference, reconstruction

RATE = 5e-4
SIDE, LOT = 256, 20
# Sides of the crops in latents, and how many make up half a batch.
CROPS = ((16, 4), (8, 16), (16, 4), (32, 1))


def lots(count: int) -> list[tuple[list[scenes.Scene], list[str], int]]:
    """Training scenes to paint, LOT at a time until there are `count`: the scenes, their captions, steps."""
    rng, drawn = random.Random(f"{SEED} decoder"), []
    while len(drawn) * LOT < count:
        shown = [scenes.sample(rng) for _ in range(LOT)]
        captions = [words.caption_of(scene, rng.choice(words.LANGUAGES)) for scene in shown]
        drawn.append((shown, captions, rng.choice((1, 2, 4, 4, 4, 8))))
    return drawn


def painted(run: str, count: int, folder: Path) -> tuple[torch.Tensor, list[scenes.Scene]]:
    """Final latents [count, C, h, w] of training scenes, kept in `folder` because painting takes long, and the scenes."""
    drawn, file = lots(count), folder / f"painted-by-{run}-{digest(weights_file(run))}-{count}.safetensors"
    if not file.exists():
        painter, latents = painter_of(run), []
        for index, (_, captions, steps) in enumerate(drawn):
            generator = torch.Generator().manual_seed(SEED + index * LOT)
            latents.append(sample(painter, *encoded(captions), (SIDE, SIDE), steps, 1.0, generator).cpu())
        partial = file.with_suffix(".partial")
        save_file({"latents": torch.cat(latents)}, partial)
        os.replace(partial, file)
    return load_file(file)["latents"], [scene for shown, _, _ in drawn for scene in shown]


def crop(latents: torch.Tensor, shown: list[scenes.Scene], step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and true pixels, −1..1, of the same places."""
    rng = random.Random(f"{SEED} crop {step}")
    side, count = CROPS[step % len(CROPS)]
    some, true = [], []
    for index in rng.sample(range(len(shown)), count):
        pixels = torch.from_numpy(art.render(shown[index])).permute(2, 0, 1).float() / 127.5 - 1
        y, x = (rng.randint(0, size - side) for size in latents.shape[2:])
        some.append(latents[index, :, y : y + side, x : x + side])
        true.append(pixels[:, 8 * y : 8 * (y + side), 8 * x : 8 * (x + side)])
    return torch.stack(some).to(DEVICE), torch.stack(true).to(DEVICE)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--painter", required=True)
    options.add_argument("--pictures", type=int, default=1200)
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--share", type=float, default=0.5, help="of the critic in what the decoder learns from")
    options = options.parse_args()
    torch.manual_seed(SEED)
    pictures, codes = Pictures(), Codes.load()
    test = pictures.test()[::3]
    network = vae().to(DEVICE, memory_format=torch.channels_last)
    network.load_state_dict(load_file(weights_file("vae")))
    learned = [weight for name, weight in network.named_parameters() if name.startswith(("decoder", "post_quant"))]
    ema = Ema(network, 0.99)
    optimizer = torch.optim.AdamW(learned, RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    judge = critic().to(DEVICE, memory_format=torch.channels_last)
    judging = torch.optim.AdamW(judge.parameters(), 2 * RATE, betas=(0.5, 0.98), fused=True)
    run = Run("fitted-vae", network=network, ema=ema, optimizer=optimizer, judge=judge, judging=judging)
    latents, shown = painted(options.painter, options.pictures, run.folder)
    mean = 0.0
    while run.step < options.steps:
        mine, true = crop(latents, shown, run.step)
        plain = pictures.batch(run.step)
        plain = plain[: max(1, true.numel() // plain[0].numel())]
        rng = torch.Generator().manual_seed(SEED + run.step)
        exact = codes.encode(plain)
        exact = exact + 0.1 * torch.rand(len(exact), 1, 1, 1, generator=rng) * torch.randn(exact.shape, generator=rng)
        set_rate(optimizer, cosine(run.step / options.steps, RATE))
        set_rate(judging, cosine(run.step / options.steps, 2 * RATE))
        with mixed():
            made, undone = network.decode(mine).sample, network.decode(exact.to(DEVICE)).sample
            drawing = difference(made.float(), true)
            pull = balanced(drawing, judge, made, options.share * min(1, run.step / 100))
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward([made, difference(undone.float(), plain.to(DEVICE))], [pull, None])
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        ema.update(network)
        with mixed():
            doubt = discernment(judge, made, true)
        judging.zero_grad(set_to_none=True)
        doubt.backward()
        judging.step()
        run.tick()
        mean += 0.05 * (drawing.item() - mean)
        if run.step % 100 == 0 or run.step == options.steps:
            run.log(f"drawing {mean:.4f}  doubt {doubt.item():.2f}  {as_logged(reconstruction('vae', ema.module, codes, test))}")
    run.save()


if __name__ == "__main__":
    sys.exit(main())
