/** @file Which broken rules can be mended honestly. */
import type { LoraReason, LoraRule } from './verdict.ts';

/** Whether what breaks this rule may be repaired; what breaks another one stays refused. */
export function isRepairableRule(rule: LoraRule): boolean {
  return rule === 'target' || rule === 'rank' || rule === 'scale';
}

/** Whether a repair may succeed. */
export function isRepairable(reasons: readonly LoraReason[]): boolean {
  return reasons.every(({ rule }) => isRepairableRule(rule));
}
