"""What the evaluation sees in a picture: its nearest training picture, its object's colour, its background.

The object is judged by one fixed feature: a histogram of oriented gradients (Dalal & Triggs 2005) beside a
three-dimensional colour histogram, both of the whole picture. `python3 training/features.py` validates it
on real pictures first: augmented, never seen in that combination, they must find their own object.
"""

import io
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

import art
import scenes
from common import CACHE, SEED, digest, save_array

SIDE, CELL, BINS = 96, 12, 9
COLOUR_WEIGHT = 0.35
NEAR_BACKGROUND = 0.09


def hog(pixels: np.ndarray) -> np.ndarray:
    """Gradient histograms of a uint8 picture [H, W, 3]: the strongest channel's gradient decides, signs ignored.

    8×8 cells of 12 pixels, 9 orientations, normalised over blocks of 2×2 cells.
    """
    small = np.asarray(Image.fromarray(pixels).resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255
    gy, gx = np.gradient(small, axis=(0, 1))
    size = gx**2 + gy**2
    strongest = size.argmax(-1)[..., None]
    gx, gy = (np.take_along_axis(g, strongest, -1)[..., 0] for g in (gx, gy))
    size = np.sqrt(gx**2 + gy**2)
    angle = np.mod(np.arctan2(gy, gx), np.pi) / np.pi * BINS
    low = np.floor(angle).astype(int)
    share = angle - low
    cells = SIDE // CELL
    index = np.arange(SIDE) // CELL
    cell = index[:, None] * cells + index[None, :]
    histogram = np.zeros((cells * cells, BINS), np.float32)
    np.add.at(histogram, (cell, low % BINS), size * (1 - share))
    np.add.at(histogram, (cell, (low + 1) % BINS), size * share)
    grid = histogram.reshape(cells, cells, BINS)
    blocks = np.concatenate([grid[:-1, :-1], grid[1:, :-1], grid[:-1, 1:], grid[1:, 1:]], -1)
    blocks = blocks / (np.linalg.norm(blocks, axis=-1, keepdims=True) + 0.3)
    return blocks.ravel() / np.linalg.norm(blocks)


def colours(pixels: np.ndarray) -> np.ndarray:
    """Share of pixels in each of 6×6×6 cells of RGB, as square roots (so that distances are Hellinger's)."""
    counts = np.histogramdd(pixels.reshape(-1, 3)[::7], bins=(6, 6, 6), range=((0, 256),) * 3)[0].ravel()
    return np.sqrt(counts / counts.sum()).astype(np.float32)


def centred_square(pixels: np.ndarray) -> np.ndarray:
    """The part of a picture that holds a centred object at whatever shape it was painted; see art.placements."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def feature(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([hog(pixels), COLOUR_WEIGHT * colours(pixels)])


class TrainingPictures:
    """Features of training pictures: every object, style and trained colour, each on three trained backgrounds."""

    def __init__(self):
        self.scenes = self._scenes()
        sources = (Path(__file__), Path(scenes.__file__), *art.SOURCES)
        file = CACHE / f"training-features-{digest(*sources)}.npy"
        if not file.exists():
            save_array(file, np.stack([feature(art.render(scene)) for scene in self.scenes]))
        self.features = np.load(file)

    @staticmethod
    def _scenes() -> list[scenes.Scene]:
        chosen = []
        for name, entry in sorted(art.objects().items()):
            for style in art.STYLES:
                for colour in (None, *(art.COLOURS if entry["recolour"] else ())):
                    rng = random.Random(f"{SEED} {name} {style} {colour}")
                    trained = [scenes.Scene(name, style, colour, background) for background in art.BACKGROUNDS]
                    trained = [scene for scene in trained if not scenes.held_out(scene)]
                    chosen += rng.sample(trained, min(3, len(trained)))
        return chosen

    def add(self, more: list[scenes.Scene]) -> None:
        """Others to compare with, of what the model does not paint by itself."""
        self.scenes = [*self.scenes, *more]
        self.features = np.concatenate([self.features, [feature(art.render(scene)) for scene in more]])

    def nearest(self, pixels: np.ndarray) -> scenes.Scene:
        """The scene of the training picture nearest to a picture of any size, by its centred square."""
        return self.scenes[int(((self.features - feature(centred_square(pixels))) ** 2).sum(1).argmin())]


def things(pixels: np.ndarray, scene: scenes.Scene) -> list[np.ndarray]:
    """Each of the things that a picture of the scene is to show, as if it were shown alone and in the centre."""
    if scene.is_one:
        return [pixels]
    ((left, top, box),) = art.placements(scenes.Scene(scene.object))
    alone = []
    for x, y, side in art.placements(scene):
        canvas = Image.new("RGB", (top + box + top, left + box + left), tuple(border_colour(pixels).round().astype(int)))
        canvas.paste(Image.fromarray(pixels[y : y + side, x : x + side]).resize((box, box)), (left, top))
        alone.append(np.asarray(canvas))
    return alone


def background_of(pixels: np.ndarray) -> str:
    """The named background nearest to the median colour of the picture's border."""
    median = border_colour(pixels) / 255
    return min(art.BACKGROUNDS, key=lambda name: np.square(median - art.background_rgb(name)).sum())


def border_colour(pixels: np.ndarray) -> np.ndarray:
    """The median colour, 0..255, of a picture's border."""
    sides = (pixels[:6], pixels[-6:], pixels[:, :6], pixels[:, -6:])
    return np.median(np.concatenate([side.reshape(-1, 3) for side in sides]), 0)


def object_colour(pixels: np.ndarray, background: str) -> str | None:
    """Name of the dominant hue of everything that is not background, weighted by chroma as art.py does."""
    distance = np.abs(pixels / 255 - np.array(art.background_rgb(background))).max(-1)
    alpha = np.where(distance > NEAR_BACKGROUND, 255, 0).astype(np.uint8)
    return art.dominant_colour(np.dstack([pixels, alpha]))


def augmented(scene: scenes.Scene, rng: random.Random) -> np.ndarray:
    """The scene's picture moved by up to 6 px, scaled by up to 6 %, a little brighter or darker, through JPEG."""
    picture = Image.fromarray(art.render(scene))
    scale, (dx, dy) = rng.uniform(0.94, 1.06), (rng.uniform(-6, 6), rng.uniform(-6, 6))
    centre = 128 * (1 - 1 / scale)
    fill = tuple(round(255 * c) for c in art.background_rgb(scene.background))
    moved = picture.transform(
        picture.size,
        Image.Transform.AFFINE,
        (1 / scale, 0, centre - dx, 0, 1 / scale, centre - dy),
        Image.Resampling.BILINEAR,
        fillcolor=fill,
    ).point(lambda value, gain=rng.uniform(0.92, 1.08): min(255, round(value * gain)))
    stream = io.BytesIO()
    moved.save(stream, "JPEG", quality=rng.randint(50, 90))
    return np.asarray(Image.open(stream))


def validate(count: int = 600) -> float:
    """Share of augmented held-out pictures whose nearest training picture is of the right object."""
    training, rng = TrainingPictures(), random.Random(SEED)
    right = 0
    for _ in range(count):
        scene = replace(scenes.sample(rng, "held-out"), count=1, position="centre")
        found = training.nearest(augmented(scene, rng))
        right += found.object == scene.object
        if found.object != scene.object:
            print(f"{scene} looks like {found}")
    return right / count


if __name__ == "__main__":
    share = validate()
    print(f"{share:.1%} of augmented held-out pictures find their object")
    sys.exit(share < 0.99)
