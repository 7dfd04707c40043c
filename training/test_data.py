"""Checks the promises the data makes; run with `python3 training/test_data.py` (a few minutes on one core)."""

from __future__ import annotations

import ast
import hashlib
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import art
import common
import emblems
import evaluate
import features
import numpy as np
import scenes
import torch
import words
from batches import Batches
from codes import Codes
from scenes import Scene, sample

# SHA-256 of every held-out (object, style, colour, background); changes only when objects or the rule change.
HELD_OUT_DIGEST = "ddc495d04141c7159e5c420336a844591de91bcb8616296c75d08f4bebc3ee24"
DISTRIBUTIONS = {"PIL": "pillow"}  # names of imports that differ from their package's


def drawn(split: str, number: int, seed: int = 7) -> list[Scene]:
    rng = random.Random(seed)
    return [sample(rng, split) for _ in range(number)]


def combination(scene: Scene) -> tuple[str, str, str | None, str]:
    return scene.object, scene.style, scene.colour, scene.background


def test_requirements_name_every_import() -> None:
    files = sorted(common.ROOT.glob("*.py"))
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {file.stem for file in files}
    pinned = {line.split("==")[0] for line in (common.ROOT / "requirements.txt").read_text().split()}
    assert {DISTRIBUTIONS.get(package, package) for package in packages} == pinned


def test_every_object_has_art_in_both_packages() -> None:
    hexcodes = [entry["hexcode"] for entry in art.objects().values()]
    assert len(set(hexcodes)) == len(hexcodes)
    for name, style in product(art.objects(), ("3d", "flat")):
        rgba = art.source(name, style)
        assert rgba.dtype == np.uint8 and rgba.shape[2] == 4 and max(rgba.shape) > 128, (name, style)


def test_names_belong_to_one_object() -> None:
    for language in words.LANGUAGES:
        names = [word.lower() for entry in art.objects().values() for word in entry[language]]
        assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    taken = {word.lower() for entry in art.objects().values() for word in (*entry["en"], *entry["zh"])}
    meanings: dict[str, set[str]] = {}
    for name, *labels in words.nearest().values():
        assert name in art.objects() and not taken & set(labels)
        for label in filter(None, labels):
            meanings.setdefault(label, set()).add(name)
    assert all(len(names) == 1 for names in meanings.values()), [m for m in meanings.items() if len(m[1]) > 1]


def test_natural_colours_are_what_the_art_shows() -> None:
    for name, entry in art.objects().items():
        assert entry.get("natural") == words.painted_colour(name), (name, words.painted_colour(name))


def test_recoloured_art_has_the_named_hue() -> None:
    wrong = []
    for (name, colour), style in product(scenes.every_pair(), art.STYLES):
        seen = art.dominant_colour(art.tile(name, style, colour, 224))
        if seen != colour:
            wrong.append((name, style, colour, seen))
    assert not wrong, wrong


def test_recolouring_keeps_shape_and_other_hues() -> None:
    apple, blue = art.source("apple", "flat"), art.recolour(art.source("apple", "flat"), "blue")
    assert (apple[..., 3] == blue[..., 3]).all()
    _, chroma, hue = art.to_oklch(apple[..., :3].astype(np.float32) / 255)
    leaf = (apple[..., 3] == 255) & (chroma > 0.1) & (np.abs(art.hue_distance(hue, 150)) < 15)
    assert leaf.sum() > 500
    changed = np.abs(apple[leaf].astype(int) - blue[leaf].astype(int)).max(axis=-1)
    assert np.quantile(changed, 0.9) <= 6  # its rim, blurred into the apple, may change


def test_colour_conversion_is_inverse() -> None:
    rgb = np.random.default_rng(0).random((1000, 3)).astype(np.float32)
    assert np.abs(art.from_oklch(*art.to_oklch(rgb)) - rgb).max() < 0.01
    # Reference values of OKLab's author for sRGB white and CSS Color 4's oklch() of pure red.
    lightness, chroma, hue = art.to_oklch(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]], np.float32))
    assert abs(lightness[0] - 1) < 1e-3 and chroma[0] < 1e-3
    assert abs(lightness[1] - 0.62796) < 1e-3 and abs(chroma[1] - 0.25768) < 1e-3 and abs(hue[1] - 29.234) < 0.1


def test_backgrounds_are_far_apart() -> None:
    for (one, a), (other, b) in combinations(art.BACKGROUNDS.items(), 2):
        assert np.hypot.reduce(np.subtract(a, b, dtype=float)) > 45, (one, other)


