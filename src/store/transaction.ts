/** @file The end of a transaction of IndexedDB. */
import { promisifyRequest } from 'idb-keyval';

/** Resolves when a transaction's writes are kept, and rejects with what kept them from it. */
export function completion(transaction: IDBTransaction): Promise<void> {
  // The transaction itself learns of a failed request only when it has been rolled back.
  const failure = new Promise<never>((_, reject) => {
    transaction.addEventListener('error', (event) =>
      reject((event.target as IDBRequest).error as DOMException),
    );
  });
  return Promise.race([promisifyRequest(transaction), failure]);
}
