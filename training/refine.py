"""Refines a distilled student on its own four-step path, towards the true pictures.

A caption determines its picture, so the true picture is known for every state that the student leads itself to. Part of
each batch is painted from noise as the product paints it (Yin et al. 2024, DMD2, section 4.5), and all four steps are
learned from: no evaluation is spent on finding the states alone. The rest is noised pictures, for other step counts.

Wanted is the true picture, moved by the teacher's guidance in the second and the third step. In the first, where the
words alone decide, guidance makes colours glaring; in the last it moves next to nothing (Kynkäänniemi et al. 2024,
"Applying guidance in a limited interval"). Where the teacher is a student itself, guided already, its own share of
guidance is taken out again: the difference that words make is as many times too large as the guidance is.

An error counts half as it is in the codes and half as it shows in pixels: coarse components show more, and on plain
areas nothing else does.

    python3 training/refine.py --from RUN --steps N [--arranged SHARE] [--path SHARE] [--first SHARE] [--rate R] [--name refined] [--scale K]

`--arranged` is the share of pictures that show two or three of their thing, or one at a side, whatever the usual mix has.
`--path` is the share of pictures that are painted, and `--first` that of the others which begin as painting does, in noise
alone: what is new to the student it learns there first, at a quarter of the cost.
"""

import argparse
import copy
import math
import sys

import torch

from batches import Batch, Batches
from codes import Codes
from common import DEVICE, SEED, Ema, Run, checkpoint_file, cosine, kept_beginning, mixed, refuse_begun
from distil import GUIDANCE
from painter import SIGMA, Painter, coefficients, noised, read
from sampling import ancestral_step, both_predictions, timesteps
from sheet import painter_of
from train import Optimizers
from train_text import load_texts, tokenizer_of

OTHER_STEPS = 2_000_000  # other batches than the teacher's and the student's
TURBO = timesteps(4)
GUIDED = TURBO[1:3]


class Refinement:
    """What is wanted of a student, and how much an error counts."""

    def __init__(self, student: Painter, teacher: Painter, codes: Codes, rng: torch.Generator):
        self.student, self.teacher, self.rng = student, teacher, rng
        shown = codes.scale**2
        self.weight = (0.5 + 0.5 * shown / shown.mean())[None, :, None, None].to(DEVICE)

    def _draw(self, latents: torch.Tensor) -> torch.Tensor:
        return torch.randn(latents.shape, generator=self.rng).to(DEVICE)

    def _guidance(self, x: torch.Tensor, t: torch.Tensor, said) -> torch.Tensor:
        """What is added to the v that is wanted at `x` [N, C, h, w], `t` [N]: nothing but in the guided steps."""
        push, guided = torch.zeros_like(x), torch.isin(t, torch.tensor(GUIDED, device=t.device))
        if guided.any():
            with torch.no_grad():
                without, along = both_predictions(self.teacher, x[guided], t[guided], *(value[guided] for value in said))
            push[guided] = ((1 - 1 / GUIDANCE) * (along - without)).float()
        return push

    def learn(self, x, t, part: Batch, said, share: float) -> tuple[torch.Tensor, float]:
        """Adds the gradient of `share` of the error at `x` [N, C, h, w], `t` [N]; gives v as it was and the error."""
        a, s = coefficients(t)
        wanted = (a * x - part.latents) / s.clamp_min(0.05) + self._guidance(x, t, said)
        with mixed():
            made = self.student(x, t, *said)
        error = (part.weight[:, None, None, None] * self.weight * (made.float() - wanted) ** 2).mean()
        (share * error).backward()
        return made.detach().float(), error.item()

    def along_path(self, part: Batch, said, share: float) -> list[float]:
        """Learns from the four steps that lead from noise to the part's pictures; their errors."""
        x, errors = SIGMA[TURBO[0]] * self._draw(part.latents), []
        for now, then in zip(TURBO, [*TURBO[1:], None]):
            t = torch.full((len(x),), now, device=DEVICE)
            v, error = self.learn(x, t, part, said, share / len(TURBO))
            errors.append(error)
            x = ancestral_step(x, v, now, then, self._draw(x))
        return errors


def some_of(batch: Batch, which: slice) -> Batch:
    return Batch(*(tensor[which] for tensor in batch))


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--steps", type=int, required=True)
    arguments.add_argument("--from", dest="start", help="the run to begin with, whose guidance is the teacher's too")
    arguments.add_argument("--name", default="refined")
    arguments.add_argument("--arranged", type=float, default=0)
    arguments.add_argument("--path", type=float, default=0.7)
    arguments.add_argument("--first", type=float, default=0)
    arguments.add_argument("--rate", type=float, default=3e-4)
    arguments.add_argument("--scale", type=int, default=1)
    options = arguments.parse_args()
    if options.start:
        refuse_begun(options.name, "--from")
    elif not checkpoint_file(options.name).exists():
        arguments.error(f"--from is needed: the run {options.name} has not begun yet")
    torch.manual_seed(SEED)
    teacher = painter_of(kept_beginning(options.name, options.start))
    student = copy.deepcopy(teacher).train()
    ema = Ema(student, 0.99)
    optimizers = Optimizers(student)
    run = Run(options.name, painter=student, ema=ema, optimizers=optimizers)
    if run.step == 0:
        run.save()  # cut before its first checkpoint, a run would not know where it began
    run.log(" ".join(f"{key}={value}" for key, value in vars(options).items()))
    texts, codes = load_texts(), Codes.load()
    batches = Batches(tokenizer_of(), codes, first=options.first, scale=options.scale, arranged=options.arranged)
    # Steps that share a batch: on its own path a picture is four examples.
    parts = max(1, round(3 * options.path))
    refinement = Refinement(student, teacher, codes, torch.Generator())
    mean = None
    for batch in batches.range(OTHER_STEPS + run.step // parts, OTHER_STEPS + options.steps // parts):
        for index in range(run.step % parts, parts):
            part = some_of(batch, slice(index, None, parts))
            refinement.rng.manual_seed(SEED * 11 + run.step)
            count = min(math.ceil(options.path * len(part.ids)), len(part.ids) - 1)
            part.empty[:count] = False  # no words lead to no certain picture
            said = read(texts, part.ids, part.empty)
            mine, rest = some_of(part, slice(count)), some_of(part, slice(count, None))
            for optimizer in optimizers.both:
                optimizer.zero_grad(set_to_none=True)
            share = 4 * count / (3 * count + len(part.ids))  # of the examples
            errors = refinement.along_path(mine, [value[:count] for value in said], share) if count else []
            x, _ = noised(rest.latents, rest.timesteps, rest.noise)
            _, error = refinement.learn(x, rest.timesteps, rest, [value[count:] for value in said], 1 - share)
            errors.append(error)
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizers.step(cosine(run.step / options.steps, options.rate))
            ema.update(student)
            run.tick()
            errors = torch.tensor(errors)
            mean = errors if mean is None else mean.lerp(errors, 0.05)
            if run.step % 20 == 0:
                run.log("errors of the four steps and of the rest " + " ".join(f"{error:.4f}" for error in mean.tolist()))
    run.save()


if __name__ == "__main__":
    sys.exit(main())
