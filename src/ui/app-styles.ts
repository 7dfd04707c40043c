/** @file What the page puts around its parts. */
import { css, unsafeCSS } from 'lit';
import { WIDE } from './page/page-layout.ts';

export const appStyles = css`
  :host {
    display: block;
    max-width: 88rem;
    margin: 0 auto;
    padding: var(--space-3) var(--space-4) var(--space-8);
  }

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

  emulsion-model-panel {
    padding-top: var(--space-4);
    border-top: 1px solid var(--line);
  }

  @media ${unsafeCSS(WIDE)} {
    :host {
      padding: var(--space-4) var(--space-8) var(--space-8);
    }
  }
`;
