/** @file Shapes of tensors: lists of sizes, outermost first. */

/** The number of values in a tensor. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Trailing dimensions of 1 do not count: a 1×1 convolution may stand for a linear layer. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 1) === (b[i] ?? 1)).every(
    Boolean,
  );
}

/** As messages write it. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
