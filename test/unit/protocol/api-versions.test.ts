import { expect } from 'chai';
import { answerApiVersions, type ServedApi } from '../../../src/protocol/api-versions.js';
import { apis } from '../../../src/protocol/apis.js';
import { codecOf } from '../../../src/protocol/codec.js';
import { decodeRequestHeader, decodeResponse, encodeResponse } from '../../../src/protocol/frame.js';
import type { ApiVersionsRequest } from '../../../src/protocol/messages/api-versions-request.js';
import { goldenFrames } from '../../support/golden-frames.js';

const frames = goldenFrames().filter((frame) => frame.source === 'apiversions-zk-broker');
const requests = frames.filter((frame) => frame.kind === 'request');
const responses = frames.filter((frame) => frame.kind === 'response');
const request: ApiVersionsRequest = { clientSoftwareName: 'zkafka', clientSoftwareVersion: '0.1.0' };
const features = { finalizedFeaturesEpoch: 0, zkMigrationReady: false };
const served: readonly ServedApi[] = decodeResponse(
  apis.apiVersions,
  4,
  Buffer.from(responses.find((frame) => frame.apiVersion === 4)!.hex, 'hex'),
).body.apiKeys;

describe('ApiVersions', () => {
  requests.forEach((asked, i) => {
    it(`answers v${asked.apiVersion} ${asked.case} with the bytes of a 3.9.1 broker`, () => {
      const bytes = Buffer.from(asked.hex, 'hex');
      const header = decodeRequestHeader(bytes);
      const body =
        asked.apiVersion > 4
          ? undefined
          : codecOf(apis.apiVersions.request, asked.apiVersion).decode(bytes, header.bodyAt);
      const answer = answerApiVersions(asked.apiVersion, body, served, features);
      const frame = encodeResponse(apis.apiVersions, answer.version, header.correlationId, answer.body);
      expect(frame.toString('hex', 4)).to.equal(responses[i]!.hex);
    });
  });

  it('answers a version below 0 as one that is too new', () => {
    const answer = answerApiVersions(-1, undefined, served, features);
    expect(answer).to.deep.include({ version: 0 });
    expect(answer.body).to.include({ errorCode: 35 });
    expect(answer.body.apiKeys).to.deep.equal([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  });

  it('lists only what is served, by ascending key', () => {
    const some = [
      { apiKey: 18, minVersion: 0, maxVersion: 4 },
      { apiKey: 0, minVersion: 3, maxVersion: 11 },
    ];
    expect(answerApiVersions(3, request, some, features).body.apiKeys.map((api) => api.apiKey)).to.deep.equal([0, 18]);
  });

  it('tells a migrating broker by a tagged field, from version 3 on', () => {
    const { body } = answerApiVersions(3, request, served, { finalizedFeaturesEpoch: 2, zkMigrationReady: true });
    expect(body).to.include({ zkMigrationReady: true, finalizedFeaturesEpoch: 2 });
    expect(
      codecOf(apis.apiVersions.response, 0).decode(codecOf(apis.apiVersions.response, 0).toBuffer(body)),
    ).to.include({ zkMigrationReady: false, finalizedFeaturesEpoch: -1 });
  });

  for (const name of ['', '-a', 'a-', 'a b', 'ä', 'a'.concat('.')]) {
    it(`refuses the client software name ${JSON.stringify(name)}`, () => {
      const { body } = answerApiVersions(3, { ...request, clientSoftwareName: name }, served, features);
      expect(body).to.deep.include({ errorCode: 42, apiKeys: [] });
    });
  }
});
