/**
 * @file Finds the components of a model in one `.safetensors` file: a whole SDXL checkpoint as Stability's code and its
 * heirs write it, or a file that holds one component alone, under those names or diffusers'.
 */
import { AppError } from '../../error.ts';
import type { TensorInfo } from '../safetensors-header.ts';
import { isSameShape, shapeText } from '../shape.ts';
import {
  clipTensors,
  OPEN_CLIP,
  openClipTensors,
  readClipStructure,
  TRANSFORMERS_CLIP,
  type ClipStructure,
} from './clip-names.ts';
import { clipConfig, tinyVaeConfig, unetConfig, vaeConfig, type DerivedConfig } from './derived-config.ts';
import { pairNames, type MappedTensor, type Shapes } from './tensor-names.ts';
import { DIFFUSERS_UNET, LDM_UNET, readUnetStructure, unetTensors } from './unet-names.ts';
import { DIFFUSERS_VAE, LDM_VAE, readVaeStructure, vaeTensors } from './vae-names.ts';

export type Tensors = ReadonlyMap<string, TensorInfo>;

/** A component as a file holds it. */
export interface FoundComponent {
  readonly config: DerivedConfig;
  /** Every tensor of the component, with its full name in the file. */
  readonly tensors: readonly MappedTensor[];
  /** For text encoders. */
  readonly clip?: ClipStructure;
}

interface Place {
  /** What stands before the component's own names. */
  readonly prefix: string;
  /** A tensor that only this component has there. */
  readonly probe: string;
  /** `sgm`: as in a whole checkpoint. `own`: as diffusers and transformers name them. */
  readonly names: 'sgm' | 'own';
}

const place = (prefix: string, probe: string, names: Place['names']): Place => ({ prefix, probe, names });

/** Where a whole checkpoint has its components, and how else one is found alone; the first that is there counts. */
const PLACES = {
  unet: [
    place('model.diffusion_model.', 'input_blocks.0.0.weight', 'sgm'),
    place('', 'input_blocks.0.0.weight', 'sgm'),
    place('', 'down_blocks.0.resnets.0.conv1.weight', 'own'),
    place('unet.', 'down_blocks.0.resnets.0.conv1.weight', 'own'),
  ],
  vae: [
    place('first_stage_model.', 'decoder.up.0.block.0.conv1.weight', 'sgm'),
    place('vae.', 'decoder.up.0.block.0.conv1.weight', 'sgm'),
    place('', 'decoder.up.0.block.0.conv1.weight', 'sgm'),
    place('', 'decoder.up_blocks.0.resnets.0.conv1.weight', 'own'),
  ],
  text_encoder: [
    place('conditioner.embedders.0.transformer.', TRANSFORMERS_CLIP.tokens, 'own'),
    place('', TRANSFORMERS_CLIP.tokens, 'own'),
  ],
  text_encoder_2: [
    place('conditioner.embedders.1.model.', OPEN_CLIP.tokens, 'sgm'),
    place('', OPEN_CLIP.tokens, 'sgm'),
    place('', TRANSFORMERS_CLIP.tokens, 'own'),
  ],
  tiny_vae: [place('', 'decoder.layers.0.weight', 'own')],
} as const satisfies Record<string, readonly Place[]>;

type Component = keyof typeof PLACES;

/** What a model cannot do without. */
export const NEEDED_COMPONENTS = ['unet', 'vae', 'text_encoder', 'text_encoder_2'] as const;

/** Tensors that some writers keep beside the components' own, and that no computation here uses. */
const UNUSED = /^(model_ema\..*|v_pred|ztsnr)$|(^|\.)(position_ids|logit_scale|loss\..*)$/;
const UNUSED_IN_FIRST_ENCODER = 'conditioner.embedders.0.transformer.text_projection.weight';

/** Names of the components a file holds. */
export function presentComponents(tensors: Tensors): string[] {
  return (Object.keys(PLACES) as Component[]).filter(
    (component) => findPlace(tensors, component) !== undefined,
  );
}

/**
 * Reads one component's structure, and makes sure that it is whole: nothing missing, nothing of another shape, and
 * nothing left over that a picture would be computed without.
 * @param file the file's name, for messages
 * @param pooledSize width of the pooled text, where it is known
 * @returns `undefined` when the file has nothing of it
 * @throws AppError `weights/tensor-missing`, `weights/tensor-shape`, `model/file-layout`
 */
