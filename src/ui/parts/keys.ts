/** @file Every key of the page, in one table: handlers ask it, buttons announce it, the list of keys shows it. */

/** A key with what is held beside it. */
export interface Chord {
  /** As `KeyboardEvent.key` has it; letters are small. */
  readonly key: string;
  /** Ctrl, or ⌘. */
  readonly command?: true;
  readonly shift?: true;
  readonly alt?: true;
}

export const KEYS = {
  generate: { command: true, key: 'Enter' },
  generateNext: { command: true, shift: true, key: 'Enter' },
  /** Shift+Escape would be easier to guess, but Chrome opens its task manager with it. */
  stopAll: { command: true, shift: true, key: 'x' },
  escape: { key: 'Escape' },
  /** The browser's own: what comes of it is an event of the clipboard. */
  paste: { command: true, key: 'v' },
  help: { key: '?' },

  weighMore: { command: true, key: 'ArrowUp' },
  weighLess: { command: true, key: 'ArrowDown' },
  olderPrompt: { alt: true, key: 'ArrowUp' },
  newerPrompt: { alt: true, key: 'ArrowDown' },

  left: { key: 'ArrowLeft' },
  right: { key: 'ArrowRight' },
  up: { key: 'ArrowUp' },
  down: { key: 'ArrowDown' },
  first: { key: 'Home' },
  last: { key: 'End' },

  star: { key: '.' },
  useAll: { key: 'a' },
  usePrompt: { key: 'p' },
  useSeed: { key: 's' },
  useSize: { key: 'd' },
  delete: { key: 'Delete' },
  /** Where the keyboard of a laptop has no other. */
  backspace: { key: 'Backspace' },
  undo: { command: true, key: 'z' },
} as const satisfies Record<string, Chord>;

/** Whether an event of the keyboard is one of the chords. */
export function isPressed(event: KeyboardEvent, ...chords: readonly Chord[]): boolean {
  // Keys that pick or close the candidates of an input method are meant for it.
  if (event.isComposing) return false;
  return chords.some(({ key, command = false, shift = false, alt = false }) => {
    // Characters are typed with Shift on some keyboards, and without on others.
    const isShiftRight = event.shiftKey === shift || (key.length === 1 && !shift);
    const isCommand = event.ctrlKey || event.metaKey;
    // Shift makes a letter a capital, unless Caps Lock is on.
    const isKey = event.key.toLowerCase() === key.toLowerCase();
    return isKey && isCommand === command && event.altKey === alt && isShiftRight;
  });
}
