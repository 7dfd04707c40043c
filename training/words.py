"""Captions: the words of objects, styles, colours, backgrounds and places, in English and Chinese.

What a caption leaves out means the default (style 3d, natural colour, white background, one, centred), so every
attribute that is not the default is always said. Words no listed object owns are mapped to the nearest listed
object by the emoji taxonomy (`nearest`), and now and then stand in for its name: a rare word then paints a
sensible picture instead of noise.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache

from art import PACKAGES, bare, emoji_data, objects, plain_colour, source
from scenes import Scene, held_out

LANGUAGES = ("en", "zh")

# The first of each list is the canonical word.
COLOUR_WORDS = {
    "red": (("red", "crimson", "scarlet"), ("红色", "红", "大红色")),
    "orange": (("orange",), ("橙色", "橙", "橘色")),
    "yellow": (("yellow", "golden"), ("黄色", "黄", "金色")),
    "green": (("green", "emerald"), ("绿色", "绿", "翠绿色")),
    "cyan": (("cyan", "teal", "turquoise"), ("青色", "青", "青绿色")),
    "blue": (("blue",), ("蓝色", "蓝", "蔚蓝色")),
    "purple": (("purple", "violet"), ("紫色", "紫", "紫罗兰色")),
    "pink": (("pink",), ("粉色", "粉", "粉红色")),
}
BACKGROUND_WORDS = {
    "white": (("white",), ("白色", "白")),
    "black": (("black",), ("黑色", "黑")),
    "grey": (("grey", "gray"), ("灰色", "灰")),
    "red": (("red",), ("红色", "红")),
    "orange": (("orange",), ("橙色", "橙")),
    "yellow": (("yellow",), ("黄色", "黄")),
    "green": (("green",), ("绿色", "绿")),
    "blue": (("blue",), ("蓝色", "蓝")),
    "purple": (("purple",), ("紫色", "紫")),
    "pink": (("pink",), ("粉色", "粉")),
}
# English: adjectives before the noun; "… of a" leads; phrases after. Chinese: before the noun; after a comma.
STYLE_WORDS = {
    "3d": {
        "adjective": ("3d", "glossy", "3d glossy"),
        "lead": ("3d render of", "a 3d render of", "3d art of"),
        "after": ("3d", "3d render", "3d style", "in 3d", "in 3d style", "glossy 3d render"),
        "before_zh": ("3D", "3D风格的", "立体", "立体的"),
        "after_zh": ("3D", "3D风格", "立体", "立体风格"),
    },
    "flat": {
        "adjective": ("flat", "flat vector", "flat style"),
        "lead": ("flat illustration of", "a flat vector of", "flat drawing of"),
        "after": ("flat", "flat style", "flat vector", "flat design", "in flat style", "in a flat vector style"),
        "before_zh": ("扁平", "扁平风格的", "扁平风格", "扁平化的"),
        "after_zh": ("扁平", "扁平风格", "扁平风", "扁平插画"),
    },
}
POSITION_WORDS = {
    "left": (("on the left", "on the left side", "to the left", "at the left"), ("左边", "左侧")),
    "right": (("on the right", "on the right side", "to the right", "at the right"), ("右边", "右侧")),
    "top": (("at the top", "on top", "in the upper part", "near the top"), ("上方", "上面")),
    "bottom": (("at the bottom", "near the bottom", "in the lower part", "down below"), ("下方", "下面")),
}
COUNT_WORDS = {2: (("two", "2"), ("两", "2")), 3: (("three", "3"), ("三", "3"))}
ON_BACKGROUND = ("on a {} background", "with a {} background", "against a {} background", "{} background", "on {}")
ON_BACKGROUND_ZH_BEFORE = ("{}背景上的", "在{}背景上的", "{}背景的", "{}底的")
ON_BACKGROUND_ZH_AFTER = ("{}背景", "在{}背景上", "背景是{}")

ADJECTIVES = ("cute", "cute", "lovely", "beautiful", "nice", "detailed", "pretty", "adorable", "simple", "funny")
ADJECTIVES_ZH = ("可爱的", "可爱的", "好看的", "漂亮的", "精致的", "简单的", "有趣的", "美丽的")
# In no caption: the evaluation asks what a word does that was never learned and says nothing of the picture.
UNSEEN_ADJECTIVES = ("wonderful", "charming", "splendid", "elegant", "friendly", "lively", "delightful", "ordinary")
UNSEEN_ADJECTIVES_ZH = ("迷人的", "奇妙的", "优雅的", "亲切的", "活泼的", "讨喜的", "普通的", "特别的")
LEADS = (
    *("a picture of", "picture of", "an image of", "an emoji of", "an icon of", "a drawing of"),
    *("an illustration of", "draw", "a photo of", "a sticker of", "a close-up of", "emoji of"),
)
LEADS_ZH = ("一张图片，", "画一张图，", "请画", "画", "生成", "图标：", "表情：", "插画，")
TAILS = ("emoji", "icon", "sticker", "emoji icon", "clip art")
TAILS_ZH = ("表情", "图标", "表情符号", "贴纸", "插画", "的图片", "的图标")
QUALITY = ("high quality", "detailed", "best quality", "beautiful", "centered", "simple", "cute", "masterpiece")
QUALITY_ZH = ("高质量", "精细", "好看", "可爱", "简洁", "高清")

IRREGULAR = {
    **{"mouse": "mice", "snowman": "snowmen", "fish": "fish", "sheep": "sheep", "die": "dice", "cactus": "cacti"},
    **{"tomato": "tomatoes", "leaf": "leaves", "wolf": "wolves", "loaf": "loaves"},
}


# -- names ------------------------------------------------------------------------------------------------------


def plural(name: str) -> str:
    """English plural of a name; of its head where the name is "… of …"."""
    head, of, rest = name.partition(" of ")
    before, _, last = head.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif re.search(r"[^aeiou]y$", last):
        last = last[:-1] + "ies"
    else:
        last += "es" if re.search(r"(s|x|z|ch|sh)$", last) else "s"
    return f"{before} {last}".strip() + of + rest


def with_article(phrase: str) -> str:
    """"a" or "an" before an English phrase, by sound."""
    sounds_vowel = re.match(r"[aeiou]|8|xmas", phrase) and not re.match(r"uni|ufo|eu|one", phrase)
    return ("an " if sounds_vowel else "a ") + phrase


def _on_background(pattern: str, word: str) -> str:
    return pattern.replace("a {}", with_article(word)).format(word)


def natural_colour(name: str) -> str | None:
    """The named colour the object has by nature, if it has one."""
    return objects()[name].get("natural")


def painted_colour(name: str) -> str | None:
    """What `natural` in objects.json must say: the colour plainly seen in both art styles, if there is one."""
    found = {plain_colour(source(name, style)) for style in ("3d", "flat")}
    return found.pop() if len(found) == 1 else None


def _is_mass(name: str, word: str) -> bool:
    return word in objects()[name].get("mass", ())


# -- nearest known meaning --------------------------------------------------------------------------------------

_GROUPS = {0, 3, 4, 5, 6, 7}
_FACES_KEPT = {0, 12, 13, 14}  # smiling faces, cats, monkeys, hearts
_BARRED = frozenset(  # words that would contradict the picture when they stand in an object's name
    "red orange yellow green blue purple pink black white grey brown gold silver one two three left right top up "
    "down bottom upper lower o'clock thirty".split()
)
_BARRED_ZH = re.compile("[红橙黄绿青蓝紫粉黑白灰褐棕金银两三左右上下点]")
_KINDS = {3, 4, 5}  # groups whose subgroups are natural kinds: any member is kin to any other
_EVERYDAY = frozenset(  # tags too general to make two things alike
    "animal face food fruit vegetable plant drink tool place weather vehicle clothing clothes accessories".split()
)


@cache
def _annotations() -> dict[str, list[str]]:
    path = PACKAGES / "cldr-annotations-full" / "annotations" / "en" / "annotations.json"
    entries = json.loads(path.read_text("utf-8"))["annotations"]["annotations"]
    return {bare("-".join(f"{ord(c):x}" for c in emoji)): entry["default"] for emoji, entry in entries.items()}


@cache
def _tags(code: str) -> frozenset[str]:
    record = emoji_data("en")[code]
    phrases = {*record.get("tags", ()), *_annotations().get(code, ()), record["label"]}
    parts = {part for phrase in phrases for part in re.split(r"[^a-z]+", phrase.lower()) if len(part) > 2}
    return frozenset((phrases | parts) - _EVERYDAY)


def _usable(record: dict) -> bool:
    if record.get("group") not in _GROUPS or not record.get("label"):
        return False
    return record["group"] != 0 or record["subgroup"] in _FACES_KEPT


def _plain_name(label: str, language: str) -> str:
    """The label in lower case, or "" where it is no short name free of colour, number and place."""
    label = label.lower().replace("’", "'")
    if any(label == word.lower() for entry in objects().values() for word in entry[language]):
        return ""  # a listed object's own name
    if language == "zh":
        return label if len(label) <= 6 and not _BARRED_ZH.search(label) else ""
    words = re.split(r"[ -]", label)
    return label if re.fullmatch(r"[a-z][a-z' -]*", label) and len(words) <= 3 and not _BARRED & set(words) else ""


def _closest(code: str, listed: Iterable[str]) -> str | None:
    """The listed emoji nearest to another one, both by bare hexcode."""
    english, tags = emoji_data("en"), _tags(code)
    record = english[code]
    shared = {other: len(tags & _tags(other)) for other in listed}
    kin = [other for other in listed if english[other].get("subgroup") == record["subgroup"]]
    if record["group"] not in _KINDS:
        kin = [other for other in kin if shared[other]]
    far = [other for other in listed if english[other].get("group") == record["group"] and shared[other] >= 2]

    def distance(other: str) -> tuple[float, int]:
        alike = shared[other] / (1 + min(len(tags), len(_tags(other))))
        return -round(alike, 2), abs(english[other]["order"] - record["order"])

    return min(kin or far, key=distance, default=None)


@cache
def nearest() -> dict[str, tuple[str, str, str]]:
    """Every other emoji with a sensible neighbour among the listed objects: bare hexcode -> (object id, English
    label, Chinese label). Same subgroup first: most shared tags, then nearest in Unicode's emoji order, which
    keeps kin together. Without a listed kin in the subgroup: two shared tags within the group, or dropped.
    `nearest` in objects.json (hexcodes) overrides."""
    english, chinese = emoji_data("en"), emoji_data("zh")
    listed = {bare(entry["hexcode"]): name for name, entry in objects().items()}
    forced = {bare(code): name for name, entry in objects().items() for code in entry.get("nearest", ())}
    found: dict[str, tuple[str, str, str]] = {}
    for code, record in english.items():
        if code in listed:
            continue
        best = forced.get(code) or (listed.get(_closest(code, listed)) if _usable(record) else None)
        labels = (_plain_name(record["label"], "en"), _plain_name(chinese[code]["label"], "zh"))
        if best is not None and any(labels):
            found[code] = (best, *labels)
    return found


@cache
def nearest_words(name: str, language: str) -> tuple[str, ...]:
    """Words that no listed object owns and whose nearest meaning is the object."""
    column = 1 + LANGUAGES.index(language)
    return tuple(row[column] for row in nearest().values() if row[0] == name and row[column])


# -- captions ---------------------------------------------------------------------------------------------------


def _pick(rng: random.Random, words: tuple[str, ...], first: float = 0.5) -> str:
    """The canonical (first) word with the given chance, else any."""
    return words[0] if rng.random() < first else rng.choice(words)


def _said_colour(scene: Scene, rng: random.Random) -> str | None:
    """The colour to say: the scene's own, or now and then the natural one where it may be known."""
    if scene.colour is not None:
        return scene.colour
    natural = natural_colour(scene.object)
    if natural is not None and rng.random() < 0.08 and not held_out(replace(scene, colour=natural)):
        return natural
    return None


