/**
 * @file Whether a LoRA may be used: what it touches, how large and how strong its factors are, and whether its values
 * are numbers. All reasons against it are found at once.
 */
import { f32FromBf16 } from '../weights/bf16.ts';
import { readF32Tensor } from '../weights/safetensors.ts';
import { elementCount, isSameShape, shapeText } from '../weights/shape.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { readLoraFile, type LoraFile, type LoraModule } from './lora-file.ts';
import { ModuleTable, type LoraComponent, type Module } from './module-table.ts';
import { asAlpha, readScales, type Scales } from './scales.ts';
import type { LoraReason, LoraRule, LoraVerdict, ModuleFigures } from './verdict.ts';

const MAX_RANK = 8;
const MAX_SCALE = 1;
/** Of one rule. */
const MOST_REASONS = 1000;

/** What may be touched: the projections of attention, and of the layers that follow it. */
const TARGETS: Readonly<Record<LoraComponent, RegExp>> = {
  unet: /^(down_blocks\.\d+|mid_block|up_blocks\.\d+)\.attentions\.\d+\.transformer_blocks\.\d+\.(attn[12]\.(to_[qkv]|to_out\.0)|ff\.net\.(0\.proj|2))$/,
  text_encoder: /^text_model\.encoder\.layers\.\d+\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$/,
  text_encoder_2: /^text_model\.encoder\.layers\.\d+\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$/,
};
const TARGET_NAMES = {
  unet: 'to_q, to_k, to_v, to_out.0, ff.net.0.proj, ff.net.2',
  text_encoder: 'q_proj, k_proj, v_proj, out_proj, fc1, fc2',
  text_encoder_2: 'q_proj, k_proj, v_proj, out_proj, fc1, fc2',
} as const;

/** What a LoRA is looked at beside. */
export interface AdmissionContext {
  /** Weights of the model's UNet and text encoders. */
  readonly components: readonly WeightSet[];
  /** The text of `adapter_config.json` or `lora_config.json`, where one came with the file. */
  readonly config?: string | undefined;
}

/**
 * Looks at a file, its values included.
 * @throws AppError what reading the file or the model's weights throws, `engine/cancelled`
 */
export async function admit(
  file: RandomAccessFile,
  { components, config }: AdmissionContext,
  signal?: AbortSignal,
): Promise<LoraVerdict> {
  const lora = await readLoraFile(file, new ModuleTable(components), signal);
  const reasons = [...lora.reasons];
  const scales = scalesOf(lora, config, reasons);
  // What was made for another model has no modules to be measured by.
  const isForeign = reasons.some(({ rule, module }) => rule === 'base' && module === '');
  const looks: Look[] = [];
  for (const module of scales && !isForeign ? lora.modules : [])
    looks.push(await look(module, { file, scales, components, signal }));
  reasons.push(...looks.flatMap((one) => one.reasons));
  const figures = looks.map((one) => one.figures);
  const sum = (of: (one: Look) => number): number => looks.reduce((total, one) => total + of(one) ** 2, 0);
  const relative = Math.sqrt(sum(({ delta }) => delta) / sum(({ base }) => base));
  return {
    admitted: reasons.length === 0,
    reasons: shortened(reasons),
    modules: figures,
    total: {
      modules: figures.length,
      rank: Math.max(0, ...figures.map(({ rank }) => rank)),
      scale: Math.max(0, ...figures.map(({ scale }) => Math.abs(scale))),
      relative: Number.isFinite(relative) ? relative : null,
    },
  };
}

/** What one module comes to; norms are NaN where it cannot be measured. */
interface Look {
  readonly figures: ModuleFigures;
  readonly reasons: readonly LoraReason[];
  /** ‖ΔW‖ and ‖W‖. */
  readonly delta: number;
  readonly base: number;
}

interface LookContext {
  readonly file: RandomAccessFile;
  readonly scales: Scales | undefined;
  readonly components: readonly WeightSet[];
  readonly signal: AbortSignal | undefined;
}

