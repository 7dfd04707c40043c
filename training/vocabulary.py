"""Cuts CLIP's vocabulary to the merges that the captions need, keeping ids dense and the end-of-text token highest.

A merge outside the cut can never be looked up, so an unknown word falls apart into pieces the encoders have met,
instead of one token whose embedding was never trained. The words of the captions keep the very same pieces as under
the whole vocabulary: byte-pair encoding takes the best-ranked merge first, and every merge it would take is kept.
"""

import json
import re
from pathlib import Path

from transformers import CLIPTokenizer

WHOLE = Path(__file__).parent.parent / "src/tokens/clip-vocabulary"
START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 77


def _used_merges(words: list[str], merges: list[tuple[str, str]], to_bytes: dict[int, str]) -> set[int]:
    """Indices of the merges taken while encoding `words`, each spelt in CLIP's byte letters."""
    rank = {pair: index for index, pair in enumerate(merges)}
    used = set()
    for word in words:
        letters = [to_bytes[b] for b in word.encode()]
        pieces = [*letters[:-1], letters[-1] + "</w>"]
        while len(pieces) > 1:
            found = min((rank.get(pair, len(rank)), k) for k, pair in enumerate(zip(pieces, pieces[1:])))
            if found[0] == len(rank):
                break
            used.add(found[0])
            left, right = merges[found[0]]
            merged, k = [], 0
            while k < len(pieces):
                if k + 1 < len(pieces) and (pieces[k], pieces[k + 1]) == (left, right):
                    merged.append(left + right)
                    k += 2
                else:
                    merged.append(pieces[k])
                    k += 1
            pieces = merged
    return used


def _byte_letters(vocabulary: dict[str, int]) -> dict[int, str]:
    """CLIP's letter for each byte: printable bytes stand for themselves, the others are moved above 255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    moved = (byte for byte in range(256) if byte not in letters)
    letters.update({byte: chr(256 + k) for k, byte in enumerate(moved)})
    assert all(letter in vocabulary for letter in letters.values())
    return letters


def cut(corpus: list[str], folder: Path) -> int:
    """Writes vocab.json and merges.txt for the words of `corpus` into `folder`; returns the vocabulary's size."""
    whole = json.loads((WHOLE / "vocab.json").read_text())
    lines = (WHOLE / "merges.txt").read_text().split("\n")
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    pattern = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+", re.IGNORECASE)
    words = sorted({word for text in corpus for word in pattern.findall(text.lower())})
    kept = [merges[k] for k in sorted(_used_merges(words, merges, _byte_letters(whole)))]
    singles = sorted((token for token, index in whole.items() if index < 512), key=whole.get)
    tokens = [*singles, *("".join(pair) for pair in kept), START, END]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: k for k, token in enumerate(tokens)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in kept), ""]))
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=LENGTH)
    tokenizer.save_pretrained(folder)
    return len(tokens)
