/** A state that screens show: its value now, changes of it, and who wants to hear of them. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  readonly get = (): T => this.#value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  change(change: (value: T) => T): void {
    this.#value = change(this.#value);
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
