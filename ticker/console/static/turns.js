/** Questions to the server of which only the newest one's answer is shown: an older one that comes late is dropped. */

export class Turns {
  #last = 0;

  /** @returns {() => boolean} Begin a question; the result tells later whether it is still the newest. */
  begin() {
    this.#last++;
    return this.again();
  }

  /** @returns {() => boolean} The same for one that nobody waits for: it drops no other's answer. */
  again() {
    const own = this.#last;
    return () => own === this.#last;
  }
}
