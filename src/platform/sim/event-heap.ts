/** Something that will happen. `sequence` orders what happens at the same time: first planned, first run. */
export interface Planned {
  readonly atMs: number;
  readonly sequence: number;
}

/** Events by time, then by the order in which they were planned: a binary heap. */
export class EventHeap<E extends Planned> {
  private readonly events: E[] = [];

  get length(): number {
    return this.events.length;
  }

  get first(): E | undefined {
    return this.events[0];
  }

  add(event: E): void {
    const events = this.events;
    let at = events.length;
    events.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, events[parent] as E)) break;
      events[at] = events[parent] as E;
      at = parent;
    }
    events[at] = event;
  }

  takeFirst(): E | undefined {
    const events = this.events;
    const first = events[0];
    const last = events.pop();
    if (last !== undefined && events.length > 0) this.sink(last);
    return first;
  }

  /** Drops what `keep` does not want. */
  retain(keep: (event: E) => boolean): void {
    const kept = this.events.filter(keep);
    this.events.length = 0;
    for (const event of kept) this.add(event);
  }

  /** Puts `event` where the root was, and moves it down to its place. */
  private sink(event: E): void {
    const events = this.events;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1] as E, events[child] as E)) child++;
      if (!isBefore(events[child] as E, event)) break;
      events[at] = events[child] as E;
      at = child;
    }
    events[at] = event;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}
