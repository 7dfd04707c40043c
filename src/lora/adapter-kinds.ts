/** @file What else is handed round under the name of LoRA, told by the names of its tensors and by what it says of itself. */

/**
 * Tensors that no LoRA has, and whose they are. What follows a part's name is limited, so that no name, however long and
 * hostile, is searched over and over.
 */
const OTHER_KINDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/(^|[._])lora_controlnet/, 'Control-LoRA'],
  [/\.(dora_scale|lora_magnitude_vector(\.\w+){0,2})$/, 'DoRA'],
  [/\.hada_[wt][12](_[ab])?$/, 'LoHa'],
  [/\.lokr_[wt][12](_[ab])?$/, 'LoKr'],
  [/\.lora_mid\.weight$/, 'LoCon in Tucker form'],
  [/\.(oft_blocks|oft_diag|oft_[rR](\.\w+){0,2}|boft_\w+)$/, 'OFT'],
  [/\.(on_input|ia3_l(\.\w+){0,2})$/, 'IA3'],
  [/\.[ab][12]\.weight$/, 'GLoRA'],
  [/\.(diff|diff_b)$/, 'full weight differences'],
  [/\.[wb]_norm$/, 'norm layers'],
  [/^(emb_params|clip_[lg]|string_to_(token|param)(\..*)?)$/, 'textual inversion'],
];

/** Names that modules of SDXL never have. */
const OTHER_BASES: readonly (readonly [pattern: RegExp, base: string])[] = [
  [/^lora_te_/, 'Stable Diffusion 1.x or 2.x'],
  [
    /^(lora_te3_|lora_transformer_|text_encoder_3\.|transformer\.|(lora_unet_|diffusion_model\.)(double|single|joint)_blocks)/,
    'a transformer such as Stable Diffusion 3 or Flux',
  ],
];

/** The kind of adapter that a tensor belongs to, where that is no LoRA. */
export function otherKind(tensor: string): string | undefined {
  return OTHER_KINDS.find(([pattern]) => pattern.test(tensor))?.[1];
}

/** The kind of model that a tensor was made for, where its name says that it is not SDXL. */
export function otherBase(tensor: string): string | undefined {
  return OTHER_BASES.find(([pattern]) => pattern.test(tensor))?.[1];
}

/** The base that a file's own metadata names, where that is not SDXL. */
export function statedOtherBase(metadata: Readonly<Record<string, string>>): string | undefined {
  const { ss_base_model_version: kohya, 'modelspec.architecture': spec } = metadata;
  return [kohya, spec].find(
    (base) => base !== undefined && base !== 'None' && !/sdxl|stable-diffusion-xl/i.test(base),
  );
}
