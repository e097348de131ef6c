/** What happened, in order; a test awaits what it expects instead of sleeping. */
export class EventLog<T> {
  readonly all: T[] = [];
  private readonly waiters: { matches: (event: T) => boolean; resolve: (event: T) => void }[] = [];

  readonly add = (event: T): void => {
    this.all.push(event);
    for (let i = this.waiters.length - 1; i >= 0; i--) {
      const waiter = this.waiters[i]!;
      if (!waiter.matches(event)) continue;
      this.waiters.splice(i, 1);
      waiter.resolve(event);
    }
  };

  /** The first event from position `from` on that matches, now or later; the test's timeout is the limit. */
  when(matches: (event: T) => boolean, from = 0): Promise<T> {
    const past = this.all.slice(from).find(matches);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve) => this.waiters.push({ matches, resolve }));
  }
}
