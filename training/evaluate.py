"""Measures a model on 300 held-out prompts, through the product's own engine, and keeps figures and contact sheets.

    python3 training/evaluate.py paint FOLDER --steps 4 --out DIR      pictures by the product (scripts/paint-list.ts)
    python3 training/evaluate.py sample RUN --steps 30 --guidance 1.5 --out DIR    a run's pictures, in torch
    python3 training/evaluate.py judge DIR... [--publish]              figures; with --publish in docs/model/ too
    python3 training/evaluate.py prompts                               writes held-out.json anew

A prompt is an object in a style, colour and background whose combination was never trained on, half of them in
English and half in Chinese, each with a seed of its own. They are in held-out.json, which scripts/bench-turbo.ts reads
too; a folder of other pictures of these scenes lists them in its own scenes.json. features.py says how pictures are
judged.
"""

import argparse
import json
import random
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import art
import scenes
import words
from common import ROOT, SEED
from features import TrainingPictures, background_of, object_colour, validate

COUNT = 300
DOCS = ROOT.parent / "docs/model"
HELD_OUT = ROOT / "held-out.json"


def pairs(folder: Path | None = None) -> list[dict]:
    """The 300 prompts, or the pictures that a folder lists."""
    listed = folder / "scenes.json" if folder else HELD_OUT
    return json.loads((listed if listed.exists() else HELD_OUT).read_text())


def draw_pairs() -> list[dict]:
    """Draws the 300 prompts: two thirds recoloured, languages in turn; no scene twice."""
    rng, chosen = random.Random(f"evaluation {SEED}"), {}
    while len(chosen) < COUNT:
        scene = scenes.sample(rng, "held-out")
        wants_colour = len(chosen) % 3 != 0
        if scene.count == 1 and scene.position == "centre" and (scene.colour is not None) == wants_colour:
            chosen.setdefault(scene, None)
    return [
        {
            "file": f"{index:03d}.png",
            "prompt": words.caption_of(scene, "zh" if index % 2 else "en"),
            "seed": 1000 + index,
            "language": "zh" if index % 2 else "en",
            "scene": asdict(scene),
        }
        for index, scene in enumerate(chosen)
    ]


def paint(folder: Path, steps: int, out: Path) -> None:
    """Paints the prompts with the model in `folder` through the built product in one browser."""
    out.mkdir(parents=True, exist_ok=True)
    orders = [{key: pair[key] for key in ("file", "prompt", "seed")} | {"steps": steps} for pair in pairs()]
    (out / "orders.json").write_text(json.dumps(orders, ensure_ascii=False, indent=1))
    command = ["npm", "run", "-s", "paint-list", "--", str(out / "orders.json"), "--model", str(folder), "--out", str(out)]
    subprocess.run(command, cwd=ROOT.parent, check=True)


def sample_run(run: str, steps: int, guidance: float, out: Path) -> None:
    """Paints the prompts with the averaged weights of a run, before they are a model of the product."""
    from sampling import sample
    from sheet import decoder, encoded, painter_of

    out.mkdir(parents=True, exist_ok=True)
    painter, decode = painter_of(run), decoder()
    todo = pairs()
    for begin in range(0, COUNT, 12):
        some = todo[begin : begin + 12]
        texts = encoded([pair["prompt"] for pair in some])
        latents = sample(painter, *texts, (256, 256), steps, guidance, torch.Generator().manual_seed(begin))
        for pair, latent in zip(some, latents.cpu()):
            with torch.no_grad():
                picture = decode(latent[None])[0].clamp(-1, 1)
            pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
            Image.fromarray(pixels).save(out / pair["file"])


def psnr(made: np.ndarray, true: np.ndarray) -> float:
    """Decibels between a picture and the art it should show, uint8 both; a caption determines its picture."""
    error = np.square(made.astype(np.float64) - true).mean()
    return float(10 * np.log10(255**2 / error))


def judge(folder: Path, training: TrainingPictures) -> dict:
    """Shares of pictures with the right object, colour (of the recoloured), and background; likeness to the true art."""
    verdicts = []
    for pair in pairs(folder):
        scene = scenes.Scene(**pair["scene"])
        pixels = np.asarray(Image.open(folder / pair["file"]).convert("RGB"))
        background = background_of(pixels)
        verdicts.append(
            {
                **pair,
                "looksLike": training.nearest(pixels).object,
                "background": background,
                "colour": object_colour(pixels, background) if scene.colour else None,
                "psnr": psnr(pixels, art.render(scene)),
            }
        )
    right = lambda v: v["looksLike"] == v["scene"]["object"]
    share = lambda values: round(sum(values) / len(values), 4) if values else None
    recoloured = [v for v in verdicts if v["scene"]["colour"]]
    figures = {
        "object": share([right(v) for v in verdicts]),
        "objectEnglish": share([right(v) for v in verdicts if v["language"] == "en"]),
        "objectChinese": share([right(v) for v in verdicts if v["language"] == "zh"]),
        "colour": share([v["colour"] == v["scene"]["colour"] for v in recoloured]),
        "background": share([v["background"] == v["scene"]["background"] for v in verdicts]),
        "psnr": round(float(np.mean([v["psnr"] for v in verdicts])), 2),
        "recoloured": len(recoloured),
        "pictures": len(verdicts),
    }
    (folder / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False, indent=1))
    return figures


def contact_sheet(folder: Path, out: Path, columns: int = 8, rows: int = 6) -> None:
    """The first prompts' pictures at 1:1."""
    sheet = Image.new("RGB", (columns * 256, rows * 256), "white")
    for k, pair in enumerate(pairs(folder)[: columns * rows]):
        sheet.paste(Image.open(folder / pair["file"]), (k % columns * 256, k // columns * 256))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, optimize=True)


def main() -> None:
    options = argparse.ArgumentParser()
    commands = options.add_subparsers(dest="command", required=True)
    one = commands.add_parser("paint")
    one.add_argument("folder", type=Path)
    one.add_argument("--steps", type=int, default=4)
    one.add_argument("--out", type=Path, required=True)
    two = commands.add_parser("sample")
    two.add_argument("run")
    two.add_argument("--steps", type=int, default=4)
    two.add_argument("--guidance", type=float, default=1.0)
    two.add_argument("--out", type=Path, required=True)
    three = commands.add_parser("judge")
    three.add_argument("folders", type=Path, nargs="+")
    three.add_argument("--publish", action="store_true")
    commands.add_parser("prompts")
    options = options.parse_args()
    if options.command == "prompts":
        HELD_OUT.write_text(json.dumps(draw_pairs(), ensure_ascii=False, indent=2) + "\n")
    elif options.command == "paint":
        paint(options.folder.resolve(), options.steps, options.out.resolve())
    elif options.command == "sample":
        sample_run(options.run, options.steps, options.guidance, options.out)
    else:
        training = TrainingPictures()
        figures = {"featureFindsRealObject": round(validate(), 4)} if options.publish else {}
        for folder in options.folders:
            figures[folder.name] = judge(folder, training)
            if options.publish:
                contact_sheet(folder, DOCS / f"{folder.name}.png")
        if options.publish:
            (DOCS / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    sys.exit(main())
