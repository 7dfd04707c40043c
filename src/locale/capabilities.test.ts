import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { capabilities, type CapabilityTexts } from './en/capabilities.ts';
import { capabilitiesZhCN } from './zh-CN/capabilities.ts';

/** Every state of every capability, one after the other. */
function entries(texts: CapabilityTexts) {
  return Object.entries(texts).flatMap(([id, { name, meanings }]) =>
    Object.entries<string>(meanings).map(([state, meaning]) => ({ id, name, state, meaning })),
  );
}

it.each([
  ['docs/device.md', capabilities],
  ['docs/zh-CN/device.md', capabilitiesZhCN],
])('%s has a row for each state of each capability, in these words', (document, texts) => {
  const rows = readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => /^\| `[\w-]+` +\| [^`]/.test(line))
    .map((line) => line.replace(/ +/g, ' '));
  const expected = entries(texts).map(
    ({ id, name, state, meaning }) => `| \`${id}\` | ${name} | \`${state}\` | ${meaning} |`,
  );
  expect(rows.filter((row) => row.split('|').length === 6)).toEqual(expected);
});
