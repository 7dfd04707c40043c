/** @file What the page says of the ways to a picture beside its prompt: begun from another, larger, varied; in English. */

export const formTexts = {
  initImage: 'Begin from a picture',
  initImageChoose: 'Choose a picture…',
  initImageHint: 'Or drop or paste one here.',
  initImageAlt: (name: string) => `Picture to begin from: ${name}`,
  initImageFacts: (width: number, height: number) =>
    `${width} × ${height} pixels, scaled and cut to the size of the new picture.`,
  initImageRemove: 'Do not begin from it',
  initImageUnreadable: (file: string) =>
    `“${file}” cannot be read as a picture. Give a PNG, JPEG or WebP file.`,
  initImageSmall: (width: number, height: number, least: number) =>
    `A picture of ${width} × ${height} pixels is too small: the model needs ${least} in each direction.`,
  strength: 'Strength',
  strengthHint: (taken: number, steps: number) =>
    `The higher, the less of the picture stays: ${taken} of ${steps} ${steps === 1 ? 'step' : 'steps'} ${taken === 1 ? 'is' : 'are'} taken.`,
  pictureHadInitImage:
    'It began from another picture, which the file does not hold. Give that one under “Begin from a picture” to repeat it.',

  sizeOthers: 'Other shapes',
  sizeLock: 'Keep the ratio',
  sizeSwap: 'Swap the sides',
  sizeUntrained: 'The model was not trained for this size: things may come apart or come twice.',

  styles: (names: string) => `Style: ${names}`,
  stylesNone: 'none',
  stylesOffered: 'Styles',
  stylesSearch: 'Search styles',
  stylesNotFound: 'No style by that name.',

  share: 'Copy a link',
  shareHint: 'Prompt and settings, no picture; nothing is sent.',
  shareAddress: 'Link',
  shareCopied: 'The link is on the clipboard.',
  shareRefused: 'The browser does not allow copying. The link is selected above; copy it from there.',
  linkTaken: 'Prompt and settings are those of the link. Nothing has been painted yet.',
  linkBroken: 'This link is not one of a picture, or a part of it got lost; nothing was taken over.',
  linkOtherModel: (model: string) => `The link was made with another model: ${model}.`,

  variation: 'Variation',
  variationSeed: 'Variation seed',
  variationRemove: 'Paint without variation',
  variationHint: 'How far the noise goes from the seed towards the variation seed.',

  pictureActions: 'Go on from this picture',
  pictureBegin: 'Begin from this',
  'vary.subtle': 'Vary subtly',
  'vary.strong': 'Vary strongly',
  varyHint: 'Another picture like it: the same seed, with some other noise',
  larger: (factor: number) => `Larger ${factor}×`,
};

type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/** What a language has to provide. */
export type FormTexts = Texts<typeof formTexts>;
