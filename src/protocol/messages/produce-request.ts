import { message, type TypeOf, string, int16, int32, array, records } from '../schema.js';

export const produceRequest = message({
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '0-11',
  flexible: '9+',
  fields: {
    transactionalId: string('3+', { nullable: '3+', default: null }),
    acks: int16('0+'),
    timeoutMs: int32('0+'),
    topicData: array('0+', {
      name: string('0+'),
      partitionData: array('0+', {
        index: int32('0+'),
        records: records('0+', { nullable: '0+' }),
      }),
    }),
  },
});
export interface ProduceRequest extends TypeOf<typeof produceRequest.fields> {}
