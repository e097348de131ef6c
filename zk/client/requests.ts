import type { JuteReader, JuteWriter } from '../jute/jute.js';
import {
  create2Response,
  createRequest,
  createTtlRequest,
  deleteRequest,
  getAclResponse,
  getChildren2Response,
  getDataResponse,
  pathRequest,
  pathResponse,
  setAclRequest,
  setDataRequest,
  statResponse,
  watchedPathRequest,
} from '../jute/messages.js';
import { multiRequest, multiResponse, type MultiOperation, type MultiOperationResult } from '../jute/multi.js';
import { CREATE_FLAGS, OP } from '../jute/op-codes.js';
import {
  OPEN_ACL,
  ZK_ERROR_CODES,
  type Acl,
  type CreateMode,
  type CreateResult,
  type MultiResult,
  type NodeChildren,
  type NodeData,
  type Stat,
  type ZkError,
  type ZkOperation,
  type ZkOperationResult,
} from './zk-client.js';

/** A request as plain data, with the server's path: what a client hands to its connection. */
export type ZkRequest =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Buffer | null;
      readonly mode: CreateMode;
      readonly acl: readonly Acl[];
      readonly ttlMs: number;
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | { readonly op: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'getData'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'setData'; readonly path: string; readonly data: Buffer | null; readonly version: number }
  | { readonly op: 'getChildren'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'getAcl'; readonly path: string }
  | { readonly op: 'setAcl'; readonly path: string; readonly acl: readonly Acl[]; readonly version: number }
  | { readonly op: 'sync'; readonly path: string }
  | { readonly op: 'multi'; readonly operations: readonly ZkOperation[] };

/** What the server answers to each, paths still the server's. */
export interface ZkReplies {
  readonly create: CreateResult;
  readonly delete: undefined;
  readonly exists: Stat;
  readonly getData: NodeData;
  readonly setData: Stat;
  readonly getChildren: NodeChildren;
  readonly getAcl: { acl: Acl[]; stat: Stat };
  readonly setAcl: Stat;
  readonly sync: undefined;
  readonly multi: MultiResult;
}
export type ZkReply = ZkReplies[keyof ZkReplies];

const TTL_MODES: readonly CreateMode[] = ['persistent-with-ttl', 'persistent-sequential-with-ttl'];

export function opCodeOf(request: ZkRequest): number {
  switch (request.op) {
    case 'create':
      if (request.mode === 'container') return OP.createContainer;
      return TTL_MODES.includes(request.mode) ? OP.createTtl : OP.create2;
    case 'getChildren':
      return OP.getChildren2;
    default:
      return OP[request.op];
  }
}

/** The request's record, without its header. */
export function writeRequest(to: JuteWriter, request: ZkRequest): void {
  switch (request.op) {
    case 'create': {
      const type = TTL_MODES.includes(request.mode) ? createTtlRequest : createRequest;
      type.write(to, { ...request, flags: CREATE_FLAGS[request.mode] });
      return;
    }
    case 'delete':
      deleteRequest.write(to, request);
      return;
    case 'exists':
    case 'getData':
    case 'getChildren':
      watchedPathRequest.write(to, request);
      return;
    case 'setData':
      setDataRequest.write(to, request);
      return;
    case 'getAcl':
    case 'sync':
      pathRequest.write(to, request);
      return;
    case 'setAcl':
      setAclRequest.write(to, request);
      return;
    case 'multi':
      multiRequest.write(to, request.operations.map(operationToWire));
      return;
  }
}

/**
 * Reads the record after a reply header without error. Copies what it keeps: the frame's bytes are used again.
 * @throws JuteError
 */
export function readReply(request: ZkRequest, from: JuteReader): ZkReply {
  switch (request.op) {
    case 'create':
      return create2Response.read(from);
    case 'delete':
      return undefined;
    case 'exists':
    case 'setData':
    case 'setAcl':
      return statResponse.read(from).stat;
    case 'getData': {
      const { data, stat } = getDataResponse.read(from);
      return { data: data === null ? null : Buffer.from(data), stat };
    }
    case 'getChildren': {
      const { children, stat } = getChildren2Response.read(from);
      return { children: [...children], stat };
    }
    case 'getAcl': {
      const { acl, stat } = getAclResponse.read(from);
      return { acl: [...acl], stat };
    }
    case 'sync':
      pathResponse.read(from);
      return undefined;
    case 'multi':
      return multiResult(multiResponse.read(from));
  }
}

function operationToWire(operation: ZkOperation): MultiOperation {
  switch (operation.type) {
    case 'create': {
      const mode = operation.mode ?? 'persistent';
      const type = mode === 'container' ? OP.createContainer : OP.create;
      const acl = operation.acl ?? OPEN_ACL;
      return { type, request: { path: operation.path, data: operation.data, acl, flags: CREATE_FLAGS[mode] } };
    }
    case 'delete':
      return { type: OP.delete, request: operation };
    case 'setData':
      return { type: OP.setData, request: operation };
    case 'check':
      return { type: OP.check, request: operation };
  }
}

/** Refused: every result is an error, with code 0 for the operations before the one that failed. */
function multiResult(results: readonly MultiOperationResult[]): MultiResult {
  return {
    ok: results.every((result) => result.type !== OP.error),
    results: results.map(operationResult),
  };
}

function operationResult(result: MultiOperationResult): ZkOperationResult {
  if (result.type === OP.error) return result.err === 0 ? { error: 'OK' } : { error: failureOf(result.err).error };
  return {
    error: 'OK',
    ...('path' in result ? { path: result.path } : {}),
    ...('stat' in result ? { stat: result.stat } : {}),
  };
}

/** Why a request failed, as plain data; the client makes a ZkError of it, with the path that its caller named. */
export interface ZkFailure {
  readonly error: ZkError['error'];
  readonly detail?: string;
}

export const CONNECTION_LOSS: ZkFailure = { error: 'CONNECTION_LOSS' };

const FAILURES = new Map(
  Object.entries(ZK_ERROR_CODES).map(([name, code]) => [code as number, { error: name as ZkError['error'] }]),
);

/** The failure for a code of the server, which is not 0. One that we do not know is SYSTEM_ERROR with its number. */
export function failureOf(code: number): ZkFailure {
  return FAILURES.get(code) ?? { error: 'SYSTEM_ERROR', detail: `code ${code}` };
}
