/**
 * @file Whether a LoRA may be used: what it touches, how large and how strong its factors are, and whether its values
 * are numbers. All reasons against it are found at once.
 */
import type { RandomAccessFile } from '../weights/source.ts';
import type { WeightSet } from '../weights/weight-set.ts';
import { readLoraFile, type LoraFile } from './lora-file.ts';
import { readFactors, type ModuleFactors } from './module-factors.ts';
import { ModuleTable, type Module } from './module-table.ts';
import { productNorm, WeightNorms } from './norms.ts';
import { brokenRules, reason } from './rules.ts';
import { readScales, type Scales } from './scales.ts';
import type { LoraReason, LoraRule, LoraVerdict, ModuleFigures, NormsState } from './verdict.ts';

/** What a LoRA is looked at beside. */
export interface AdmissionContext {
  /** Weights of the model's UNet and text encoders. */
  readonly components: readonly WeightSet[];
  /** The text of `adapter_config.json` or `lora_config.json`, where one came with the file. */
  readonly config?: string | undefined;
  /** What ‖ΔW‖ is set beside, for which the model's weights are read; else why they are not. Absent: they are. */
  readonly norms?: WeightNorms | Exclude<NormsState, 'measured'>;
}

/**
 * Looks at a file, its values included.
 * @throws AppError what reading the file or the model's weights throws, `engine/cancelled`
 */
export async function admit(
  file: RandomAccessFile,
  context: AdmissionContext,
  signal?: AbortSignal,
): Promise<LoraVerdict> {
  const lora = await openLora(file, context, signal);
  const { components, norms = new WeightNorms() } = context;
  const weightNorm =
    typeof norms === 'string' ? undefined : (module: Module) => norms.of(components, module, signal);
  const looks: Look[] = [];
  for (const module of lora.modules)
    looks.push(await look(await readFactors(file, module, lora.scales, signal), weightNorm));
  const reasons = [...lora.reasons, ...looks.flatMap((one) => one.reasons)];
  const figures = looks.map((one) => one.figures);
  const sum = (of: (one: Look) => number): number => looks.reduce((total, one) => total + of(one) ** 2, 0);
  const relative = Math.sqrt(sum(({ delta }) => delta) / sum(({ base }) => base));
  return {
    admitted: reasons.length === 0,
    norms: typeof norms === 'string' ? norms : 'measured',
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

async function look(
  factors: ModuleFactors,
  weightNorm: ((module: Module) => Promise<number>) | undefined,
): Promise<Look> {
  const { module, rank, alpha, scale, up, down } = factors;
  const reasons = brokenRules(factors);
  const hasNorm = weightNorm !== undefined && reasons.every(({ rule }) => rule === 'scale');
  const delta = hasNorm ? Math.abs(scale) * productNorm(up, down, rank) : NaN;
  const base = hasNorm ? await weightNorm(module) : NaN;
  const { component, path } = module;
  const relative = hasNorm ? delta / base : null;
  return { figures: { component, module: path, rank, alpha, scale, relative }, reasons, delta, base };
}

/** Of one rule. */
const MOST_REASONS = 1000;

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

/** A file with what is wrong with it as such. */
export interface OpenedLora extends LoraFile {
  readonly scales: Scales;
}

/**
 * Reads all of a LoRA but its values. What was made for another model has no modules to be measured by, and neither has
 * what cannot be scaled.
 * @throws AppError what reading the file throws
 */
export async function openLora(
  file: RandomAccessFile,
  { components, config }: AdmissionContext,
  signal?: AbortSignal,
): Promise<OpenedLora> {
  const lora = await readLoraFile(file, new ModuleTable(components), signal);
  // A config that lies beside a file may be of another one; what needs none is not read with it.
  const needed = lora.modules.some(({ alpha }) => !alpha) ? config : undefined;
  const isForeign = lora.reasons.some(({ rule, module }) => rule === 'base' && module === '');
  try {
    const scales = readScales(lora.metadata, needed);
    return { ...lora, scales, modules: isForeign ? [] : lora.modules };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const broken = reason('format', '', `a config that is no JSON: ${error.message}`, 'JSON');
    return { ...lora, scales: readScales({}, undefined), modules: [], reasons: [...lora.reasons, broken] };
  }
}
