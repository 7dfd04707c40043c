/** @file The page as a test sees it: by roles and names, as a user does. */
import { expect, test as base, type Locator, type Page } from '@playwright/test';
import { readModelFacts } from './model-facts.ts';
import { siteAddress, tinySiteAddress } from './site.ts';

export class Studio {
  readonly page: Page;
  readonly prompt: Locator;
  readonly seed: Locator;
  readonly generate: Locator;
  readonly cancel: Locator;
  readonly progress: Locator;
  readonly preview: Locator;
  readonly picture: Locator;
  readonly download: Locator;
  readonly alert: Locator;
  readonly models: Locator;
  readonly folder: Locator;

  constructor(page: Page) {
    this.page = page;
    this.prompt = page.getByLabel('Prompt', { exact: true }).and(page.getByRole('textbox'));
    this.seed = page.getByLabel('Seed', { exact: true });
    this.generate = page.getByRole('button', { name: /^Generate/ });
    this.cancel = page.getByRole('button', { name: /^Cancel/ });
    this.progress = page.getByRole('progressbar');
    this.preview = page.getByRole('img', { name: 'Preview of the picture' });
    this.picture = page.getByRole('img', { name: 'Generated picture' });
    this.download = page.getByRole('link', { name: 'Download PNG' });
    this.alert = page.getByRole('alert');
    this.models = page.getByRole('dialog', { name: 'Models' });
    this.folder = this.models.locator('emulsion-model-adder input[webkitdirectory]');
  }

  /** Opens the page and waits until its model is open. */
  async open(query = ''): Promise<void> {
    await this.page.goto(siteAddress(query));
    await this.expectReady();
  }

  /** Opens the page with the tiny model as the site's own, and waits until it is open: for what is not about models. */
  async openTiny(query = ''): Promise<void> {
    await this.page.goto(tinySiteAddress(query));
    await this.expectReady();
  }

  /** Opens the dialog of models. */
  async openModels(): Promise<void> {
    await this.page.getByRole('button', { name: 'Models…' }).click();
    await expect(this.models).toBeVisible();
  }

  /** Looks at a model folder through the page. */
  async pickFolder(folder: string): Promise<void> {
    await this.openModels();
    await this.folder.setInputFiles(folder);
  }

  /** Opens a model folder through the page without storing it, and waits until it is the page's model. */
  async openModel(folder: string): Promise<void> {
    await this.pickFolder(folder);
    await this.models.getByRole('button', { name: 'Use once' }).click();
    await expect(this.page.locator('emulsion-model-panel')).toContainText(readModelFacts(folder).name);
  }

  async expectReady(): Promise<void> {
    await expect(this.generate).toHaveAttribute('aria-disabled', 'false');
  }

  /** Waits for the end of a picture; fails at once when the page shows a failure. */
  async expectPicture(): Promise<void> {
    await expect(this.download.or(this.alert)).toBeVisible({ timeout: 300_000 });
    await expect(this.alert).toBeHidden();
  }

  /** Spread of the brightness of an image or canvas on the page, 0 for a uniform one. */
  async contrast(image: Locator): Promise<number> {
    return image.evaluate((element: HTMLImageElement | HTMLCanvasElement) => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 32;
      const context = canvas.getContext('2d');
      context?.drawImage(element, 0, 0, 32, 32);
      const pixels = context?.getImageData(0, 0, 32, 32).data ?? [];
      const green = [...pixels].filter((_, i) => i % 4 === 1);
      return Math.max(...green) - Math.min(...green);
    });
  }
}

/** A test with the page, which must not complain on its console. */
export const test = base.extend<{ studio: Studio; isFirstVisit: boolean; storesModel: boolean }>({
  /** Whether somebody comes who was never here, and is offered the tour. */
  isFirstVisit: [false, { option: true }],
  /** Whether the page puts its own model into the store once it is idle, which keeps the cores from other tests. */
  storesModel: [false, { option: true }],
  context: async ({ context, isFirstVisit, storesModel }, use) => {
    const known = {
      'emulsion:tour': !isFirstVisit && 'known',
      'emulsion:store-own-model': !storesModel && 'no',
    };
    await context.addInitScript((preferences) => {
      // A page of the browser's own, as for an address that does not answer, keeps nothing.
      if (origin === 'null') return;
      for (const [name, value] of Object.entries(preferences)) if (value) localStorage.setItem(name, value);
    }, known);
    await use(context);
  },
  studio: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // Playwright's own remark on `serviceWorkers: 'block'`.
      if (message.text() === 'Service Worker registration blocked by Playwright') return;
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await use(new Studio(page));
    expect(complaints).toEqual([]);
  },
});
