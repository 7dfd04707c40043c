/** @file What the page says of pictures that could not be kept, and what can be done about them. */
import { html, nothing, type TemplateResult } from 'lit';
import type { GalleryState } from '../../gallery/gallery.ts';
import { translate } from '../../locale/index.ts';
import '../parts/failure-message.ts';
import type { GalleryControl } from './gallery-control.ts';

/** @param makeRoom leads to where pictures can be deleted; absent there */
export function renderUnkept(
  { unkept }: GalleryState,
  control: GalleryControl,
  makeRoom?: () => void,
): TemplateResult | typeof nothing {
  const failure = unkept.at(-1)?.failure;
  if (!failure) return nothing;
  const count = unkept.length;
  const actions = [
    { label: translate('galleryUnkeptSave', count), act: () => void control.saveUnkept() },
    { label: translate('tryAgain'), act: () => void control.addUnkept() },
    ...(makeRoom && failure.code === 'gallery/full'
      ? [{ label: translate('galleryMakeRoom'), act: makeRoom }]
      : []),
    { label: translate('galleryUnkeptDrop', count), act: () => control.dropUnkept() },
  ];
  return html`
    <emulsion-failure-message
      .failure=${failure}
      .context=${count === 1 ? '' : translate('galleryUnkept', count)}
      .actions=${actions}
    ></emulsion-failure-message>
  `;
}
