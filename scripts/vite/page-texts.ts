/** @file Vite plugin that writes into the page what is read of it before any script runs, in all languages at once. */
import type { Plugin } from 'vite';
import { LANGUAGES, type Language } from '../../src/locale/languages.ts';

/** For `%description%`, and for `%no-script%` a paragraph in each language. */
export function pageTexts(): Plugin {
  const languages = Object.entries<Language>(LANGUAGES);
  const description = languages.map(([, { messages }]) => messages.ui.siteDescription).join(' ');
  const noScript = languages.map(([tag, { messages }]) => `<p lang="${tag}">${messages.ui.noScript}</p>`);
  return {
    name: 'emulsion:page-texts',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) =>
        html.replace('%description%', description).replace('%no-script%', noScript.join('\n      ')),
    },
  };
}
