/** @file Which documents the site shows, and where: those of `docs/` in its own tree, and the project's own beside them. */
import path from 'node:path';
import type { Locale } from '../../../src/locale/index.ts';
import { LANGUAGES } from '../../../src/locale/languages.ts';
import { listFiles } from '../files.ts';

/** A document by its path in the repository, and its page by its path in the site. */
export interface Document {
  readonly source: string;
  readonly page: string;
  readonly language: Locale;
  /** The `source` of the English document that it is a translation of; its own if it is none. */
  readonly original: string;
}

const FOLDER = 'docs';
/** Documents that others refer to. */
const PROJECT_DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'NOTICE.md', 'training/README.md'];

/** All documents of the repository at `root`. */
export function findDocuments(root: string): Document[] {
  const own = listFiles(path.join(root, FOLDER))
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({
      source: `${FOLDER}/${file}`,
      page: `${FOLDER}/${pageName(file)}`,
      ...languageOf(file),
    }));
  const others = PROJECT_DOCUMENTS.map((file) => ({
    source: file,
    page: `${FOLDER}/project/${file.replace(/\.md$/, '.html').toLowerCase()}`,
    language: 'en' as const,
    original: file,
  }));
  return [...own, ...others];
}

/** `zh-CN/models.md` says in Chinese what `models.md` says in English. */
function languageOf(file: string): Pick<Document, 'language' | 'original'> {
  const [folder = '', ...rest] = file.split('/');
  return Object.hasOwn(LANGUAGES, folder)
    ? { language: folder as Locale, original: `${FOLDER}/${rest.join('/')}` }
    : { language: 'en', original: `${FOLDER}/${file}` };
}

/** A folder's README is what its address shows. */
function pageName(file: string): string {
  return file.replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html');
}

/** What a link of a document leads to. */
export type Target =
  { readonly kind: 'page' | 'picture' | 'elsewhere'; readonly href: string } | { readonly kind: 'nowhere' };

/**
 * Where a link leads in the site: to a page, to a picture of the documents (its path in the repository), to another site,
 * or nowhere, as one to the sources does.
 * @param href as written in `from`
 */
export function resolveLink(href: string, from: Document, documents: readonly Document[]): Target {
  if (/^[a-z]+:|^#/i.test(href)) return { kind: 'elsewhere', href };
  const [file = '', anchor] = href.split('#');
  const target = path.posix.join(path.posix.dirname(from.source), decodeURI(file)).replace(/\/$/, '');
  const document = documents.find(({ source }) => source === target || source === `${target}/README.md`);
  if (document) {
    const page = pathBetween(from, document.page);
    return { kind: 'page', href: anchor === undefined ? page : `${page}#${anchor}` };
  }
  return target.startsWith(`${FOLDER}/`) && /\.(png|svg|jpg|webp)$/.test(target)
    ? { kind: 'picture', href: target }
    : { kind: 'nowhere' };
}

/** The way from a document's page to a file of the site. */
export function pathBetween(from: Document, file: string): string {
  return path.posix.relative(path.posix.dirname(from.page), file);
}
