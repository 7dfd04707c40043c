/**
 * @file What the two ways of naming an SDXL checkpoint's tensors have in common: a component's structure is walked
 * once under each, and equal places in the two walks are the same tensor. Nothing is parsed out of names.
 */

/** A tensor of a component, without values. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A diffusers tensor and where a checkpoint in another layout holds it. */
export interface MappedTensor extends NamedShape {
  /** The other layout's tensor. */
  readonly source: string;
  readonly sourceShape: readonly number[];
  /** First row of the source that belongs to it; absent: it is the whole source. */
  readonly firstRow?: number;
  /** The source is the transpose. */
  readonly transposed?: boolean;
}

/** The shapes of the tensors of one component, by name without prefix. */
export interface Shapes {
  shape(name: string): readonly number[] | undefined;
}

/** Pairs the walks of one structure under diffusers' names and under others. */
export function pairNames(diffusers: readonly NamedShape[], others: readonly NamedShape[]): MappedTensor[] {
  return diffusers.map((tensor, i) => {
    const { name: source = '', shape: sourceShape = [] } = others[i] ?? {};
    return { ...tensor, source, sourceShape };
  });
}

/** A linear layer or a convolution; `kernel` 0 is linear. */
export function layer(name: string, outSize: number, inSize: number, kernel = 0, bias = true): NamedShape[] {
  const window = kernel === 0 ? [] : [kernel, kernel];
  const weight = { name: `${name}.weight`, shape: [outSize, inSize, ...window] };
  return bias ? [weight, { name: `${name}.bias`, shape: [outSize] }] : [weight];
}

/** A GroupNorm or LayerNorm. */
export function norm(name: string, size: number): NamedShape[] {
  return [
    { name: `${name}.weight`, shape: [size] },
    { name: `${name}.bias`, shape: [size] },
  ];
}

/** How many of `name(0)`, `name(1)`, … are there. */
export function countUp(shapes: Shapes, name: (index: number) => string): number {
  let count = 0;
  while (shapes.shape(name(count)) !== undefined) count++;
  return count;
}
