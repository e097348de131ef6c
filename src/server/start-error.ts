/** A broker cannot start, for a reason that a person can mend: one clear line. */
export class BrokerStartError extends Error {
  override readonly name = 'BrokerStartError';
  /** It passes by itself: this broker's earlier session still stands, for at most its timeout. */
  readonly retry: boolean;
  constructor(message: string, { retry = false }: { retry?: boolean } = {}) {
    super(message);
    this.retry = retry;
  }
}
