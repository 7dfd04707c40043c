/** A part of an address as people read it; as it stands where its percent signs encode nothing. */
export function decodePathPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
