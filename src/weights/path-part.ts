/** @file The parts of addresses. */

/** A part of an address as people read it; as it stands where its percent signs encode nothing. */
export function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a file, taken apart: its folder's, with the slash and the query, and its name there. */
export function splitFileAddress(address: string): { readonly folder: string; readonly file: string } {
  const url = new URL(address);
  const end = url.pathname.lastIndexOf('/') + 1;
  const file = decodePathPart(url.pathname.slice(end));
  url.pathname = url.pathname.slice(0, end);
  return { folder: url.href, file };
}