def test_layout_stays_inside_and_apart() -> None:
    for width, height in ((256, 256), (256, 192), (192, 256), (128, 128)):
        cases = [(count, "centre") for count in (1, 2, 3)] + [(1, place) for place in scenes.POSITIONS]
        for count, position in cases:
            boxes = art.placements(Scene("apple", count=count, position=position, width=width, height=height))
            assert len(boxes) == count
            for left, top, box in boxes:
                assert left >= 0 and top >= 0 and left + box <= width and top + box <= height
                assert left % 8 == 0 and top % 8 == 0 and box % 8 == 0, (width, height, count, position, boxes)
            for (x, y, box), (u, v, _) in combinations(boxes, 2):
                assert abs(x - u) >= box or abs(y - v) >= box
    for style in art.STYLES:
        visible = np.argwhere(art.foreground(Scene("star", style))[..., 3] > 127)
        assert np.abs(visible.min(0) + visible.max(0) - 255).max() <= 8
        assert 216 <= (visible.max(0) - visible.min(0) + 1).max() <= 224


def test_a_wide_or_tall_picture_has_the_square_one_in_its_centre() -> None:
    square = art.render(Scene("star", "flat", "green", "blue", width=192, height=192))
    for width, height in ((256, 192), (192, 256)):
        picture = art.render(Scene("star", "flat", "green", "blue", width=width, height=height))
        assert (features.centred_square(picture) == square).all()


def test_pictures_are_deterministic() -> None:
    def digest() -> str:
        return hashlib.sha256(b"".join(art.render(scene).tobytes() for scene in drawn("train", 40))).hexdigest()

    first = digest()
    art.forget()
    assert digest() == first


def test_splits_do_not_overlap() -> None:
    train, held = drawn("train", 20000), drawn("held-out", 5000)
    assert not {combination(s) for s in train} & {combination(s) for s in held}
    assert not any(scenes.held_out(s) for s in train) and all(scenes.held_out(s) for s in held)
    shown = {(s.object, s.colour) for s in train}
    pairs = scenes.every_pair()
    unseen = [pair for pair in pairs if pair[1] in scenes.held_out_colours(pair[0])]
    assert not shown & set(unseen) and 0.05 < len(unseen) / len(pairs) < 0.13, len(unseen) / len(pairs)
    for name, entry in art.objects().items():
        assert not entry["recolour"] or len(set(art.COLOURS) - scenes.held_out_colours(name)) >= 6
    every = product(art.objects(), art.STYLES, (None, *art.COLOURS), art.BACKGROUNDS)
    kept = [case for case in every if scenes.held_out(Scene(*case))]
    assert hashlib.sha256(repr(kept).encode()).hexdigest() == HELD_OUT_DIGEST


def test_the_mix_is_as_asked() -> None:
    train = drawn("train", 20000)

    def share(test: object) -> float:
        return sum(map(test, train)) / len(train)

    assert abs(share(lambda s: s.style == "3d") - 0.6) < 0.02
    assert abs(share(lambda s: s.style == "flat") - 0.4) < 0.02
    assert abs(share(lambda s: s.background == "white") - 0.35) < 0.02
    assert 0.5 < share(lambda s: s.colour is None) < 0.6
    assert abs(share(lambda s: s.count == 1) - 0.9) < 0.02
    assert abs(share(lambda s: s.count == 1 and s.position == "centre") / share(lambda s: s.count == 1) - 0.93) < 0.02
    assert all(s.position == "centre" for s in train if s.count > 1)
    assert {(s.width, s.height) for s in train} == {(256, 256)}


def _says(text: str, choices: tuple[str, ...]) -> bool:
    return any(choice.lower() in text for choice in choices)


