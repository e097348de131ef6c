import { message, type TypeOf, int32, int16, int64 } from '../schema.js';

export const allocateProducerIdsResponse = message({
  name: 'AllocateProducerIdsResponse',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    producerIdStart: int64('0+'),
    producerIdLen: int32('0+'),
  },
});
export interface AllocateProducerIdsResponse extends TypeOf<typeof allocateProducerIdsResponse.fields> {}
