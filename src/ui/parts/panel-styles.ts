/** @file How a line of the panel looks that tells what is in use and has a button beside it. */
import { css } from 'lit';

export const panelStyles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: start;
    gap: var(--space-1) var(--space-3);
  }

  h2 {
    color: var(--text-muted);
    font-size: var(--text-small);
    font-weight: 500;
  }

  button {
    min-height: 2.25rem;
    font-size: var(--text-small);
  }
`;
