/** @file What is known of a LoRA beside the open model: what was found before beside another one, or by other rules, says nothing. */
import { sourceKey } from '../../engine/model-source.ts';
import type { LoraVerdict } from '../../lora/verdict.ts';
import type { LoraEntry } from '../../store/lora-entry.ts';
import type { OpenModel } from '../models/model-choice.ts';

/** To be raised with every change of the rules, or of how files are read: what was found before is found anew. */
const RULES_VERSION = 2;

/** Tells one model from another in what is kept of LoRAs. */
export function modelKey({ reference }: OpenModel): string {
  return `${RULES_VERSION} ${sourceKey(reference)}`;
}

/** What was found of a LoRA beside a model. */
export function verdictOf({ verdict }: LoraEntry, model: OpenModel | undefined): LoraVerdict | undefined {
  return model && verdict?.modelKey === modelKey(model) ? verdict.verdict : undefined;
}

/**
 * What the trial of a LoRA says of its use now.
 * @returns `untried` also where it was tried with another model, or at a weight that tells nothing of the one that is set
 */
export function trialStanding(
  { trial, weight }: LoraEntry,
  model: OpenModel | undefined,
): 'untried' | 'safe' | 'doubtful' {
  if (!model || trial?.modelKey !== modelKey(model) || !isWithin(weight, trial.weight)) return 'untried';
  return trial.concerns.length === 0 ? 'safe' : 'doubtful';
}

/** Whether a weight acts as another one does, and no more strongly. */
function isWithin(weight: number, tried: number): boolean {
  return weight * tried >= 0 && Math.abs(weight) <= Math.abs(tried);
}
