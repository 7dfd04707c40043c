"""Distils the guided teacher into a student that needs one evaluation a step.

Every method trains on states the student meets: some are noised pictures, `--own` of those at Turbo's timesteps lie on
its own four-step path (as in Yin et al. 2024, DMD2, section 4.5). What the student is taught:

    guidance      the teacher's guided prediction at the same state (Meng et al. 2023, first stage)
    progressive   where the teacher's guided path ends, taken in several smaller deterministic steps (after Salimans
                  & Ho 2022): guidance and step count are distilled at once
    anchored      the true prediction of the picture itself, moved by the teacher's guidance (its guided prediction less
                  its plain one): on the student's own path this corrects what both have wrong. The first timestep stays
                  as it was, so it follows `progressive`: `--from student`

    python3 training/distil.py --method progressive --steps N [--first SHARE] [--own SHARE] [--scale K]
        [--teacher teacher] [--from RUN] [--name student]

`--first` is the share of draws at the first timestep; `--from` begins a run with the weights of another, the teacher's
when absent, and is left out when the run is to go on.
"""

import argparse
import copy
import sys

import torch

from batches import Batches
from codes import Codes
from common import DEVICE, SEED, Ema, Run, cosine, kept_beginning, mixed, refuse_begun
from painter import SIGMA, coefficients, noised, read
from sampling import ancestral_step, both_predictions, guided, timesteps
from sheet import painter_of
from train import Optimizers
from train_text import load_texts, tokenizer_of

GUIDANCE = 1.5
RATE = 5e-4
SUBSTEPS = 4
OTHER_STEPS = 1_000_000  # other batches than the teacher's
TURBO = timesteps(4)


@torch.no_grad()
def own_states(student, latents, t, context, pooled, rng) -> torch.Tensor:
    """States at `t` [N] (Turbo timesteps) on the student's own path from noise."""
    draw = lambda: torch.randn(latents.shape, generator=rng).to(DEVICE)
    x = SIGMA[999] * draw()
    states = x.clone()
    for now, then in zip(TURBO, TURBO[1:]):
        if int(t.min()) >= now:
            break
        v = guided(student, x, torch.full_like(t, now), context, pooled, 1.0)
        x = ancestral_step(x, v, now, then, draw())
        states = torch.where((t == then)[:, None, None, None], x, states)
    return states


@torch.no_grad()
def end_of_path(teacher, x, t, context, pooled) -> torch.Tensor:
    """Clean latents where the teacher's guided, deterministic path from `x` at `t` ends (DDIM, Song et al. 2021)."""
    for step in range(SUBSTEPS):
        now = (t.float() * (1 - step / SUBSTEPS)).round().long()
        v = guided(teacher, x, now, context, pooled, GUIDANCE)
        a, s = coefficients(now)
        clean, noise = a * x - s * v, s * x + a * v
        if step + 1 == SUBSTEPS:
            return clean
        a, s = coefficients((t.float() * (1 - (step + 1) / SUBSTEPS)).round().long())
        x = a * clean + s * noise


@torch.no_grad()
def anchored(teacher, start, latents, x, t, context, pooled) -> torch.Tensor:
    """v of the true `latents` at `x`, moved by the teacher's guidance; at the first timestep the v of `start`."""
    a, s = coefficients(t)
    true = (a * x - latents) / s.clamp_min(0.05)
    without, along = both_predictions(teacher, x, t, context, pooled)
    kept = guided(start, x, t, context, pooled, 1.0)
    return torch.where((t == TURBO[0])[:, None, None, None], kept, true + (GUIDANCE - 1) * (along - without))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--method", choices=("guidance", "progressive", "anchored"), required=True)
    options.add_argument("--steps", type=int, required=True)
    options.add_argument("--first", type=float, default=0.4)
    options.add_argument("--own", type=float, default=0.5)
    options.add_argument("--scale", type=int, default=1)
    options.add_argument("--teacher", default="teacher")
    options.add_argument("--from", dest="start", help="the run to begin with; the teacher when absent")
    options.add_argument("--name", default="student")
    options = options.parse_args()
    if options.start:
        refuse_begun(options.name, "--from")
    beginning = kept_beginning(options.name, options.start or options.teacher)  # `anchored` needs it all along
    torch.manual_seed(SEED)
    teacher, start = painter_of(options.teacher), painter_of(beginning)
    student = copy.deepcopy(start).train().requires_grad_(True)
    ema = Ema(student, 0.99)
    optimizers = Optimizers(student)
    run = Run(options.name, painter=student, ema=ema, optimizers=optimizers)
    if run.step == 0:
        run.save()  # cut before its first checkpoint, a run would not know where it began
    batches, texts = Batches(tokenizer_of(), Codes.load(), options.first, scale=options.scale), load_texts()
    mean = 0.0
    for batch in batches.range(OTHER_STEPS + run.step, OTHER_STEPS + options.steps):
        rng = torch.Generator().manual_seed(SEED * 7 + run.step)
        t = batch.timesteps
        x, _ = noised(batch.latents, t, batch.noise)
        said = read(texts, batch.ids, batch.empty)
        turbo = torch.isin(t, torch.tensor(TURBO, device=DEVICE))
        own = turbo & (torch.rand(len(t), generator=rng) < options.own).to(DEVICE)
        if own.any():
            x = torch.where(own[:, None, None, None], own_states(student, x, t, *said, rng), x)
        if options.method == "guidance":
            with torch.no_grad():
                wanted = guided(teacher, x, t, *said, GUIDANCE)
        elif options.method == "anchored":
            wanted = anchored(teacher, start, batch.latents, x, t, *said)
        else:
            a, s = coefficients(t)
            wanted = (a * x - end_of_path(teacher, x, t, *said)) / s.clamp_min(0.05)
        with mixed():
            made = student(x, t, *said)
        error = ((made.float() - wanted) ** 2).mean()
        for optimizer in optimizers.both:
            optimizer.zero_grad(set_to_none=True)
        error.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizers.step(cosine(run.step / options.steps, RATE))
        ema.update(student)
        run.tick()
        mean += 0.05 * (error.item() - mean)
        if run.step % 20 == 0:
            run.log(f"{options.method}: loss {mean:.4f}")
    run.save()


if __name__ == "__main__":
    sys.exit(main())
