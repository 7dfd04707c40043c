/** @file Asks the browser to keep what is stored. Only a page can ask, a worker cannot. */

/**
 * Asks that the browser never evicts this site's data by itself. Some browsers ask the user, others decide by how the
 * site is used; best asked after the first model was stored.
 */
export async function requestPersistence(): Promise<'granted' | 'refused' | 'unsupported'> {
  const storage = navigator.storage as StorageManager | undefined;
  if (!storage) return 'unsupported';
  try {
    return (await storage.persist()) ? 'granted' : 'refused';
  } catch {
    return 'unsupported';
  }
}
