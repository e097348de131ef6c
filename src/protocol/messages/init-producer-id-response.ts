import { message, type TypeOf, int32, int16, int64 } from '../schema.js';

export const initProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  apiKey: 22,
  versions: '0-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32('0+', { ignorable: true }),
    errorCode: int16('0+'),
    producerId: int64('0+', { default: -1 }),
    producerEpoch: int16('0+'),
  },
});
export interface InitProducerIdResponse extends TypeOf<typeof initProducerIdResponse.fields> {}