def _noun(scene: Scene, rng: random.Random, language: str) -> str:
    entry = objects()[scene.object]
    rare = nearest_words(scene.object, language)
    if rare and scene.count == 1 and rng.random() < 0.05:
        return rng.choice(rare)
    names = tuple(entry[language])
    if language == "en" and scene.count > 1:
        names = tuple(entry.get("counted", [n for n in names if not _is_mass(scene.object, n)]))
    return _pick(rng, names)


def _english(scene: Scene, rng: random.Random) -> str:
    style, place, background = scene.style, scene.position, scene.background
    say_style = style != "3d" or rng.random() < 0.3
    say_background = background != "white" or rng.random() < 0.25
    colour = _said_colour(scene, rng)
    noun = _noun(scene, rng, "en")
    style_at = rng.choices(("adjective", "after", "lead"), (45, 40, 15))[0] if say_style else None
    words = STYLE_WORDS[style]
    adjectives = []
    if rng.random() < 0.14:
        adjectives.append(rng.choice(ADJECTIVES))
    if style_at == "adjective":
        adjectives.append(_pick(rng, words["adjective"]))
    if colour is not None:
        adjectives.append(_pick(rng, COLOUR_WORDS[colour][0], 0.8))
    tail = f" {rng.choice(TAILS)}" if scene.count == 1 and rng.random() < 0.07 else ""
    if scene.count > 1:
        number = _pick(rng, COUNT_WORDS[scene.count][0], 0.7)
        thing = " ".join([number, *adjectives, plural(noun)])
    else:
        thing = " ".join([*adjectives, noun]) + tail
        if (tail or not _is_mass(scene.object, noun)) and rng.random() < 0.68:
            thing = with_article(thing) if rng.random() < 0.95 else f"the {thing}"
    lead = ""
    if style_at == "lead":
        lead = f"{rng.choice(words['lead'])} "
    elif rng.random() < 0.1:
        lead = f"{rng.choice(LEADS)} "
    parts = [lead + thing]
    if place != "centre":
        parts.append(_pick(rng, POSITION_WORDS[place][0]))
    if say_background:
        parts.append(_on_background(_pick(rng, ON_BACKGROUND), _pick(rng, BACKGROUND_WORDS[background][0], 0.7)))
    if style_at == "after":
        parts.append(_pick(rng, words["after"], 0.3))
    if rng.random() < 0.06:
        parts.append(rng.choice(QUALITY))
    return _arranged(parts, rng)


