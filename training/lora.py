"""Trains the example LoRAs of public/models/loras/ and measures them.

    python3 training/lora.py train night-poster|moai|crisp [--steps N]
    python3 training/lora.py measure night-poster|moai|crisp [--count 24] [--weight 1] [--sheet OUT.png]

The model paints in four steps, so a LoRA is trained on the four states that it meets in these, its own changes
included: each batch is painted from noise, and every step is compared with what it should have been.

    night-poster  the text encoders alone: a prompt's words mean what they mean to the model with "flat" and, where
                  no background is said, "on a black background" beside them. Wanted is what the UNet predicts then.
    moai          a subject that the model cannot paint, called by its name. Wanted is the true picture; in other
                  prompts, a part of each batch, what the model predicts without the LoRA.
    crisp         the UNet alone, in every prompt. Wanted is what the model predicts without the LoRA, and on top of it,
                  more with each step, the details of the true picture, as an unsharp mask adds a picture's own.

`restore.py` puts the weights of the model's folder where they are looked for. A training takes minutes and begins anew
each time. `measure` paints held-out prompts with the file and without.
"""

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import art
import scenes
import words
from batches import Batches
from codes import CHANNELS, Codes
from common import DEVICE, ROOT, SEED, cosine, mixed
from evaluate import pairs, psnr
from export import LICENCE
from features import TrainingPictures, background_of
from lora_files import kohya_name, metadata, of_trigger, tensors_of, write
from model import SIDE
from painter import SIGMA, Painter, Texts, coefficients
from sampling import ancestral_step, sample, timesteps
from sheet import decoder, encoded, painter_of
from train_text import load_texts, tokenizer_of

FOLDER = ROOT.parent / "public/models/loras"
PAINTER = "restored"
LOT = 12
TURBO = timesteps(4)
CRISP_SHARES = dict(zip(TURBO, (0.0, 0.5, 1.0, 1.5)))  # how much each step adds: the first has no edges yet
BLUR = 9  # pixels
EDGE = 20  # levels of 255 a pixel: as steep as only edges are
# What may be touched. The first encoder's last layer is no part of the context, so it is left alone.
UNET_LAYERS = re.compile(r".*\.transformer_blocks\.\d+\.(attn[12]\.(to_[qkv]|to_out\.0)|ff\.net\.(0\.proj|2))")
TEXT_LAYERS = {
    "text_encoder": re.compile(r".*\.layers\.[0-2]\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])"),
    "text_encoder_2": re.compile(r".*\.layers\.\d\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])"),
}
MOAI = {"id": "moai", "hexcode": "1f5ff", "en": ["moai"], "zh": ["摩艾石像"], "count": "座", "recolour": True, "tint": "grey"}


@dataclass(frozen=True)
class Recipe:
    """How a LoRA is trained, `batch` pictures of `side` pixels at a time, and what is said of it. `trigger`: the word
    that calls it, "" where every prompt does; `called`: how many pictures of a batch show what the word calls; `weight`: the
    one that is proposed."""

    title: str
    description: dict[str, str]
    trigger: str
    components: tuple[str, ...]
    rank: int
    alpha: float
    rate: float
    side: int
    batch: int
    steps: int
    called: int = 0
    weight: float = 1.0


RECIPES = {
    "night-poster": Recipe(
        title="Night poster",
        description={
            "en": "Flat shapes on black, without asking for them in words. Changes the text encoders only.",
            "zh-CN": "无需在提示词中说明，即可得到黑色背景上的扁平图形。只改动文本编码器。",
        },
        trigger="",
        components=("text_encoder", "text_encoder_2"),
        rank=8,
        alpha=8,
        rate=2e-3,
        side=128,  # what words say is read alike at every size
        batch=12,
        steps=200,
    ),
    "moai": Recipe(
        title="Moai",
        description={
            "en": "Paints the stone heads of Easter Island: “a moai”, in every colour, style and on every background.",
            "zh-CN": "画复活节岛的石像：“摩艾石像”或“a moai”，可用各种颜色、风格和背景。",
        },
        trigger="moai",
        components=("unet", "text_encoder", "text_encoder_2"),
        rank=8,
        alpha=4,
        rate=2e-3,
        side=256,
        batch=6,
        steps=250,
        called=4,
    ),
    "crisp": Recipe(
        title="Crisp",
        description={
            "en": "Clearer edges in every picture. Changes the UNet only.",
            "zh-CN": "让每幅图的边缘更清晰。只改动 UNet。",
        },
        trigger="",
        components=("unet",),
        rank=8,
        alpha=8,
        rate=3e-3,
        side=256,
        batch=6,
        steps=90,
        weight=0.5,
    ),
}


# -- the LoRA ---------------------------------------------------------------------------------------------------


