/** @file What rounding to bfloat16 changes, as sums that can be kept and added up over tensors. */

/** Over tensors that were float32 or float16. */
export interface RoundingSums {
  /** Sum of squares of the values. */
  value: number;
  /** Sum of squares of what rounding changed. */
  error: number;
  /** How many tensors that are. */
  tensors: number;
}

/** The sums of several; in the same order they are the same to the last bit. */
export function addRoundings(all: readonly RoundingSums[]): RoundingSums {
  return all.reduce(
    (sum, { value, error, tensors }) => ({
      value: sum.value + value,
      error: sum.error + error,
      tensors: sum.tensors + tensors,
    }),
    { value: 0, error: 0, tensors: 0 },
  );
}

/** What rounding has changed in a model. */
export interface ModelRounding {
  /** See {@link roundingLoss}, of the component that was changed most. */
  readonly relativeL2: number;
  /** How many tensors were rounded. */
  readonly tensors: number;
}

/** What rounding has changed in a model of these components; `undefined` where nothing was rounded. */
export function modelRounding(components: readonly RoundingSums[]): ModelRounding | undefined {
  const { tensors } = addRoundings(components);
  return tensors === 0 ? undefined : { relativeL2: Math.max(...components.map(roundingLoss)), tensors };
}

/** Length of what rounding changed over length of the values. */
export function roundingLoss({ value, error }: RoundingSums): number {
  return error === 0 ? 0 : Math.sqrt(error / value);
}
