/** @file The keys that weigh words of a prompt in its field: Ctrl or ⌘ with ↑ for more, with ↓ for less. */
import { adjustEmphasis, type TextEdit } from '../../prompt/adjust-emphasis.ts';
import { isPressed, KEYS } from '../parts/keys.ts';

const STEP = 0.1;

/** For `keydown` of a `<textarea>`; what is typed stays undoable, and the field fires `input`. */
export function onEmphasisKey(event: KeyboardEvent): void {
  const isMore = isPressed(event, KEYS.weighMore);
  if (!isMore && !isPressed(event, KEYS.weighLess)) return;
  const field = event.currentTarget as HTMLTextAreaElement;
  const edit = adjustEmphasis(field.value, field.selectionStart, field.selectionEnd, isMore ? STEP : -STEP);
  if (!edit) return;
  event.preventDefault();
  apply(field, edit);
}

function apply(field: HTMLTextAreaElement, { from, to, insert, selection }: TextEdit): void {
  field.setSelectionRange(from, to);
  if (!insertTyped(insert)) {
    field.setRangeText(insert);
    field.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, inputType: 'insertText' }));
  }
  field.setSelectionRange(...selection);
}

/** Replaces the selection as if it were typed, so that the browser can undo it; whether that went well. */
function insertTyped(text: string): boolean {
  // Deprecated for documents that are edited whole; for fields nothing else takes part in undoing.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return document.execCommand('insertText', false, text);
}
