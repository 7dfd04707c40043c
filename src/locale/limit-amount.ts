/** @file Amounts in a sentence about a limit of the GPU, in a unit people know. */

/**
 * An amount with its unit: mebibytes for a tensor, whose amounts are bytes; the number alone for anything else.
 * @param round to a whole unit: up for what is needed and down for what there is, so that the two always differ
 */
export function limitAmount(what: string, amount: number, round: (value: number) => number): string {
  return what === 'tensor' ? `${round(amount / 2 ** 20)} MiB` : String(amount);
}
