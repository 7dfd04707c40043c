/** @file A labelled list to choose one from, and how forms of such fields look. */
import { css, html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

export interface ChoiceField<T> {
  /** Of the list, in the form that it stands in. */
  readonly id: string;
  readonly label: string;
  /** What there is to choose from, each with its words. */
  readonly choices: readonly (readonly [choice: T, label: string])[];
  readonly chosen: T;
  readonly onChoose: (choice: T) => void;
}

/** For forms whose fields stand one below another; `.head` is a label with something at its end. */
export const fieldStyles = css`
  :host {
    display: grid;
    gap: var(--space-4);
  }

  .field {
    display: grid;
    gap: var(--space-1);
  }

  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-2);
    min-height: 1.5rem;
  }
`;

/** The list always shows what is chosen, also after it was chosen elsewhere. */
export function choiceField<T>({ id, label, choices, chosen, onChoose }: ChoiceField<T>): TemplateResult {
  const onChange = (event: Event): void => {
    const choice = choices[(event.target as HTMLSelectElement).selectedIndex];
    if (choice) onChoose(choice[0]);
  };
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      <select id=${id} @change=${onChange}>
        ${choices.map(
          ([choice, words]) =>
            html`<option value=${String(choice)} .selected=${live(choice === chosen)}>${words}</option>`,
        )}
      </select>
    </div>
  `;
}
