/**
 * @file A checkpoint whose components come from several places, such as a distilled UNet with the encoders and the
 * autoencoder of the model it was distilled from.
 */
import { AppError } from '../error.ts';
import type { Checkpoint } from './checkpoint.ts';

/** A component that replaces the base's, or adds what the base lacks. */
export interface CheckpointPart {
  readonly checkpoint: Checkpoint;
  /** It is a weight file without a config of its own, which the base's config fits better than a derived one. */
  readonly isBare: boolean;
}

/**
 * Puts parts in place of a base's own. Everything that is not a component's (scheduler, tokenizers, manifest) is the
 * base's.
 * @param parts by the component's folder in the diffusers layout; reading the weights of one that does not have its
 *   component throws `weights/not-found`
 */
export async function composedCheckpoint(
  base: Checkpoint,
  parts: ReadonlyMap<string, CheckpointPart>,
  signal?: AbortSignal,
): Promise<Checkpoint> {
  const configured = new Map<string, Checkpoint>();
  for (const [component, { checkpoint, isBare }] of parts) {
    const config = `${component}/config.json`;
    const owner = isBare ? base : checkpoint;
    const other = isBare ? checkpoint : base;
    configured.set(component, (await owner.text(config, signal)) === undefined ? other : owner);
  }
  // Both paths and assumptions begin with the component.
  const ownerOf = (text: string) => configured.get(text.split(/[ /]/)[0] ?? '') ?? base;
  const assumptions = new Set([
    ...base.assumptions.filter((text) => ownerOf(text) === base),
    ...[...configured].flatMap(([component, owner]) =>
      owner === base ? [] : owner.assumptions.filter((text) => text.startsWith(`${component} `)),
    ),
  ]);
  return {
    id: base.id,
    label: base.label,
    text: (path, aborted) => ownerOf(path).text(path, aborted),
    async weights(component, aborted) {
      const { checkpoint } = parts.get(component) ?? { checkpoint: base };
      const weights = await checkpoint.weights(component, aborted);
      // What was asked for by name is not left out in silence.
      if (weights || checkpoint === base) return weights;
      throw new AppError('weights/not-found', { file: `${component}: ${checkpoint.label}`, status: 404 });
    },
    assumptions: [...assumptions],
  };
}
