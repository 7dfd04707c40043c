/**
 * @file Files that some hosts refuse for their size travel in parts (`import parts from '…?parts'`) and are put
 * together again here.
 */

/**
 * Lends out the address of a whole file while `use` runs.
 * @param parts addresses of the file's parts, in order; a single one is the file itself
 * @param type MIME type of the whole
 * @throws Error when a part cannot be fetched, and whatever `use` throws
 */
export async function withWholeFile<T>(
  parts: readonly string[],
  type: string,
  use: (address: string) => Promise<T>,
): Promise<T> {
  const [only = ''] = parts;
  if (parts.length === 1) return use(only);
  const address = URL.createObjectURL(new Blob(await Promise.all(parts.map(fetchPart)), { type }));
  try {
    return await use(address);
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function fetchPart(address: string): Promise<Blob> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} could not be fetched (${response.status})`);
  return response.blob();
}
