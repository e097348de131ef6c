import { message, type TypeOf, int8, array, string, arrayOf, int32 } from '../schema.js';

export const electLeadersRequest = message({
  name: 'ElectLeadersRequest',
  apiKey: 43,
  versions: '0-2',
  flexible: '2+',
  fields: {
    electionType: int8('1+'),
    topicPartitions: array(
      '0+',
      {
        topic: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      },
      { nullable: '0+' },
    ),
    timeoutMs: int32('0+', { default: 60000 }),
  },
});
export interface ElectLeadersRequest extends TypeOf<typeof electLeadersRequest.fields> {}
