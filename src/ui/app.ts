/** @file The page: the picture, the form that orders it, the model that paints it. */
import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Engine } from '../engine/protocol/engine.ts';
import type { BackendChoice } from '../engine/protocol/generate.ts';
import type { PlainError } from '../error.ts';
import type { OfflineSite } from '../offline/offline-site.ts';
import { translate } from '../locale/index.ts';
import { appStyles } from './app-styles.ts';
import { controlStyles } from './parts/control-styles.ts';
import { DeviceControl } from './device/device-control.ts';
import './device/device-line.ts';
import { PageDialogs } from './page/dialogs.ts';
import { DropTarget } from './page/drop-target.ts';
import { renderFailures, type PageRemedies } from './page/failures.ts';
import { GalleryControl } from './gallery/gallery-control.ts';
import './gallery/gallery-strip.ts';
import { Generation } from './painting/generation.ts';
import { LocaleController } from './parts/locale-controller.ts';
import { LoraControl } from './loras/lora-control.ts';
import './loras/lora-panel.ts';
import type { MemorySettings } from './settings/memory-settings.ts';
import { LiveMode, type Draft } from './painting/live-mode.ts';
import { ModelChoice } from './models/model-choice.ts';
import './models/model-panel.ts';
import './parts/notice-list.ts';
import './page/offline-status.ts';
import './page/page-header.ts';
import './page/page-layout.ts';
import { OffspringControl } from './painting/offspring-control.ts';
import { PageMessages } from './parts/page-messages.ts';
import type { ShownNotice } from './parts/page-notice.ts';
import { PasteTarget } from './page/paste-target.ts';
import type { Offspring } from './painting/picture-offspring.ts';
import type { Ending } from './painting/ending.ts';
import './painting/picture-view.ts';
import './form/prompt-form.ts';
import type { PicturesOrdered } from './form/picture-order.ts';
import { QueueControl } from './queue/queue-control.ts';
import './queue/queue-panel.ts';
import { RestoreControl } from './sharing/restore-control.ts';
import type { SettingsPlaces } from './sharing/restore-settings.ts';
import './sharing/share-button.ts';
import { ShareControl } from './sharing/share-control.ts';
import { Requests } from './page/requests.ts';
import { Shortcuts } from './page/shortcuts.ts';
import { RefusedSizes } from './settings/size-refusals.ts';
import { takeFiles } from './page/take-files.ts';
import { TourControl } from './page/tour-control.ts';
import type { CountTokens } from './form/token-counter.ts';

@customElement('emulsion-app')
export class EmulsionApp extends LitElement {
  static override styles = [controlStyles, appStyles];

  /** Set before the element is connected. */
  @property({ attribute: false }) engine!: Engine;
  /** Absent where the site is not kept for visits without a network. */
  @property({ attribute: false }) offlineSite: OfflineSite | undefined;

  @query('emulsion-prompt-form') private readonly form!: HTMLElementTagNameMap['emulsion-prompt-form'];
  @query('emulsion-page-layout') private readonly layout!: HTMLElementTagNameMap['emulsion-page-layout'];
  @query('emulsion-picture-view') private readonly view!: HTMLElement;
  @query('emulsion-gallery-strip') private readonly strip!: HTMLElement;

