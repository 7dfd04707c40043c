/** @file The lists of a manifest: sizes that a model was trained for, and styles whose words it knows. */
import type { Config } from '../architecture/config.ts';
import type { StyleTemplate } from './protocol/model.ts';

/** `[[width, height], …]` in pixels; throws `model/config-invalid`. */
export function readSizes(config: Config, name: string): (readonly [number, number])[] {
  const value = config.raw(name);
  const isSide = (side: unknown): boolean => Number.isSafeInteger(side) && (side as number) > 0;
  const isSizes =
    Array.isArray(value) &&
    value.every((size) => Array.isArray(size) && size.length === 2 && size.every((side) => isSide(side)));
  if (!isSizes) config.contradiction(`the field "${name}" needs a list of sizes, [width, height] in pixels`);
  return value as [number, number][];
}

/** Checks each style, see `docs/styles.md`; throws `model/config-invalid` naming the first that is none. */
export function readStyles(config: Config, name: string): StyleTemplate[] {
  const value = config.raw(name);
  if (!Array.isArray(value)) return config.contradiction(`the field "${name}" needs a list of styles`);
  const styles = value as unknown[];
  const wrong = styles.findIndex((style) => !isStyle(style));
  if (wrong >= 0)
    config.contradiction(
      `style ${wrong + 1} of the field "${name}" needs an "id", a "name" with a text for "en", and a "prompt" with {prompt} in it once`,
    );
  const ids = (styles as StyleTemplate[]).map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) config.contradiction(`two styles of the field "${name}" have the id "${twice}"`);
  return styles as StyleTemplate[];
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);

function isStyle(style: unknown): boolean {
  if (typeof style !== 'object' || style === null) return false;
  const { id, name, prompt, negative, group } = style as Record<string, unknown>;
  const names = typeof name === 'object' && name !== null ? (name as Record<string, unknown>) : {};
  return (
    // Ids are written one after another into pictures and links.
    typeof id === 'string' &&
    /^[\w-]+$/.test(id) &&
    isText(names['en']) &&
    Object.values(names).every(isText) &&
    typeof prompt === 'string' &&
    prompt.split('{prompt}').length === 2 &&
    isTextOrAbsent(negative) &&
    isTextOrAbsent(group)
  );
}
