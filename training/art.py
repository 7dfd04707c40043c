"""(object, style) -> RGBA art; recolouring; layout; backgrounds.

Every picture the model learns from is composed here, deterministically, from two art packages: Fluent emoji 3D
(256 px WebP) and Fluent emoji flat (SVG, rasterised at 256 px). Recolouring happens in OKLCh (Ottosson, 2020,
https://bottosson.github.io/posts/oklab/): only the pixels of the dominant hue move, so an apple's leaf stays green
when the apple turns blue.
"""

from __future__ import annotations

import io
import json
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import resvg_py
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from scenes import Scene

HERE = Path(__file__).resolve().parent
LISTED = HERE / "objects.json"
# What every picture depends on.
SOURCES = (Path(__file__), LISTED)
PACKAGES = HERE / "node_modules"
STYLES = ("3d", "flat")

# Target (lightness, chroma, hue in degrees) of each named colour in OKLCh, for the middle tone of the object.
COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.60, 0.225, 26.0),
    "orange": (0.74, 0.175, 57.0),
    "yellow": (0.88, 0.175, 98.0),
    "green": (0.70, 0.190, 144.0),
    "cyan": (0.80, 0.130, 203.0),
    "blue": (0.58, 0.190, 258.0),
    "purple": (0.54, 0.215, 302.0),
    "pink": (0.78, 0.150, 353.0),
}

# Backgrounds are flat tones: clear enough to be named, soft enough not to fight with the object.
BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (24, 24, 28),
    "grey": (160, 164, 170),
    "red": (224, 82, 82),
    "orange": (250, 164, 86),
    "yellow": (253, 226, 122),
    "green": (132, 204, 146),
    "blue": (116, 176, 240),
    "purple": (176, 142, 228),
    "pink": (250, 184, 208),
}

FILL = 0.875  # about: the art's longer side, as a share of the picture's shorter side
GREYISH = 0.045  # mean OKLCh chroma below which an object has no hue of its own


@cache
def objects() -> dict[str, dict]:
    """Listed objects by id, in file order."""
    return {entry["id"]: entry for entry in json.loads(LISTED.read_text("utf-8"))}


def bare(hexcode: str) -> str:
    """An emoji's code points without the presentation selector: the key all packages can be joined on."""
    return hexcode.lower().replace("-fe0f", "")


@cache
def emoji_data(language: str) -> dict[str, dict]:
    """emojibase-data records by bare hexcode."""
    records = json.loads((PACKAGES / "emojibase-data" / language / "data.json").read_text("utf-8"))
    return {bare(record["hexcode"]): record for record in records}


# -- OKLab ------------------------------------------------------------------------------------------------------

_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_LAB_TO_LMS = np.linalg.inv(_LMS_TO_LAB).astype(np.float32)
_LMS_TO_LINEAR = np.linalg.inv(_LINEAR_TO_LMS).astype(np.float32)