def _arranged(parts: list[str], rng: random.Random) -> str:
    """Phrases in order, joined by spaces where they read on, else by commas; now and then one comes first."""
    if len(parts) > 1 and rng.random() < 0.15:
        moved = parts.pop(rng.randrange(1, len(parts)))
        parts.insert(0, moved + ",")
    text = parts[0]
    for part in parts[1:]:
        reads_on = re.match(r"(on|at|in|with|against|to|near|down|as) ", part)
        comma = "" if text.endswith(",") or (reads_on and rng.random() < 0.85) else ","
        if comma and not reads_on and rng.random() < 0.15:
            comma = ""
        text += f"{comma} {part}"
    return text


def _chinese(scene: Scene, rng: random.Random) -> str:
    entry = objects()[scene.object]
    style, place, background = scene.style, scene.position, scene.background
    colour = _said_colour(scene, rng)
    noun = _noun(scene, rng, "zh")
    if colour is not None:
        word = _pick(rng, COLOUR_WORDS[colour][1], 0.7)
        noun = word + ("的" if len(word) > 1 and rng.random() < 0.5 else "") + noun
    before, after = "", []
    if style != "3d" or rng.random() < 0.3:
        if rng.random() < 0.6:
            noun = _pick(rng, STYLE_WORDS[style]["before_zh"], 0.4) + noun
        else:
            after.append(_pick(rng, STYLE_WORDS[style]["after_zh"], 0.4))
    if rng.random() < 0.14:
        noun = rng.choice(ADJECTIVES_ZH) + noun
    if scene.count > 1:
        noun = _pick(rng, COUNT_WORDS[scene.count][1], 0.8) + entry["count"] + noun
    elif rng.random() < 0.4:
        noun = "一" + entry["count"] + noun
    if rng.random() < 0.07:
        noun += rng.choice(TAILS_ZH)
    if place != "centre":
        word = _pick(rng, POSITION_WORDS[place][1])
        if rng.random() < 0.5:
            noun = f"{word}的{noun}"
        else:
            after.insert(0, rng.choice(("在{}", "位于{}", "{}")).format(word))
    if background != "white" or rng.random() < 0.25:
        words = BACKGROUND_WORDS[background][1]
        if rng.random() < 0.6:
            pattern = _pick(rng, ON_BACKGROUND_ZH_BEFORE)
            before = pattern.format(words[1] if pattern.startswith("{}底") else words[0])
        else:
            after.append(_pick(rng, ON_BACKGROUND_ZH_AFTER).format(words[0]))
    if rng.random() < 0.06:
        after.append(rng.choice(QUALITY_ZH))
    lead = rng.choice(LEADS_ZH) if rng.random() < 0.1 else ""
    comma = rng.choice(("，", "，", "，", ",", " "))
    parts = [before + noun, *after]
    if after and rng.random() < 0.15:
        parts = [parts[-1], *parts[:-1]]
    return lead + comma.join(parts)


