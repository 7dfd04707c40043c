"""All the art there is, for the autoencoders: every Fluent emoji, 3D and flat, at 256 px.

The autoencoders are taught on more pictures than the model paints, so that they describe drawing and not a list of
objects. One drawing in sixteen is held out by the hash of its name; those of them that are `is_clean` measure the
reconstruction.
"""

import hashlib
import io
import json
import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

import art
from common import save_array

PACKAGES = Path(__file__).parent / "node_modules"
SIZE = 256
SKIN_TONE_NAME = re.compile(r"-(light|medium|dark)(-|$)")
SKIN_TONES = ("1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff")


def is_held_out(name: str) -> bool:
    return hashlib.sha256(name.encode()).digest()[0] % 16 == 0


@cache
def _listed() -> frozenset[str]:
    objects = art.objects().values()
    solid = {f"3d/{entry['hexcode']}" for entry in objects}
    return frozenset(solid | {f"flat/{art.flat_name(entry)}" for entry in objects})


def is_clean(name: str) -> bool:
    """Whether no training shows the drawing: it is held out, and not of a listed object, which fit_decoder.py paints."""
    return is_held_out(name) and name not in _listed()


def _three_d() -> dict[str, np.ndarray]:
    files = sorted((PACKAGES / "@lobehub/fluent-emoji-3d/assets").glob("*.webp"))
    return {
        f"3d/{file.stem}": np.asarray(Image.open(file).convert("RGBA").resize((SIZE, SIZE), Image.LANCZOS))
        for file in files
        if not any(tone in file.stem for tone in SKIN_TONES)
    }


def _flat() -> dict[str, np.ndarray]:
    icons = json.loads((PACKAGES / "@iconify-json/fluent-emoji-flat/icons.json").read_text())
    side = icons.get("width", 32)
    drawings = {}
    for name, icon in sorted(icons["icons"].items()):
        if SKIN_TONE_NAME.search(name) or name.startswith("flag"):
            continue
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">{icon["body"]}</svg>'
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE))
        drawings[f"flat/{name}"] = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    return drawings


@lru_cache
def emblems(cache: Path) -> tuple[list[str], np.ndarray]:
    """Names and RGBA pictures [N, 256, 256, 4] of all art, read once and kept in `cache`."""
    pixels, names = cache / "emblems.npy", cache / "emblems.json"
    if not names.exists():
        drawings = {**_three_d(), **_flat()}
        save_array(pixels, np.stack(list(drawings.values())))
        names.write_text(json.dumps(list(drawings)))
    return json.loads(names.read_text()), np.load(pixels, mmap_mode="r")
