"""Latents as patch codes: what the autoencoder is taught and the UNet paints.

A latent position holds the first twelve principal components of its 8×8×3 patch of pixels. The codes are linear, so
a picture composed of layers has the composed codes of its layers, and they need no training: the VAE's encoder
learns to compute them and its decoder learns to undo them. Each component is divided by the square root of its
standard deviation, half way between plain PCA (whose fine components drown in the noise) and full whitening
(which makes a flat background as hard to hit as an edge).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

PATCH = 8
CHANNELS = 12
FILE = Path(__file__).parent / "codes.safetensors"


@dataclass(frozen=True)
class Codes:
    """`mean` [192], `basis` [192, C] orthonormal columns, `scale` [C]: code = ((patch − mean) · basis) / scale."""

    mean: torch.Tensor
    basis: torch.Tensor
    scale: torch.Tensor

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """Codes [N, C, h, w] of `pixels` [N, 3, H, W] in −1..1; H and W multiples of 8."""
        return self.linear(pixels) - self.offset()[None, :, None, None]

    def linear(self, pixels: torch.Tensor) -> torch.Tensor:
        """The linear part of `encode`, for layers that are summed before the mean is taken away."""
        return torch.nn.functional.conv2d(pixels, self._kernels(), stride=PATCH)

    def offset(self) -> torch.Tensor:
        return self.mean @ self.basis / self.scale

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """The least-squares picture [N, 3, H, W] of `codes`; a yardstick for the trained decoder."""
        kernels = (self.basis * self.scale).T.reshape(-1, 3, PATCH, PATCH)
        mean = self.mean.reshape(1, 3, PATCH, PATCH).repeat(1, 1, codes.shape[2], codes.shape[3])
        return torch.nn.functional.conv_transpose2d(codes, kernels, stride=PATCH) + mean

    def _kernels(self) -> torch.Tensor:
        return (self.basis / self.scale).T.reshape(-1, 3, PATCH, PATCH).contiguous()

    def digest(self) -> str:
        """Short name of these codes, for what is computed from them and kept."""
        numbers = b"".join(tensor.contiguous().numpy().tobytes() for tensor in (self.mean, self.basis, self.scale))
        return hashlib.sha256(numbers).hexdigest()[:12]

    def save(self) -> None:
        save_file({"mean": self.mean, "basis": self.basis.contiguous(), "scale": self.scale}, FILE)

    @staticmethod
    def load() -> "Codes":
        return Codes(**load_file(FILE))


def fit(pixels: torch.Tensor) -> Codes:
    """Fits the codes to `pixels` [N, 3, H, W] in −1..1; their mean square over the set is 1."""
    patches = torch.nn.functional.unfold(pixels, PATCH, stride=PATCH).transpose(1, 2).reshape(-1, 3 * PATCH * PATCH)
    mean = patches.double().mean(0)
    covariance = torch.cov((patches.double() - mean).T)
    values, vectors = torch.linalg.eigh(covariance)
    values = values.flip(0)[:CHANNELS]
    basis = vectors.flip(1)[:, :CHANNELS]
    basis = basis * torch.sign(basis.sum(0) + 1e-9)
    std = values.sqrt()
    scale = std.sqrt() * std.mean().sqrt()
    return Codes(mean.float(), basis.float(), scale.float())
