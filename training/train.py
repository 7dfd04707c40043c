"""Trains the teacher: the UNet on captioned pictures, v prediction, with empty captions for guidance.

Most draws sit at the four Turbo timesteps; the rest are anywhere, for other step counts and 30-step samplers. The
learning rate is constant and falls at the end (`--decay` of `--steps`).

    python3 training/train.py --steps N [--first SHARE] [--small N] [--scale K] [--decay N] [--name NAME] [--init RUN]

`--first` is the share of draws at the first timestep, where the words are learned; `--small N` begins with N steps of
small pictures; `--scale K` makes batches K times as large, for a GPU; `--init` begins a run with the weights of another,
and is left out when the run is to go on.
"""

import argparse
import sys

import torch
from safetensors.torch import load_file

from batches import Batches
from codes import Codes
from common import DEVICE, SEED, Ema, Run, mixed, refuse_begun, set_rate, weights_file
from muon import Muon
from painter import Painter, noised, read
from train_text import load_texts, tokenizer_of

RATE = 2e-3
WARM = 200


class Optimizers:
    """Muon for the UNet's hidden matrices, AdamW for everything else, stepped as one."""

    def __init__(self, painter: Painter):
        hidden, other = [], []
        for name, weight in painter.named_parameters():
            inner = weight.ndim >= 2 and "embedding" not in name and "conv_in" not in name and "conv_out" not in name
            (hidden if inner else other).append(weight)
        self.both = (
            Muon(hidden),
            torch.optim.AdamW(other, 1e-3, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        )

    def step(self, rate: float) -> None:
        for optimizer in self.both:
            set_rate(optimizer, rate)
            optimizer.step()

    def state_dict(self):
        return [optimizer.state_dict() for optimizer in self.both]

    def load_state_dict(self, states):
        for optimizer, state in zip(self.both, states):
            optimizer.load_state_dict(state)


def rate_at(step: int, steps: int, decay: int) -> float:
    """Linear warm-up, constant, then linear to a fiftieth over the last `decay` steps."""
    left = min(1.0, (steps - step) / decay) if decay else 1.0
    return RATE * min(1.0, (step + 1) / WARM) * max(left, 0.02)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--steps", type=int, required=True)
    options.add_argument("--decay", type=int, default=0)
    options.add_argument("--small", type=int, default=0)
    options.add_argument("--scale", type=int, default=1)
    options.add_argument("--first", type=float, default=0.4)
    options.add_argument("--name", default="teacher")
    options.add_argument("--init")
    options = options.parse_args()
    if options.init:
        refuse_begun(options.name, "--init")
    torch.manual_seed(SEED)
    batches = Batches(tokenizer_of(), Codes.load(), options.first, options.small, options.scale)
    texts, painter = load_texts(), Painter().to(DEVICE)
    if options.init:
        painter.load_state_dict(load_file(weights_file(options.init)))
    ema = Ema(painter, 0.995)
    optimizers = Optimizers(painter)
    run = Run(options.name, painter=painter, ema=ema, optimizers=optimizers)
    if run.step == 0:
        run.log(f"{sum(p.numel() for p in painter.parameters()) / 1e6:.2f} M parameters")
        run.save()  # cut before its first checkpoint, a run would not know where it began
    mean, mean_first = 1.0, 1.0
    for batch in batches.range(run.step, options.steps):
        noisy, wanted = noised(batch.latents, batch.timesteps, batch.noise)
        said = read(texts, batch.ids, batch.empty)
        with mixed():
            made = painter(noisy, batch.timesteps, *said)
        error = ((made.float() - wanted) ** 2).mean((1, 2, 3))
        for optimizer in optimizers.both:
            optimizer.zero_grad(set_to_none=True)
        error.mean().backward()
        torch.nn.utils.clip_grad_norm_(painter.parameters(), 1.0)
        optimizers.step(rate_at(run.step, options.steps, options.decay))
        ema.update(painter)
        run.tick()
        first = error.detach()[(batch.timesteps == 999) & ~batch.empty]
        mean += 0.02 * (error.mean().item() - mean)
        if len(first):
            mean_first += 0.02 * (first.mean().item() - mean_first)
        if run.step % 50 == 0:
            run.log(f"loss {mean:.4f}  at the first timestep {mean_first:.4f}")
    run.save()


if __name__ == "__main__":
    sys.exit(main())