export function findComponent(
  tensors: Tensors,
  component: string,
  file: string,
  pooledSize?: number,
): FoundComponent | undefined {
  const found = findPlace(tensors, component);
  if (!found) return undefined;
  const shapes: Shapes = { shape: (name) => tensors.get(found.prefix + name)?.shape };
  const { tensors: relative, ...read } = readComponent(shapes, found, component, file, pooledSize);
  const own = [...tensors.keys()].filter((name) => name.startsWith(found.prefix));
  if (relative === undefined) {
    const all = own.map((source): MappedTensor => {
      const sourceShape = tensors.get(source)?.shape ?? [];
      return { name: source.slice(found.prefix.length), shape: sourceShape, source, sourceShape };
    });
    return { ...read, tensors: all };
  }
  const mapped = relative.map((tensor) => ({ ...tensor, source: found.prefix + tensor.source }));
  checkWhole(mapped, tensors, own, file, component);
  return { ...read, tensors: mapped };
}

function findPlace(tensors: Tensors, component: string): Place | undefined {
  const places: readonly Place[] = Object.hasOwn(PLACES, component) ? PLACES[component as Component] : [];
  return places.find(({ prefix, probe }) => tensors.has(prefix + probe));
}

/** `tensors` absent: all there are, under the names they have. */
function readComponent(
  shapes: Shapes,
  { names, prefix }: Place,
  component: string,
  file: string,
  pooledSize: number | undefined,
): Omit<FoundComponent, 'tensors'> & { readonly tensors?: readonly MappedTensor[] } {
  const isOwn = names === 'own';
  switch (component) {
    case 'unet': {
      const structure = readUnetStructure(shapes, isOwn ? DIFFUSERS_UNET : LDM_UNET, component);
      if (structure.down.some((depths) => depths.length === 0)) {
        throw new AppError('model/file-layout', { file, reason: 'a block of its UNet has no first layer' });
      }
      const config = unetConfig(structure, file, pooledSize);
      if (isOwn) return { config };
      const tensors = pairNames(unetTensors(structure, DIFFUSERS_UNET), unetTensors(structure, LDM_UNET));
      return { config, tensors };
    }
    case 'vae': {
      const structure = readVaeStructure(shapes, isOwn ? DIFFUSERS_VAE : LDM_VAE, component);
      const config = vaeConfig(structure);
      if (isOwn) return { config };
      const tensors = pairNames(vaeTensors(structure, DIFFUSERS_VAE), vaeTensors(structure, LDM_VAE));
      return { config, tensors };
    }
    case 'tiny_vae':
      return { config: tinyVaeConfig(shapes.shape('decoder.layers.0.weight') ?? []) };
    default: {
      const isSecond = component === 'text_encoder_2';
      const read = readClipStructure(shapes, isOwn ? TRANSFORMERS_CLIP : OPEN_CLIP, component);
      const clip = isSecond ? read : { ...read, projection: undefined };
      const config = clipConfig(clip, isSecond);
      if (isOwn && prefix === '') return { config, clip };
      const own = clipTensors(clip);
      return { config, clip, tensors: isOwn ? pairNames(own, own) : openClipTensors(clip) };
    }
  }
}

function checkWhole(
  mapped: readonly MappedTensor[],
  tensors: Tensors,
  own: readonly string[],
  file: string,
  component: string,
): void {
  const missing = mapped.find(({ source }) => !tensors.has(source));
  if (missing) throw new AppError('weights/tensor-missing', { tensor: missing.source, component });
  const used = new Set(mapped.map(({ source }) => source));
  const surplus = own.find(
    (name) => !used.has(name) && !UNUSED.test(name) && name !== UNUSED_IN_FIRST_ENCODER,
  );
  if (surplus !== undefined) {
    const reason = `its tensor '${surplus}' has no place in an SDXL ${component}`;
    throw new AppError('model/file-layout', { file, reason });
  }
  for (const { source, sourceShape } of mapped) {
    const actual = tensors.get(source)?.shape ?? [];
    if (isSameShape(actual, sourceShape)) continue;
    const detail = { tensor: source, expected: shapeText(sourceShape), actual: shapeText(actual) };
    throw new AppError('weights/tensor-shape', detail);
  }
}
