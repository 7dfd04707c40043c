/** @file A document as a page of the site, in its colours and type; no script, so that it opens at once. */
import { Marked, type Tokens } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { documentsIn } from '../../../src/locale/documents.ts';
import type { Locale } from '../../../src/locale/index.ts';
import { LANGUAGES } from '../../../src/locale/languages.ts';
import { theme } from '../../../src/ui/page/theme.ts';
import { pathBetween, resolveLink, type Document } from './documents.ts';

/** A page, and the pictures it shows by their paths in the repository. */
export interface RenderedPage {
  readonly html: string;
  readonly pictures: readonly string[];
}

const STYLES = `
  .page { max-width: 52rem; margin: 0 auto; padding: var(--space-4); overflow-wrap: break-word; }
  nav, nav div { display: flex; flex-wrap: wrap; gap: 0 var(--space-4); align-items: center; }
  nav { font-size: var(--text-small); }
  nav div { margin-inline-start: auto; }
  nav a, nav span { display: inline-block; padding: var(--space-1) 0; }
  nav span { color: var(--text-muted); }
  a { color: var(--accent); text-underline-offset: 0.2em; }
  a:hover { color: var(--accent-hover); }
  a:focus-visible, pre:focus-visible, .wide:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  h1, h2, h3 { line-height: 1.25; letter-spacing: -0.01em; text-wrap: balance; }
  h2 { margin-top: 2.5rem; }
  img { max-width: 100%; height: auto; border-radius: var(--radius); }
  code { font-size: 0.9em; }
  pre { padding: var(--space-3); border-radius: var(--radius-small); background: var(--sunken); overflow-x: auto; }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-size: var(--text-small); }
  th, td { padding: var(--space-1) var(--space-2); border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
  hr { border: 0; border-top: 1px solid var(--line); }
`;

/**
 * Renders a document.
 * @param markdown its text, GitHub's dialect
 * @throws Error for a picture that is none of the documents'
 */
export function renderPage(
  document: Document,
  markdown: string,
  documents: readonly Document[],
): RenderedPage {
  const { messages } = LANGUAGES[document.language];
  const pictures: string[] = [];
  const marked = new Marked(gfmHeadingId());
  marked.use({
    renderer: {
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        const target = resolveLink(href, document, documents);
        return target.kind === 'page' || target.kind === 'elsewhere'
          ? `<a href="${escapeHtml(target.href)}">${text}</a>`
          : text;
      },
      image({ href, text }: Tokens.Image) {
        const target = resolveLink(href, document, documents);
        if (target.kind !== 'picture')
          throw new Error(`${document.source} shows ${href}, which is no picture of docs/`);
        pictures.push(target.href);
        const source = pathBetween(document, target.href);
        return `<img src="${escapeHtml(source)}" alt="${escapeHtml(text)}" loading="lazy" />`;
      },
    },
  });
  const body = scrollable(marked.parse(markdown, { async: false }), messages.ui.documentTable);
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? 'Emulsion';
  const html = `<!doctype html>
<html lang="${document.language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="dark light" />
    <title>${escapeHtml(plain(title))} · Emulsion</title>
    <link rel="icon" href="${pathBetween(document, 'icon.svg')}" type="image/svg+xml" />
    <style>${theme.cssText}${STYLES}</style>
  </head>
  <body>
    <div class="page">
      <nav aria-label="${messages.ui.documents}">
        <a href="${pathBetween(document, '.')}/">Emulsion</a>
        <a href="${pathBetween(document, documentsIn(document.language))}">${messages.ui.documents}</a>
        <div role="group" aria-label="${messages.ui.language}">${renderLanguages(document, documents)}</div>
      </nav>
      <main>${body}</main>
    </div>
  </body>
</html>
`;
  return { html, pictures };
}

/** The document in each language; where one lacks it, a note in that language, which leads to the documents it has. */
function renderLanguages(document: Document, documents: readonly Document[]): string {
  const languages = Object.keys(LANGUAGES) as Locale[];
  return languages
    .map((language) => {
      const { label, messages } = LANGUAGES[language];
      const version = documents.find(
        (one) => one.language === language && one.original === document.original,
      );
      if (version === document) return `<span lang="${language}" aria-current="true">${label}</span>`;
      const href = pathBetween(document, version?.page ?? documentsIn(language));
      const text = version ? label : messages.ui.documentUntranslated;
      return `<a href="${href}" lang="${language}" hreflang="${language}">${text}</a>`;
    })
    .join(' ');
}

/** Tables and listings scroll by themselves where the page is narrow, with the keyboard too. */
function scrollable(html: string, label: string): string {
  return (
    html
      .replaceAll('<table>', `<div class="wide" tabindex="0" role="group" aria-label="${label}"><table>`)
      .replaceAll('</table>', '</table></div>')
      // Nothing heads a column of names.
      .replaceAll(/<th( [^>]*)?><\/th>/g, '<td></td>')
      .replaceAll('<pre>', '<pre tabindex="0">')
  );
}

function plain(markdown: string): string {
  return markdown.replace(/[*`_]/g, '');
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
