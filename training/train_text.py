"""Trains both text encoders to read captions, before anything is painted.

SDXL's encoders come trained too, from pictures and texts. Here a caption is known to say an object, a style, a
colour, a background, a count and a place, and each must be readable in both things a UNet sees of a text: in the
pooled text, and by one attention over the context. Every answer has a fixed code, and no two codes are much alike: with
codes of its own choice an encoder packs 125 objects into some twenty directions, which is enough to tell them apart but
a poor start for painting them. Both encoders are frozen afterwards, so the UNet starts with words it understands, and
English and Chinese mean the same to it.

    python3 training/train_text.py [--steps N]
"""

import argparse
import random
import sys
from functools import cache

import torch
from safetensors.torch import load_file
from transformers import CLIPTokenizer

import art
import scenes
import words
from common import CACHE, DEVICE, SEED, Ema, Run, cosine, mixed, set_rate, weights_file
from model import POOLED_WIDTH, TEXT_WIDTH
from painter import Texts
from vocabulary import cut

BATCH = 192
LENGTH = 6.0  # of a code in the pooled text: about one per dimension, all six codes together
SHORT = 24  # tokens: fits most captions, at a third of the cost of the whole window
RATE = 2e-3
NATURAL = "natural"
ANSWERS = {
    "object": tuple(art.objects()),
    "style": art.STYLES,
    "colour": (NATURAL, *art.COLOURS),
    "background": tuple(art.BACKGROUNDS),
    "count": (1, 2, 3),
    "position": scenes.POSITIONS,
}


def tokenizer_of(folder=CACHE / "tokenizer") -> CLIPTokenizer:
    if not (folder / "vocab.json").exists():
        cut(words.corpus(), folder)
    return CLIPTokenizer.from_pretrained(folder)


@cache
def load_texts(run: str = "text") -> Texts:
    """The averaged encoders of a run, frozen."""
    texts = Texts(len(tokenizer_of()))
    weights = load_file(weights_file(run))
    texts.load_state_dict({key.removeprefix("texts."): value for key, value in weights.items() if key.startswith("texts.")})
    return texts.to(DEVICE).eval().requires_grad_(False)


def codes(width: int) -> tuple[torch.Tensor, ...]:
    """For each question the codes [answers, width] of its answers: rows of length 1, orthogonal where there is room."""
    sizes = [len(values) for values in ANSWERS.values()]
    rows = torch.randn(sum(sizes), width, generator=torch.Generator().manual_seed(SEED))
    if len(rows) <= width:
        rows = torch.linalg.qr(rows.T).Q.T
    return torch.nn.functional.normalize(rows).split(sizes)


class Reader(torch.nn.Module):
    """The encoders and what must be readable in them; only the encoders are kept."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.texts = Texts(vocabulary)
        width = 2 * TEXT_WIDTH
        self.queries = torch.nn.Parameter(torch.randn(len(ANSWERS), width) / width**0.5)
        self.in_context = torch.nn.ParameterList(torch.nn.Parameter(c, requires_grad=False) for c in codes(width))
        self.in_pooled = torch.nn.ParameterList(torch.nn.Parameter(c, requires_grad=False) for c in codes(POOLED_WIDTH))

    def forward(self, ids: torch.Tensor) -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor]:
        """For each question two rows of logits [N, answers], from the context and from the pooled text; and the latter."""
        context, pooled = (values.float() for values in self.texts(ids))
        attention = (context @ self.queries.T).transpose(1, 2).softmax(-1)
        seen = attention @ context
        logits = [
            (seen[:, k] @ in_context.T, pooled @ in_pooled.T)
            for k, (in_context, in_pooled) in enumerate(zip(self.in_context, self.in_pooled))
        ]
        return logits, pooled

    def loss(self, ids: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of every answer read either way, and the distance of the pooled text from its answers' codes."""
        with mixed():
            logits, pooled = self(ids)
        told = sum(
            torch.nn.functional.cross_entropy(row, answers[:, k]) for k, pair in enumerate(logits) for row in pair
        )
        meant = LENGTH * sum(rows[answers[:, k]] for k, rows in enumerate(self.in_pooled))
        return told + 0.5 * (pooled - meant).square().mean()


def examples(rng: random.Random, tokenizer, count: int, window: int = 77, split: str = "train"):
    """Token ids [N, window] and answers [N, questions]; captions that do not fit the window are drawn again."""
    chosen, captions = [], []
    while len(chosen) < count:
        scene = scenes.sample(rng, split)
        caption = words.caption(scene, rng, rng.choice(words.LANGUAGES))
        if len(tokenizer(caption).input_ids) <= window:
            chosen.append(scene)
            captions.append(caption)
    ids = tokenizer(captions, padding="max_length", max_length=window, return_tensors="pt").input_ids
    said = lambda scene, key: getattr(scene, key) or NATURAL
    answers = [[values.index(said(scene, key)) for key, values in ANSWERS.items()] for scene in chosen]
    return ids.to(DEVICE), torch.tensor(answers, device=DEVICE)


@torch.no_grad()
def accuracy(reader: Reader, tokenizer) -> str:
    """Share of held-out captions read right, for each question, the worse of the two ways of reading."""
    ids, answers = examples(random.Random(SEED), tokenizer, 384, split="held-out")
    right = [
        min((logits.argmax(1) == answers[:, k]).float().mean().item() for logits in pair)
        for k, pair in enumerate(reader(ids)[0])
    ]
    return "  ".join(f"{key} {share:.1%}" for key, share in zip(ANSWERS, right))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=1500)
    options = options.parse_args()
    torch.manual_seed(SEED)
    tokenizer = tokenizer_of()
    reader = Reader(len(tokenizer)).to(DEVICE)
    ema = Ema(reader, 0.995)
    optimizer = torch.optim.AdamW(reader.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    run = Run("text", reader=reader, ema=ema, optimizer=optimizer)
    run.log(f"{sum(p.numel() for p in reader.texts.parameters()) / 1e6:.2f} M parameters, {len(tokenizer)} tokens")
    while run.step < options.steps:
        rng = random.Random(f"text {SEED} {run.step}")
        ids, answers = examples(rng, tokenizer, BATCH, 77 if run.step % 12 == 0 else SHORT)
        set_rate(optimizer, cosine(run.step / options.steps, RATE, warm=0.05))
        loss = reader.loss(ids, answers)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        ema.update(reader)
        run.tick()
        if run.step % 100 == 0 or run.step == options.steps:
            run.log(f"loss {loss.item():.3f}  {accuracy(ema.module, tokenizer)}")
    run.save()


if __name__ == "__main__":
    sys.exit(main())
