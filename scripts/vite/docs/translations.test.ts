/** @file A translated document has all of its English one, and leads to what is in its own language; no link is dead. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { marked, type MarkedToken, type Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { documentsIn } from '../../../src/locale/documents.ts';
import { LOCALES } from '../../../src/locale/index.ts';
import { PROJECT } from '../../build.ts';
import { findDocuments, resolveLink, type Document } from './documents.ts';
import { renderPage } from './page.ts';

const DOCUMENTS = findDocuments(PROJECT);
const TRANSLATIONS = DOCUMENTS.filter(({ source, original }) => source !== original);

const markdownOf = ({ source }: Document): string => readFileSync(path.join(PROJECT, source), 'utf8');
const PAGES = new Map(
  DOCUMENTS.map((document) => [document.source, renderPage(document, markdownOf(document), DOCUMENTS).html]),
);

const pageOf = (source: string): string => PAGES.get(source) ?? '';
const linksOf = (html: string): string[] =>
  [...html.matchAll(/<a href="([^"]+)"/g)].map(([, href = '']) => href);

/** The document that a link leads to. */
function targetOf(href: string, from: Document): Document | undefined {
  const [file = ''] = href.split('#');
  const page = file === '' ? from.page : path.posix.join(path.posix.dirname(from.page), file);
  return DOCUMENTS.find((document) => document.page === page);
}

/** What is the same in every language, in its order: paragraphs, listings, the figures of tables, and so on. */
function outline(document: Document): string[] {
  const figures = (cells: readonly Tokens.TableCell[]) =>
    cells.map(({ text }) => (text.match(/\d+(\.\d+)?/g) ?? []).join(' ')).join(' | ');
  const lines: string[] = [];
  void marked.walkTokens(marked.lexer(markdownOf(document)), (token) => {
    const one = token as MarkedToken;
    if (one.type === 'heading') lines.push(`heading ${one.depth}`);
    if (one.type === 'paragraph') lines.push('paragraph');
    if (one.type === 'list') lines.push(`list of ${one.items.length}`);
    if (one.type === 'table')
      lines.push(...[one.header, ...one.rows].map((cells) => `row ${figures(cells)}`));
    if (one.type === 'code') lines.push(one.text);
    if (one.type === 'image') lines.push(JSON.stringify(resolveLink(one.href, document, DOCUMENTS)));
  });
  return lines;
}

describe.each(TRANSLATIONS)('$source', (document) => {
  it('has every section, figure, listing and picture of the English document', () => {
    const english = DOCUMENTS.filter(({ source }) => source === document.original);
    expect(english.map(outline)).toEqual([outline(document)]);
  });

  it('leads to no English document that there is in its own language', () => {
    const [main = ''] = /<main>.*<\/main>/s.exec(pageOf(document.source)) ?? [];
    const sources = linksOf(main).map((href) => targetOf(href, document)?.source);
    const here = TRANSLATIONS.filter(({ language }) => language === document.language);
    expect(sources.filter((source) => here.some(({ original }) => original === source))).toEqual([]);
  });

  it('has no markup left in its text', () => {
    const text = pageOf(document.source).replace(/<style>.*?<\/style>|<code>.*?<\/code>/gs, '');
    expect(text).not.toMatch(/\*\*|\]\(/);
  });
});

it.each(LOCALES)('the documents in $locale have a first page', ({ locale }) => {
  const first = DOCUMENTS.find(({ page }) => page === documentsIn(locale));
  expect(first).toMatchObject({ language: locale, original: 'docs/README.md' });
});

it('a page is in the language of its document, and leads to the other one', () => {
  expect(pageOf('docs/models.md')).toContain('<html lang="en">');
  expect(linksOf(pageOf('docs/models.md'))).toContain('zh-CN/models.html');
  expect(pageOf('docs/zh-CN/models.md')).toContain('<html lang="zh-CN">');
  expect(linksOf(pageOf('docs/zh-CN/models.md'))).toContain('../models.html');
});

it('a page says in the other language that it is in English only, and leads to those that are not', () => {
  expect(pageOf('docs/decisions/README.md')).toMatch(
    /<a href="\.\.\/zh-CN\/index\.html"[^>]*>本文只有英文版/,
  );
  expect(pageOf('docs/models.md')).not.toContain('本文只有英文版');
});

it.each(DOCUMENTS)('every link of $source leads to a page and a heading that are there', (document) => {
  for (const href of linksOf(pageOf(document.source))) {
    // Other sites, and the page of the product.
    if (/^https?:|\/$/.test(href)) continue;
    const target = targetOf(href, document);
    expect(target, href).toBeDefined();
    const [, anchor] = href.split('#');
    if (target && anchor !== undefined) expect(pageOf(target.source), href).toContain(` id="${anchor}"`);
  }
});