async function look(lora: LoraModule, { file, scales, components, signal }: LookContext): Promise<Look> {
  const { module } = lora;
  const rank = lora.down.shape[0] ?? 0;
  const stated = lora.alpha ? (await readF32Tensor(file, lora.alpha, signal))[0] : scales?.alpha(module);
  const alpha = asAlpha(stated) ?? rank;
  const scale = scales?.scale(module, alpha, rank) ?? 1;
  const down = await readF32Tensor(file, lora.down, signal);
  const up = await readF32Tensor(file, lora.up, signal);
  const isFinite = [down, up, [alpha]].every((values) => values.every(Number.isFinite));
  const reasons = [
    ...(TARGETS[module.component].test(module.path) ? [] : [targetReason(module)]),
    ...(rank >= 1 && rank <= MAX_RANK ? [] : [reason('rank', module.path, rank, MAX_RANK)]),
    ...(Math.abs(scale) > MAX_SCALE ? [reason('scale', module.path, scale, MAX_SCALE)] : []),
    ...shapeReasons(lora, rank),
    ...(isFinite ? [] : [reason('finite', module.path, 'NaN or infinity', 'finite numbers')]),
  ];
  const isMeasurable = reasons.every(({ rule }) => rule === 'scale');
  const delta = isMeasurable ? Math.abs(scale) * productNorm(up, down, rank) : NaN;
  const base = isMeasurable ? await weightNorm(components, module, signal) : NaN;
  const { component, path } = module;
  const relative = isMeasurable ? delta / base : null;
  return { figures: { component, module: path, rank, alpha, scale, relative }, reasons, delta, base };
}

/** A hostile file may break a rule a hundred thousand times; more than a whole SDXL has modules nobody reads. */
function shortened(reasons: readonly LoraReason[]): LoraReason[] {
  const counts = new Map<LoraRule, number>();
  const kept = reasons.filter(({ rule }) => {
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
    return (counts.get(rule) ?? 0) <= MOST_REASONS;
  });
  const more = [...counts].filter(([, count]) => count > MOST_REASONS);
  return [
    ...kept,
    ...more.map(([rule, count]) => reason(rule, '', `${count - MOST_REASONS} times more`, '')),
  ];
}

/** `undefined` where what the file or its config says of scales cannot be read, which is a reason more. */
function scalesOf(
  { metadata }: LoraFile,
  config: string | undefined,
  reasons: LoraReason[],
): Scales | undefined {
  try {
    return readScales(metadata, config);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    reasons.push(reason('format', '', `a config that is no JSON: ${error.message}`, 'JSON'));
    return undefined;
  }
}

function targetReason({ component, path, shape }: Module): LoraReason {
  const kind = shape.length > 2 ? 'a convolution' : shape.length === 1 ? 'a norm' : 'a linear layer';
  return reason('target', path, kind, TARGET_NAMES[component]);
}

/** [rank, in…] and [out, rank] for a weight of [out, in…]. */
function shapeReasons({ module, down, up }: LoraModule, rank: number): LoraReason[] {
  const [out = 0, ...inner] = module.shape;
  const wanted = { down: [rank, ...inner], up: [out, rank] };
  return (['down', 'up'] as const).flatMap((part) => {
    const { shape } = part === 'down' ? down : up;
    if (isSameShape(shape, wanted[part])) return [];
    return [reason('shape', module.path, `${part} ${shapeText(shape)}`, shapeText(wanted[part]))];
  });
}

function reason(
  rule: LoraReason['rule'],
  module: string,
  value: string | number,
  limit: string | number,
): LoraReason {
  return { rule, module, value, limit };
}

/** ‖up × down‖ without the product: the sum of (upᵀ·up) ∘ (down·downᵀ), both of the size of the rank. */
function productNorm(up: Float32Array, down: Float32Array, rank: number): number {
  const [rows, columns] = [up.length / rank, down.length / rank];
  let sum = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = i; j < rank; j++) {
      let [ups, downs] = [0, 0];
      for (let row = 0; row < rows; row++)
        ups += (up[row * rank + i] as number) * (up[row * rank + j] as number);
      for (let column = 0; column < columns; column++)
        downs += (down[i * columns + column] as number) * (down[j * columns + column] as number);
      sum += (i === j ? 1 : 2) * ups * downs;
    }
  }
  return Math.sqrt(Math.max(0, sum));
}

async function weightNorm(
  components: readonly WeightSet[],
  { component, path, shape }: Module,
  signal: AbortSignal | undefined,
): Promise<number> {
  const set = components.find((one) => one.component === component);
  const [bits = new Uint16Array()] = (await set?.read([{ name: `${path}.weight`, shape }], signal)) ?? [];
  const values = f32FromBf16(bits, new Float32Array(elementCount(shape)));
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
