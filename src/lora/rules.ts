/** @file The rules for one module of a LoRA, see docs/lora.md. */
import { isSameShape, shapeText } from '../weights/shape.ts';
import type { ModuleFactors } from './module-factors.ts';
import type { LoraComponent, Module } from './module-table.ts';
import type { LoraReason, LoraRule } from './verdict.ts';

export const MAX_RANK = 8;
export const MAX_SCALE = 1;

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

/** What a module breaks; nothing where it may be used. */
export function brokenRules(factors: ModuleFactors): LoraReason[] {
  const { module, rank, alpha, scale, up, down } = factors;
  const isFinite = [down, up, [alpha]].every((values) => values.every(Number.isFinite));
  return [
    ...(TARGETS[module.component].test(module.path) ? [] : [targetReason(module)]),
    ...(rank >= 1 && rank <= MAX_RANK ? [] : [reason('rank', module.path, rank, MAX_RANK)]),
    ...(Math.abs(scale) > MAX_SCALE ? [reason('scale', module.path, scale, MAX_SCALE)] : []),
    ...shapeReasons(factors),
    ...(isFinite ? [] : [reason('finite', module.path, 'NaN or infinity', 'finite numbers')]),
  ];
}

function targetReason({ component, path, shape }: Module): LoraReason {
  const kind = shape.length > 2 ? 'a convolution (LoCon)' : shape.length === 1 ? 'a norm' : 'a linear layer';
  return reason('target', path, kind, TARGET_NAMES[component]);
}

/** [rank, in…] and [out, rank] for a weight of [out, in…]. */
function shapeReasons({ module, rank, shapes }: ModuleFactors): LoraReason[] {
  const [out = 0, ...inner] = module.shape;
  const wanted = { down: [rank, ...inner], up: [out, rank] };
  return (['down', 'up'] as const).flatMap((part) => {
    const shape = shapes[part];
    if (isSameShape(shape, wanted[part])) return [];
    return [reason('shape', module.path, `${part} ${shapeText(shape)}`, shapeText(wanted[part]))];
  });
}

export function reason(
  rule: LoraRule,
  module: string,
  value: string | number,
  limit: string | number,
): LoraReason {
  return { rule, module, value, limit };
}
