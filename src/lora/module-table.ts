/**
 * @file The modules of a model that a LoRA can adapt, under every name that files use for them. Underscores are
 * ambiguous, so no name is ever taken apart: all names of all modules are written down once and looked up as they are.
 */
import {
  DIFFUSERS_UNET,
  LDM_UNET,
  readUnetStructure,
  unetTensors,
} from '../weights/single-file/unet-names.ts';
import type { WeightSet } from '../weights/weight-set.ts';

export const LORA_COMPONENTS = ['unet', 'text_encoder', 'text_encoder_2'] as const;
export type LoraComponent = (typeof LORA_COMPONENTS)[number];

/** A module with a weight. */
export interface Module {
  readonly component: LoraComponent;
  /**
   * As diffusers and transformers name it, `mid_block.attentions.0.transformer_blocks.0.attn1.to_q`; of text encoders with the
   * `text_model.` in front that some checkpoints leave out.
   */
  readonly path: string;
  /** Of its weight, outermost first: [out, in], of convolutions [out, in, height, width]. */
  readonly shape: readonly number[];
}

/** Of a component's weights, their names and shapes. */
type NamedShapes = Pick<WeightSet, 'component' | 'names' | 'has' | 'shape'>;

const WEIGHT = '.weight';
/** Of modules of transformers' CLIP models, unless the version is recent. */
const TEXT_PREFIX = 'text_model.';
/** What each component's modules begin with in files of kohya's scripts. */
const KOHYA_PREFIX = { unet: 'lora_unet_', text_encoder: 'lora_te1_', text_encoder_2: 'lora_te2_' } as const;

export class ModuleTable {
  /** `undefined`: a name of more than one module. */
  readonly #byName = new Map<string, Module | undefined>();

  /** @param components the weights of a model */
  constructor(components: readonly NamedShapes[]) {
    for (const weights of components) {
      const component = weights.component as LoraComponent;
      const ldm = component === 'unet' ? ldmPaths(weights) : new Map<string, string>();
      for (const name of weights.names()) {
        if (!name.endsWith(WEIGHT)) continue;
        const path = fullPath(component, name.slice(0, -WEIGHT.length));
        const module = { component, path, shape: weights.shape(name) };
        for (const alias of aliases(module, ldm.get(path))) this.#add(alias, module);
      }
    }
  }

  /** The module of a name, without the part that says which of a module's tensors it is. */
  find(name: string): Module | undefined {
    return this.#byName.get(name);
  }

  #add(name: string, module: Module): void {
    const known = this.#byName.get(name);
    const isTaken = this.#byName.has(name) && known !== module;
    this.#byName.set(name, isTaken ? undefined : module);
  }
}

/** A text encoder's module with the prefix, whether the checkpoint has it or not. */
function fullPath(component: LoraComponent, path: string): string {
  const isWhole = component === 'unet' || path.startsWith(TEXT_PREFIX) || path === 'text_projection';
  return isWhole ? path : `${TEXT_PREFIX}${path}`;
}

/** The name of a module in files of kohya's scripts, in diffusers' layout. */
export function kohyaName({ component, path }: Pick<Module, 'component' | 'path'>): string {
  return `${KOHYA_PREFIX[component]}${path.replaceAll('.', '_')}`;
}

/**
 * Names of a module in the files of kohya's scripts, PEFT, diffusers today and in 2023, and ComfyUI.
 * @param ldm where Stability's layout has it
 */
function aliases({ component, path }: Module, ldm: string | undefined): string[] {
  const paths = path.startsWith(TEXT_PREFIX) ? [path, path.slice(TEXT_PREFIX.length)] : [path];
  const names = paths.flatMap((one) => [kohyaName({ component, path: one }), `${component}.${one}`]);
  if (component !== 'unet') return names;
  const processor = attentionProcessor(path);
  return [
    ...names,
    ...[path, `base_model.model.${path}`],
    ...(ldm === undefined ? [] : [kohyaName({ component, path: ldm }), `diffusion_model.${ldm}`]),
    ...(processor === undefined ? [] : [processor, `unet.${processor}`]),
  ];
}

/** Where the first LoRAs of diffusers kept what an attention's projection is given. */
function attentionProcessor(path: string): string | undefined {
  const [, attention, projection] = /^(.*\.attn[12])\.(to_[qkv]|to_out)(?:\.0)?$/.exec(path) ?? [];
  return attention === undefined ? undefined : `${attention}.processor.${projection}`;
}

/** Path in Stability's layout by path in diffusers'. */
function ldmPaths(weights: NamedShapes): Map<string, string> {
  const shapes = { shape: (name: string) => (weights.has(name) ? weights.shape(name) : undefined) };
  // Stability's layout has no name for a guidance embedding.
  const structure = { ...readUnetStructure(shapes, DIFFUSERS_UNET, 'unet'), guidanceSize: undefined };
  const others = unetTensors(structure, LDM_UNET);
  const module = (name = ''): string => name.slice(0, name.lastIndexOf('.'));
  return new Map(
    unetTensors(structure, DIFFUSERS_UNET).map(({ name }, i) => [module(name), module(others[i]?.name)]),
  );
}
