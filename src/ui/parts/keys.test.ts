import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setLocale, translate, type UiText } from '../../locale/index.ts';
import { KEY_GROUPS } from './key-groups.ts';
import { keyNames, keyShortcuts } from './key-names.ts';
import { isPressed, KEYS, type Chord } from './keys.ts';

const NOTHING_HELD = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false };

function pressed(key: string, held: Partial<KeyboardEvent>, chord: Chord): boolean {
  return isPressed({ ...NOTHING_HELD, key, ...held } as KeyboardEvent, chord);
}

describe('a chord', () => {
  it.each([{ ctrlKey: true }, { metaKey: true }])(
    'is a command with %j, and Shift tells two apart',
    (held) => {
      expect(pressed('Enter', held, KEYS.generate)).toBe(true);
      expect(pressed('Enter', { ...held, shiftKey: true }, KEYS.generate)).toBe(false);
      expect(pressed('Enter', { ...held, shiftKey: true }, KEYS.generateNext)).toBe(true);
      expect(pressed('Enter', held, KEYS.generateNext)).toBe(false);
      expect(pressed('Enter', { ...held, altKey: true }, KEYS.generate)).toBe(false);
    },
  );

  it('is not the key alone, nor the key with more than it asks for', () => {
    expect(pressed('Enter', {}, KEYS.generate)).toBe(false);
    expect(pressed('ArrowUp', {}, KEYS.olderPrompt)).toBe(false);
    expect(pressed('ArrowLeft', { altKey: true }, KEYS.left)).toBe(false);
    expect(pressed('a', { ctrlKey: true }, KEYS.useAll)).toBe(false);
  });

  it('of a character does not care how that is typed', () => {
    for (const held of [{}, { shiftKey: true }]) {
      expect(pressed('?', held, KEYS.help)).toBe(true);
      expect(pressed('.', held, KEYS.star)).toBe(true);
      expect(pressed('A', held, KEYS.useAll)).toBe(true);
    }
    // With Caps Lock.
    expect(pressed('x', { ctrlKey: true, shiftKey: true }, KEYS.stopAll)).toBe(true);
    expect(pressed('X', { ctrlKey: true }, KEYS.stopAll)).toBe(false);
  });

  it('is never one that an input method is given', () => {
    expect(pressed('Escape', { isComposing: true }, KEYS.escape)).toBe(false);
  });
});

describe('the names of keys', () => {
  it('are those of the system', () => {
    expect(keyNames(KEYS.stopAll, false)).toEqual(['Ctrl', 'Shift', 'X']);
    expect(keyNames(KEYS.stopAll, true)).toEqual(['⌘', '⇧', 'X']);
    expect(keyNames(KEYS.olderPrompt, false)).toEqual(['Alt', '↑']);
    expect(keyNames(KEYS.olderPrompt, true)).toEqual(['⌥', '↑']);
    expect(keyNames(KEYS.escape, false)).toEqual(['Esc']);
  });

  it('are told to assistive technology as ARIA has them', () => {
    expect(keyShortcuts(KEYS.stopAll)).toBe('Control+Shift+X Meta+Shift+X');
    expect(keyShortcuts(KEYS.weighMore, KEYS.escape)).toBe('Control+ArrowUp Meta+ArrowUp Escape');
    expect(keyShortcuts(KEYS.useAll)).toBe('A');
  });
});

describe('the list of keys', () => {
  const groups = Object.values(KEY_GROUPS);

  it('has every key of the table', () => {
    const listed = new Set<Chord>(groups.flatMap(({ rows }) => rows.flatMap(({ keys }) => [...keys])));
    expect(new Set(Object.values(KEYS))).toEqual(listed);
  });

  describe.each([
    ['en', 'docs/making-pictures.md'],
    ['zh-CN', 'docs/zh-CN/making-pictures.md'],
  ] as const)('in %s', (language, file) => {
    beforeAll(() => setLocale(language));
    afterAll(() => setLocale('en'));

    it.each(groups)('$title is what the documents say', ({ title, rows }) => {
      const document = readFileSync(file, 'utf8').replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');
      const lines = rows.map(({ keys, text }) => {
        const names = keys.map((chord: Chord) => keyNames(chord, false).join('+'));
        return `| ${names.join(', ')} | ${translate(text as UiText)} |`;
      });
      expect(document).toContain([`| ${translate(title)} | |`, '| --- | --- |', ...lines].join('\n'));
    });
  });
});
