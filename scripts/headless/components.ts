/** @file `--component NAME=PLACE`: a part of a model that comes from elsewhere than the rest. */
import { COMPONENT_NAMES } from '../../src/engine/model-source.ts';
import type { ComponentName } from '../../src/engine/protocol/model.ts';
import { UsageError } from './words.ts';

export const COMPONENT_FLAG = { component: { type: 'string', multiple: true } } as const;

/** Where parts of a model come from, as typed: what `--model` takes, or the folder of the component itself. */
export type ComponentPlaces = Readonly<Partial<Record<ComponentName, string>>>;

/**
 * The values of the flag.
 * @throws UsageError
 */
export function readComponents(given: readonly string[] | undefined): ComponentPlaces | undefined {
  if (given === undefined) return undefined;
  const places: Partial<Record<ComponentName, string>> = {};
  for (const text of given) {
    const [typed, ...rest] = text.split('=');
    const place = rest.join('=');
    const name = COMPONENT_NAMES.find((candidate) => candidate === typed);
    if (name === undefined)
      throw new UsageError(`--component takes NAME=PLACE with ${COMPONENT_NAMES.join(', ')}; not "${text}"`);
    if (place === '') throw new UsageError(`--component ${name}= needs a place`);
    if (places[name] !== undefined) throw new UsageError(`--component ${name} is given twice`);
    places[name] = place;
  }
  return places;
}
