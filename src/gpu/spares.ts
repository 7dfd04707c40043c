/** @file Things given back and kept for the next taker of the same size, until nobody has wanted them for a while. */

interface Spare<T> {
  readonly item: T;
  readonly size: number;
  /** Sweeps it has survived. */
  age: number;
}

export class Spares<T> {
  #spares: Spare<T>[] = [];

  /** Keeps an item; twice the same is kept once. */
  put(item: T, size: number): void {
    if (!this.#spares.some((spare) => spare.item === item)) this.#spares.push({ item, size, age: 0 });
  }

  /** An item of exactly this size, if there is one. */
  take(size: number): T | undefined {
    const index = this.#spares.findIndex((spare) => spare.size === size);
    return index < 0 ? undefined : this.#spares.splice(index, 1)[0]?.item;
  }

  /** Items of exactly these sizes, as far as there are any; all others are given up. */
  takeOnly(sizes: readonly number[]): (T | undefined)[] {
    const taken = sizes.map((size) => this.take(size));
    this.#spares = [];
    return taken;
  }

  /** The item that has been kept the longest. */
  oldest(): T | undefined {
    return this.#spares.shift()?.item;
  }

  /** Gives the items up that have survived so many sweeps already. */
  sweep(sweeps: number): T[] {
    const old = this.#spares.filter(({ age }) => age >= sweeps);
    this.#spares = this.#spares.filter(({ age }) => age < sweeps);
    for (const spare of this.#spares) spare.age++;
    return old.map(({ item }) => item);
  }
}