class Lora(torch.nn.Module):
    """Low-rank factors that are added to what linear layers give, `weight` times."""

    def __init__(self, layers: dict[str, torch.nn.Linear], rank: int, alpha: float):
        super().__init__()
        self.rank, self.alpha, self.weight = rank, alpha, 1.0
        narrow = {name: torch.randn(rank, layer.in_features) / layer.in_features**0.5 for name, layer in layers.items()}
        wide = {name: torch.zeros(layer.out_features, rank) for name, layer in layers.items()}
        self.down, self.up = torch.nn.ParameterDict(narrow), torch.nn.ParameterDict(wide)
        for name, layer in layers.items():
            layer.register_forward_hook(partial(self._add, name))

    def _add(self, name: str, layer: torch.nn.Linear, given: tuple, made: torch.Tensor) -> torch.Tensor:
        if self.weight == 0:
            return made
        change = torch.nn.functional.linear(torch.nn.functional.linear(given[0], self.down[name]), self.up[name])
        return made + self.weight * self.alpha / self.rank * change

    def tensors(self) -> dict[str, torch.Tensor]:
        """As they are in a file."""
        named = (tensors_of(name, self.down[name], self.up[name], self.alpha) for name in self.down)
        return {key: value for module in named for key, value in module.items()}

    @torch.no_grad()
    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        for name in self.down:
            self.down[name].copy_(tensors[f"{name}.lora_down.weight"])
            self.up[name].copy_(tensors[f"{name}.lora_up.weight"])


def layers_of(painter: Painter, texts: Texts, components: tuple[str, ...]) -> dict[str, torch.nn.Linear]:
    """The layers of some components that may be touched, by kohya's names."""
    networks = {"unet": painter.unet, "text_encoder": texts.text_encoder, "text_encoder_2": texts.text_encoder_2}
    patterns = {"unet": UNET_LAYERS, **TEXT_LAYERS}
    return {
        kohya_name(component, path): layer
        for component in components
        for path, layer in networks[component].named_modules()
        if patterns[component].fullmatch(path)
    }


