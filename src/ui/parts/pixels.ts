/** @file Shows raw pixels in a canvas of their size, stretched to the element's box. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { PixelImage } from '../../image/pixels.ts';

@customElement('emulsion-pixels')
export class EmulsionPixels extends LitElement {
  static override styles = css`
    :host {
      display: block;
    }

    canvas {
      display: block;
      width: 100%;
      height: 100%;
      object-fit: contain;
    }
  `;

  @property({ attribute: false }) image!: PixelImage;
  /** What it shows; empty where the words beside it say so. */
  @property({ attribute: false }) alt = '';
  @query('canvas') private readonly canvas!: HTMLCanvasElement;

  protected override render(): TemplateResult {
    return html`<canvas role="img" aria-label=${this.alt} aria-hidden=${this.alt === ''}></canvas>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('image')) return;
    const { width, height, data } = this.image;
    this.canvas.width = width;
    this.canvas.height = height;
    // On the CPU, so that showing a preview never waits for a GPU that is busy painting.
    const context = this.canvas.getContext('2d', { willReadFrequently: true });
    context?.putImageData(new ImageData(data, width, height), 0, 0);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'emulsion-pixels': EmulsionPixels;
  }
}
