/** @file How a LoRA of the shelf looks. */
import { css } from 'lit';

export const loraCardStyles = css`
  article {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--space-3);
    padding: var(--space-4) 0;
  }

  .top {
    display: flex;
    gap: var(--space-3);
  }

  .top img {
    flex: none;
    width: 5rem;
    height: 5rem;
    border-radius: var(--radius-small);
    background: var(--sunken);
    object-fit: cover;
  }

  .what {
    display: grid;
    flex: 1;
    align-content: start;
    gap: var(--space-1);
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .head,
  .actions,
  .triggers {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
  }

  .triggers {
    gap: var(--space-1) var(--space-2);
  }

  .head {
    flex-wrap: nowrap;
  }

  h4,
  h5 {
    margin: 0;
    font-size: inherit;
    font-weight: 600;
  }

  h4 {
    flex: 1;
    min-width: 0;
  }

  h5 {
    font-size: var(--text-small);
  }

  .switch {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    min-height: 2rem;
    color: var(--text);
    cursor: pointer;
  }

  .standing,
  .standing + * {
    font-size: var(--text-small);
  }

  .admitted,
  .refused {
    font-weight: 600;
  }

  .admitted::before {
    content: '✓ ' / '';
  }

  .refused {
    color: var(--accent);
  }

  .refused::before {
    content: '✕ ' / '';
  }

  .testing {
    display: flex;
    align-items: center;
    gap: var(--space-3);
  }

  progress {
    flex: 1;
    height: 0.375rem;
    accent-color: var(--accent);
  }

  button {
    min-height: 2.25rem;
    font-size: var(--text-small);
  }

  button.icon {
    width: 2.25rem;
  }

  button.main {
    border-color: var(--accent);
    background: var(--accent-soft);
    font-weight: 600;
  }

  .lines {
    font-size: var(--text-small);
  }
`;
