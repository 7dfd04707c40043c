"""Makes variations.json beside it: initial noise between two seeds, as AUTOMATIC1111's web UI mixes it.

Usage: python src/latents/golden/make_variations.py   (torch 2.13.0, on the CPU)

The mixing is written here anew after the description of its `slerp`: rows are normalised along the second dimension, the
angle is taken between normalised rows, and where the cosines are 0.9995 on average the mix is linear, with the shares the
other way round.
"""

import json
import pathlib

import torch

HERE = pathlib.Path(__file__).parent
# Seed, variation seed, strength, [C, h, w].
CASES = [
    (1, 2, 0.1, (4, 6, 8)),
    (1, 2, 0.3, (4, 6, 8)),
    (7, 4294967295, 0.85, (4, 5, 3)),
    (11, 12, 1.0, (3, 4, 4)),
    (5, 5, 0.3, (4, 4, 4)),
]


def noise(seed: int, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed))


def mix(share: float, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    def unit(rows: torch.Tensor) -> torch.Tensor:
        return rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)

    cosine = (unit(first) * unit(second)).sum(dim=1)
    if cosine.mean() > 0.9995:
        return first * share + second * (1 - share)
    angle = torch.arccos(cosine)
    weights = [torch.sin((1.0 - share) * angle), torch.sin(share * angle)]
    first_weight, second_weight = [(weight / torch.sin(angle)).unsqueeze(1) for weight in weights]
    return first_weight * first + second_weight * second


def flat(tensor: torch.Tensor) -> list[float]:
    return [float(value) for value in tensor.flatten()]


def main() -> None:
    cases = []
    for seed, variation_seed, strength, shape in CASES:
        first, second = noise(seed, shape), noise(variation_seed, shape)
        cases.append(
            dict(seed=seed, variationSeed=variation_seed, strength=strength, shape=shape)
            | dict(first=flat(first), second=flat(second), mixed=flat(mix(strength, first, second)))
        )
    # Nearly the same: the linear mix, told by its order.
    first = noise(3, (2, 8, 2))
    second = first + 0.01 * noise(4, (2, 8, 2))
    near = dict(strength=0.25, shape=(2, 8, 2), first=flat(first), second=flat(second))
    near["mixed"] = flat(mix(0.25, first, second))
    source = "torch, src/latents/golden/make_variations.py; float32"
    text = json.dumps(dict(source=source, cases=cases, near=near))
    (HERE / "variations.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
