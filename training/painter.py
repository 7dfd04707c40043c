"""The networks in training: both text encoders, and the UNet with SDXL's way of conditioning."""

import torch
from diffusers.models.attention_processor import AttnProcessor

from common import DEVICE, mixed
from model import BETAS, text_encoders, unet


class Texts(torch.nn.Module):
    """Both CLIP encoders as SDXL reads them."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.text_encoder, self.text_encoder_2 = text_encoders(vocabulary)
        for encoder in (self.text_encoder, self.text_encoder_2):
            encoder.set_attn_implementation("eager")

    def forward(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Context [N, T, C] (next-to-last layers of both encoders) and pooled text [N, P] of token `ids` [N, T]."""
        first = self.text_encoder(ids, output_hidden_states=True)
        second = self.text_encoder_2(ids, output_hidden_states=True)
        return torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1), second.text_embeds


class Painter(torch.nn.Module):
    """The UNet on its condition: v of noisy latents."""

    def __init__(self):
        super().__init__()
        self.unet = unet()
        # Plain matrix products train faster on a CPU than its fused attention.
        self.unet.set_attn_processor(AttnProcessor())

    def forward(self, noisy, timesteps, context, pooled) -> torch.Tensor:
        """Predicted v of `noisy` [N, C, h, w] at `timesteps` [N]; the size ids are the picture's own size in pixels."""
        height, width = noisy.shape[2] * 8, noisy.shape[3] * 8
        size = [float(value) for value in (height, width, 0, 0, height, width)]
        ids = torch.tensor([size], device=noisy.device).expand(len(noisy), -1)
        added = {"text_embeds": pooled, "time_ids": ids}
        return self.unet(noisy, timesteps, context, added_cond_kwargs=added).sample


@torch.no_grad()
def read(texts: Texts, ids: torch.Tensor, empty: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Context and pooled text of token `ids` [N, T]; zeros where `empty` [N], as SDXL's unconditional pictures have."""
    with mixed():
        context, pooled = texts(ids)
    said = (~empty).float()[:, None]
    return context * said[..., None], pooled * said


def _alphas() -> tuple[torch.Tensor, torch.Tensor]:
    start, end, count = BETAS["beta_start"], BETAS["beta_end"], BETAS["num_train_timesteps"]
    betas = torch.linspace(start**0.5, end**0.5, count, dtype=torch.float64) ** 2
    bar = torch.cumprod(1 - betas, 0)
    return bar.sqrt().float().to(DEVICE), (1 - bar).sqrt().float().to(DEVICE)


# sqrt(ᾱ) and sqrt(1 − ᾱ) of the training timesteps (scaled-linear betas).
ALPHA, SIGMA = _alphas()


def coefficients(timesteps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """α and σ of `timesteps` [N], to multiply latents [N, C, h, w] with."""
    return ALPHA[timesteps][:, None, None, None], SIGMA[timesteps][:, None, None, None]


def noised(latents: torch.Tensor, timesteps: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The UNet's input and its v target. Sampling starts from noise alone, so the last timestep does too."""
    a, s = coefficients(timesteps)
    start = (timesteps == len(ALPHA) - 1)[:, None, None, None]
    x = torch.where(start, s * noise, a * latents + s * noise)
    return x, (a * x - latents) / s
