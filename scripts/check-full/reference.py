"""Makes e2e/fixtures/reference/full-unet.*: what diffusers' UNet makes of small latents with the weights of

    npm run make-checkpoint -- FULL --size full --layout diffusers --dtype bf16
    npm run make-checkpoint -- MID --size mid --layout diffusers --dtype bf16

Usage: python scripts/check-full/reference.py FULL MID. The text comes from the encoders of either; everything is
computed in float32 on the CPU. Layers are widened as they run, so 6 GB of memory are enough.
"""

import hashlib
import json
import pathlib
import sys

import diffusers
import torch
import transformers
from safetensors.torch import save_file

PROMPT = "a lighthouse at dawn"
SIDE = 64
OUT = pathlib.Path(__file__).parents[2] / "e2e/fixtures/reference"


def widen_as_it_runs(module: torch.nn.Module) -> torch.nn.Module:
    """Makes every layer of a bfloat16 module compute in float32, one layer's weights at a time."""
    for layer in module.modules():
        stored = dict(layer.named_parameters(recurse=False))
        if not stored:
            continue

        def before(layer, _, stored=stored):
            for name, value in stored.items():
                setattr(layer, name, torch.nn.Parameter(value.float(), requires_grad=False))

        def after(layer, _, __, stored=stored):
            for name, value in stored.items():
                setattr(layer, name, value)

        layer.register_forward_pre_hook(before)
        layer.register_forward_hook(after)
    return module.eval()


def encode(folder: pathlib.Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Context [1, 77, 2048] and pooled text [1, 1280], as StableDiffusionXLPipeline.encode_prompt makes them."""
    states = []
    for suffix, kind in (("", transformers.CLIPTextModel), ("_2", transformers.CLIPTextModelWithProjection)):
        tokenizer = transformers.CLIPTokenizer.from_pretrained(folder / f"tokenizer{suffix}")
        encoder = kind.from_pretrained(folder / f"text_encoder{suffix}", dtype=torch.float32)
        tokens = tokenizer(PROMPT, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
        output = encoder.eval()(tokens.input_ids, output_hidden_states=True)
        states.append(output.hidden_states[-2])
    return torch.cat(states, dim=-1), output.text_embeds


@torch.no_grad()
def main(full: pathlib.Path, mid: pathlib.Path) -> None:
    torch.set_num_threads(1)
    scheduler = diffusers.EulerAncestralDiscreteScheduler.from_pretrained(
        full / "scheduler", timestep_spacing="trailing"
    )
    scheduler.set_timesteps(1)
    timestep = scheduler.timesteps[0]
    noise = torch.randn([1, 4, SIDE // 8, SIDE // 8], generator=torch.manual_seed(1))
    sample = scheduler.scale_model_input(noise * scheduler.init_noise_sigma, timestep)
    time_ids = torch.tensor([[SIDE, SIDE, 0, 0, SIDE, SIDE]], dtype=torch.float32)
    texts = {name: encode(folder) for name, folder in (("full", full), ("mid", mid))}

    unet = diffusers.UNet2DConditionModel.from_pretrained(full / "unet", torch_dtype=torch.bfloat16)
    unet = widen_as_it_runs(unet)
    tensors = {"init_noise": noise}
    for name, (context, pooled) in texts.items():
        condition = {"text_embeds": pooled, "time_ids": time_ids}
        prediction = unet(sample, timestep, context, added_cond_kwargs=condition).sample
        assert prediction.dtype == torch.float32
        tensors |= {f"{name}.pooled": pooled.contiguous(), f"{name}.prediction": prediction.contiguous()}
        print(name, "deviation of the prediction", prediction.std().item())

    weights = full / "unet/diffusion_pytorch_model.safetensors"
    facts = {
        "prompt": PROMPT,
        "side": SIDE,
        "timestep": timestep.item(),
        "sigma": scheduler.sigmas[0].item(),
        "unetSha256": hashlib.file_digest(weights.open("rb"), "sha256").hexdigest(),
        "versions": {
            "torch": torch.__version__,
            "diffusers": diffusers.__version__,
            "transformers": transformers.__version__,
        },
    }
    save_file(tensors, OUT / "full-unet.safetensors")
    (OUT / "full-unet.json").write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:3]))
