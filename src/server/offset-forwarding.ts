import { KafkaError } from '../common/errors.js';
import type { ControllerApi } from '../metadata/control-plane.js';
import type { OffsetWrite } from '../coordinator/group/group-ports.js';
import { apis } from '../protocol/apis.js';
import { codecOf } from '../protocol/codec.js';
import { errorName } from '../protocol/error-codes.js';
import { decodeResponse, encodeResponse } from '../protocol/frame.js';
import { envelopeRequest, type EnvelopeRequest } from '../protocol/messages/envelope-request.js';
import { envelopeResponse, type EnvelopeResponse } from '../protocol/messages/envelope-response.js';
import {
  forwardedOffsetCommitRequest,
  type ForwardedOffsetCommitRequest,
} from '../protocol/messages/forwarded-offset-commit-request.js';
import type { OffsetCommitResponse } from '../protocol/messages/offset-commit-response.js';
import { requestHeader } from '../protocol/messages/request-header.js';
import { DecodeError, Reader } from '../protocol/reader.js';

/** A consumer offset on its way to the controller: OffsetCommit v9 in an Envelope, and back. */

const VERSION = 9;
const HEADER_VERSION = 2;

export const ENVELOPE: ControllerApi<EnvelopeRequest, EnvelopeResponse> = {
  apiKey: 58,
  version: 0,
  request: envelopeRequest,
  response: envelopeResponse,
  lane: 'offsets',
};

export interface Coordinator {
  readonly brokerId: number;
  readonly partition: number;
  readonly leaderEpoch: number;
}

/** All of one group, in the name of one coordinator. */
export function encodeForwardedOffsets(coordinator: Coordinator, writes: readonly OffsetWrite[]): EnvelopeRequest {
  const topics = new Map<string, ForwardedOffsetCommitRequest['topics'][number]>();
  for (const { topic, partition, offset } of writes) {
    const own = topics.get(topic) ?? { name: topic, partitions: [] };
    topics.set(topic, own);
    own.partitions.push({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      commitTimestamp: -1,
      committedMetadata: '',
    });
  }
  const header = { requestApiKey: apis.offsetCommit.key, requestApiVersion: VERSION, correlationId: 0, clientId: null };
  const body: ForwardedOffsetCommitRequest = {
    groupId: writes[0]?.groupId ?? '',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [...topics.values()],
    coordinator,
  };
  const headerBytes = codecOf(requestHeader, HEADER_VERSION).toBuffer(header);
  const bodyBytes = codecOf(forwardedOffsetCommitRequest, VERSION).toBuffer(body);
  return {
    requestData: Buffer.concat([headerBytes, bodyBytes]),
    requestPrincipal: null,
    clientHostAddress: Buffer.from([127, 0, 0, 1]),
  };
}

/**
 * What a broker of ours put into the Envelope.
 * @throws DecodeError if it is anything else: an Apache broker in ZooKeeper mode takes no Envelope at all
 */
export function decodeForwardedOffsets(envelope: EnvelopeRequest): ForwardedOffsetCommitRequest {
  const from = new Reader(envelope.requestData, 0, envelope.requestData.length);
  const header = codecOf(requestHeader, HEADER_VERSION).read(from);
  if (header.requestApiKey !== apis.offsetCommit.key || header.requestApiVersion !== VERSION) {
    throw new DecodeError(`an Envelope with api key ${header.requestApiKey} v${header.requestApiVersion}`);
  }
  const request = codecOf(forwardedOffsetCommitRequest, VERSION).read(from);
  if (request.coordinator.leaderEpoch < 0) throw new DecodeError('an OffsetCommit of no coordinator in an Envelope');
  return request;
}

const LENGTH_SIZE = 4;

export function encodeForwardedAnswer(response: OffsetCommitResponse): Buffer {
  return encodeResponse(apis.offsetCommit, VERSION, 0, response).subarray(LENGTH_SIZE);
}

/** @throws KafkaError the Envelope's own error; DecodeError */
export function decodeForwardedAnswer(response: EnvelopeResponse): OffsetCommitResponse {
  if (response.errorCode !== 0 || response.responseData === null) {
    throw new KafkaError(errorName(response.errorCode), 'the controller refused the Envelope');
  }
  return decodeResponse(apis.offsetCommit, VERSION, response.responseData).body;
}
