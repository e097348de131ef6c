import type { KafkaError } from '../common/errors.js';
import type { FetchRequest } from '../protocol/messages/fetch-request.js';
import type { FetchResponse } from '../protocol/messages/fetch-response.js';
import type { ListOffsetsRequest } from '../protocol/messages/list-offsets-request.js';
import type { ListOffsetsResponse } from '../protocol/messages/list-offsets-response.js';

/** One of the two is called, once, never from inside the call that sends. */
export interface FetchAnswer<R> {
  /** Record bytes in `response` are views that are gone when this returns. */
  onResponse(response: R): void;
  onFailure(error: KafkaError): void;
}

/** How a fetcher reaches the broker it fetches from: one connection for each (leader, fetcher). */
export interface FetchTransport {
  fetch(
    leader: number,
    fetcherId: number,
    version: number,
    request: FetchRequest,
    answer: FetchAnswer<FetchResponse>,
  ): void;
  listOffsets(
    leader: number,
    fetcherId: number,
    version: number,
    request: ListOffsetsRequest,
    answer: FetchAnswer<ListOffsetsResponse>,
  ): void;
  /** The fetcher has nothing left to fetch: its connection may close. Outstanding answers are not wanted. */
  close(leader: number, fetcherId: number): void;
}
