/** @file What the page says of the gallery, of what is taken over from pictures, and of the mark on them, in English. */

const pictures = (count: number): string => `${count} ${count === 1 ? 'picture' : 'pictures'}`;

export const galleryTexts = {
  gallery: 'Gallery',
  galleryOpen: 'Open gallery…',
  galleryCount: pictures,
  galleryEmpty: 'Every finished picture is kept here, in this browser.',
  galleryLoading: 'Looking for your pictures…',
  galleryNoneFound: 'No picture answers this search.',
  galleryDamaged: (count: number) =>
    `${pictures(count)} cannot be read any more and ${count === 1 ? 'is' : 'are'} left out.`,
  gallerySearch: 'Search prompts, models, seeds',
  galleryStarredOnly: 'Starred only',
  galleryMore: 'Show more',
  galleryShown: (shown: number, total: number) => `${shown} of ${pictures(total)}`,
  galleryOpenPicture: (prompt: string) =>
    prompt === '' ? 'Open the picture without a prompt' : `Open: ${prompt}`,
  gallerySelect: (prompt: string) =>
    prompt === '' ? 'Select the picture without a prompt' : `Select: ${prompt}`,
  gallerySelected: (count: number) => `${count} selected`,
  gallerySelectNone: 'Select none',
  galleryBack: 'All pictures',
  galleryPrevious: 'Newer picture',
  galleryNext: 'Older picture',
  galleryPosition: (position: number, total: number) => `${position} of ${total}`,
  galleryStar: 'Star',
  galleryStarred: (picture: string) => `${picture} (starred)`,
  galleryDelete: 'Delete picture',
  galleryDeleteMany: 'Delete selected',
  galleryDeleted: (count: number) => `${pictures(count)} deleted.`,
  galleryUndo: 'Undo',
  galleryRestored: (count: number) => `${pictures(count)} brought back.`,
  galleryCompare: 'Compare',
  galleryCompareSlider: 'How much of the left picture is shown',
  galleryCompareHint: 'Move the slider, or use the arrow keys.',
  galleryDownload: 'Download',
  galleryDownloadZip: 'Download as zip',
  galleryExport: 'Export all',
  galleryImport: 'Import…',
  galleryPacking: 'Packing…',
  galleryImporting: 'Importing…',
  galleryExported: (count: number) => `${pictures(count)} exported.`,
  galleryImported: (added: number, duplicates: number, refusal: string) =>
    `${pictures(added)} imported${duplicates === 0 ? '' : `; ${duplicates} ${duplicates === 1 ? 'was' : 'were'} here already`}.${refusal === '' ? '' : ` ${refusal}`}`,
  galleryRefused: (count: number, first: string) =>
    `Not imported: ${first}${count === 1 ? '' : ` and ${count - 1} more`}. They are damaged, or hold no settings.`,
  galleryUse: 'Use again',
  galleryUseAll: 'All settings',
  galleryUsePrompt: 'Prompt',
  galleryUseSeed: 'Seed',
  galleryUseSize: 'Size',
  'galleryUsed.prompt': 'The prompt is taken over.',
  'galleryUsed.seed': 'The seed is taken over.',
  'galleryUsed.size': 'The size is taken over.',
  gallerySettings: 'Settings',
  galleryCreated: 'Painted',
  galleryFile: 'File',
  visibleMark: 'Write “AI” into a corner of saved files',

  pictureNotHonoured: (settings: readonly string[]) =>
    `What cannot be taken over here: ${settings.join('; ')}.`,
  stylesUnknown: 'The prompt holds the words of styles that this model does not know.',
  initImageDropped: 'The picture to begin from is gone: what was taken over began from none.',
  pictureStyleWords: 'The prompt holds the words that the styles of the other program added to it.',
  pictureOtherNoise:
    'Another program made its noise in another way, so the same seed gives a different picture here.',
  sampler: 'Sampler',
  samplerAuto: 'As the model says',
  guidanceScale: 'Guidance scale',
};
