/** @file What `npm run generate -- --help` prints. */

export const HELP = `Usage: npm run -s generate -- [PROMPT] [flags]

What to paint
  --prompt TEXT              the sentence; the same as PROMPT
  --negative TEXT            what to stay away from (with --guidance full, first-step or onetime-negative); absent means
                             zeros, "" is encoded
  --seed N                   0 to 2^64-1, as torch.Generator("cpu") takes it; random when absent
  --variation-strength X     0 to 1: how far the noise goes from the seed's towards that of --variation-seed N (random when
                             absent); with --count, that one counts up and the seed stays
  --count N                  that many pictures, with the seeds N, N+1, …
  --width N --height N       pixels, multiples of the model's VAE factor
How
  --model ID|FOLDER|FILE|URL a stored model or one of the catalog, a folder in the diffusers layout, a
                             .safetensors checkpoint, or the address of either; absent: the embedded model
  --accept-licence           you have read the licence, which limits the use of the model, and keep to it
  --component NAME=PLACE     the unet, vae, tiny_vae, text_encoder or text_encoder_2 from elsewhere: of what --model
                             takes, or from the component's own folder or file; may be given for several
  --steps N
  --sampler turbo|turbo-sd|euler-a|euler|lcm|tcd
  --eta X                    with tcd, 0 to 1: how much of each step is taken with fresh noise (0.3)
  --guidance auto|off|first-step|full|onetime-negative|distilled
                             evaluations of the UNet for N steps: N, N+1 with first-step and onetime-negative, 2N with
                             full; auto: as the model says
  --guidance-scale X         (1.5)
  --guidance-rescale X       0 to 1: how far the contrast that guidance adds is taken back (0)
  --clip-skip N              how many more layers of the text encoders to leave out, as diffusers counts them (0)
  --backend auto|webgpu|wasm
  --precision f32|bf16|f16   what activations are rounded to between operations (f32: not at all); f16 is for comparison
                             and fails where its range, up to 65504, is left
  --vae full|tiled|tiny      decode in one piece, in tiles, or with the model's small decoder; absent: in one piece
                             where that fits the GPU budget, else in tiles
  --gpu-budget MB            the most GPU memory in use at any moment; --ram-budget MB: weights kept in RAM; absent:
                             the rule for the device. MB are MiB
  --lora FILE[:WEIGHT]       a LoRA to paint with (weight 1), as a file or an address; may be given for several;
                             <lora:NAME:WEIGHT> in the prompt sets the weight of the file NAME.safetensors
  --lora-policy strict|adapt what becomes of a LoRA that breaks a rule: refused (default), or repaired where possible
  --init-image FILE          a picture to begin from (PNG, JPEG, WebP), scaled and cut to the size; absent sizes are its own
  --strength X               with --init-image, above 0 up to 1: the share of the steps that are taken from there (0.75)
  --init-noise FILE          a .safetensors file with init_noise, step_noise.0, … instead of the seed's noise
What comes out
  --out FILE.png             with --count above 1: FILE-1.png, …
  --visible-mark en|zh-CN    draws “AI” or “AI 生成” into a corner; that the picture is generated always stands in its metadata
  --dump FILE.safetensors    text states, latents after every step, the image as numbers
  --json                     a report on stdout
  --probe                    only report what this browser and GPU offer, and what follows from it
  --help                     this list
  --profile DIR              the browser profile to use

Exit code 0 on success, 1 on failure, 2 on wrong usage.
`;
