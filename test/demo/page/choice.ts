// A row of buttons of which one is pressed.

import { html } from './element.ts';

export class Choice {
  #chosen: string;
  readonly #buttons = new Map<string, HTMLButtonElement>();

  constructor(
    into: HTMLElement,
    options: Readonly<Record<string, string>>,
    onChoose: (chosen: string) => void,
  ) {
    this.#chosen = Object.keys(options)[0] ?? '';
    for (const [id, label] of Object.entries(options)) {
      const button = html('button', { type: 'button', 'data-choice': id }, label);
      button.addEventListener('click', () => {
        if (id === this.#chosen) return;
        this.#press(id);
        onChoose(id);
      });
      this.#buttons.set(id, button);
      into.append(button);
    }
    this.#press(this.#chosen);
  }

  get chosen(): string {
    return this.#chosen;
  }

  #press(id: string): void {
    this.#chosen = id;
    for (const [each, button] of this.#buttons) button.setAttribute('aria-pressed', String(each === id));
  }
}
