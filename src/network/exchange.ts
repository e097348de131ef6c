import type { Connection } from './connection.js';
import type { FrameWriter } from './frame-writer.js';

/** How far a request has come. `unanswered`: it wants no response; `refused`: the connection is to be closed instead. */
export type ExchangeState = 'parked' | 'answered' | 'unanswered' | 'refused';

/** One request and its answer, as the connection keeps them in order. Made by the {@link RequestReceiver}. */
export interface Exchange {
  /** `parked` until its owner changed it and told {@link Connection.settled}. */
  readonly state: ExchangeState;
  /** Whether requests behind it may begin before it is answered, if they may overlap too. */
  readonly overlaps: boolean;
  /** Of the request's frame. */
  readonly sizeInBytes: number;
  /** Called once, in its turn, if it is `answered`: encodes into what the writer allocates, and pushes it. */
  encode(to: FrameWriter): void;
  /** Called instead when the connection is gone, once it is no longer `parked`: gives back what the answer holds. */
  discard(): void;
}

/** What answers requests: the node's request router. */
export interface RequestReceiver {
  /** Whether the request in the frame may begin while others of its connection that overlap are still parked. */
  mayOverlap(frame: Buffer, start: number, end: number): boolean;
  /**
   * Begins the request in the frame bytes[start, end). The bytes are gone when this returns. Never throws; what it does
   * on other connections' behalf takes effect at the end of the turn.
   */
  begin(connection: Connection, bytes: Buffer, start: number, end: number): Exchange;
}