  private readonly messages = new PageMessages(this);
  private readonly gallery = new GalleryControl(this, {
    restoring: () => this.restoring,
    beginFrom: (file) => this.form.beginFrom(file),
    vary: (degree) => this.offspring.vary(degree),
    enlarge: (file, size) => this.offspring.enlarge(file, size),
    open: () => this.openGallery(),
    isOpen: () => this.dialogs.isOpen('emulsion-gallery-dialog'),
  });
  private readonly generation = new Generation(this);
  private readonly drop = new DropTarget(this, (files) => void this.take(files));
  private readonly device = new DeviceControl(this, {
    engine: () => this.engine,
    onFailure: (failure, retry) => this.messages.fail(failure, retry),
  });
  private readonly choice = new ModelChoice(this, {
    engine: () => this.engine,
    onFailure: (failure, retry) => this.messages.fail(failure, retry),
    isLookedAt: () => this.dialogs.isOpen('emulsion-models-dialog'),
  });
  private readonly loras = new LoraControl(this, {
    engine: () => this.engine,
    model: () => this.choice.model,
    editPrompt: (edit) => this.form.editPrompt(edit),
  });
  private readonly restoring = new RestoreControl(this, {
    places: () => this.settingsPlaces,
    messages: this.messages,
    idOfModel: (picture) => this.choice.idOf(picture),
    openModel: (id) => this.choice.openById(id),
  });
  private readonly links = new ShareControl(this, {
    places: () => this.settingsPlaces,
    messages: this.messages,
  });
  private readonly orders = new QueueControl(this, {
    engine: () => this.engine,
    generation: this.generation,
    device: () => this.device.report,
    keep: ({ image }) => this.gallery.add(image.png),
    hasUnkept: () => this.gallery.state.unkept.length > 0,
    onBusy: (isBusy) => (isBusy ? this.choice.pauseStoring() : this.choice.storeSoon()),
  });
  private readonly requests = new Requests({
    model: () => this.choice.model,
    choices: () => this.device.choices,
    loras: this.loras,
    described: () => this.form.draft,
  });
  private readonly live = new LiveMode(this, {
    describe: () => this.requests.draft(),
    isBusy: () => this.orders.queue.isBusy,
    paint: (draft) => this.paintDraft(draft),
    cancel: () => this.generation.run?.isDraft && this.generation.cancel(),
    onFailure: ({ failure }) => this.messages.fail(failure, () => this.live.switch(true)),
  });
  private readonly sizeRefusals = new RefusedSizes(this, {
    engine: () => this.engine,
    question: () => this.requests.sizes(),
  });
  private readonly offspring = new OffspringControl(this, {
    engine: () => this.engine,
    model: () => this.choice.model,
    picture: () => this.generation.picture,
    describe: () => this.requests.described()?.request,
    choices: () => this.device.choices,
    beginFrom: (file) => this.form.beginFrom(file),
    paint: (request) => this.orders.add(request, [], false),
  });
  private readonly tour = new TourControl({
    root: () => this.renderRoot,
    landmarks: () => ({ ...this.form.landmarks, picture: this.view, gallery: this.strip }),
    onFailure: (failure, retry) => this.messages.fail(failure, retry),
  });
  private readonly dialogs: PageDialogs = new PageDialogs({
    root: () => this.renderRoot,
    engine: () => this.engine,
    ...{ choice: this.choice, loras: this.loras, gallery: this.gallery, offspring: this.offspring },
    trialSettings: () => this.device.trialSettings(this.form.precision),
    useModel: (wish) => {
      this.messages.forgive();
      void this.choice.open(wish);
    },
    onSettingsUsed: () => this.form.scrollIntoView({ block: 'nearest' }),
    showTour: () => void this.tour.show(),
    onFailure: (failure, retry) => this.messages.fail(failure, retry),
  });

  constructor() {
    super();
    new LocaleController(this);
    new PasteTarget(this, (files) => void this.take(Promise.resolve(files)));
    new Shortcuts(this, {
      isCovered: () => this.dialogs.isOpen() || this.form.isMenuOpen,
      generate: (isNext) => this.form.order(isNext),
      cancel: () => this.cancel(),
      stopAll: () => this.orders.queue.stopAll(),
      help: () => this.dialogs.show('emulsion-help-dialog'),
    });
  }

  protected override firstUpdated(): void {
    void this.device.probe();
    void this.begin();
  }

