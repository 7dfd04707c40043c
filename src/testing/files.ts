/** @file For tests in Node: the fixtures on disk. */
import { readFileSync } from 'node:fs';

const FIXTURES = new URL('../../e2e/fixtures/', import.meta.url);

/** The text of a file under the fixtures. */
export function readFixture(path: string): string {
  return readFileSync(new URL(path, FIXTURES), 'utf8');
}