def _check_said(scene: Scene, text: str, language: str) -> None:
    row = words.LANGUAGES.index(language)
    text, context = text.lower(), (scene, text)
    if scene.style != "3d":
        kinds = ("adjective", "lead", "after") if language == "en" else ("before_zh", "after_zh")
        table = words.STYLE_WORDS[scene.style]
        assert _says(text, tuple(word for kind in kinds for word in table[kind])), context
    if scene.colour is not None:
        assert _says(text, words.COLOUR_WORDS[scene.colour][row]), context
    if scene.background != "white":
        assert _says(text, words.BACKGROUND_WORDS[scene.background][row]), context
        assert _says(text, ("background", "on ") if language == "en" else ("背景", "底")), context
    if scene.position != "centre":
        assert _says(text, words.POSITION_WORDS[scene.position][row]), context
    if scene.count > 1:
        number = words.COUNT_WORDS[scene.count][row]
        measure = "" if language == "en" else art.objects()[scene.object]["count"]
        assert _says(text, tuple(word + measure for word in number)), context
    allowed = {scene.colour, words.natural_colour(scene.object), scene.background}
    own = {word for colour in allowed if colour in words.COLOUR_WORDS for word in words.COLOUR_WORDS[colour][row]}
    for word in sorted(own, key=len, reverse=True):  # some contain another colour's word
        text = text.replace(word, "")
    for colour, table in words.COLOUR_WORDS.items():
        if colour in allowed or (colour == "orange" and scene.object == "tangerine"):
            continue
        said = table[0] if language == "en" else [word for word in table[1] if word.endswith("色")]
        assert not any(re.search(rf"(?<![a-z]){word}(?![a-z])", text) for word in said), context


def test_captions_say_what_is_not_default() -> None:
    slip, words.mistyped = words.mistyped, lambda text, rng: text
    rng, known = random.Random(3), " ".join(words.corpus())
    known_en = set(re.findall(r"[a-z0-9'-]+", known))
    for number, scene in enumerate(drawn("train", 20000) + drawn("held-out", 4000)):
        language = words.LANGUAGES[number % 2]
        text = words.caption(scene, rng, language)
        _check_said(scene, text, language)
        _check_said(scene, words.caption_of(scene, language), language)
        assert set(re.findall(r"[a-z0-9'-]+", text.lower())) <= known_en, text
        assert set(re.sub(r"[\x00-\x7f]", "", text)) <= set(known), text
    words.mistyped = slip
    assert words.caption(scene, random.Random(5), "en") == words.caption(scene, random.Random(5), "en")


def test_plain_captions() -> None:
    scene = Scene("apple", colour="purple", background="blue")
    assert words.caption_of(scene, "en") == "a purple apple on a blue background"
    assert words.caption_of(scene, "zh") == "蓝色背景上的紫色苹果"
    assert words.caption_of(Scene("owl", "flat", None, "orange"), "en") == "a flat owl on an orange background"
    assert words.caption_of(Scene("cat", "flat", count=2), "zh") == "两只扁平猫"
    assert words.caption_of(Scene("car", count=3), "zh") == "三辆汽车"
    assert words.caption_of(Scene("sunflower", count=2), "zh") == "两朵向日葵"
    assert words.caption_of(Scene("grapes", count=2), "en") == "two bunches of grapes"
    assert words.caption_of(Scene("unicorn"), "en") == "a unicorn"
    assert words.caption_of(Scene("umbrella", position="left"), "en") == "an umbrella on the left"
    assert [words.plural(w) for w in ("puppy", "fox", "mouse", "cup of coffee")] == [
        *("puppies", "foxes", "mice", "cups of coffee")
    ]


def test_nearest_meanings_are_kin() -> None:
    kin = {row[1]: row[0] for row in words.nearest().values()}
    expected = {"ox": "cow", "lime": "lemon", "taxi": "car", "shortcake": "cake", "dragon face": "dragon"}
    expected |= {"gorilla": "monkey", "squid": "octopus", "ferry": "sailboat", "hibiscus": "blossom"}
    for word, name in expected.items():
        assert kin.get(word) == name, (word, kin.get(word))


def test_held_out_prompts_are_those_drawn() -> None:
    assert evaluate.pairs() == evaluate.draw_pairs()
    assert all(scenes.held_out(Scene(**pair["scene"])) for pair in evaluate.pairs())


def test_other_words_are_those_drawn() -> None:
    pairs = evaluate.pairs(evaluate.OTHER_WORDS)
    assert pairs == evaluate.draw_other_words()
    assert all(scenes.held_out(Scene(**pair["scene"])) for pair in pairs)
    assert all(pair["prompt"] != words.caption_of(Scene(**pair["scene"]), pair["language"]) for pair in pairs)
    counts = Counter((pair["kind"], pair["language"]) for pair in pairs)
    wanted = {(kind, name): n for kind, row in evaluate.KINDS.items() for name, n in zip(words.LANGUAGES, row) if n}
    assert counts == wanted
    known = " ".join(words.corpus())
    assert not any(word in known for word in (*words.UNSEEN_ADJECTIVES, *words.UNSEEN_ADJECTIVES_ZH))


