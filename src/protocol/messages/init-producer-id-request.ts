import { message, type TypeOf, string, int32, int64, int16 } from '../schema.js';

export const initProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: '0-5',
  flexible: '2+',
  fields: {
    transactionalId: string('0+', { nullable: '0+' }),
    transactionTimeoutMs: int32('0+'),
    producerId: int64('3+', { default: -1 }),
    producerEpoch: int16('3+', { default: -1 }),
  },
});
export interface InitProducerIdRequest extends TypeOf<typeof initProducerIdRequest.fields> {}
