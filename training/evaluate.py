"""Measures a model on 300 held-out prompts, through the product's own engine, and keeps figures and contact sheets.

    python3 training/evaluate.py paint FOLDER --steps 4 --out DIR      pictures by the product (scripts/paint-list.ts)
    python3 training/evaluate.py sample RUN --steps 30 --guidance 1.5 --out DIR    a run's pictures, in torch
    python3 training/evaluate.py judge DIR... [--publish] [--sheets]   figures of pictures
    python3 training/evaluate.py decoder FOLDER [--publish]            figures of a model's decoders alone
    python3 training/evaluate.py prompts                               writes the lists of prompts anew

`paint` and `sample` take `--prompts FILE --count N --width W --height H` for another list, its first prompts, another
size. `--publish` puts figures into docs/model/figures.json, those of pictures under the name of their folder; `--sheets`
puts the first pictures of each beside it.

A prompt is an object in a style, colour and background whose combination was never trained on, half of them in
English and half in Chinese, each with a seed of its own. They are in held-out.json, which scripts/bench-turbo.ts reads
too; a folder of other pictures of these scenes lists them in its own scenes.json. other-words.json says such scenes in
other than the canonical words, arrangements.json asks for two or three of a thing, or for one at a side. features.py says
how pictures are judged.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import art
import scenes
import words
from common import DEVICE, ROOT, SEED
from features import TrainingPictures, background_of, object_colour, things, validate

COUNT, LOT = 300, 12
DOCS = ROOT.parent / "docs/model"
HELD_OUT = ROOT / "held-out.json"
OTHER_WORDS = ROOT / "other-words.json"
ARRANGED = ROOT / "arrangements.json"
ARRANGED_COUNT = 60
LIST_OF_FOLDER = "scenes.json"
# How other-words.json departs from the canonical words, and how often in English and in Chinese.
KINDS = {"synonym": (8, 8), "nearest": (8, 8), "adjective": (8, 8), "mistyped": (12, 0)}


def pairs(file: Path = HELD_OUT) -> list[dict]:
    return json.loads(file.read_text())


def write_pairs(file: Path, listed: list[dict]) -> None:
    file.write_text(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")


def painted_pairs(folder: Path, whole: bool = False) -> list[dict]:
    """What a folder lists, or else the 300 prompts, as far as it has their pictures; `whole`: none may be missing."""
    file = folder / LIST_OF_FOLDER
    wanted = pairs(file if file.exists() else HELD_OUT)
    there = [pair for pair in wanted if (folder / pair["file"]).exists()]
    if not there:
        sys.exit(f"{folder} has none of the pictures to judge.")
    if len(there) < len(wanted):
        message = f"{folder.name}: {len(there)} of {len(wanted)} pictures are there"
        if whole:
            sys.exit(f"{message}; figures of a part are not published.")
        print(message, file=sys.stderr)
    return there


def plain_scenes(rng: random.Random) -> Iterator[scenes.Scene]:
    """Draws held-out scenes of one centred object: two thirds recoloured, no scene twice."""
    seen = set()
    while True:
        scene = scenes.sample(rng, "held-out")
        wants_colour = len(seen) % 3 != 0
        plain = scene.is_one and (scene.colour is not None) == wants_colour
        if plain and scene not in seen:
            seen.add(scene)
            yield scene


def draw_pairs() -> list[dict]:
    """Draws the 300 prompts, languages in turn."""
    chosen = islice(plain_scenes(random.Random(f"evaluation {SEED}")), COUNT)
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


def in_other_words(kind: str, scene: scenes.Scene, language: str, rng: random.Random) -> str:
    """The scene said as `kind` of KINDS asks; the plain caption where its words leave no room for that."""
    if kind == "synonym":
        return words.caption_of(scene, language, pick=lambda choices: rng.choice(choices[1:] or choices))
    if kind == "nearest":
        names = words.nearest_words(scene.object, language)
        return words.caption_of(scene, language, names=rng.sample(names, min(1, len(names))))
    if kind == "adjective":
        adjectives = words.UNSEEN_ADJECTIVES if language == "en" else words.UNSEEN_ADJECTIVES_ZH
        return words.caption_of(scene, language, adjective=rng.choice(adjectives))
    return words.mistyped(words.caption_of(scene, language), rng)


def draw_other_words() -> list[dict]:
    """Draws the prompts of other-words.json."""
    rng, drawn = random.Random(f"other words {SEED}"), []
    source = plain_scenes(rng)
    for kind, counts in KINDS.items():
        for language, count in zip(words.LANGUAGES, counts):
            end = len(drawn) + count
            while len(drawn) < end:
                scene = next(source)
                prompt = in_other_words(kind, scene, language, rng)
                if prompt != words.caption_of(scene, language):
                    drawn.append(
                        {
                            "file": f"{len(drawn):03d}.png",
                            "prompt": prompt,
                            "seed": 2000 + len(drawn),
                            "language": language,
                            "kind": kind,
                            "scene": asdict(scene),
                        }
                    )
    return drawn


def draw_arrangements() -> list[dict]:
    """Draws the prompts of arrangements.json, arrangements in turn; each comes in both languages."""
    source, wanted = plain_scenes(random.Random(f"arrangements {SEED}")), cycle(scenes.ARRANGEMENTS)
    drawn = []
    for index, (plain, arrangement) in enumerate(islice(zip(source, wanted), ARRANGED_COUNT)):
        scene, language = replace(plain, **arrangement), words.LANGUAGES[index // len(scenes.ARRANGEMENTS) % 2]
        prompt = words.caption_of(scene, language)
        pair = {"file": f"{index:03d}.png", "prompt": prompt, "seed": 3000 + index, "language": language}
        drawn.append(pair | {"kind": "count" if scene.count > 1 else "position", "scene": asdict(scene)})
    return drawn


def is_arranged(pixels: np.ndarray, scene: scenes.Scene) -> bool:
    """Whether a picture is more like its art as it was to be arranged than like the same in any other arrangement."""
    others = [replace(scene, **arrangement) for arrangement in (scenes.ONE, *scenes.ARRANGEMENTS)]
    return min(others, key=lambda shown: squared_error(pixels, art.render(shown))) == scene


def looks_like(pixels: np.ndarray, scene: scenes.Scene, training: TrainingPictures) -> str:
    """The object that a picture shows; of several things the first that is not what the scene asks for, if any is."""
    found = [training.nearest(thing).object for thing in things(pixels, scene)]
    return next((name for name in found if name != scene.object), scene.object)


def asked(options: argparse.Namespace) -> list[dict]:
    """The prompts to paint, at the size they are to have; noted in the folder for `judge`."""
    size = {"width": options.width, "height": options.height}
    chosen = [{**pair, "scene": pair["scene"] | size} for pair in pairs(options.prompts)[: options.count]]
    options.out.mkdir(parents=True, exist_ok=True)
    write_pairs(options.out / LIST_OF_FOLDER, chosen)
    return chosen


def paint(folder: Path, todo: list[dict], steps: int, out: Path) -> None:
    """Paints the prompts with the model in `folder` through the built product in one browser."""
    orders = [
        {key: pair[key] for key in ("file", "prompt", "seed")}
        | {key: pair["scene"][key] for key in ("width", "height")}
        | {"steps": steps}
        for pair in todo
    ]
    (out / "orders.json").write_text(json.dumps(orders, ensure_ascii=False, indent=1))
    command = ["npm", "run", "-s", "paint-list", "--", str(out / "orders.json"), "--model", str(folder), "--out", str(out)]
    subprocess.run(command, cwd=ROOT.parent, check=True)


def sample_run(run: str, todo: list[dict], size: tuple[int, int], steps: int, guidance: float, out: Path) -> None:
    """Paints the prompts with the averaged weights of a run, before they are a model of the product."""
    from sampling import sample
    from sheet import decoder, encoded, painter_of

    painter, decode = painter_of(run), decoder()
    for begin in range(0, len(todo), LOT):
        some = todo[begin : begin + LOT]
        texts = encoded([pair["prompt"] for pair in some])
        noise = [torch.Generator().manual_seed(pair["seed"]) for pair in some]
        latents = sample(painter, *texts, size, steps, guidance, noise)
        for pair, latent in zip(some, latents.cpu()):
            with torch.no_grad():
                picture = decode(latent[None])[0].clamp(-1, 1)
            pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
            Image.fromarray(pixels).save(out / pair["file"])


def squared_error(made: np.ndarray, true: np.ndarray) -> float:
    """The mean over a picture and the art it should show, uint8 both."""
    return float(np.square(made.astype(np.float64) - true).mean())


def psnr(made: np.ndarray, true: np.ndarray) -> float:
    """Decibels between a picture and the art it should show; a caption determines its picture."""
    return float(10 * np.log10(255**2 / squared_error(made, true)))


def judge(folder: Path, training: TrainingPictures, whole: bool) -> dict:
    """Shares of pictures with the right object, colour (of the recoloured), and background; likeness to the true art."""
    verdicts = []
    for pair in painted_pairs(folder, whole):
        pixels = np.asarray(Image.open(folder / pair["file"]).convert("RGB"))
        height, width, _ = pixels.shape
        scene = replace(scenes.Scene(**pair["scene"]), width=width, height=height)
        background = background_of(pixels)
        verdicts.append(
            {
                **pair,
                "looksLike": looks_like(pixels, scene, training),
                "background": background,
                "colour": object_colour(pixels, background) if scene.colour else None,
                "psnr": psnr(pixels, art.render(scene)),
                "arranged": None if scene.is_one else is_arranged(pixels, scene),
            }
        )
    right = lambda v: v["looksLike"] == v["scene"]["object"]
    share = lambda values: round(sum(values) / len(values), 4) if values else None
    likeness = lambda some: round(float(np.mean([v["psnr"] for v in some])), 2)
    recoloured = [v for v in verdicts if v["scene"]["colour"]]
    figures = {
        "object": share([right(v) for v in verdicts]),
        "objectEnglish": share([right(v) for v in verdicts if v["language"] == "en"]),
        "objectChinese": share([right(v) for v in verdicts if v["language"] == "zh"]),
        "colour": share([v["colour"] == v["scene"]["colour"] for v in recoloured]),
        "background": share([v["background"] == v["scene"]["background"] for v in verdicts]),
        "psnr": likeness(verdicts),
        "recoloured": len(recoloured),
        "pictures": len(verdicts),
    }
    kinds = list(dict.fromkeys(v["kind"] for v in verdicts if "kind" in v))
    by_kind = lambda some, figure: {kind: figure([v for v in some if v.get("kind") == kind]) for kind in kinds}
    if kinds:
        for language, name in zip(words.LANGUAGES, ("English", "Chinese")):
            said = [v for v in verdicts if v["language"] == language]
            figures[f"objectByKind{name}"] = by_kind(said, lambda some: share([right(v) for v in some]))
        figures["psnrByKind"] = by_kind(verdicts, likeness)
    if arranged := [v for v in verdicts if v["arranged"] is not None]:
        figures["arrangedByKind"] = by_kind(arranged, lambda some: share([v["arranged"] for v in some]))
    (folder / "verdicts.json").write_text(json.dumps(verdicts, ensure_ascii=False, indent=1))
    return figures


def contact_sheet(folder: Path, out: Path, columns: int = 8, rows: int = 6) -> None:
    """The first prompts' pictures at 1:1."""
    pictures = [Image.open(folder / pair["file"]) for pair in painted_pairs(folder)[: columns * rows]]
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), "white")
    for k, picture in enumerate(pictures):
        sheet.paste(picture, (k % columns * width, k // columns * height))
    sheet.save(out, optimize=True)


def measure_decoders(folder: Path) -> dict:
    """PSNR in dB of art that no training shows, through the decoder and the tiny decoder of a model folder."""
    from codes import Codes
    from restore import FILE_OF_OTHERS
    from train_vae import NETWORKS, Pictures, reconstruction

    pictures, codes, figures = Pictures().test(), Codes.load(), {}
    for kind, (build, _) in NETWORKS.items():
        network = build().to(DEVICE).eval()
        network.load_state_dict(load_file(folder / kind.replace("-", "_") / FILE_OF_OTHERS))
        from_codes, from_latents = (round(figure, 2) for figure in reconstruction(kind, network, codes, pictures))
        figures[kind] = {"fromCodes": from_codes, "fromLatents": from_latents, "pictures": len(pictures)}
    return figures


def publish(figures: dict) -> None:
    """Puts figures among those in docs/model, which come from several commands."""
    file = DOCS / "figures.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | figures, indent=2) + "\n")


def add_list_flags(command: argparse.ArgumentParser) -> None:
    command.add_argument("--steps", type=int, default=4)
    command.add_argument("--prompts", type=Path, default=HELD_OUT)
    command.add_argument("--count", type=int)
    command.add_argument("--width", type=int, default=256)
    command.add_argument("--height", type=int, default=256)
    command.add_argument("--out", type=Path, required=True)


def main() -> None:
    options = argparse.ArgumentParser()
    commands = options.add_subparsers(dest="command", required=True)
    one = commands.add_parser("paint")
    one.add_argument("folder", type=Path)
    add_list_flags(one)
    two = commands.add_parser("sample")
    two.add_argument("run")
    two.add_argument("--guidance", type=float, default=1.0)
    add_list_flags(two)
    three = commands.add_parser("judge")
    three.add_argument("folders", type=Path, nargs="+")
    three.add_argument("--publish", action="store_true")
    three.add_argument("--sheets", action="store_true")
    four = commands.add_parser("decoder")
    four.add_argument("folder", type=Path)
    four.add_argument("--publish", action="store_true")
    commands.add_parser("prompts")
    options = options.parse_args()
    if options.command == "prompts":
        write_pairs(HELD_OUT, draw_pairs())
        write_pairs(OTHER_WORDS, draw_other_words())
        write_pairs(ARRANGED, draw_arrangements())
        return
    if options.command == "paint":
        paint(options.folder.resolve(), asked(options), options.steps, options.out.resolve())
        return
    if options.command == "sample":
        size = options.height, options.width
        sample_run(options.run, asked(options), size, options.steps, options.guidance, options.out)
        return
    if options.command == "decoder":
        figures = {"decoders": measure_decoders(options.folder)}
    else:
        training = TrainingPictures()
        figures = {folder.name: judge(folder, training, options.publish) for folder in options.folders}
        if options.publish:
            figures = {"featureFindsRealObject": round(validate(), 4)} | figures
        if options.sheets:
            for folder in options.folders:
                contact_sheet(folder, DOCS / f"{folder.name}.png")
    if options.publish:
        publish(figures)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    sys.exit(main())
