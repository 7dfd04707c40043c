/** @file For tests: the windows in which parts of the page are looked at. */

/** Name, width and height, for `describe.each`. */
export const VIEWPORTS = [
  ['a desktop', 1280, 900],
  ['a phone', 390, 844],
] as const;
