/** @file Keys as they are written on the keyboards of this system, and as assistive technology reads them. */
import type { Chord } from './keys.ts';

const SHORT: Readonly<Record<string, string>> = {
  ...{ ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' },
  Escape: 'Esc',
};

/** The keys of a chord, each by its name: `Ctrl`, `Shift`, `X`, or `⌘`, `⇧`, `X`. */
export function keyNames({ key, command, shift, alt }: Chord, isMac = isAppleSystem()): readonly string[] {
  return [
    ...(command ? [isMac ? '⌘' : 'Ctrl'] : []),
    ...(alt ? [isMac ? '⌥' : 'Alt'] : []),
    ...(shift ? [isMac ? '⇧' : 'Shift'] : []),
    SHORT[key] ?? key.replace(/^./, (letter) => letter.toUpperCase()),
  ];
}

/** A chord as one reads it beside a button. */
export function shortcut(chord: Chord): string {
  return keyNames(chord).join(' ');
}

/** Chords as `aria-keyshortcuts`. */
export function keyShortcuts(...chords: readonly Chord[]): string {
  return chords
    .flatMap(({ key, command, shift, alt }) => {
      const held = [...(alt ? ['Alt'] : []), ...(shift ? ['Shift'] : [])];
      const name = key.replace(/^./, (letter) => letter.toUpperCase());
      return (command ? [['Control'], ['Meta']] : [[]]).map((first) => [...first, ...held, name].join('+'));
    })
    .join(' ');
}

function isAppleSystem(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