def test_arrangements_are_those_drawn() -> None:
    pairs = evaluate.pairs(evaluate.ARRANGED)
    assert pairs == evaluate.draw_arrangements()
    shown = [Scene(**pair["scene"]) for pair in pairs]
    assert all(scenes.held_out(scene) for scene in shown)
    counts = Counter((scene.count, scene.position, pair["language"]) for scene, pair in zip(shown, pairs))
    assert len(counts) == 2 * len(scenes.ARRANGEMENTS) and set(counts.values()) == {5}


def test_art_is_told_from_the_same_in_another_arrangement() -> None:
    scene = Scene("apple", count=2)
    assert evaluate.is_arranged(art.render(scene), scene)
    assert not evaluate.is_arranged(art.render(Scene("apple", position="left")), scene)


def test_things_are_found_where_they_stand() -> None:
    training = features.TrainingPictures()
    for index, arrangement in enumerate(scenes.ARRANGEMENTS):
        name, background = list(art.objects())[7 * index], list(art.BACKGROUNDS)[index]
        scene = Scene(name, background=background, **arrangement)
        pixels = art.render(scene)
        assert evaluate.looks_like(pixels, scene, training) == name
        assert evaluate.looks_like(pixels, replace(scene, object="apple"), training) == name
        assert len(features.things(pixels, scene)) == scene.count


def test_the_background_is_that_of_all_four_sides() -> None:
    pixels = np.full((256, 256, 3), 255, np.uint8)
    pixels[:, -6:] = pixels[-6:] = 0
    pixels[:6, :130] = 0
    assert features.background_of(pixels) == "black"


def test_published_figures_are_merged() -> None:
    docs = evaluate.DOCS
    with tempfile.TemporaryDirectory() as folder:
        evaluate.DOCS, file = Path(folder), Path(folder) / "figures.json"
        file.write_text('{"4-steps": 1, "1-step": 2}')
        evaluate.publish({"1-step": 3, "decoders": 4})
        assert json.loads(file.read_text()) == {"4-steps": 1, "1-step": 3, "decoders": 4}
    evaluate.DOCS = docs


def test_no_clean_drawing_is_of_a_listed_object() -> None:
    names, pixels = emblems.emblems(common.CACHE)
    digest = lambda rgba: hashlib.sha256(rgba.tobytes()).digest()
    visible = lambda rgba: rgba[np.ix_((rgba[..., 3] > 8).any(1), (rgba[..., 3] > 8).any(0))]
    listed = {digest(visible(art.source(name, style))) for name, style in product(art.objects(), art.STYLES)}
    held_out = {name: digest(visible(art_of)) for name, art_of in zip(names, pixels) if emblems.is_held_out(name)}
    assert any(drawing in listed for drawing in held_out.values())
    clean = {name for name in held_out if emblems.is_clean(name)}
    assert clean == {name for name, drawing in held_out.items() if drawing not in listed}


def test_kept_foregrounds_change_nothing() -> None:
    codes = Codes.load()
    batches = Batches(None, codes)
    with tempfile.TemporaryDirectory() as folder:
        batches.foregrounds = Path(folder) / "new"
        for scene in drawn("train", 8):
            assert torch.equal(batches.latents(scene), batches.latents(scene))
            assert torch.allclose(
                batches.latents(scene),
                codes.encode(torch.from_numpy(art.render(scene)).permute(2, 0, 1)[None].float() / 127.5 - 1)[0],
                atol=0.05,
            )
        assert {file.suffix for file in batches.foregrounds.iterdir()} == {".npy"}
    other = Batches(None, replace(codes, scale=2 * codes.scale))
    assert other.foregrounds != Batches(None, codes).foregrounds


def test_what_a_run_began_with_is_never_replaced() -> None:
    runs, linear = common.RUNS, torch.nn.Linear(1, 1)
    with tempfile.TemporaryDirectory() as folder:
        common.RUNS = Path(folder)
        common.refuse_begun("new", "--init")
        common.Run("new", common.Ema(linear)).save()
        assert "--init" in _ends(lambda: common.refuse_begun("new", "--init"))
        assert _ends(lambda: common.Run("new", common.Ema(linear))) is None
        common.checkpoint_file("new").unlink()
        assert "restored" in _ends(lambda: common.Run("new", common.Ema(linear)))
    common.RUNS = runs


def _ends(act: Callable[[], object]) -> str | None:
    """The sentence a script would end with."""
    try:
        act()
    except SystemExit as end:
        return str(end.code)
    return None


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            begun = time.perf_counter()
            test()
            print(f"{name}: {time.perf_counter() - begun:.1f} s", flush=True)
