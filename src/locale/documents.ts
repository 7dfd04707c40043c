/** @file Where the site has its documents in each language. */
import type { Locale } from './index.ts';

/** The first page of the documents in a language, by its path in the site; what is not English has a folder of its own. */
export function documentsIn(language: Locale): string {
  return language === 'en' ? 'docs/index.html' : `docs/${language}/index.html`;
}
