/** @file The life of a service worker as the page sees it, with a container that does what the test says. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OfflineSite, type OfflineState } from './offline-site.ts';

class FakeWorker extends EventTarget {
  readonly postMessage = vi.fn();
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  active: FakeWorker | null = null;

  /** A version is found and begins to install. */
  find(): FakeWorker {
    this.installing = new FakeWorker();
    this.dispatchEvent(new Event('updatefound'));
    return this.installing;
  }

  /** The version that installs moves on, or is dropped. */
  install(next?: 'waiting' | 'active'): void {
    const worker = this.installing;
    this.installing = null;
    if (next) this[next] = worker;
    worker?.dispatchEvent(new Event('statechange'));
  }
}

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = null;
  readonly registration = new FakeRegistration();
  readonly register = vi.fn(() => Promise.resolve(this.registration));

  /** The waiting version takes over. */
  takeOver(): void {
    const { registration } = this;
    registration.active = registration.waiting ?? registration.active;
    registration.waiting = null;
    this.controller = registration.active;
    registration.active?.dispatchEvent(new Event('statechange'));
    this.dispatchEvent(new Event('controllerchange'));
  }
}

let container: FakeContainer;
let states: OfflineState[];
const reload = vi.fn();

beforeEach(() => {
  reload.mockClear();
  container = new FakeContainer();
  states = [];
});

async function start(): Promise<OfflineSite> {
  const site = new OfflineSite(reload);
  site.addEventListener('change', () => states.push(site.state));
  await site.start(container as unknown as ServiceWorkerContainer, 'service-worker.js');
  return site;
}

/** As on a later visit: a version runs and controls the page. */
function visitedBefore(): void {
  container.registration.active = new FakeWorker();
  container.controller = container.registration.active;
}

describe('first visit', () => {
  it('is ready once the first version runs', async () => {
    await start();
    container.registration.find();
    container.registration.install('waiting');
    expect(states).toEqual(['installing']);
    container.takeOver();
    expect(states).toEqual(['installing', 'ready']);
    expect(reload).not.toHaveBeenCalled();
  });

  it('is unsupported again when the files cannot be kept', async () => {
    await start();
    container.registration.find();
    container.registration.install();
    expect(states).toEqual(['installing', 'unsupported']);
  });

  it('is unsupported where there are no service workers, or none may be registered', async () => {
    const site = new OfflineSite(reload);
    await site.start(undefined, 'service-worker.js');
    expect(site.state).toBe('unsupported');
    container.register.mockRejectedValueOnce(new DOMException('no', 'SecurityError'));
    expect((await start()).state).toBe('unsupported');
  });
});

describe('later visits', () => {
  beforeEach(visitedBefore);

  it('is ready at once', async () => {
    await start();
    expect(states).toEqual(['ready']);
  });

  it('tells of a version that waits already', async () => {
    container.registration.waiting = new FakeWorker();
    await start();
    expect(states).toEqual(['update']);
  });

  it('tells of a version found later, once it is complete', async () => {
    await start();
    container.registration.find();
    expect(states).toEqual(['ready']);
    container.registration.install('waiting');
    expect(states).toEqual(['ready', 'update']);
  });

  it('stays ready when a newer version cannot be kept', async () => {
    await start();
    container.registration.find();
    container.registration.install();
    expect(states).toEqual(['ready']);
  });
});

describe('an update', () => {
  beforeEach(() => {
    visitedBefore();
    container.registration.waiting = new FakeWorker();
  });

  it('takes over when told to, and only then is the page loaded anew', async () => {
    const site = await start();
    const { waiting } = container.registration;
    expect(waiting?.postMessage).not.toHaveBeenCalled();
    site.acceptUpdate();
    expect(waiting?.postMessage.mock.calls).toEqual([['take over']]);
    expect(states).toEqual(['update', 'updating']);
    expect(reload).not.toHaveBeenCalled();
    container.takeOver();
    expect(reload).toHaveBeenCalledOnce();
  });

  it('accepted in another tab leaves this page alone, which then only has to be loaded anew', async () => {
    const site = await start();
    container.takeOver();
    expect(reload).not.toHaveBeenCalled();
    expect(site.state).toBe('update');
    site.acceptUpdate();
    expect(reload).toHaveBeenCalledOnce();
  });
});
