/** @file Keys as they are written on the keyboards of this system. */

/** A shortcut with the command key, `Ctrl ⇧ X` or `⌘ ⇧ X`. */
export function shortcut(...keys: readonly string[]): string {
  const command = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
  return [command, ...keys].join(' ');
}
