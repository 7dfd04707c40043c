"""Trains both text encoders to read captions, before anything is painted.

SDXL's encoders come trained too, from pictures and texts. Here a caption is known to say an object, a style, a
colour, a background, a count and a place, and each must be readable in both things a UNet sees of a text: linearly
in the pooled text, and by one attention over the context. Both encoders are frozen afterwards, so the UNet starts
with words it understands, and English and Chinese mean the same to it.

    python3 training/train_text.py [--steps N]
"""

import argparse
import random
import sys

import torch
from safetensors.torch import load_file
from transformers import CLIPTokenizer

import art
import scenes
import words
from common import CACHE, SEED, Ema, Run, cosine, set_rate, weights_file
from model import POOLED_WIDTH, TEXT_WIDTH
from painter import Texts
from vocabulary import cut

BATCH = 192
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


def load_texts(run: str = "text") -> Texts:
    """The averaged encoders of a run, frozen."""
    texts = Texts(len(tokenizer_of()))
    weights = load_file(weights_file(run))
    texts.load_state_dict({key[6:]: value for key, value in weights.items() if key.startswith("texts.")})
    return texts.eval().requires_grad_(False)


class Reader(torch.nn.Module):
    """The encoders and what must be readable in them; only the encoders are kept."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.texts = Texts(vocabulary)
        width, sizes = 2 * TEXT_WIDTH, [len(values) for values in ANSWERS.values()]
        self.queries = torch.nn.Parameter(torch.randn(len(sizes), width) / width**0.5)
        self.from_context = torch.nn.ModuleList(torch.nn.Linear(width, size) for size in sizes)
        self.from_pooled = torch.nn.ModuleList(torch.nn.Linear(POOLED_WIDTH, size) for size in sizes)

    def forward(self, ids: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """For each question two rows of logits [N, answers]: from the context and from the pooled text."""
        context, pooled = self.texts(ids)
        attention = (context @ self.queries.T.to(context.dtype)).transpose(1, 2).softmax(-1)
        seen = attention @ context
        return [
            (context_head(seen[:, k]), pooled_head(pooled))
            for k, (context_head, pooled_head) in enumerate(zip(self.from_context, self.from_pooled))
        ]


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
    return ids, torch.tensor(answers)


@torch.no_grad()
def accuracy(reader: Reader, tokenizer) -> str:
    """Share of held-out captions read right, for each question, the worse of the two ways of reading."""
    ids, answers = examples(random.Random(SEED), tokenizer, 384, split="held-out")
    right = [
        min((logits.argmax(1) == answers[:, k]).float().mean().item() for logits in pair)
        for k, pair in enumerate(reader(ids))
    ]
    return "  ".join(f"{key} {share:.1%}" for key, share in zip(ANSWERS, right))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, default=1500)
    options = options.parse_args()
    torch.manual_seed(SEED)
    tokenizer = tokenizer_of()
    reader = Reader(len(tokenizer))
    ema = Ema(reader, 0.995)
    optimizer = torch.optim.AdamW(reader.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    run = Run("text", reader=reader, ema=ema, optimizer=optimizer)
    run.log(f"{sum(p.numel() for p in reader.texts.parameters()) / 1e6:.2f} M parameters, {len(tokenizer)} tokens")
    while run.step < options.steps:
        rng = random.Random(f"text {SEED} {run.step}")
        ids, answers = examples(rng, tokenizer, BATCH, 77 if run.step % 12 == 0 else SHORT)
        set_rate(optimizer, cosine(run.step / options.steps, RATE, warm=0.05))
        with torch.autocast("cpu", torch.bfloat16):
            logits = reader(ids)
        loss = sum(
            torch.nn.functional.cross_entropy(row.float(), answers[:, k]) for k, pair in enumerate(logits) for row in pair
        )
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
