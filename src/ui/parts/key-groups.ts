/** @file The keys of the page by where they act, with what they do: the list of keys, the gallery's hint, the documents. */
import { html, type TemplateResult } from 'lit';
import { translate, type UiText } from '../../locale/index.ts';
import { shortcut } from './key-names.ts';
import { KEYS, type Chord } from './keys.ts';

interface KeyGroup {
  readonly title: UiText;
  readonly rows: readonly { readonly text: UiText; readonly keys: readonly Chord[] }[];
}

export const KEY_GROUPS = {
  page: {
    title: 'keysPage',
    rows: [
      { text: 'keyGenerate', keys: [KEYS.generate] },
      { text: 'keyGenerateNext', keys: [KEYS.generateNext] },
      { text: 'keyCancel', keys: [KEYS.escape] },
      { text: 'keyStopAll', keys: [KEYS.stopAll] },
      { text: 'keyPaste', keys: [KEYS.paste] },
      { text: 'keyHelp', keys: [KEYS.help] },
    ],
  },
  prompt: {
    title: 'keysPrompt',
    rows: [
      { text: 'keyWeigh', keys: [KEYS.weighMore, KEYS.weighLess] },
      { text: 'keyHistory', keys: [KEYS.olderPrompt, KEYS.newerPrompt] },
    ],
  },
  picture: {
    title: 'keysPicture',
    rows: [{ text: 'keySteps', keys: [KEYS.left, KEYS.right, KEYS.first, KEYS.last] }],
  },
  gallery: {
    title: 'keysGallery',
    rows: [
      { text: 'keyMove', keys: [KEYS.left, KEYS.right, KEYS.up, KEYS.down, KEYS.first, KEYS.last] },
      { text: 'keyStar', keys: [KEYS.star] },
      { text: 'keyUseAll', keys: [KEYS.useAll] },
      { text: 'keyUsePrompt', keys: [KEYS.usePrompt] },
      { text: 'keyUseSeed', keys: [KEYS.useSeed] },
      { text: 'keyUseSize', keys: [KEYS.useSize] },
      { text: 'keyDelete', keys: [KEYS.delete, KEYS.backspace] },
      { text: 'keyUndo', keys: [KEYS.undo] },
      { text: 'keyBack', keys: [KEYS.escape] },
    ],
  },
} as const satisfies Record<string, KeyGroup>;

/** A group as running text. */
export function keyLine({ rows }: KeyGroup): TemplateResult[] {
  return rows.map(
    ({ text, keys }) => html`<span><kbd>${keys.map(shortcut).join(' ')}</kbd> ${translate(text)}</span> `,
  );
}
