"""Muon (Jordan 2024), the optimizer of the hidden matrices: momentum whose update is made orthogonal.

The orthogonal factor is found by three Newton–Schulz steps with Jordan's quintic; the update is scaled to the size of
an AdamW update (Liu et al. 2025, "Muon is scalable for LLM training"), so one learning rate serves both optimizers.
A convolution counts as the matrix [out, in × k × k].
"""

import torch

from common import BF16


def orthogonal(matrix: torch.Tensor, steps: int = 3) -> torch.Tensor:
    """The nearest orthogonal matrix to `matrix` [n, m], roughly; singular values land in about 0.7..1.2."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16() if BF16 else matrix
    wide = x.shape[0] > x.shape[1]
    if wide:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.T if wide else x).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                update = weight.grad.lerp(momentum, group["momentum"]).flatten(1)
                size = 0.2 * max(update.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(orthogonal(update).view_as(weight), alpha=-group["lr"] * size)
