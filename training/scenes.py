"""Scene: what one training picture shows; how scenes are drawn at random; which are held out of training.

The held-out rule is a stable hash, so every machine and every rerun agrees on it without a stored list:
- pairs (object, colour), one in ten, at most two per object, and never the object's own natural colour (its
  uncoloured pictures would show the pair anyway);
- tuples (object, style, colour, background), one in ten, natural colour included.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache
from itertools import product

from art import BACKGROUNDS, COLOURS, STYLES, objects

POSITIONS = ("centre", "left", "right", "top", "bottom")
ONE = {"count": 1, "position": "centre"}
# Other than that.
ARRANGEMENTS = (ONE | {"count": 2}, ONE | {"count": 3}, *(ONE | {"position": position} for position in POSITIONS[1:]))


@dataclass(frozen=True)
class Scene:
    """colour None is the natural one; position other than "centre" only with count 1; sizes in px."""

    object: str
    style: str = "3d"
    colour: str | None = None
    background: str = "white"
    count: int = 1
    position: str = "centre"
    width: int = 256
    height: int = 256

    @property
    def is_one(self) -> bool:
        """Whether it shows one thing, in the centre."""
        return self.count == 1 and self.position == "centre"


def _one_in_ten(*parts: str) -> bool:
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10 == 0


@cache
def held_out_colours(name: str) -> frozenset[str]:
    """Colours this object is never shown in during training, in any style or on any background."""
    natural = objects()[name].get("natural")
    chosen = [colour for colour in COLOURS if colour != natural and _one_in_ten("pair", name, colour)]
    return frozenset(chosen[:2])


@cache
def _held_out(name: str, style: str, colour: str | None, background: str) -> bool:
    if colour is not None and colour in held_out_colours(name):
        return True
    return _one_in_ten("tuple", name, style, colour or "natural", background)


def held_out(scene: Scene) -> bool:
    """Whether the scene's combination is kept from training; count, position and size do not matter."""
    return _held_out(scene.object, scene.style, scene.colour, scene.background)


def sample(rng: random.Random, split: str = "train", sizes: tuple[tuple[int, int], ...] = ((256, 256),)) -> Scene:
    """A random scene of one split ("train" or "held-out"); sizes are (width, height) drawn evenly."""
    if split not in ("train", "held-out"):
        raise ValueError(f"unknown split {split!r}")
    while True:
        scene = _draw(rng, sizes)
        if held_out(scene) == (split == "held-out"):
            return scene


def _draw(rng: random.Random, sizes: tuple[tuple[int, int], ...]) -> Scene:
    name = rng.choice(tuple(objects()))
    style = rng.choices(STYLES, (60, 40))[0]
    natural = rng.random() < 0.5 or not objects()[name]["recolour"]
    colour = None if natural else rng.choice(tuple(COLOURS))
    others = [background for background in BACKGROUNDS if background != "white"]
    background = "white" if rng.random() < 0.35 else rng.choice(others)
    count = rng.choices((1, 2, 3), (90, 5, 5))[0]
    position = "centre" if count > 1 or rng.random() < 0.93 else rng.choice(POSITIONS[1:])
    width, height = rng.choice(sizes)
    return Scene(name, style, colour, background, count, position, width, height)


def every_pair() -> list[tuple[str, str]]:
    """All (object, colour) pairs that can be painted."""
    return [(n, c) for n, c in product(objects(), COLOURS) if objects()[n]["recolour"]]
