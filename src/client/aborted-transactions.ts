interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/**
 * Which batches of one fetched stretch belong to transactions that were aborted. Asked batch by batch, in offset order.
 * Source: org.apache.kafka.clients.consumer.internals.CompletedFetch.nextFetchedRecord, 3.9
 */
export class AbortedTransactions {
  private readonly toCome: AbortedTransaction[];
  private readonly open = new Set<number>();

  /** @param aborted as the Fetch response lists them; null: none */
  constructor(aborted: readonly AbortedTransaction[] | null) {
    this.toCome = [...(aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the batch of that producer, up to `lastOffset`, was aborted. */
  covers(producerId: number, lastOffset: number): boolean {
    for (let next = this.toCome[0]; next !== undefined && next.firstOffset <= lastOffset; next = this.toCome[0]) {
      this.open.add(next.producerId);
      this.toCome.shift();
    }
    return this.open.has(producerId);
  }

  /** The producer's abort marker: what it sends from here on is another transaction. */
  end(producerId: number): void {
    this.open.delete(producerId);
  }
}
