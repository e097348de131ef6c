import type { Stat } from '../client/zk-client.js';
import {
  boolean,
  int,
  JuteError,
  record,
  type Decoded,
  type JuteReader,
  type JuteType,
  type JuteWriter,
} from './jute.js';
import {
  checkVersionRequest,
  create2Response,
  createRequest,
  createTtlRequest,
  deleteRequest,
  errorResponse,
  getChildrenResponse,
  getDataResponse,
  pathResponse,
  setDataRequest,
  stat,
  watchedPathRequest,
} from './messages.js';
import { OP } from './op-codes.js';

/**
 * A multi is a run of [MultiHeader, record] closed by the header {−1, done, −1}, in the request as in the answer.
 * Source: org.apache.zookeeper.MultiOperationRecord, MultiResponse, 3.8
 */
const multiHeader = record({ type: int, done: boolean, err: int });
const END = { type: -1, done: true, err: -1 };

/** One operation as it is on the wire. */
export type MultiOperation =
  | {
      readonly type: typeof OP.create | typeof OP.create2 | typeof OP.createContainer;
      readonly request: Decoded<typeof createRequest>;
    }
  | { readonly type: typeof OP.createTtl; readonly request: Decoded<typeof createTtlRequest> }
  | { readonly type: typeof OP.delete; readonly request: Decoded<typeof deleteRequest> }
  | { readonly type: typeof OP.setData; readonly request: Decoded<typeof setDataRequest> }
  | { readonly type: typeof OP.check; readonly request: Decoded<typeof checkVersionRequest> }
  | MultiReadOperation;

/** Of multiRead alone. */
export interface MultiReadOperation {
  readonly type: typeof OP.getData | typeof OP.getChildren;
  readonly request: Decoded<typeof watchedPathRequest>;
}

export function isMultiWrite(operation: MultiOperation): operation is Exclude<MultiOperation, MultiReadOperation> {
  return operation.type !== OP.getData && operation.type !== OP.getChildren;
}

/** One result as it is on the wire. `error`: this operation failed, or another one did (RUNTIME_INCONSISTENCY, or 0 before it). */
export type MultiOperationResult =
  | { readonly type: typeof OP.create; readonly path: string }
  | { readonly type: typeof OP.create2; readonly path: string; readonly stat: Stat }
  | { readonly type: typeof OP.delete | typeof OP.check }
  | { readonly type: typeof OP.setData; readonly stat: Stat }
  | { readonly type: typeof OP.getData; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: typeof OP.getChildren; readonly children: readonly string[] }
  | { readonly type: typeof OP.error; readonly err: number };

function requestTypeOf(type: number): JuteType<unknown> {
  switch (type) {
    case OP.create:
    case OP.create2:
    case OP.createContainer:
      return createRequest;
    case OP.createTtl:
      return createTtlRequest;
    case OP.delete:
      return deleteRequest;
    case OP.setData:
      return setDataRequest;
    case OP.check:
      return checkVersionRequest;
    case OP.getData:
    case OP.getChildren:
      return watchedPathRequest;
    default:
      throw new JuteError(`Invalid type of op: ${type}`);
  }
}

export const multiRequest: JuteType<readonly MultiOperation[]> = {
  read(from) {
    const operations: MultiOperation[] = [];
    for (let header = multiHeader.read(from); !header.done; header = multiHeader.read(from)) {
      operations.push({ type: header.type, request: requestTypeOf(header.type).read(from) } as MultiOperation);
    }
    return operations;
  },
  write(to, operations) {
    for (const operation of operations) {
      multiHeader.write(to, { type: operation.type, done: false, err: -1 });
      requestTypeOf(operation.type).write(to, operation.request);
    }
    multiHeader.write(to, END);
  },
};

export const multiResponse: JuteType<readonly MultiOperationResult[]> = {
  read(from) {
    const results: MultiOperationResult[] = [];
    for (let header = multiHeader.read(from); !header.done; header = multiHeader.read(from)) {
      results.push(readResult(from, header.type));
    }
    return results;
  },
  write(to, results) {
    for (const result of results) {
      const err = result.type === OP.error ? result.err : 0;
      multiHeader.write(to, { type: result.type, done: false, err });
      writeResult(to, result);
    }
    multiHeader.write(to, END);
  },
};

function readResult(from: JuteReader, type: number): MultiOperationResult {
  switch (type) {
    case OP.create:
      return { type, ...pathResponse.read(from) };
    case OP.create2:
      return { type, ...create2Response.read(from) };
    case OP.delete:
    case OP.check:
      return { type };
    case OP.setData:
      return { type, stat: stat.read(from) };
    case OP.getData:
      return { type, ...getDataResponse.read(from) };
    case OP.getChildren:
      return { type, ...getChildrenResponse.read(from) };
    case OP.error:
      return { type, ...errorResponse.read(from) };
    default:
      throw new JuteError(`Invalid type ${type} in MultiResponse`);
  }
}

function writeResult(to: JuteWriter, result: MultiOperationResult): void {
  switch (result.type) {
    case OP.create:
      pathResponse.write(to, result);
      break;
    case OP.create2:
      create2Response.write(to, result);
      break;
    case OP.delete:
    case OP.check:
      break;
    case OP.setData:
      stat.write(to, result.stat);
      break;
    case OP.getData:
      getDataResponse.write(to, result);
      break;
    case OP.getChildren:
      getChildrenResponse.write(to, result);
      break;
    case OP.error:
      errorResponse.write(to, result);
      break;
  }
}
