import { message, type TypeOf, int16, array, string, int32 } from '../schema.js';

export const controlledShutdownResponse = message({
  name: 'ControlledShutdownResponse',
  apiKey: 7,
  versions: '0-3',
  flexible: '3+',
  fields: {
    errorCode: int16('0+'),
    remainingPartitions: array('0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
    }),
  },
});
export interface ControlledShutdownResponse extends TypeOf<typeof controlledShutdownResponse.fields> {}