  protected override render(): TemplateResult {
    const { generation, messages, device } = this;
    const { backend, memory } = device.choices;
    const { run: painted, picture } = generation;
    const { model, isOpening } = this.choice;
    const { queue, announcer } = this.orders;
    // A draft is no work that is waited for.
    const run = painted?.isDraft ? undefined : painted;
    const description = model?.description;
    const isIdle = !painted && !picture && !this.live.isOn;
    return html`
      <emulsion-page-header
        @open-help=${() => this.dialogs.show('emulsion-help-dialog')}
      ></emulsion-page-header>
      <emulsion-page-layout .idle=${isIdle}>
        <emulsion-picture-view
          slot="picture"
          .run=${painted}
          .picture=${picture}
          .size=${description}
          .model=${description}
          .refusals=${this.offspring.refusals}
          .idle=${isIdle}
          @keep-draft=${() => this.keepDraft()}
          @fail-to-save=${(event: CustomEvent<PlainError>) => messages.fail(event.detail)}
          @make-of-picture=${(event: CustomEvent<Offspring>) => void this.offspring.make(event.detail)}
        ></emulsion-picture-view>
        <div slot="around" class="around">
          <emulsion-gallery-strip
            .control=${this.gallery}
            .gallery=${this.gallery.state}
            @open-gallery=${(event: CustomEvent<string | null>) => void this.openGallery(event.detail)}
          ></emulsion-gallery-strip>
          <emulsion-device-line
            .report=${device.report}
            .choice=${backend}
            @open-device=${() => this.dialogs.show('emulsion-device-dialog')}
          ></emulsion-device-line>
          <emulsion-offline-status
            .site=${this.offlineSite}
            .stored=${model?.reference.kind === 'stored'}
            .busy=${queue.isBusy}
          ></emulsion-offline-status>
        </div>
        ${renderFailures(messages, queue, this.remedies)}
        <div>
          <emulsion-notice-list
            .notices=${[...messages.notices, ...generation.notices]}
            @dismiss=${(event: CustomEvent<ShownNotice>) => {
              messages.dismiss(event.detail);
              generation.dismiss(event.detail);
            }}
            @use-model=${(event: CustomEvent<string>) => void this.restoring.useModel(event.detail)}
          ></emulsion-notice-list>
          <emulsion-prompt-form
            .model=${description}
            .countTokens=${this.countTokens}
            .opening=${isOpening}
            .backend=${backend}
            .memory=${memory}
            .sizeRefusals=${this.sizeRefusals.refusals}
            .device=${device.report}
            .running=${run !== undefined || queue.state.running !== undefined}
            .cancelling=${run?.isCancelling ?? false}
            .queued=${queue.isBusy}
            .live=${this.live.isOn}
            .draftSeconds=${this.live.seconds}
            @order-picture=${(event: CustomEvent<PicturesOrdered>) => this.onOrder(event.detail)}
            @cancel-picture=${() => this.cancel()}
            @switch-live=${(event: CustomEvent<boolean>) => this.live.switch(event.detail)}
            @pick-picture=${(event: CustomEvent<File>) => void this.take(Promise.resolve([event.detail]))}
            @choose-backend=${(event: CustomEvent<BackendChoice>) => device.choose(event.detail)}
            @change-memory=${(event: CustomEvent<MemorySettings>) => device.setMemory(event.detail)}
          >
            <emulsion-queue-panel slot="queue" .queue=${queue} .state=${queue.state}></emulsion-queue-panel>
          </emulsion-prompt-form>
        </div>
        <emulsion-share-button .link=${this.links.write}></emulsion-share-button>
        <emulsion-model-panel
          .model=${description}
          .opening=${isOpening}
          .passing=${model !== undefined && model.id === undefined}
          @open-models=${this.remedies.openModels}
        ></emulsion-model-panel>
        <emulsion-lora-panel
          .entries=${this.loras.shelf.state.entries}
          @open-loras=${this.remedies.openLoras}
        ></emulsion-lora-panel>
      </emulsion-page-layout>
      <p class="visually-hidden" role="status">${announcer.render()}</p>
      ${this.dialogs.render()}
      <emulsion-tour @end-tour=${() => this.tour.end()}></emulsion-tour>
      ${this.drop.render()}
    `;
  }

  /** What the page can do about failures. */
  private readonly remedies: PageRemedies = {
    hasModel: () => this.choice.model !== undefined,
    openModels: () => this.dialogs.show('emulsion-models-dialog'),
    openLoras: () => this.dialogs.show('emulsion-loras-dialog'),
    setBudget: (bytes) => this.device.setBudget(bytes),
    setSize: (size) => this.form.setSize(size),
  };

  private async begin(): Promise<void> {
    await this.choice.openFirst();
    if (this.choice.model) await this.tour.offer();
  }

  private onOrder({ picture, count, isNext }: PicturesOrdered): void {
    const draft = this.requests.picture(picture);
    if (!draft) return;
    this.tour.end();
    const { queue } = this.orders;
    this.messages.clear();
    if (queue.state.isPaused) this.messages.note([{ kind: 'queue-resumed', pictures: queue.picturesLeft }]);
    // Who adds to the queue has more to write.
    if (!queue.isBusy) this.layout.showPicture();
    this.orders.add({ ...draft.request, count }, draft.notices, isNext);
    this.live.ordered();
  }

  private async paintDraft({ request, notices }: Draft): Promise<Ending> {
    this.choice.pauseStoring();
    const ending = await this.generation.start(this.engine, request, { notices, isDraft: true });
    if (ending.kind === 'ready') this.orders.announcer.say(translate('draftReady'));
    // An order may have taken its place.
    if (!this.orders.queue.isBusy) this.choice.storeSoon();
    return ending;
  }

  private keepDraft(): void {
    const picture = this.generation.keepDraft();
    if (picture) void this.gallery.add(picture.image.png);
  }

  private cancel(): void {
    this.tour.dismiss();
    this.form.withdraw();
    this.generation.cancel();
  }

  private take(files: Promise<readonly File[]>): Promise<void> {
    const { dialogs, gallery, messages, restoring } = this;
    return takeFiles(files, { dialogs, gallery, messages, restoring });
  }

  private readonly countTokens: CountTokens = async (text) => {
    const { model } = this.choice;
    return model && this.engine.countTokens(model.reference, text);
  };

  private get settingsPlaces(): SettingsPlaces {
    return { form: this.form, loras: this.loras, model: this.choice.model?.description };
  }

  private openGallery(id: string | null = null): Promise<void> {
    return this.dialogs.open('emulsion-gallery-dialog', (gallery) => gallery.show(id));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-app': EmulsionApp;
  }
}
