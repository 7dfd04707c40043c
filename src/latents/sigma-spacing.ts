/**
 * @file Curves of noise levels that do not come from timesteps, and the timesteps such levels correspond to, as
 * diffusers' EulerDiscreteScheduler has them for `use_karras_sigmas`, `use_exponential_sigmas` and `log_linear`.
 */
import { linspace } from './linspace.ts';

const KARRAS_RHO = 7;

/** σ falling with the 7th power of a straight line (Karras et al., 2022, equation 5). */
export function karrasSigmas(highest: number, lowest: number, count: number): number[] {
  const root = 1 / KARRAS_RHO;
  return linspace(highest ** root, lowest ** root, count).map((value) => value ** KARRAS_RHO);
}

/** σ falling by the same factor every time. */
export function exponentialSigmas(highest: number, lowest: number, count: number): number[] {
  return linspace(Math.log(highest), Math.log(lowest), count).map(Math.exp);
}

/**
 * The (fractional) training timestep of a σ: linear in log σ between the entries of the table, the nearest end
 * outside of it.
 * @param table σ of every training timestep, rising
 */
export function timestepOfSigma(table: Float32Array, sigma: number): number {
  const above = table.findIndex((known) => known > sigma);
  const low = Math.min(Math.max((above === -1 ? table.length : above) - 1, 0), table.length - 2);
  const lowLog = Math.log(table[low] as number);
  const highLog = Math.log(table[low + 1] as number);
  const weight = (Math.log(sigma) - lowLog) / (highLog - lowLog);
  return low + Math.min(Math.max(weight, 0), 1);
}
