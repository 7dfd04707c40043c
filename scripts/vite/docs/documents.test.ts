import { expect, it } from 'vitest';
import { PROJECT } from '../../build.ts';
import { findDocuments, resolveLink } from './documents.ts';

const DOCUMENTS = findDocuments(PROJECT);
const from = (source: string) => {
  const document = DOCUMENTS.find((one) => one.source === source);
  if (!document) throw new Error(`${source} is no document`);
  return document;
};

it.each([
  ['README.md', 'docs/models.md#compositions', { kind: 'page', href: '../models.html#compositions' }],
  ['docs/turbo.md', 'model/README.md', { kind: 'page', href: 'model/index.html' }],
  [
    'docs/precision.md',
    '../README.md#command-line',
    { kind: 'page', href: 'project/readme.html#command-line' },
  ],
  ['README.md', 'docs/decisions', { kind: 'page', href: '../decisions/index.html' }],
  ['docs/model/README.md', '4-steps.png', { kind: 'picture', href: 'docs/model/4-steps.png' }],
  ['docs/zh-CN/lora.md', 'models.md', { kind: 'page', href: 'models.html' }],
  ['docs/zh-CN/README.md', '../hosting.md', { kind: 'page', href: '../hosting.html' }],
  [
    'docs/zh-CN/gallery.md',
    '../screenshots/gallery.png',
    { kind: 'picture', href: 'docs/screenshots/gallery.png' },
  ],
  ['docs/lora.md', '../src/gpu/kernels/expand.wgsl', { kind: 'nowhere' }],
  ['docs/model/README.md', '#what-it-gets-right', { kind: 'elsewhere', href: '#what-it-gets-right' }],
  [
    'docs/guidance.md',
    'https://arxiv.org/abs/2305.08891',
    { kind: 'elsewhere', href: 'https://arxiv.org/abs/2305.08891' },
  ],
])('in %s, %s leads to %j', (source, href, target) => {
  expect(resolveLink(href, from(source), DOCUMENTS)).toEqual(target);
});
