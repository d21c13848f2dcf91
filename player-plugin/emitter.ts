// Typed events in the manner of hls.js: `on`, `off`, and an error in a listener never reaches the loader.

export type Listener<T> = (event: T) => void;

export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #failed: (name: string, cause: unknown) => void;

  constructor(failed: (name: string, cause: unknown) => void) {
    this.#failed = failed;
  }

  on<K extends keyof Events>(name: K, listener: Listener<Events[K]>): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
  }

  off<K extends keyof Events>(name: K, listener: Listener<Events[K]>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as Listener<Events[K]>)(event);
      } catch (cause) {
        this.#failed(String(name), cause);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
