import { message, type TypeOf, string, int64, int16 } from '../schema.js';

export const addOffsetsToTxnRequest = message({
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    groupId: string('0+'),
  },
});
export interface AddOffsetsToTxnRequest extends TypeOf<typeof addOffsetsToTxnRequest.fields> {}
