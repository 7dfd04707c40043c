"""Sampling in torch: ancestral Euler steps with trailing spacing, as the product's `turbo` and `euler-a` take them.

For looking at a run, for distillation, and for figures of what the product does not paint: the teacher, and tables of many
step counts and sizes.
"""

import torch
from diffusers.utils.torch_utils import randn_tensor

from common import DEVICE, mixed
from painter import ALPHA, SIGMA, Painter


def timesteps(steps: int) -> list[int]:
    """Trailing spacing: 999 first, evenly down (Lin et al. 2024, "Common diffusion noise schedules", table 2)."""
    return [round(1000 - k * 1000 / steps) - 1 for k in range(steps)]


def ancestral_step(x: torch.Tensor, v: torch.Tensor, now: int, then: int | None, noise: torch.Tensor) -> torch.Tensor:
    """One Euler ancestral step of the variance-preserving `x` from timestep `now` to `then` (None: the end).

    Works in Karras' coordinates x / α with σ / α, where the step is σ_down of Karras et al. 2022, algorithm 2.
    """
    a, s = ALPHA[now], SIGMA[now]
    clean = a * x - s * v
    if then is None:
        return clean
    sigma, target = s / a, SIGMA[then] / ALPHA[then]
    up = (target**2 * (sigma**2 - target**2) / sigma**2).sqrt()
    down = (target**2 - up**2).sqrt()
    derivative = (x / a - clean) / sigma
    return ALPHA[then] * (x / a + derivative * (down - sigma) + noise * up)


@torch.no_grad()
def sample(painter: Painter, context, pooled, size, steps: int, guidance: float, generator) -> torch.Tensor:
    """Latents [N, C, h, w] of encoded captions; with guidance 1 or less one evaluation a step, otherwise two. Noise is of
    one `generator` for all, or of a list with each picture's own."""
    height, width = size
    channels = painter.unet.config.in_channels
    shape = (len(context), channels, height // 8, width // 8)
    draw = lambda: randn_tensor(shape, generator=generator).to(DEVICE)
    x = SIGMA[999] * draw()
    plan = timesteps(steps)
    for now, then in zip(plan, [*plan[1:], None]):
        v = guided(painter, x, torch.full((len(context),), now, device=DEVICE), context, pooled, guidance)
        x = ancestral_step(x, v, now, then, draw())
    return x


def guided(painter: Painter, x, t, context, pooled, guidance: float) -> torch.Tensor:
    """v under classifier-free guidance (Ho & Salimans 2022)."""
    if guidance <= 1:
        with mixed():
            return painter(x, t, context, pooled).float()
    without, along = both_predictions(painter, x, t, context, pooled)
    return without + guidance * (along - without)


def both_predictions(painter: Painter, x, t, context, pooled) -> tuple[torch.Tensor, torch.Tensor]:
    """v without the text, which is zeros then, and v along with it."""
    with_zeros = lambda value: torch.cat([torch.zeros_like(value), value])
    with mixed():
        made = painter(torch.cat([x, x]), torch.cat([t, t]), with_zeros(context), with_zeros(pooled)).float()
    return made.chunk(2)
