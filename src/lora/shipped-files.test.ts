/** @file The LoRAs that come with the embedded model, and those for it that break a rule, beside that model. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blobFile } from '../weights/blob-file.ts';
import { admit } from './admission.ts';
import { openComponents } from './test-components.ts';

const MODEL = 'public/models/emoji';
const components = await openComponents((path) => new Uint8Array(readFileSync(`${MODEL}/${path}`)));

const verdictOf = (file: string) =>
  admit(blobFile(file, new Blob([new Uint8Array(readFileSync(file))])), { components });

describe('LoRAs that come with the site', () => {
  const folder = 'public/models/loras';
  const listed = JSON.parse(readFileSync(`${folder}/catalog.json`, 'utf8')) as { file: string }[];

  it('are those of the catalog', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    expect(listed.map(({ file }) => file).sort()).toEqual(files.sort());
  });

  it.each(listed)('$file keeps the rules, and is felt', async ({ file }) => {
    const { admitted, total } = await verdictOf(`${folder}/${file}`);
    expect([admitted, total.rank]).toEqual([true, 8]);
    expect(total.relative).toBeGreaterThan(0.02);
  });
});

it.each([
  ['sound', []],
  ['rank-16-alpha-32', ['rank', 'scale']],
  ['not-normalised', ['scale']],
  ['conv-in', ['target']],
  ['norm-factors', ['target']],
  ['norm-differences', ['format']],
  ['dora', ['format']],
  ['sd1', ['base']],
])('%s breaks %j', async (name, rules) => {
  const { reasons } = await verdictOf(`e2e/fixtures/lora-cases/${name}.safetensors`);
  expect([...new Set(reasons.map(({ rule }) => rule))].sort()).toEqual(rules);
});
