"""Training batches: captions as token ids and pictures as codes, the same for the same step on every machine."""

import os
import random
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import art
import scenes
import words
from codes import Codes
from common import CACHE, DEVICE, SEED, digest, save_array

# (height, width, pictures). A run may begin with small pictures only, which are about three times as fast; then come
# whole-size pictures most of the time, small ones and other shapes among them.
SQUARE, SMALL, WIDE, TALL = (256, 256, 20), (128, 128, 48), (192, 256, 26), (256, 192, 26)
BUCKETS = (SQUARE, SQUARE, SQUARE, SMALL, SQUARE, SQUARE, WIDE, SQUARE, SQUARE, TALL)
EMPTY_SHARE = 0.08
# How much more the error of a picture counts whose thing is at a side, a small part of the area, where such are shown often.
AT_A_SIDE = 3.0


class Batch(NamedTuple):
    """Captions as `ids` [N, 77], which of them are to count as `empty` [N], latents and noise [N, C, h, w], and how much
    the error of each picture counts, `weight` [N]."""

    ids: torch.Tensor
    empty: torch.Tensor
    latents: torch.Tensor
    timesteps: torch.Tensor
    noise: torch.Tensor
    weight: torch.Tensor


class Batches(Dataset):
    def __init__(self, tokenizer, codes: Codes, first: float = 0.4, small_steps: int = 0, scale: int = 1, arranged: float = 0):
        """`first`: share of draws at the first timestep; the first `small_steps` have small pictures only; `scale`:
        how many times the usual number of pictures a batch has; `arranged`: share of pictures that show two or three of
        their thing, or one at a side, whatever the usual mix has of these."""
        self.tokenizer, self.codes = tokenizer, codes
        self.first, self.small_steps, self.scale, self.arranged = first, small_steps, scale, arranged
        self.foregrounds = CACHE / f"foregrounds-{codes.digest()}-{digest(*art.SOURCES)}"

    def latents(self, scene: scenes.Scene) -> torch.Tensor:
        """Codes [C, h, w] of the scene's picture: those of its foreground plus those of what shows behind it.

        The codes are linear, so the foreground's are kept on disk and only the background's colour is mixed anew.
        """
        plain = replace(scene, background="white")
        file = self.foregrounds / f"{plain.object}-{plain.style}-{plain.colour}-{plain.count}-{plain.position}-{plain.width}x{plain.height}.npy"
        if file.exists():
            kept = torch.from_numpy(np.load(file))
        else:
            rgba = torch.from_numpy(art.foreground(scene)).float().permute(2, 0, 1) / 255
            behind = 1 - rgba[3:]
            layers = torch.zeros(4, 3, *rgba.shape[1:])
            layers[0] = 2 * rgba[:3] * rgba[3:] - 1
            for channel in range(3):
                layers[1 + channel, channel] = 2 * behind[0]
            kept = self.codes.linear(layers)
            kept[0] -= self.codes.offset()[:, None, None]
            kept = kept.half()
            save_array(file, kept.numpy())
        colour = torch.tensor([1.0, *art.background_rgb(scene.background)])
        return (kept.float() * colour[:, None, None, None]).sum(0)

    def draw_scene(self, rng: random.Random, width: int, height: int) -> scenes.Scene:
        scene = scenes.sample(rng, "train", sizes=((width, height),))
        if not self.arranged or rng.random() >= self.arranged:
            return scene
        return replace(scene, **rng.choice(scenes.ARRANGEMENTS))

    def draw_timesteps(self, count: int, rng: torch.Generator) -> torch.Tensor:
        """The first timestep, which has the whole picture to find; of the others two thirds at Turbo's, a third anywhere."""
        kind = torch.rand(count, generator=rng)
        uniform = torch.randint(0, 1000, (count,), generator=rng)
        later = torch.tensor([749, 499, 249])[torch.randint(0, 3, (count,), generator=rng)]
        timesteps = torch.where(kind < self.first, 999, later)
        return torch.where(kind < self.first + (1 - self.first) * 2 / 3, timesteps, uniform)

    def __getitem__(self, step: int) -> Batch:
        rng = random.Random(f"{SEED} {step}")
        torch_rng = torch.Generator().manual_seed(SEED * 100_000 + step)
        height, width, count = SMALL if step < self.small_steps else BUCKETS[step % len(BUCKETS)]
        count *= self.scale
        chosen = [self.draw_scene(rng, width, height) for _ in range(count)]
        captions = [words.caption(scene, rng, rng.choice(words.LANGUAGES)) for scene in chosen]
        ids = self.tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
        latents = torch.stack([self.latents(scene) for scene in chosen])
        timesteps = self.draw_timesteps(count, torch_rng)
        noise = torch.randn(latents.shape, generator=torch_rng)
        empty = torch.rand(count, generator=torch_rng) < EMPTY_SHARE
        at_a_side = AT_A_SIDE if self.arranged else 1.0
        weight = torch.tensor([1.0 if scene.position == "centre" else at_a_side for scene in chosen])
        return Batch(ids, empty, latents, timesteps, noise, weight)

    def range(self, start: int, end: int):
        """The batches of steps `start` … `end` − 1 on the training device, made in processes of their own meanwhile."""
        workers = max(1, os.cpu_count() - 1)
        loader = DataLoader(self, batch_size=None, sampler=range(start, end), num_workers=workers, prefetch_factor=3)
        for batch in loader:
            yield Batch(*(tensor.to(DEVICE) for tensor in batch))