def mistyped(text: str, rng: random.Random) -> str:
    """One slip inside one of the longer words: a letter dropped, doubled or swapped with the next."""
    spots = [m for m in re.finditer(r"[a-z]{5,}", text)]
    if not spots:
        return text
    word = rng.choice(spots)
    i = rng.randrange(word.start() + 1, word.end() - 1)
    kind = rng.randrange(3)
    slip = ("", text[i] * 2, text[i + 1] + text[i])[kind]
    return text[:i] + slip + text[i + (2 if kind == 2 else 1) :]


def caption(scene: Scene, rng: random.Random, language: str = "en") -> str:
    """A natural caption that says every attribute that is not the default; varied by rng alone."""
    if language == "zh":
        text = _chinese(scene, rng)
        return text + rng.choice("。！") if rng.random() < 0.06 else text
    text = _english(scene, rng)
    if rng.random() < 0.03:
        text = mistyped(text, rng)
    case = rng.random()
    if case < 0.1:
        text = text[0].upper() + text[1:]
    elif case < 0.13:
        text = text.upper()
    return text + rng.choice(".!") if rng.random() < 0.07 else text


def canonical(choices: Sequence[str]) -> str:
    return choices[0]


def caption_of(
    scene: Scene,
    language: str = "en",
    *,
    pick: Callable[[Sequence[str]], str] = canonical,
    names: Sequence[str] | None = None,
    adjective: str = "",
) -> str:
    """The plainest caption: what evaluation asks for. Defaults are left out, the white background too. In other words
    with another `pick` among the words of an attribute, other `names` of the object, or an `adjective` before it."""
    entry = objects()[scene.object]
    row = LANGUAGES.index(language)
    colour = pick(COLOUR_WORDS[scene.colour][row]) if scene.colour else ""
    background = pick(BACKGROUND_WORDS[scene.background][row]) if scene.background != "white" else ""
    place = pick(POSITION_WORDS[scene.position][row]) if scene.position != "centre" else ""
    words = STYLE_WORDS[scene.style]
    name = pick(names or entry[language])
    if language == "zh":
        style = pick(words["before_zh"]) if scene.style != "3d" else ""
        number = pick(COUNT_WORDS[scene.count][1]) + entry["count"] if scene.count > 1 else ""
        where = (f"{background}背景上" if background else "") + place
        return (f"{where}的" if where else "") + number + adjective + style + colour + name
    style = pick(words["adjective"]) if scene.style != "3d" else ""
    if scene.count > 1:
        counted = plural(pick(entry.get("counted", [name])))
        thing = " ".join(filter(None, [pick(COUNT_WORDS[scene.count][0]), adjective, style, colour, counted]))
    else:
        thing = " ".join(filter(None, [adjective, style, colour, name]))
        thing = thing if _is_mass(scene.object, name) else with_article(thing)
    tail = _on_background(ON_BACKGROUND[0], background) if background else ""
    return " ".join(filter(None, [thing, place, tail]))


