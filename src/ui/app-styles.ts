/** @file How the page is laid out: one column on a phone; on a desktop the picture beside the form. */
import { css, unsafeCSS } from 'lit';

/** Where the form has its place beside the picture. */
export const WIDE = '(min-width: 56rem)';

export const appStyles = css`
  :host {
    display: block;
    max-width: 88rem;
    margin: 0 auto;
    padding: var(--space-3) var(--space-4) var(--space-8);
  }

  main {
    display: grid;
    gap: var(--space-6);
  }

  .stage,
  .around {
    display: grid;
    align-content: start;
    gap: var(--space-4);
    min-width: 0;
  }

  .drop {
    position: fixed;
    inset: var(--space-2);
    z-index: 1;
    display: grid;
    place-content: center;
    gap: var(--space-1);
    border: 2px dashed var(--accent);
    border-radius: var(--radius);
    background: color-mix(in srgb, var(--ground) 88%, transparent);
    text-align: center;
    pointer-events: none;
  }

  .drop p:first-child {
    font-size: var(--text-large);
    font-weight: 600;
  }

  .panel {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    align-content: start;
    gap: var(--space-4);
    min-width: 0;
  }

  emulsion-model-panel {
    padding-top: var(--space-4);
    border-top: 1px solid var(--line);
  }

  /* For the card of the tour, which lies over the empty stage there. */
  @media not ${unsafeCSS(WIDE)} {
    emulsion-picture-view {
      scroll-margin-top: 12rem;
    }
  }

  @media ${unsafeCSS(WIDE)} {
    :host {
      padding: var(--space-4) var(--space-8) var(--space-8);
    }

    main {
      grid-template-columns: minmax(0, 1fr) 23rem;
      gap: var(--space-8);
    }

    .stage {
      position: sticky;
      top: var(--space-4);
      align-self: start;
    }
  }
`;
