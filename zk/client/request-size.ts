import type { ZkFailure, ZkRequest } from './requests.js';

/** The server cuts the connection of whoever sends a larger frame than `jute.maxbuffer`, 1,048,575 bytes. */
export const MAX_DATA_BYTES = 1_000_000;

/** Why this request cannot be sent: with more data, the server would close the connection and every request on it would fail. */
export function checkSize(request: ZkRequest): ZkFailure | undefined {
  const bytes = dataBytes(request);
  if (bytes <= MAX_DATA_BYTES) return undefined;
  return { error: 'BAD_ARGUMENTS', detail: `${bytes} bytes of data, at most ${MAX_DATA_BYTES} go into one request` };
}

/** Record overhead of one operation in a multi with an ACL of a few entries. */
const OPERATION_BYTES = 64;

function dataBytes(request: ZkRequest): number {
  switch (request.op) {
    case 'create':
    case 'setData':
      return request.data?.length ?? 0;
    case 'multi':
      return request.operations.reduce(
        (sum, one) => sum + OPERATION_BYTES + one.path.length + ('data' in one ? (one.data?.length ?? 0) : 0),
        0,
      );
    default:
      return 0;
  }
}
