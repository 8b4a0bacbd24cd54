// Asking again for what has changed, without asking more than is of use.

/**
 * Runs `ask` now. If it is wanted again while it runs or within `pause` ms after it, it runs once more then, however often that was:
 * what is shown in the end was asked for after the last change, and never two at a time.
 */
export class Again {
  private running = new Map<string, { again: boolean }>();

  async run(key: string, ask: () => Promise<unknown>, pause = 0): Promise<void> {
    const there = this.running.get(key);
    if (there) return void (there.again = true);
    const own = { again: true };
    this.running.set(key, own);
    try {
      while (own.again) {
        own.again = false;
        await ask();
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } finally {
      this.running.delete(key);
    }
  }
}
