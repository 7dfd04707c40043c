/**
 * @file What a `.safetensors` file holds that is not an SDXL checkpoint, told from its tensors' names and shapes, so
 * that it is refused for what it is. Every test here looks for something the kind has and SDXL has not.
 */
import type { SafetensorsHeader } from '../safetensors-header.ts';

const UNET = 'model.diffusion_model.';
/** Width of the text states of the two Stable Diffusions before SDXL. */
const CONTEXT_KINDS = new Map([
  [768, 'Stable Diffusion 1'],
  [1024, 'Stable Diffusion 2'],
]);

/** A proper name for the kind, or `undefined` for what may be an SDXL checkpoint or a part of one. */
export function foreignKind({ tensors, metadata }: SafetensorsHeader): string | undefined {
  const names = [...tensors.keys()];
  const shape = (name: string) => tensors.get(name)?.shape;
  const some = (pattern: RegExp) => names.some((name) => pattern.test(name));
  if (
    some(/\.(lora_(up|down|A|B)\b|lora\.(up|down)\b|hada_w|lokr_w|oft_|dora_scale)/) ||
    /\/lora$/.test(metadata['modelspec.architecture'] ?? '')
  ) {
    return 'LoRA';
  }
  if (some(/^(control_model\.|controlnet_|input_hint_block)/)) return 'ControlNet';
  if (some(/^(model\.diffusion_model\.)?(joint_blocks|double_blocks|transformer_blocks)\./))
    return 'diffusion transformer (Stable Diffusion 3, Flux, …)';
  if (some(/^conditioner\.embedders\.0\.model\.transformer\.resblocks\./)) return 'SDXL refiner';
  if (some(/^edm_(mean|std)$/)) return 'Playground v2.5';
  const inputs = shape(`${UNET}input_blocks.0.0.weight`) ?? shape('conv_in.weight');
  if (inputs?.[1] === 9) return 'SDXL inpainting';
  if (inputs?.[1] === 8 && shape(`${UNET}input_blocks.0.0.weight`)) return 'InstructPix2Pix';
  if (some(/^model\.diffusion_model\.input_blocks\./) && !shape(`${UNET}label_emb.0.0.weight`)) {
    const projection = names.find((name) => name.endsWith('.attn2.to_k.weight'));
    return (
      CONTEXT_KINDS.get(projection === undefined ? 0 : (shape(projection)?.[1] ?? 0)) ?? 'latent diffusion'
    );
  }
  return undefined;
}
