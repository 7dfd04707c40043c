import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { capabilities, type CapabilityTexts } from './en/capabilities.ts';
import { capabilitiesZhCN } from './zh-CN/capabilities.ts';

/** Every state of every capability, one after the other. */
function entries(texts: CapabilityTexts) {
  return Object.entries(texts).flatMap(([id, { name, meanings }]) =>
    Object.entries<string>(meanings).map(([state, meaning]) => ({ id, name, state, meaning })),
  );
}

it('docs/device.md has a row for each state of each capability, in these words', () => {
  const rows = readFileSync('docs/device.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| `[\w-]+` +\| [^`]/.test(line))
    .map((line) => line.replace(/ +/g, ' '));
  const expected = entries(capabilities).map(
    ({ id, name, state, meaning }) => `| \`${id}\` | ${name} | \`${state}\` | ${meaning} |`,
  );
  expect(rows.filter((row) => row.split('|').length === 6)).toEqual(expected);
});

describe('Chinese', () => {
  it('has the same states', () => {
    const keys = (texts: CapabilityTexts) => entries(texts).map(({ id, state }) => `${id} ${state}`);
    expect(keys(capabilitiesZhCN).sort()).toEqual(keys(capabilities).sort());
  });

  it.each(entries(capabilitiesZhCN))('says in Chinese what follows from $id $state', ({ meaning }) => {
    expect(meaning).toMatch(/[\u4e00-\u9fff].*。$/);
    expect(meaning).not.toMatch(/[\u4e00-\u9fff][,:;!?.]/);
  });

  it('names the same error codes as English', () => {
    const codes = (texts: CapabilityTexts) =>
      Object.fromEntries(
        entries(texts).map(({ id, state, meaning }) => [
          `${id} ${state}`,
          meaning.match(/\b[a-z]+\/[a-z]+\b/g),
        ]),
      );
    expect(codes(capabilitiesZhCN)).toEqual(codes(capabilities));
  });
});
