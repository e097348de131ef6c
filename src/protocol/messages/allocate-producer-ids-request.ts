import { message, type TypeOf, int32, int64 } from '../schema.js';

export const allocateProducerIdsRequest = message({
  name: 'AllocateProducerIdsRequest',
  apiKey: 67,
  versions: '0',
  flexible: '0+',
  fields: {
    brokerId: int32('0+'),
    brokerEpoch: int64('0+', { default: -1 }),
  },
});
export interface AllocateProducerIdsRequest extends TypeOf<typeof allocateProducerIdsRequest.fields> {}
