"""A critic that tells what a decoder made from true art by patches, to train the decoder against.

Absolute differences alone leave the decoder's doubts in the picture: edges soft, plain areas with the texture of what
the latents do not say. Art has neither, and a critic sees both. Patches as in Isola et al. 2017 ("Image-to-image
translation with conditional adversarial networks"), the hinge loss of Lim and Ye 2017 ("Geometric GAN"); how much the
critic weighs beside the differences follows from their gradients, as in Esser et al. 2021 ("Taming transformers").
"""

import torch
import torch.nn.functional as F
from torch import nn

# Strides add up to the latents' patches of 8 pixels; a score sees about six of these each way.
WIDTHS = (32, 64, 96)
# What differs from its surroundings by a few levels of 255 must not drown in pictures of full contrast.
AROUND, GAIN = 5, 10


class Relief(nn.Module):
    """Pixels [N, 3, H, W] to [N, 6, H, W]: as they are, and what is left without their surroundings, amplified."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        around = F.avg_pool2d(pixels, AROUND, 1, AROUND // 2, count_include_pad=False)
        return torch.cat([pixels, torch.tanh(GAIN * (pixels - around))], 1)


def critic() -> nn.Sequential:
    """Pixels [N, 3, H, W], −1..1, to scores [N, 1, H/8, W/8]: high for true art."""
    layers, before = [Relief()], 6
    for width in WIDTHS:
        layers += [nn.Conv2d(before, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        before = width
    return nn.Sequential(*layers, nn.Conv2d(before, before, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(before, 1, 3, 1, 1))


def discernment(judge: nn.Module, made: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """The critic's own loss (hinge)."""
    scores, wanted = judge(made.detach()).float(), judge(true).float()
    return F.relu(1 + scores).mean() + F.relu(1 - wanted).mean()


def balanced(loss: torch.Tensor, judge: nn.Module, made: torch.Tensor, share: float) -> torch.Tensor:
    """The gradient of pixels `made`: that of `loss`, and the critic's at `share` of its norm."""
    (plain,) = torch.autograd.grad(loss, made)
    (wish,) = torch.autograd.grad(-judge(made).float().mean(), made)
    return plain + share * plain.norm() / wish.norm().clamp_min(1e-12) * wish
