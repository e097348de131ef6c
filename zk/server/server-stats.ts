/** Counters for the four-letter words. Latencies are whole ms, of requests answered since the start or the last reset. */
export class ServerStats {
  packetsReceived = 0;
  packetsSent = 0;
  private count = 0;
  private totalMs = 0;
  private minMs = Infinity;
  private maxMs = 0;

  get minLatencyMs(): number {
    return this.count === 0 ? 0 : this.minMs;
  }

  get maxLatencyMs(): number {
    return this.maxMs;
  }

  /** With four decimals at most, as Apache prints it. */
  get averageLatencyMs(): number {
    return this.count === 0 ? 0 : Math.round((this.totalMs / this.count) * 10_000) / 10_000;
  }

  onAnswered(latencyMs: number): void {
    const ms = Math.max(0, Math.floor(latencyMs));
    this.count++;
    this.totalMs += ms;
    if (ms < this.minMs) this.minMs = ms;
    if (ms > this.maxMs) this.maxMs = ms;
  }

  reset(): void {
    this.packetsReceived = 0;
    this.packetsSent = 0;
    this.count = 0;
    this.totalMs = 0;
    this.minMs = Infinity;
    this.maxMs = 0;
  }
}
