const CAPACITY = 128;
const NONE = new Float64Array(0);

/**
 * Where the last batches of the active segment lie, so that reading at the tail and turning the high watermark into a
 * position need neither the index nor the disk.
 */
export class RecentBatches {
  /** Rings by number of the batch modulo the capacity: the offset after it, and its position. Made with the first batch. */
  private ends = NONE;
  private positions = NONE;
  private first = 0;
  private next = 0;
  /** Offset where the oldest batch in the ring begins. */
  private firstOffset = 0;

  clear(): void {
    this.first = this.next = 0;
  }

  /** A batch that ends before `endOffset` was appended at `position`; batches come without gaps in position. */
  add(baseOffset: number, endOffset: number, position: number): void {
    if (this.ends === NONE) {
      this.ends = new Float64Array(CAPACITY);
      this.positions = new Float64Array(CAPACITY);
    }
    if (this.first === this.next) this.firstOffset = baseOffset;
    if (this.next - this.first === CAPACITY) {
      this.firstOffset = this.ends[this.first % CAPACITY] ?? 0;
      this.first++;
    }
    this.ends[this.next % CAPACITY] = endOffset;
    this.positions[this.next % CAPACITY] = position;
    this.next++;
  }

  /** Number of the batch that holds `offset` (or is the first behind it), for the calls below; −1 if it is not in the ring. */
  find(offset: number): number {
    if (this.first === this.next || offset < this.firstOffset) return -1;
    let low = this.first - 1; // ends at or before the offset
    let high = this.next; // ends after it
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle % CAPACITY] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return high === this.next ? -1 : high;
  }

  positionOf(batch: number): number {
    return this.positions[batch % CAPACITY] ?? 0;
  }

  /** @param logSize where the last batch ends */
  sizeOf(batch: number, logSize: number): number {
    const end = batch + 1 === this.next ? logSize : this.positionOf(batch + 1);
    return end - this.positionOf(batch);
  }
}