def to_oklch(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """sRGB floats [..., 3] in 0..1 -> lightness 0..1, chroma, hue in degrees 0..360."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ _LINEAR_TO_LMS.T) @ _LMS_TO_LAB.T
    return lab[..., 0], np.hypot(lab[..., 1], lab[..., 2]), np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360


def _linear_rgb(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    angle = np.radians(hue)
    lab = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)
    return (lab @ _LAB_TO_LMS.T) ** 3 @ _LMS_TO_LINEAR.T


def from_oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """OKLCh -> sRGB floats [..., 3]; colours outside sRGB lose chroma, never hue (bisection)."""
    low, high = np.zeros_like(chroma), np.ones_like(chroma)
    for step in range(7):
        share = high if step == 0 else (low + high) / 2
        linear = _linear_rgb(lightness, chroma * share, hue)
        fits = ((linear > -0.002) & (linear < 1.002)).all(axis=-1)
        low = np.where(fits, share, low)
        high = np.where(fits, high, share)
    linear = _linear_rgb(lightness, chroma * low, hue).clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def hue_distance(a: np.ndarray | float, b: np.ndarray | float) -> np.ndarray:
    """Shortest way round the hue circle, in degrees, signed: from b to a."""
    return (np.asarray(a) - b + 180) % 360 - 180


BINS = 72


def hue_histogram(rgba: np.ndarray) -> np.ndarray:
    """Chroma-weighted hue histogram of the visible pixels: [72] bins of 5 degrees, smoothed, summing to 1
    (all zero for art without colour)."""
    lightness, chroma, hue = to_oklch(rgba[..., :3].astype(np.float32) / 255)
    seen = (lightness > 0.3) & (chroma > 0.03)  # hue is hardly seen in what is nearly black or grey
    weight = np.where(seen, chroma, 0) * (rgba[..., 3] / 255.0)
    counts = np.bincount((hue / 360 * BINS).astype(int).ravel() % BINS, weight.ravel(), BINS)
    offsets = np.arange(-4, 5)
    kernel = np.exp(-0.5 * (offsets / 1.8) ** 2)
    smooth = sum(k * np.roll(counts, o) for k, o in zip(kernel / kernel.sum(), offsets, strict=True))
    total = smooth.sum()
    return smooth / total if total > 0 else smooth


def mean_chroma(rgba: np.ndarray) -> float:
    """Alpha-weighted mean OKLCh chroma."""
    _, chroma, _ = to_oklch(rgba[..., :3].astype(np.float32) / 255)
    alpha = rgba[..., 3] / 255.0
    return float((chroma * alpha).sum() / max(alpha.sum(), 1e-6))


def dominant_hue(rgba: np.ndarray) -> float:
    """Hue in degrees at the peak of the histogram."""
    return (float(np.argmax(hue_histogram(rgba))) + 0.5) * 360 / BINS


def dominant_colour(rgba: np.ndarray) -> str | None:
    """The named colour whose hue is nearest to the dominant one; None for greyish art."""
    if mean_chroma(rgba) < 0.02:
        return None
    hue = dominant_hue(rgba)
    return min(COLOURS, key=lambda name: abs(float(hue_distance(COLOURS[name][2], hue))))


def plain_colour(rgba: np.ndarray) -> str | None:
    """The named colour anyone would give the art: most of what is visible has about its hue, chroma and lightness."""
    lightness, chroma, hue = to_oklch(rgba[..., :3].astype(np.float32) / 255)
    visible = rgba[..., 3] > 128
    for name, (target_l, target_c, target_h) in COLOURS.items():
        alike = np.abs(hue_distance(hue, target_h)) < 15
        alike &= (chroma > 0.55 * target_c) & (np.abs(lightness - target_l) < 0.2)
        if alike[visible].mean() > 0.45:
            return name
    return None


# -- source art -------------------------------------------------------------------------------------------------


def _trim(image: Image.Image) -> np.ndarray:
    rgba = np.asarray(image.convert("RGBA"))
    rows, columns = np.where((rgba[..., 3] > 8).any(1))[0], np.where((rgba[..., 3] > 8).any(0))[0]
    return rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()


@cache
def _flat_icons() -> dict:
    return json.loads((PACKAGES / "@iconify-json" / "fluent-emoji-flat" / "icons.json").read_text("utf-8"))


def flat_name(entry: dict) -> str:
    """The name of a listed object's flat drawing in its package."""
    label = emoji_data("en")[bare(entry["hexcode"])]["label"]
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return _flat_icons()["aliases"].get(slug, {"parent": slug})["parent"]


def _flat_svg(entry: dict) -> str:
    body = _flat_icons()["icons"][flat_name(entry)]["body"]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="256" height="256">{body}</svg>'


@cache
def source(name: str, style: str) -> np.ndarray:
    """Art as the package has it ("3d" or "flat"), trimmed to its visible pixels: uint8 [h, w, 4]."""
    entry = objects()[name]
    if style == "3d":
        path = PACKAGES / "@lobehub" / "fluent-emoji-3d" / "assets" / f"{entry['hexcode']}.webp"
        return _trim(Image.open(path))
    return _trim(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=_flat_svg(entry))))))


# -- recolouring ------------------------------------------------------------------------------------------------


def _smoothstep(x: np.ndarray, start: float, end: float) -> np.ndarray:
    t = ((x - start) / (end - start)).clip(0, 1)
    return t * t * (3 - 2 * t)


def _cluster(histogram: np.ndarray, centre: float | None) -> tuple[float, float, float]:
    """(centre, reach downwards, reach upwards) in degrees of the dominant hue, or of the peak within 25 degrees of
    `centre`: outwards until the histogram is nearly empty or a valley is crossed, 70 degrees at most."""
    if centre is not None:
        middles = (np.arange(BINS) + 0.5) * 360 / BINS
        near = np.abs(hue_distance(middles, centre)) <= 25
        peak = int(np.argmax(np.where(near, histogram, -1)))
    else:
        peak = int(np.argmax(histogram))

    def reach(step: int) -> float:
        lowest = histogram[peak]
        for distance in range(1, 15):
            value = histogram[(peak + step * distance) % BINS]
            lowest = min(lowest, value)
            if value < 0.04 * histogram[peak] or value > 1.25 * lowest + 0.04 * histogram[peak]:
                return (distance - 0.5) * 360 / BINS
        return 14.5 * 360 / BINS

    return (peak + 0.5) * 360 / BINS, reach(-1), reach(1)


