/** @file Which documents the site shows, and where: those of `docs/` in its own tree, and the project's own beside them. */
import path from 'node:path';
import { listFiles } from '../files.ts';

/** A document by its path in the repository, and its page by its path in the site. */
export interface Document {
  readonly source: string;
  readonly page: string;
}

const FOLDER = 'docs';
/** Documents that others refer to. */
const PROJECT_DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'NOTICE.md', 'training/README.md'];

/** All documents of the repository at `root`. */
export function findDocuments(root: string): Document[] {
  const own = listFiles(path.join(root, FOLDER))
    .filter((file) => file.endsWith('.md'))
    .map((file) => ({ source: `${FOLDER}/${file}`, page: `${FOLDER}/${pageName(file)}` }));
  const others = PROJECT_DOCUMENTS.map((file) => ({
    source: file,
    page: `${FOLDER}/project/${file.replace(/\.md$/, '.html').toLowerCase()}`,
  }));
  return [...own, ...others];
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
    const page = path.posix.relative(path.posix.dirname(from.page), document.page);
    return { kind: 'page', href: anchor === undefined ? page : `${page}#${anchor}` };
  }
  return target.startsWith(`${FOLDER}/`) && /\.(png|svg|jpg|webp)$/.test(target)
    ? { kind: 'picture', href: target }
    : { kind: 'nowhere' };
}