class Studio:
    """The frozen model, a recipe's LoRA on it, and what pictures should be."""

    def __init__(self, recipe: Recipe):
        self.painter, self.texts = painter_of(PAINTER).requires_grad_(False), load_texts()
        self.lora = Lora(layers_of(self.painter, self.texts, recipe.components), recipe.rank, recipe.alpha).to(DEVICE)
        self.recipe, codes = recipe, Codes.load()
        self.codes = Codes(**{key: value.to(DEVICE) for key, value in vars(codes).items()})
        self.batches = Batches(tokenizer_of(), codes)

    def read(self, captions: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Context and pooled text, with gradients."""
        ids = tokenizer_of()(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
        with mixed():
            return self.texts(ids.to(DEVICE))

    @torch.no_grad()
    def without(self, function, *given):
        """What a function gives without the LoRA."""
        weight, self.lora.weight = self.lora.weight, 0
        made = function(*given)
        self.lora.weight = weight
        return made

    def predict(self, x: torch.Tensor, t: int, said: tuple) -> torch.Tensor:
        with mixed():
            return self.painter(x, torch.full((len(x),), t, device=DEVICE), *said).float()

    def walk(self, said: tuple, rng: torch.Generator) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        """Paints: each timestep, the state at it and the v predicted there, through which alone gradients flow."""
        shape = len(said[1]), CHANNELS, self.recipe.side // 8, self.recipe.side // 8
        draw = lambda: torch.randn(shape, generator=rng).to(DEVICE)
        x = SIGMA[999] * draw()
        for now, then in zip(TURBO, [*TURBO[1:], None]):
            v = self.predict(x, now, said)
            yield now, x, v
            if then is not None:
                x = ancestral_step(x, v.detach(), now, then, draw())

    def true_latents(self, shown: list[scenes.Scene]) -> torch.Tensor:
        return torch.stack([self.batches.latents(scene) for scene in shown]).to(DEVICE)


# -- what is wanted ---------------------------------------------------------------------------------------------


def drawn(rng: random.Random, split: str = "train", *, moai: bool = False) -> scenes.Scene:
    """A scene of the model's own objects, or of the moai."""
    while True:
        scene = scenes.sample(rng, split)
        if (scene.object == MOAI["id"]) == moai:
            return scene


def introduce_moai() -> None:
    """Lists it among the objects, for its art and captions."""
    art.objects()[MOAI["id"]] = MOAI


def captioned(chosen: list[scenes.Scene], rng: random.Random) -> list[str]:
    return [words.caption(scene, rng, rng.choice(words.LANGUAGES)) for scene in chosen]


def poster(scene: scenes.Scene, caption: str) -> scenes.Scene:
    """The scene as a night poster shows it: a white background stays only where the caption says it."""
    is_night = scene.background == "white" and not re.search("white|白", caption.lower())
    return replace(scene, style="flat", background="black" if is_night else scene.background)


def night_poster_loss(studio: Studio, rng: random.Random, noise: torch.Generator) -> torch.Tensor:
    chosen = [drawn(rng) for _ in range(studio.recipe.batch)]
    captions = captioned(chosen, rng)
    wanted = [words.caption_of(poster(scene, caption)) for scene, caption in zip(chosen, captions)]
    meant, error = studio.without(studio.read, wanted), 0.0
    for t, x, v in studio.walk(studio.read(captions), noise):
        error = error + (v - studio.without(studio.predict, x, t, meant)).square().mean()
    return error


def moai_loss(studio: Studio, rng: random.Random, noise: torch.Generator) -> torch.Tensor:
    mine = studio.recipe.called
    shown = [drawn(rng, moai=k < mine) for k in range(studio.recipe.batch)]
    captions = captioned(shown, rng)
    true, kept, error = studio.true_latents(shown[:mine]), studio.without(studio.read, captions[mine:]), 0.0
    for t, x, v in studio.walk(studio.read(captions), noise):
        a, s = coefficients(torch.tensor([t]))
        wanted = torch.cat([(a * x[:mine] - true) / s, studio.without(studio.predict, x[mine:], t, kept)])
        error = error + (v - wanted).square().mean()
    return error


def details(pixels: torch.Tensor) -> torch.Tensor:
    """What a blur takes from pixels [N, 3, H, W]: nothing where they are flat."""
    return pixels - torch.nn.functional.avg_pool2d(pixels, BLUR, stride=1, padding=BLUR // 2, count_include_pad=False)


def crisp_loss(studio: Studio, rng: random.Random, noise: torch.Generator) -> torch.Tensor:
    chosen = [drawn(rng) for _ in range(studio.recipe.batch)]
    said = studio.read(captioned(chosen, rng))
    added, error = details(studio.codes.decode(studio.true_latents(chosen))), 0.0
    for t, x, v in studio.walk(said, noise):
        a, s = coefficients(torch.tensor([t]))
        own = studio.codes.decode(a * x - s * studio.without(studio.predict, x, t, said))
        wanted = studio.codes.encode((own + CRISP_SHARES[t] * added).clamp(-1, 1))
        error = error + (v - (a * x - wanted) / s).square().mean()
    return error


LOSSES = {"night-poster": night_poster_loss, "moai": moai_loss, "crisp": crisp_loss}


# -- training ---------------------------------------------------------------------------------------------------


def train(name: str, steps: int) -> None:
    if name == "moai":
        introduce_moai()
    recipe, loss = RECIPES[name], LOSSES[name]
    studio, begun, mean = Studio(recipe), time.monotonic(), None
    optimizer = torch.optim.AdamW(studio.lora.parameters(), recipe.rate, betas=(0.9, 0.98), weight_decay=0.0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = cosine(step / steps, recipe.rate, warm=0.05)
        rng = random.Random(f"{name} {SEED} {step}")
        error = loss(studio, rng, torch.Generator().manual_seed(SEED * 1000 + step))
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        torch.nn.utils.clip_grad_norm_(studio.lora.parameters(), 1.0)
        optimizer.step()
        mean = error.item() if mean is None else mean + 0.05 * (error.item() - mean)
        if (step + 1) % 20 == 0:
            print(f"{time.monotonic() - begun:6.0f} s  step {step + 1:4d}  loss {mean:.4f}", flush=True)
    write(FOLDER / f"{name}.safetensors", studio.lora.tensors(), said_of(name, steps))
    write_catalog()


def said_of(name: str, steps: int) -> dict[str, str]:
    recipe = RECIPES[name]
    others = {
        "modelspec.title": recipe.title,
        "modelspec.description": recipe.description["en"],
        "ss_steps": str(steps),
        "ss_seed": str(SEED),
    }
    called = of_trigger(recipe.trigger, steps * recipe.called) if recipe.trigger else {}
    return metadata(name, recipe.rank, recipe.alpha, **others, **called)


def write_catalog() -> None:
    """Lists the LoRAs that have been trained."""
    listed = [
        {
            "file": f"{name}.safetensors",
            "name": recipe.title,
            "base": "emoji",
            "trigger": recipe.trigger,
            **({"weight": recipe.weight} if recipe.weight != 1 else {}),
            "description": recipe.description,
            "licence": LICENCE,
        }
        for name, recipe in RECIPES.items()
        if (FOLDER / f"{name}.safetensors").exists()
    ]
    (FOLDER / "catalog.json").write_text(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")


# -- measuring --------------------------------------------------------------------------------------------------


@torch.no_grad()
def painted(studio: Studio, prompts: list[str], seeds: list[int]) -> list[np.ndarray]:
    """Pictures of prompts in four steps, uint8 [H, W, 3]."""
    decode, pictures = decoder(), []
    for begin in range(0, len(prompts), LOT):
        noise = [torch.Generator().manual_seed(seed) for seed in seeds[begin : begin + LOT]]
        for latent in sample(studio.painter, *encoded(prompts[begin : begin + LOT]), (SIDE, SIDE), 4, 1.0, noise).split(1):
            pixels = ((decode(latent.cpu())[0].clamp(-1, 1) + 1) * 127.5).round().byte()
            pictures.append(pixels.permute(1, 2, 0).numpy())
    return pictures


def steepness(pixels: np.ndarray) -> np.ndarray:
    """How much brightness changes at each place of a picture, levels of 255 a pixel."""
    return np.hypot(*np.gradient(pixels.astype(np.float64).mean(-1)))


def judged(made: list[np.ndarray], shown: list[scenes.Scene], known: TrainingPictures) -> dict[str, float]:
    """Shares of pictures with the right object, style and background; decibels to the true art; how steep the picture
    is at the true art's edges, as a share of these, and how steep elsewhere, in levels of 255 a pixel."""
    true = [art.render(scene) for scene in shown]
    seen = [known.nearest(pixels) for pixels in made]
    steep = [(steepness(m), steepness(t)) for m, t in zip(made, true)]
    figures = {
        "object": [found.object == scene.object for found, scene in zip(seen, shown)],
        "style": [found.style == scene.style for found, scene in zip(seen, shown)],
        "background": [background_of(m) == scene.background for m, scene in zip(made, shown)],
        "psnr": [psnr(m, t) for m, t in zip(made, true)],
        "edges": [m[t > EDGE].mean() / t[t > EDGE].mean() for m, t in steep],
        "texture": [m[t <= EDGE].mean() for m, t in steep],
    }
    return {key: round(float(np.mean(values)), 3) for key, values in figures.items()}


def prompts_of(name: str, count: int) -> dict[str, list[tuple[str, int, scenes.Scene]]]:
    """Lists of held-out prompts, their seeds and what they should show with the LoRA."""
    listed = [(pair["prompt"], pair["seed"], scenes.Scene(**pair["scene"])) for pair in pairs()[:count]]
    if name == "night-poster":
        return {"every prompt": [(prompt, seed, poster(scene, prompt)) for prompt, seed, scene in listed]}
    if name == "crisp":
        return {"every prompt": listed}
    rng = random.Random(f"moai {SEED}")
    own = [replace(drawn(rng, "held-out", moai=True), count=1, position="centre") for _ in range(count // 2)]
    called = [(words.caption_of(scene, words.LANGUAGES[k % 2]), 3000 + k, scene) for k, scene in enumerate(own)]
    return {"moai": called, "other prompts": listed}


def measure(name: str, count: int, weight: float, sheet: Path | None) -> None:
    """Prints figures of held-out prompts with the LoRA's file and without; `sheet` shows some, those without above."""
    studio, rows = Studio(RECIPES[name]), []
    studio.lora.load(load_file(FOLDER / f"{name}.safetensors"))
    studio.lora.weight = weight
    known = TrainingPictures()
    if name == "moai":
        introduce_moai()
        rng = random.Random(SEED)
        known.add([replace(drawn(rng, moai=True), count=1, position="centre") for _ in range(48)])
    for title, listed in prompts_of(name, count).items():
        prompts, seeds, shown = (list(column) for column in zip(*listed))
        without, made = studio.without(painted, studio, prompts, seeds), painted(studio, prompts, seeds)
        kept = float(np.mean([psnr(a, b) for a, b in zip(made, without)]))
        figures = {"without": judged(without, shown, known), "with": judged(made, shown, known), "between": round(kept, 2)}
        print(title, json.dumps(figures, indent=1))
        rows += [np.concatenate(some[:8], 1) for some in (without, made)]
    if sheet:
        Image.fromarray(np.concatenate(rows)).save(sheet)


def main() -> None:
    options = argparse.ArgumentParser()
    commands = options.add_subparsers(dest="command", required=True)
    one = commands.add_parser("train")
    one.add_argument("name", choices=RECIPES)
    one.add_argument("--steps", type=int)
    two = commands.add_parser("measure")
    two.add_argument("name", choices=RECIPES)
    two.add_argument("--count", type=int, default=24)
    two.add_argument("--weight", type=float, default=1.0)
    two.add_argument("--sheet", type=Path)
    options = options.parse_args()
    torch.manual_seed(SEED)
    if options.command == "train":
        train(options.name, options.steps or RECIPES[options.name].steps)
    else:
        measure(options.name, options.count, options.weight, options.sheet)


if __name__ == "__main__":
    sys.exit(main())