def _weighted_quantile(values: np.ndarray, weights: np.ndarray, q: float) -> float:
    order = np.argsort(values, axis=None)
    cumulative = np.cumsum(weights.ravel()[order])
    return float(values.ravel()[order][np.searchsorted(cumulative, q * cumulative[-1])])


def _mask_by_tint(lightness: np.ndarray, chroma: np.ndarray, tint: str) -> np.ndarray:
    """"grey": all that has little colour of its own; "all": everything. Eyes and outlines (dark) stay, unless
    the art is dark as a whole."""
    dark = 0.45 if np.median(lightness) > 0.5 else 0.15
    light_enough = _smoothstep(lightness, dark - 0.2, dark)
    return light_enough * (1 - _smoothstep(chroma, 0.08, 0.17)) if tint == "grey" else light_enough


def _softened(mask: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Blurred by a pixel, within the object: the art is compressed, and its colour noise would show as specks."""

    def blurred(values: np.ndarray) -> np.ndarray:
        image = Image.fromarray((values * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))
        return np.asarray(image).astype(np.float32)

    return (blurred(mask * alpha) / blurred(alpha).clip(1)).clip(0, 1)


def recolour(rgba: np.ndarray, colour: str, tint: str | None = None, centre: float | None = None) -> np.ndarray:
    """Moves one hue of uint8 [h, w, 4] art to a named colour and leaves the others: the dominant hue, or the one
    around `centre` degrees. Greyish art is tinted; `tint` ("grey" or "all") asks for that outright."""
    target_l, target_c, target_h = COLOURS[colour]
    lightness, chroma, hue = to_oklch(rgba[..., :3].astype(np.float32) / 255)
    visible = rgba[..., 3] > 8
    alpha = rgba[..., 3] / 255.0
    if tint is None and centre is None and mean_chroma(rgba) < GREYISH:
        tint = "grey"
    if tint is not None:
        mask = np.zeros_like(lightness)
        mask[visible] = _mask_by_tint(lightness[visible], chroma[visible], tint)
        deviation = np.zeros_like(hue)
        relative = np.ones_like(chroma)
        weight = mask * alpha
    else:
        middle_hue, below, above = _cluster(hue_histogram(rgba), centre)
        deviation = hue_distance(hue, middle_hue)
        outside = np.where(deviation < 0, -deviation - below, deviation - above)
        mask = (1 - _smoothstep(outside, -3, 11)) * _smoothstep(chroma, 0.015, 0.05)
        weight = mask * alpha * chroma
        relative = (chroma / _weighted_quantile(chroma, weight, 0.65)).clip(0, 1.2) ** 0.75
    middle = _weighted_quantile(lightness, weight, 0.5)
    if tint == "all":  # several tones become shades of one colour: closer together, or they would not read as one
        new_l = target_l + 0.7 * (lightness - middle)
    else:
        new_l = lightness + 0.85 * (target_l - middle) * relative.clip(0, 1)
    # Highlights of an object made lighter would all turn white: squeeze them instead.
    new_l = np.where(new_l > 0.9, 0.9 + (new_l - 0.9) * 0.5, new_l).clip(0.05, 1)
    # Old and new are mixed in the a, b plane, so that soft edges of the mask pass through grey, not other hues.
    new_ab = target_c * relative * np.exp(1j * np.radians(target_h + 0.2 * deviation))
    mask = _softened(mask, alpha)
    mixed = chroma * np.exp(1j * np.radians(hue)) * (1 - mask) + new_ab * mask
    mixed_l = lightness * (1 - mask) + new_l * mask
    mixed_h = np.degrees(np.angle(mixed))
    rgb = from_oklch(mixed_l.astype(np.float32), np.abs(mixed).astype(np.float32), mixed_h.astype(np.float32))
    out = rgba.copy()
    out[..., :3] = np.where(mask[..., None] > 0.004, (rgb * 255 + 0.5).astype(np.uint8), rgba[..., :3])
    return out


@cache
def _recolour_options(name: str) -> dict:
    entry = objects()[name]
    return {"tint": entry.get("tint"), "centre": entry.get("hue")}


# -- tiles ------------------------------------------------------------------------------------------------------


class _Kept:
    """Least-recently-used store of arrays, bounded by bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes, self.items = limit, 0, OrderedDict()

    def get(self, key: tuple, make: Callable[[], np.ndarray]) -> np.ndarray:
        if key in self.items:
            self.items.move_to_end(key)
            return self.items[key]
        value = make()
        self.items[key] = value
        self.bytes += value.nbytes
        while self.bytes > self.limit:
            _, dropped = self.items.popitem(last=False)
            self.bytes -= dropped.nbytes
        return value


    def clear(self) -> None:
        self.items.clear()
        self.bytes = 0


_sources = _Kept(640 << 20)
_tiles = _Kept(1024 << 20)


def forget() -> None:
    """Drops all cached art."""
    _sources.clear()
    _tiles.clear()


def _resize(rgba: np.ndarray, width: int, height: int) -> np.ndarray:
    """Alpha-weighted resize (colours of invisible pixels do not bleed in)."""
    image = Image.fromarray(rgba, "RGBA").convert("RGBa").resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(image.convert("RGBA"))


def tile(name: str, style: str, colour: str | None, box: int) -> np.ndarray:
    """The object scaled to fit a box x box square, centred in it: uint8 [box, box, 4], straight alpha. Shared:
    do not write into it."""
    return _tiles.get((name, style, colour, box), lambda: _draw(name, style, colour, box))


def _draw(name: str, style: str, colour: str | None, box: int) -> np.ndarray:
    base = source(name, style)
    if colour is not None:
        options = _recolour_options(name)
        base = _sources.get((name, style, colour), lambda: recolour(source(name, style), colour, **options))
    scale = box / max(base.shape[:2])
    width, height = round(base.shape[1] * scale), round(base.shape[0] * scale)
    art = _resize(base, width, height)
    out = np.zeros((box, box, 4), np.uint8)
    top, left = ((box - art.shape[i]) // 2 for i in (0, 1))
    out[top : top + art.shape[0], left : left + art.shape[1]] = art
    return out


# -- layout -----------------------------------------------------------------------------------------------------


def _eights(value: float) -> int:
    return round(value / 8) * 8


def placements(scene: Scene) -> list[tuple[int, int, int]]:
    """(left, top, box) of each copy in px, multiples of 8 where the picture's sides are multiples of 32."""
    width, height = scene.width, scene.height
    side = min(width, height)
    box = side - 16 * round(side * (1 - FILL) / 16)  # its margins are multiples of 8
    if scene.count == 1 and scene.position == "centre":
        return [((width - box) // 2, (height - box) // 2, box)]
    # One at a side is as large as one of two, and where that one is: a shape that is learned here serves there as well.
    # Two stand side by side, three in a triangle, in the centred square.
    box = _eights(side * FILL / 2)
    near, centre, middle = (side // 2 - box) // 2 // 8 * 8, (width - box) // 2 // 8 * 8, (height - box) // 2 // 8 * 8
    if scene.count == 1:
        margin = max(near, 8)
        sides = {
            "left": (margin, middle),
            "right": (width - margin - box, middle),
            "top": (centre, margin),
            "bottom": (centre, height - margin - box),
        }
        return [(*sides[scene.position], box)]
    x, y, far = (width - side) // 2, (height - side) // 2, side - near - box
    if scene.count == 2:
        return [(x + near, middle, box), (x + far, middle, box)]
    return [(centre, y + near, box), (x + near, y + far, box), (x + far, y + far, box)]


def foreground(scene: Scene) -> np.ndarray:
    """uint8 [H, W, 4], straight alpha, without background."""
    out = np.zeros((scene.height, scene.width, 4), np.uint8)
    for left, top, box in placements(scene):
        out[top : top + box, left : left + box] = tile(scene.object, scene.style, scene.colour, box)
    return out


def background_rgb(name: str) -> tuple[float, float, float]:
    """sRGB floats 0..1."""
    r, g, b = BACKGROUNDS[name]
    return r / 255, g / 255, b / 255


def render(scene: Scene) -> np.ndarray:
    """uint8 [H, W, 3]: the foreground over its background, blended in sRGB."""
    rgba = foreground(scene)
    alpha = rgba[..., 3:].astype(np.uint16)
    back = np.array(BACKGROUNDS[scene.background], np.uint16)
    return ((rgba[..., :3] * alpha + back * (255 - alpha) + 127) // 255).astype(np.uint8)
