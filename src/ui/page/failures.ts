/**
 * @file What went wrong, shown with what may help: failures of the page (a model that does not open, a draft), and orders
 * whose pictures could not be made, one at a time.
 */
import { html, nothing, type TemplateResult } from 'lit';
import type { PlainError } from '../../error.ts';
import { translate } from '../../locale/index.ts';
import { failureActions, isRepeatable, type Remedies } from './failure-actions.ts';
import '../parts/failure-message.ts';
import type { FailureAction } from '../parts/failure-message.ts';
import type { PageMessages } from '../parts/page-messages.ts';
import type { FailedOrder, PictureQueue } from '../queue/picture-queue.ts';
import type { PictureSize } from '../settings/picture-size.ts';

/** What the page can do about failures. */
export interface PageRemedies extends Pick<Remedies, 'openModels' | 'openLoras'> {
  readonly hasModel: () => boolean;
  readonly setBudget: (bytes: number) => void;
  readonly setSize: (size: PictureSize) => void;
}

export function renderFailures(
  messages: PageMessages,
  queue: PictureQueue,
  page: PageRemedies,
): TemplateResult {
  const { failure } = messages;
  const [failed, ...others] = queue.state.failed;
  return html`
    ${failure ? renderFailure(failure, messages, page) : nothing}
    ${failed ? renderFailedOrder(failed, others.length, queue, page) : nothing}
  `;
}

function renderFailure(failure: PlainError, messages: PageMessages, page: PageRemedies): TemplateResult {
  const { openModels, openLoras, setBudget, setSize } = page;
  const actions = failureActions(failure, {
    openModels,
    openLoras,
    ...((isRepeatable(failure) || !page.hasModel()) && { retry: () => messages.retry() }),
    useBudget: setBudget,
    useSize: setSize,
  });
  return renderMessage(failure, actions, () => messages.forgive());
}

/** What may help makes the order's own pictures, whatever the form says by now. */
function renderFailedOrder(
  failed: FailedOrder,
  others: number,
  queue: PictureQueue,
  page: PageRemedies,
): TemplateResult {
  const { order, failure } = failed;
  const { prompt, seed } = order.request;
  const actions = failureActions(failure, {
    openModels: page.openModels,
    openLoras: page.openLoras,
    ...(isRepeatable(failure) && { retry: () => queue.retry(failed) }),
    useBudget: (gpuBudgetBytes) => {
      page.setBudget(gpuBudgetBytes);
      queue.retry(failed, { gpuBudgetBytes });
    },
    useSize: (size) => {
      page.setSize(size);
      queue.retry(failed, size);
    },
  });
  // The next failure comes to light when this one is let go.
  if (actions.length > 0) actions.push({ label: translate('dismiss'), act: () => undefined });
  const name = translate('queueFailed', prompt || translate('promptNone'), String(seed));
  const context = others > 0 ? `${name} · ${translate('queueFailedMore', others)}` : name;
  return renderMessage(failure, actions, () => queue.dismiss(failed), context);
}

/** Whatever is done about a failure takes it away first. */
function renderMessage(
  failure: PlainError,
  actions: readonly FailureAction[],
  dismiss: () => void,
  context = '',
): TemplateResult {
  return html`
    <emulsion-failure-message
      .failure=${failure}
      .context=${context}
      .actions=${actions.map(({ label, act }) => ({
        label,
        act: () => {
          dismiss();
          act();
        },
      }))}
      @dismiss=${dismiss}
    ></emulsion-failure-message>
  `;
}
