"""Trains the autoencoder against the fixed patch codes: encoder to compute them, decoder to undo them.

The two never meet in training, so the latents are what codes.py says from the first step on and the UNet can be
trained beside them. The decoder sees codes with some noise, because the UNet's are never exact. Whole pictures are
mixed with crops: GroupNorm and the attention of the middle block behave differently on each.

    python3 training/train_vae.py [--network vae|tiny-vae] [--steps 1600]
"""

import argparse
import sys

import numpy as np
import torch

from codes import FILE, Codes, fit
from common import CACHE, DEVICE, SEED, Ema, Run, cosine, mixed, set_rate
from emblems import SIZE, emblems, is_clean, is_held_out
from model import tiny_vae, vae

BATCHES = ((64, 32), (64, 32), (128, 8), (64, 32), (64, 32), (256, 2))


class Pictures:
    """Crops of training art over plain backgrounds, −1..1, drawn from one seeded stream per step."""

    def __init__(self):
        names, self.art = emblems(CACHE)
        self.train = np.array([i for i, name in enumerate(names) if not is_held_out(name)])
        self.clean = np.array([i for i, name in enumerate(names) if is_clean(name)])

    def compose(self, rgba: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """`rgba` [N, H, W, 4] over a plain background each, colours sometimes permuted: [N, 3, H, W]."""
        art = torch.from_numpy(np.ascontiguousarray(rgba)).float().permute(0, 3, 1, 2) / 255
        n = art.shape[0]
        plain = torch.from_numpy(rng.random((n, 3, 1, 1), dtype=np.float32))
        white = torch.from_numpy(rng.random((n, 1, 1, 1)) < 0.4)
        background = torch.where(white, 1.0, plain)
        alpha = art[:, 3:]
        rgb = art[:, :3]
        if rng.random() < 0.4:
            rgb = rgb[:, torch.from_numpy(rng.permutation(3))]
        return (rgb * alpha + background * (1 - alpha)) * 2 - 1

    def batch(self, step: int) -> torch.Tensor:
        rng = np.random.default_rng((SEED, step))
        side, n = BATCHES[step % len(BATCHES)]
        crops = []
        for index in rng.choice(self.train, n):
            art = self.art[index]
            if rng.random() < 0.2 and side < SIZE:
                art = art[::2, ::2]
            y, x = (int(rng.integers(0, art.shape[k] - side + 1)) for k in (0, 1))
            crop = art[y : y + side, x : x + side]
            if rng.random() < 0.12:
                cells = crop[4::8, 4::8].copy()
                cells[..., 3] = np.where(cells[..., 3] > 127, 255, 0)
                crop = cells.repeat(8, 0).repeat(8, 1)
            crops.append(crop)
        return self.compose(np.stack(crops), rng)

    def test(self) -> torch.Tensor:
        """The art that no training shows, each over a background of its own, one fixed draw."""
        return self.compose(self.art[self.clean], np.random.default_rng(SEED))


def difference(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 of the pixels and of their horizontal and vertical differences, so that edges stay sharp."""
    error = made - wanted
    return error.abs().mean() + error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()


@torch.no_grad()
def psnr(decode, encode, pictures: torch.Tensor) -> float:
    """Mean PSNR in dB of whole pictures through `encode` and `decode`, values in 0..1."""
    total = 0.0
    for picture in pictures.split(8):
        made = decode(encode(picture).to(DEVICE)).cpu().clamp(-1, 1)
        total += (-10 * (((made - picture) / 2) ** 2).flatten(1).mean(1).log10()).sum().item()
    return total / len(pictures)


# Both autoencoders are trained alike; only how diffusers' classes are called differs.
NETWORKS = {
    "vae": (vae, lambda network, x: network.encode(x).latent_dist.mean),
    "tiny-vae": (tiny_vae, lambda network, x: network.encode(x).latents),
}


def reconstruction(kind: str, network: torch.nn.Module, codes: Codes, pictures: torch.Tensor) -> tuple[float, float]:
    """PSNR in dB of whole pictures decoded by a network of NETWORKS: from their codes, and from its encoder's latents."""
    _, encode = NETWORKS[kind]
    decode = lambda z: network.decode(z).sample
    return psnr(decode, codes.encode, pictures), psnr(decode, lambda x: encode(network, x.to(DEVICE)), pictures)


def as_logged(figures: tuple[float, float]) -> str:
    return "codes to picture {:.2f} dB  picture to picture {:.2f} dB".format(*figures)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--network", choices=NETWORKS, default="vae")
    options.add_argument("--steps", type=int, default=1600)
    options = options.parse_args()
    steps = options.steps
    build, encode = NETWORKS[options.network]
    torch.manual_seed(SEED)
    pictures = Pictures()
    if not FILE.exists():
        sample = [pictures.batch(step) for step in range(5, 5 + 6 * 200, 6)]
        fit(torch.cat(sample)).save()
    codes = Codes.load()

    network = build().to(DEVICE, memory_format=torch.channels_last)
    ema = Ema(network, 0.998)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    run = Run(options.network, network=network, ema=ema, optimizer=optimizer)
    test = pictures.test()[::3]
    if run.step == 0:
        run.log(f"linear codes alone: {psnr(lambda z: codes.decode(z.cpu()), codes.encode, test):.2f} dB on {len(test)} held-out pictures")
    while run.step < steps:
        picture = pictures.batch(run.step)
        rng = torch.Generator().manual_seed(SEED + run.step)
        with torch.no_grad():
            wanted = codes.encode(picture)
        noise = 0.3 * torch.rand(len(picture), 1, 1, 1, generator=rng) ** 2
        noisy = wanted + noise * torch.randn(wanted.shape, generator=rng)
        picture, wanted, noisy = picture.to(DEVICE), wanted.to(DEVICE), noisy.to(DEVICE)
        set_rate(optimizer, cosine(run.step / steps, 1.5e-3))
        with mixed():
            made = network.decode(noisy).sample
            coded = encode(network, picture)
        drawing, coding = difference(made.float(), picture), (coded.float() - wanted).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        (drawing + 0.3 * coding).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        ema.update(network)
        run.tick()
        if run.step % 200 == 0 or run.step == steps:
            figures = as_logged(reconstruction(options.network, ema.module, codes, test))
            run.log(f"drawing {drawing.item():.4f}  coding {coding.item():.4f}  {figures}")
    run.save()


if __name__ == "__main__":
    sys.exit(main())
