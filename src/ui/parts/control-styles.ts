/** @file How native controls look inside every element. */
import { css } from 'lit';

/** Buttons, fields, labels; for the `styles` of any element. */
export const controlStyles = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  h2,
  p {
    margin: 0;
  }

  label,
  legend,
  .label {
    color: var(--text-muted);
    font-size: var(--text-small);
    font-weight: 500;
  }

  .hint {
    color: var(--text-muted);
    font-size: var(--text-small);
  }

  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }

  legend {
    padding: 0;
  }

  button,
  input,
  select,
  textarea {
    color: inherit;
    font: inherit;
  }

  button,
  select,
  input:not([type='range'], [type='checkbox']) {
    min-height: 2.5rem;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-2);
    padding: var(--space-1) var(--space-3);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-small);
    background: transparent;
    cursor: pointer;
    transition:
      background-color var(--quick),
      border-color var(--quick);
  }

  button:hover {
    background: var(--accent-soft);
  }

  button[aria-disabled='true'] {
    border-color: transparent;
    background: var(--sunken);
    color: var(--text-muted);
    cursor: default;
  }

  button.primary:not([aria-disabled='true']) {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }

  button.primary:not([aria-disabled='true']):hover {
    background: var(--accent-hover);
  }

  button.icon {
    width: 2.5rem;
    padding: 0;
    flex: none;
  }

  button.chip {
    min-height: 1.875rem;
    padding: 0 var(--space-3);
    border-color: var(--line);
    border-radius: 1rem;
    font-size: var(--text-small);
    text-align: start;
  }

  button.chip:hover {
    border-color: var(--line-strong);
    background: var(--sunken);
  }

  button.chip[aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--accent-soft);
    color: var(--text);
  }

  input:not([type='range'], [type='checkbox']),
  select,
  textarea {
    width: 100%;
    padding: var(--space-2) var(--space-3);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius-small);
    background: var(--surface);
  }

  input[type='range'],
  input[type='checkbox'] {
    margin: 0;
    accent-color: var(--accent);
  }

  input[type='range'] {
    width: 100%;
    min-height: 1.5rem;
  }

  input[type='checkbox'] {
    width: 1.125rem;
    height: 1.125rem;
  }

  ::placeholder {
    color: var(--text-muted);
    opacity: 1;
  }

  svg {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
`;

/** The line that unfolds further fields of a form. */
export const disclosureStyles = css`
  summary {
    min-height: 1.5rem;
    color: var(--text-muted);
    font-size: var(--text-small);
    font-weight: 500;
    cursor: pointer;
  }
`;
