/** @file Small choices kept between visits. Where the browser keeps nothing, they last as long as the page. */

const PREFIX = 'emulsion:';

/** What was kept under a name, or `null`. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    // Storage is blocked; the default has to do.
    return null;
  }
}

/** Keeps a value under a name. */
export function writePreference(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is blocked or full; the choice holds for this visit.
  }
}