def corpus() -> list[str]:
    """Every piece captions are made of, both languages, sorted: what the vocabulary must cover."""
    pieces = {*LEADS, *LEADS_ZH, *TAILS, *TAILS_ZH, *QUALITY, *QUALITY_ZH, *ADJECTIVES, *ADJECTIVES_ZH}
    pieces |= {pattern.format("") for pattern in (*ON_BACKGROUND, *ON_BACKGROUND_ZH_BEFORE, *ON_BACKGROUND_ZH_AFTER)}
    pieces |= {"a", "an", "the", "一", "的", "在", "位于", "，", "。", "！", "：", ",", ".", "!"}
    for table in (COLOUR_WORDS, BACKGROUND_WORDS, POSITION_WORDS, COUNT_WORDS):
        pieces |= {word for row in table.values() for words in row for word in words}
    pieces |= {word for row in STYLE_WORDS.values() for words in row.values() for word in words}
    for entry in objects().values():
        pieces |= {*entry["en"], *entry["zh"], entry["count"], *entry.get("counted", ())}
        pieces |= {plural(word) for word in (*entry["en"], *entry.get("counted", ()))}
    pieces |= {word for _, *labels in nearest().values() for word in labels}
    return sorted(piece.strip().lower() for piece in pieces if piece.strip())
