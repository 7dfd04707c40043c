/**
 * @file Makes of a LoRA that breaks rules one that keeps them, where that can be done honestly, and says what was done:
 * modules outside the rule are left out, a rank above the limit is compressed to it, a scale above the limit is folded into
 * the factors or clamped. What is broken otherwise stays refused.
 */
import { blobFile } from '../weights/blob-file.ts';
import { writeSafetensors, type F32Tensor } from '../weights/safetensors.ts';
import type { RandomAccessFile } from '../weights/source.ts';
import { admit, openLora, type AdmissionContext } from './admission.ts';
import { compress } from './compress.ts';
import { readFactors, type ModuleFactors } from './module-factors.ts';
import { kohyaName } from './module-table.ts';
import { isRepairableRule } from './repairable.ts';
import { brokenRules, MAX_RANK, MAX_SCALE, reason } from './rules.ts';
import type { AdaptedLora, LoraReason, LoraRepair, ScaleRepair } from './verdict.ts';

/** A compressed module has to keep this share of ‖ΔW‖²; below, it would be another LoRA. */
const LEAST_ENERGY = 0.5;

/**
 * Repairs a LoRA and looks at what came of it.
 * @param scaleRepair what becomes of a scale above the limit
 * @throws AppError as `admit`
 */
export async function adapt(
  file: RandomAccessFile,
  context: AdmissionContext,
  scaleRepair: ScaleRepair,
  signal?: AbortSignal,
): Promise<AdaptedLora> {
  const { metadata, modules, scales, ...opened } = await openLora(file, context, signal);
  const reasons = [...opened.reasons];
  const tensors: Record<string, F32Tensor> = {};
  const repairs: LoraRepair[] = [];
  // Of a file that is wrong as such no module is worth the work.
  for (const one of reasons.length > 0 ? [] : modules) {
    const factors = await readFactors(file, one, scales, signal);
    const repaired = repairModule(factors, scaleRepair);
    reasons.push(...repaired.reasons);
    repairs.push(...repaired.repairs);
    if (repaired.factors) Object.assign(tensors, tensorsOf(repaired.factors));
  }
  const isEmpty = Object.keys(tensors).length === 0;
  if (reasons.length > 0 || isEmpty) {
    const verdict = await admit(file, context, signal);
    const isKnown = ({ rule, module, value }: LoraReason): boolean =>
      verdict.reasons.some((one) => one.rule === rule && one.module === module && one.value === value);
    const added = reasons.filter((one) => !isKnown(one));
    return { verdict: { ...verdict, reasons: [...verdict.reasons, ...added] }, repairs: [], file: undefined };
  }
  const bytes = writeSafetensors(tensors, {
    ...withoutScales(metadata),
    emulsion_repairs: JSON.stringify(repairs),
  });
  const verdict = await admit(
    blobFile(file.path, new Blob([bytes])),
    { ...context, config: undefined },
    signal,
  );
  // What is folded may leave the range of float32.
  return { verdict, repairs, file: verdict.admitted ? bytes : undefined };
}

interface RepairedModule {
  /** Absent where the module is left out, or cannot be repaired. */
  readonly factors?: ModuleFactors;
  readonly repairs: readonly LoraRepair[];
  /** What stays in the way. */
  readonly reasons: readonly LoraReason[];
}

function repairModule(factors: ModuleFactors, scaleRepair: ScaleRepair): RepairedModule {
  const { path } = factors.module;
  const broken = brokenRules(factors);
  if (broken.some(({ rule }) => rule === 'target'))
    return { repairs: [{ kind: 'left-out', module: path }], reasons: [] };
  const hopeless = broken.filter(({ rule, value }) => !isRepairableRule(rule) || value === 0);
  if (hopeless.length > 0) return { repairs: [], reasons: hopeless };
  const repairs: LoraRepair[] = [];
  let { rank, scale, up, down } = factors;
  if (rank > MAX_RANK) {
    const made = compress({ rank, up, down }, MAX_RANK);
    const { keptEnergy } = made;
    if (keptEnergy < LEAST_ENERGY) {
      const value = `${(100 * keptEnergy).toFixed(0)} % of its energy in rank ${MAX_RANK}`;
      return { repairs: [], reasons: [reason('rank', path, value, `${100 * LEAST_ENERGY} %`)] };
    }
    repairs.push({ kind: 'compressed', module: path, rank, keptEnergy });
    ({ rank, up, down } = made);
  }
  if (Math.abs(scale) > MAX_SCALE) {
    const limit = Math.sign(scale) * MAX_SCALE;
    const excess = scale / limit;
    repairs.push({
      kind: scaleRepair,
      module: path,
      scale,
      effect: scaleRepair === 'folded' ? 1 : 1 / excess,
    });
    if (scaleRepair === 'folded') down = down.map((value) => value * excess);
    scale = limit;
  }
  return { factors: { ...factors, rank, scale, alpha: scale * rank, up, down }, repairs, reasons: [] };
}

/** As kohya's scripts name them, which every program reads. */
function tensorsOf({ module, rank, alpha, up, down }: ModuleFactors): Record<string, F32Tensor> {
  const name = kohyaName(module);
  return {
    [`${name}.lora_down.weight`]: { shape: [rank, down.length / rank], data: down },
    [`${name}.lora_up.weight`]: { shape: [up.length / rank, rank], data: up },
    [`${name}.alpha`]: { shape: [], data: Float32Array.of(alpha) },
  };
}

/** What metadata say of ranks and scales is of the file as it was. */
function withoutScales(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const old = ['lora_adapter_metadata', 'ss_network_dim', 'ss_network_alpha'];
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !old.includes(key)));
}
